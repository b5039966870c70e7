import { expect } from 'chai';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packagesReady } from '../../tools/package/main.ts';
import { refusal, type Circumstances } from '../../tools/publish/main.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { night } from '../night.ts';

/** On a machine where git knows nobody, and does not guess. */
const unknown = {
  GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.useConfigOnly', GIT_CONFIG_VALUE_0: 'true',
};
const failureOf = (ended: Promise<unknown>): Promise<string> => ended.then(() => '', (error: Error) => error.message);

interface Repository {
  readonly folder: string;
  git(...args: string[]): Promise<string>;
  release(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** A repository of its own, with something to release. */
async function somethingNew(): Promise<Repository> {
  const folder = path.join(temporaryFolder(), 'holdfast');
  const git = (...args: string[]): Promise<string> => run('git', args, folder);
  await run('git', ['clone', '--quiet', projectRoot, folder], projectRoot);
  for (const packages of ['node_modules', 'tools/package/node_modules'].filter((name) => existsSync(path.join(projectRoot, name)))) {
    symlinkSync(path.join(projectRoot, packages), path.join(folder, packages), 'junction');
  }
  const changelog = path.join(folder, 'CHANGELOG.md');
  writeFileSync(changelog, readFileSync(changelog, 'utf8').replace('## Unreleased\n\n', '## Unreleased\n\n- Something new.\n'));
  // Known here alone, as many a developer is.
  await git('config', 'user.name', 'A Developer');
  await git('config', 'user.email', 'developer@example.invalid');
  await git('commit', '--quiet', '--all', '--no-gpg-sign', '--message', 'Something new');
  return { folder, git, release: (args, env = {}) => run(process.execPath, ['tools/release.ts', ...args], folder, { ...unknown, ...env }) };
}

describe('npm run release', () => {
  it('versions, packages and verifies; a dry run changes nothing here', async () => {
    const questions = [['rev-parse', 'HEAD'], ['tag'], ['status', '--porcelain']];
    const state = (): Promise<string[]> => Promise.all(questions.map((question) => run('git', question, projectRoot)));
    const before = await state();
    const printed = await run(process.execPath, ['tools/release.ts', 'minor', '--dry-run', '--skip-tests'], projectRoot, unknown);
    expect(printed).to.match(/^(\d+)\.(\d+)\.\d+ -> \1\.\d+\.0$/m).and.to.include('could be released');
    expect(printed).to.match(/made holdfast-\d+\.\d+\.0\.tgz\nmade holdfast-\d+\.\d+\.0\.vsix/);
    expect(await state()).to.deep.equal(before);
  });

  night.it('brings back commit, tag and packages; then the tag can be published, and no other', async () => {
    const { folder, git, release } = await somethingNew();
    const printed = await release(['minor', '--skip-tests'], { GITHUB_SERVER_URL: 'https://example.invalid', GITHUB_REPOSITORY: 'a/b' });
    const [, version] = /Version (\S+) is committed and tagged\./.exec(printed)!;
    expect(printed.trim().split('\n').at(-1)).to.equal(`  git push --atomic origin HEAD v${version}`);
    expect(await git('log', '-1', '--format=%an %s %D')).to.match(new RegExp(`^A Developer Version ${version} .*tag: v${version}`));

    const inWorkflow = (tag: string): NodeJS.ProcessEnv => ({ GITHUB_ACTIONS: 'true', GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: tag });
    const published = await release(['--publish', '--dry-run'], inWorkflow(`v${version}`));
    expect(published.trim().split('\n')).to.deep.equal([
      `npm: npm publish out/packages/holdfast-${version}.tgz --access public --provenance`,
      `VS Code Marketplace: vsce publish --skip-duplicate --packagePath out/packages/holdfast-${version}.vsix`,
      `Open VSX: ovsx publish --skip-duplicate out/packages/holdfast-${version}.vsix`,
      `Version ${version} could be published. This was a dry run: nothing has been.`,
    ]);
    const refused = (env: NodeJS.ProcessEnv): Promise<string> => failureOf(release(['--publish', '--dry-run'], env));
    expect(await refused(inWorkflow('v9.9.9'))).to.include(`The tag is v9.9.9, and package.json says ${version}`);
    expect(await refused({ GITHUB_ACTIONS: '' })).to.include('Only the release workflow publishes.');

    const manifest = await run('tar', ['-xOf', `out/packages/holdfast-${version}.tgz`, 'package/package.json'], folder);
    const { repository } = JSON.parse(manifest) as { repository: unknown };
    expect(repository, 'for the provenance').to.deep.equal({ type: 'git', url: 'git+https://example.invalid/a/b.git' });
    expect(readFileSync(path.join(folder, 'CHANGELOG.md'), 'utf8')).to.include(`## Unreleased\n\n## ${version}, `);
  });

  it('publishes nothing without a reason to', () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3', NPM_TOKEN: 'a', VSCE_PAT: 'b', OVSX_PAT: 'c' };
    const file = 'out/packages/holdfast-1.2.3.tgz';
    const changelog = '# Changelog\n\n## 1.2.3, 2026-01-01\n';
    const good: Circumstances = { env, version: '1.2.3', changelog, packages: [{ file, exists: true }], dryRun: false };
    expect(refusal(good)).to.equal(undefined);
    const cases: readonly (readonly [Partial<Circumstances>, string])[] = [
      [{ env: { ...env, GITHUB_ACTIONS: undefined } }, 'Only the release workflow publishes.'],
      [{ env: { ...env, GITHUB_REF_NAME: 'v1.2.4' } }, 'The tag is v1.2.4, and package.json says 1.2.3: the tag would be v1.2.3.'],
      [{ env: { ...env, GITHUB_REF_TYPE: 'branch' } }, 'There is no tag, and package.json says 1.2.3'],
      [{ version: '1.2.2' }, 'The tag is v1.2.3, and package.json says 1.2.2'],
      [{ changelog: '# Changelog\n\n## Unreleased\n' }, 'CHANGELOG.md does not say what 1.2.3 brings.'],
      [{ packages: [{ file, exists: false }] }, 'Not in out/packages: holdfast-1.2.3.tgz. First: npm run package'],
      [{ env: { ...env, VSCE_PAT: '', OVSX_PAT: undefined } }, 'Not set: VSCE_PAT, OVSX_PAT.'],
    ];
    for (const [change, reason] of cases) expect(refusal({ ...good, ...change })).to.include(reason);
    expect(refusal({ ...good, dryRun: true, env: { ...env, NPM_TOKEN: '' } })).to.equal(undefined);
  });

  it('npm would publish the package that was made, and never the root, for which its own reason is said', async () => {
    const { tarball } = await packagesReady();
    // Nothing is asked of a registry: it is none.
    const dryRun = ['publish', '--dry-run', '--registry', 'http://127.0.0.1:9', '--fetch-retries', '0'];
    const said = await run('npm', [...dryRun, '--json', `./${path.relative(projectRoot, tarball)}`], projectRoot);
    interface Said { readonly name: string; readonly files: readonly { readonly path: string }[] }
    // By its name since npm 11.
    const all = JSON.parse(said) as Said & { readonly holdfast?: Said };
    const { name, files } = all.holdfast ?? all;
    expect(name).to.equal('holdfast');
    expect(files.map((file) => file.path)).to.include.members(['dist/cli.js', 'dist/index.js', 'dist/vscode.cjs', 'LICENSE', 'README.md', 'package.json']);
    expect(files.filter((file) => /^(src|test|tools|machines|docs)\//.test(file.path))).to.deep.equal([]);
    expect(await failureOf(run('npm', dryRun, projectRoot))).to.include('The root of the repository is never published.');
  });

  it('says how it is used', async () => {
    for (const words of [[], ['--publish', 'minor'], ['minor', '--publis'], ['--publish', '--skip-tests']]) {
      const said = await failureOf(run(process.execPath, ['tools/release.ts', ...words], projectRoot));
      expect(said, words.join(' ')).to.include('Usage: npm run release');
    }
  });
});
