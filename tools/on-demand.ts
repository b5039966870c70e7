/**
 * `npm run on-demand [-- folder…]`: installs the packages that `npm ci` leaves out; without a folder, all of them but
 * those that only a release needs.
 *
 * What few people need, or needs a newer Node.js than the rest, has a package.json and a lockfile of its own, beside the
 * code that uses it. That code calls `install` first, so that the packages arrive when they are needed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { atExit } from './at-exit.ts';
import { alone } from './products.ts';
import { showProgress, type Progress } from './progress.ts';
import { run } from './run.ts';
import { projectRoot } from './vscode-host/paths.ts';

/** The folders with such a package.json. */
export const folders = [
  'tools/language-client', 'tools/package', 'tools/package-checks', 'tools/peers', 'tools/publish', 'tools/reference', 'tools/schemas', 'tools/stryker', 'tools/vscode-host', 'tools/xstate-inspect',
] as const;
export type Folder = (typeof folders)[number];

/** Its message is one sentence, which ends with the command that tries again. */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalledError';

  constructor(folder: string, reason: string) {
    super(`The packages of ${folder} are not installed, because ${reason}; to try again: npm run on-demand -- ${folder}`);
  }
}

/**
 * Makes sure that the packages of a folder are installed, as its lockfile says. Quick when they are.
 *
 * The work happens in a folder of its own, and one rename makes it the real thing: an installation that was cut short is
 * not taken for whole. Of several processes one installs, and the others wait for it.
 *
 * @param root the folder of the project, if it is not this one
 * @param progress default: on stderr
 * @returns loads a package as the code in that folder would
 * @throws {NotInstalledError}
 */
export async function install(folder: Folder, { root = projectRoot, progress = showProgress() }: { root?: string; progress?: Progress } = {}): Promise<NodeJS.Require> {
  const home = path.join(root, folder);
  if (!isInstalled(home)) {
    const work = underWay.get(home) ?? installNow(folder, root, progress).finally(() => underWay.delete(home));
    underWay.set(home, work);
    await work;
  }
  return createRequire(path.join(home, 'package.json'));
}

/** By folder: modules of this process that need the same packages wait for one installation. */
const underWay = new Map<string, Promise<void>>();

async function installNow(folder: Folder, root: string, progress: Progress): Promise<void> {
  const home = path.join(root, folder);
  refuseOldNode(folder, home);
  progress.step(`Installing the packages of ${folder}`);
  try {
    await alone(folder, root, async () => {
      if (!isInstalled(home)) await installInto(home);
    });
  } catch (error) {
    throw new NotInstalledError(folder, reasonOf(error));
  } finally {
    progress.done();
  }
}

/** The same for programs: says what is wrong in one sentence, and ends. */
export async function installOrExit(folder: Folder): Promise<NodeJS.Require> {
  try {
    return await install(folder);
  } catch (error) {
    if (!(error instanceof NotInstalledError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** Which lockfile the installed packages are from. */
const stampOf = (packages: string): string => path.join(packages, '.installed');

function fingerprint(home: string): string {
  return createHash('sha256').update(readFileSync(path.join(home, 'package-lock.json'))).digest('hex');
}

function isInstalled(home: string): boolean {
  const stamp = stampOf(path.join(home, 'node_modules'));
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(home);
}

/** npm warns of a Node.js that is too old and goes on; the packages would fail later, and say less. */
function refuseOldNode(folder: Folder, home: string): void {
  const { engines } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as { engines?: { node: string } };
  const oldest = Number(/\d+/.exec(engines?.node ?? '0')![0]);
  if (Number.parseInt(process.versions.node) < oldest) throw new NotInstalledError(folder, `they need Node.js ${oldest} or newer and this is ${process.versions.node}`);
}

const workshopPrefix = '.installing-';

async function installInto(home: string): Promise<void> {
  removeAbandoned(home);
  const workshop = path.join(home, `${workshopPrefix}${process.pid}-${randomBytes(4).toString('hex')}`);
  const cleanUp = (): void => rmSync(workshop, { recursive: true, force: true });
  const done = atExit(cleanUp);
  try {
    mkdirSync(workshop);
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(path.join(home, name), path.join(workshop, name));
    // None of these packages needs its install scripts.
    await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], workshop, environment());
    writeFileSync(stampOf(path.join(workshop, 'node_modules')), fingerprint(workshop));
    moveIntoPlace(workshop, home);
  } finally {
    done();
    cleanUp();
  }
}

/** For an npm that runs on our Node.js, without the settings of the npm that runs us, such as the root's folder. */
function environment(): NodeJS.ProcessEnv {
  const outer = Object.keys(process.env).filter((name) => /^npm_(package|lifecycle|config_local_prefix|command)/i.test(name));
  return { ...Object.fromEntries(outer.map((name) => [name, undefined])), PATH: [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter) };
}

function moveIntoPlace(workshop: string, home: string): void {
  const packages = path.join(home, 'node_modules');
  if (existsSync(packages)) renameSync(packages, path.join(workshop, 'outdated'));
  renameSync(path.join(workshop, 'node_modules'), packages);
}

/** What a killed process left behind: all that is older than any installation takes. */
function removeAbandoned(home: string): void {
  const anHour = 60 * 60 * 1_000;
  for (const name of readdirSync(home).filter((each) => each.startsWith(workshopPrefix))) {
    const folder = path.join(home, name);
    if (Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > anHour) rmSync(folder, { recursive: true, force: true });
  }
}

const unreachable = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'ETIMEDOUT', 'ERR_SOCKET_TIMEOUT', 'ENOTCACHED'];

function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const code = /npm error code (\S+)/.exec(said)?.[1];
  if (code === undefined) return said.startsWith('`npm ') ? 'npm failed' : `of this: ${said.split('\n', 1)[0]!}`;
  return unreachable.includes(code) ? `the npm registry cannot be reached (${code})` : `npm failed with ${code}`;
}

if (process.argv[1] === import.meta.filename) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((word) => !folders.some((folder) => folder === word));
  if (unknown.length > 0) {
    console.error(`No packages are installed on demand in ${unknown.join(', ')}. There are: ${folders.join(', ')}.`);
    process.exit(2);
  }
  for (const folder of wanted.length === 0 ? folders.filter((each) => each !== 'tools/publish') : wanted as Folder[]) await installOrExit(folder);
}
