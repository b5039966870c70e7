import { expect } from 'chai';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

describe('Example: a store over HTTP', () => {
  it('keeps the contract of stores, as its own test says', async () => {
    const report = await run(process.execPath, ['--import', './tools/from-source.ts', '--test', '--test-reporter', 'tap', 'examples/http-store/http-store.test.ts'], projectRoot);
    expect(report).to.match(/# pass 2\d\n# fail 0/);
  });
});
