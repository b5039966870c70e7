import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { limits } from '../limits.ts';
import { codeOf, typeErrors } from './typecheck.ts';

/** The pages for contributors, followed in a copy of the repository. */
describe('Contributing', () => {
  const files = [...codeOf.contributing];

  it('has code for each page', () => {
    expect(files.map(([name]) => name)).to.deep.equal([
      'src/settings/duration.ts', 'test/unit/settings/duration.test.ts',
      'machines/cooldown.ts', 'src/guard/cooldown.ts', 'test/model/cooldown/cooldown.test.ts',
      'test/unit/store/my-store.test.ts',
    ]);
  });

  it('has code that is type-checked, and tests that pass', async () => {
    const tree = temporaryFolder();
    await run('git', ['checkout-index', '--all', '--force', `--prefix=${tree}/`], projectRoot);
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(tree, 'node_modules'), 'junction');
    for (const [name, code] of files) {
      mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
      writeFileSync(path.join(tree, name), code);
    }
    expect(await typeErrors('contributing')).to.equal('');
    const tests = files.map(([name]) => name).filter((name) => name.endsWith('.test.ts'));
    const options = ['--no-config', '--timeout', String(limits.withoutProgress), '--reporter', 'tap'];
    const report = await run(path.join(tree, 'node_modules/.bin/mocha'), [...options, ...tests], tree);
    expect(report).to.match(/# fail 0/).and.to.match(/# pass [78]/);
  });
});
