import { expect } from 'chai';
import { run } from '../../tools/run.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';

describe('npm run release', () => {
  it('versions, packages and verifies; a dry run changes nothing here', async () => {
    const state = async (): Promise<string[]> => [await run('git', ['rev-parse', 'HEAD'], projectRoot), await run('git', ['tag'], projectRoot), await run('git', ['status', '--porcelain'], projectRoot)];
    const before = await state();
    const printed = await run(process.execPath, ['tools/release.ts', 'minor', '--dry-run', '--skip-tests'], projectRoot);
    expect(printed).to.match(/^(\d+)\.(\d+)\.\d+ -> \1\.\d+\.0$/m).and.to.match(/made holdfast-\d+\.\d+\.0\.tgz\nmade holdfast-\d+\.\d+\.0\.vsix/).and.to.include('could be released');
    expect(await state()).to.deep.equal(before);
  }).timeout(120_000);

  it('says how it is used', async () => {
    const failure = await run(process.execPath, ['tools/release.ts'], projectRoot).then(() => '', (error: Error) => error.message);
    expect(failure).to.include('Usage: npm run release');
  });
});
