import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { staleReadme } from '../../tools/readme.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { textOf } from './documents.ts';
import { typeErrors } from './typecheck.ts';

describe('README.md', () => {
  const firstScreen = textOf('README.md').split('\n').slice(0, 15).join('\n');

  it('begins with what it is, how to see it, and how it looks', () => {
    expect(firstScreen).to.include('npm ci && npm start').and.to.include('npm ci && npm test');
    expect(firstScreen).to.match(/^!\[.+\]\(docs\/images\/\S+\)$/m);
  });

  it('has code that is type-checked', () => {
    const folder = path.join(projectRoot, 'out/documents/readme');
    mkdirSync(folder, { recursive: true });
    // What a reader has around it.
    const around = "import * as vscode from 'vscode';\ndeclare const path: string, uri: vscode.Uri;\ndeclare function exec(program: string, args: string[], options: { signal: AbortSignal }): Promise<string>;\n";
    const files = [...textOf('README.md').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code], n) => {
      const file = path.join(folder, `${n}.ts`);
      writeFileSync(file, around + code!);
      return file;
    });
    expect(files).to.have.length(2);
    expect(typeErrors(files)).to.equal('');
  }).timeout(60_000);

  it('has the figures of the documents that it takes them from: run `npm run readme` when it does not', () => {
    expect(staleReadme()).to.deep.equal([]);
  });
});
