import { expect } from 'chai';
import { staleReadme } from '../../tools/readme.ts';
import { textOf } from './documents.ts';
import { codeOf, typeErrors } from './typecheck.ts';

describe('README.md', () => {
  const firstScreen = textOf('README.md').split('\n').slice(0, 15).join('\n');

  it('begins with what it is, for whom, how to install and see it, and how it looks', () => {
    expect(firstScreen).to.include('For authors of VS Code extensions').and.to.include('npm install holdfast');
    expect(firstScreen).to.include('npm ci && npm start').and.to.include('npm ci && npm test');
    expect(firstScreen).to.match(/^!\[.+\]\(docs\/images\/\S+\)$/m);
  });

  it('has code that is type-checked', async () => {
    expect([...codeOf.readme].filter(([name]) => /\d\.ts$/.test(name))).to.have.length(3);
    expect(await typeErrors('readme')).to.equal('');
  });

  it('has the figures of the documents that it takes them from: run `npm run readme` when it does not', () => {
    expect(staleReadme()).to.deep.equal([]);
  });
});
