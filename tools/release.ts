/**
 * `npm run release -- patch|minor|major|<version> [--dry-run] [--skip-tests]`: versions, packages and verifies.
 *
 * All of it happens in a clone, from what is committed. Only when everything has passed do the commit and the tag come
 * back here, and the packages into out/packages; with `--dry-run` nothing does. Pushing the tag is left to you: the
 * release workflow publishes it, by `npm run release -- --publish`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folders } from './on-demand.ts';
import { publish } from './publish/main.ts';
import { run } from './run.ts';
import { temporaryFolder } from './vscode-host/home.ts';
import { cacheFolder, projectRoot } from './vscode-host/paths.ts';

const words = process.argv.slice(2);
const options = new Set(words.filter((word) => word.startsWith('--')));
const [kind] = words.filter((word) => !word.startsWith('--'));
const publishes = options.has('--publish');
const known = ['--dry-run', publishes ? '--publish' : '--skip-tests'];
if ((kind === undefined) !== publishes || [...options].some((option) => !known.includes(option))) {
  console.error('Usage: npm run release -- patch|minor|major|<version> [--dry-run] [--skip-tests]');
  console.error('       npm run release -- --publish [--dry-run]   (in the release workflow)');
  process.exit(2);
}

const clone = path.join(temporaryFolder(), 'holdfast');
const git = (...args: string[]): Promise<string> => run('git', args, clone);
const say = (text: string): void => console.log(text);

try {
  if (kind === undefined) await publish(options.has('--dry-run'));
  else await release(kind);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (!publishes) console.error('Nothing has been released.');
  process.exitCode = 1;
}

async function release(wanted: string): Promise<void> {
  if (!options.has('--dry-run') && (await run('git', ['status', '--porcelain'], projectRoot)) !== '') throw new Error('There are changes that are not committed.');
  const committer = await identity();
  await run('git', ['clone', '--quiet', projectRoot, clone], projectRoot);
  for (const folder of ['', ...folders]) {
    const packages = path.join(folder, 'node_modules');
    if (existsSync(path.join(projectRoot, packages))) symlinkSync(path.join(projectRoot, packages), path.join(clone, packages), 'junction');
  }

  const before = versionOf('package.json');
  await run('npm', ['version', wanted, '--no-git-tag-version', '--ignore-scripts'], clone);
  const version = versionOf('package.json');
  say(`${before} -> ${version}`);
  replaceIn('CHANGELOG.md', /^## Unreleased\n\n(?=\S)(?!## )/m, `## Unreleased\n\n## ${version}, ${new Date().toISOString().slice(0, 10)}\n\n`, 'CHANGELOG.md says nothing under "Unreleased".');
  await renameIn(await documents(), before, version);

  await verify(version);

  await git('add', '--all');
  await git(...committer, 'commit', '--quiet', '--no-gpg-sign', '--message', `Version ${version}`);
  await git('tag', `v${version}`);
  if (options.has('--dry-run')) return say(`Version ${version} could be released. This was a dry run: nothing has changed here.`);

  await run('git', ['pull', '--quiet', '--ff-only', clone, 'HEAD'], projectRoot);
  await run('git', ['fetch', '--quiet', clone, 'tag', `v${version}`], projectRoot);
  for (const file of packages()) cpSync(path.join(clone, 'out/packages', file), path.join(projectRoot, 'out/packages', file), { recursive: true });
  say(`Version ${version} is committed and tagged. Push it, and the release workflow tests and publishes it:`);
  say(`  git push --atomic origin HEAD v${version}`);
}

/** Who commits, as git knows it here: a clone has none of our local settings. A dry run needs nobody. */
async function identity(): Promise<string[]> {
  const known = await run('git', ['var', 'GIT_COMMITTER_IDENT'], projectRoot).catch(() => undefined);
  if (known === undefined && !options.has('--dry-run')) throw new Error('git does not know who you are: set user.name and user.email.');
  const [, name, email] = /^(.*) <(.*)>/.exec(known ?? 'Dry run <nobody@example.invalid>')!;
  return ['-c', `user.name=${name}`, '-c', `user.email=${email}`];
}

/** Everything that can be found out before it is public. */
async function verify(version: string): Promise<void> {
  if (!options.has('--skip-tests')) {
    const env = { ...process.env, HOLDFAST_NIGHT: '1', HOLDFAST_VSCODE_CACHE: cacheFolder() };
    const { status } = spawnSync(process.execPath, ['tools/test.ts'], { cwd: clone, stdio: 'inherit', env });
    if (status !== 0) throw new Error('A test has failed.');
  }
  await run(process.execPath, ['tools/package/main.ts'], clone);
  for (const suffix of ['tgz', 'vsix']) {
    const name = `holdfast-${version}.${suffix}`;
    if (!packages().includes(name)) throw new Error(`${name} was not made.`);
    say(`made ${name}`);
  }
  for (const folder of ['library', 'extension']) {
    const packed = versionOf(`out/packages/${folder}/package.json`);
    if (packed !== version) throw new Error(`The ${folder} says that it is ${packed}.`);
  }
}

function packages(): string[] {
  return readdirSync(path.join(clone, 'out/packages')).filter((name) => /\.(tgz|vsix)$/.test(name));
}

function versionOf(file: string): string {
  return (JSON.parse(readFileSync(path.join(clone, file), 'utf8')) as { version: string }).version;
}

/** What people read, the changelog apart. */
async function documents(): Promise<string[]> {
  return (await git('ls-files', '*.md')).trim().split('\n').filter((name) => name !== 'CHANGELOG.md');
}

/** The names of the packages, and the columns of tables about this version. The code is the same, and so are the figures. */
async function renameIn(files: readonly string[], before: string, version: string): Promise<void> {
  for (const name of files) {
    const file = path.join(clone, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(`holdfast-${before}.`, `holdfast-${version}.`).replaceAll(`Holdfast ${before} `, `Holdfast ${version} `));
  }
  const left = await git('grep', '--name-only', '--ignore-case', `holdfast[- ]v\\?${before.replaceAll('.', '\\.')}`, '--', ...files).catch(() => '');
  if (left !== '') throw new Error(`These still speak of ${before}: ${left.trim().replaceAll('\n', ', ')}.`);
}

function replaceIn(name: string, pattern: RegExp, replacement: string, problem: string): void {
  const file = path.join(clone, name);
  const text = readFileSync(file, 'utf8');
  const next = text.replace(pattern, replacement);
  if (next !== text) return writeFileSync(file, next);
  if (!options.has('--dry-run')) throw new Error(problem);
  say(`A release would stop here: ${problem}`);
}
