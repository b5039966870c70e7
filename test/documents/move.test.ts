import { expect } from 'chai';
import { steps } from '../../tools/language-client/steps.ts';
import { typeErrors } from './typecheck.ts';

/** That the extension works after each step is tested in VS Code: test/vscode/moving.test.ts. */
describe('The guide "Move an existing extension"', () => {
  const all = steps();

  it('has code that is type-checked, with the types that the command line writes', async () => {
    expect([...all.keys()]).to.deep.equal(['0', '1', '2', '3', '4', '5']);
    expect(await typeErrors('move')).to.equal('');
  });

  it('ends with an extension that asks VS Code for no settings', () => {
    const left = [...all.get('5')!].filter(([, text]) => text.includes('getConfiguration') || text.includes('workspace.onDidChangeConfiguration')).map(([name]) => name);
    expect(left).to.deep.equal([]);
  });
});
