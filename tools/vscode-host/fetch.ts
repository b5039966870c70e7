import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { atExit } from '../at-exit.ts';
import type { OnProgress } from '../progress.ts';
import { run } from '../run.ts';
import { cacheFolder } from './paths.ts';
import { repairServer } from './repair.ts';
import { servers, type PinnedServer, type VscodeVersion } from './versions.ts';

/** A VS Code server on disk, ready to start. */
export interface InstalledServer {
  readonly version: VscodeVersion;
  /** The script that Node runs. */
  readonly main: string;
}

/**
 * Makes sure a VS Code server is on disk, and says where. Quick when it is there already.
 *
 * Everything is fetched by npm, so the user's registry, proxy and credentials apply. The work happens in a folder of
 * its own, and one rename makes it the real thing: a folder with the final name is complete by construction, a
 * download that was cut short is done again, and two processes at once cost time and no harm (the first rename wins).
 */
export async function ensureServer(version: VscodeVersion, onProgress: OnProgress = () => {}): Promise<InstalledServer> {
  const pinned: PinnedServer = servers[version];
  const cache = cacheFolder();
  const home = path.join(cache, `code-server-${pinned.codeServer}`);
  const installed: InstalledServer = { version, main: path.join(home, 'lib/vscode/out/server-main.js') };
  if (existsSync(home)) {
    await repairServer(path.dirname(path.dirname(installed.main)));
    return installed;
  }

  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const workshop = path.join(cache, `${partialPrefix}${pinned.codeServer}-${process.pid}-${randomBytes(4).toString('hex')}`);
  const cleanUp = () => rmSync(workshop, { recursive: true, force: true });
  const done = atExit(cleanUp);
  try {
    await mkdir(workshop);
    onProgress(`Fetching VS Code ${version} (code-server@${pinned.codeServer}, ${Math.round(pinned.size / 1e6)} MB)`);
    await run('npm', ['pack', `code-server@${pinned.codeServer}`, '--pack-destination', workshop, '--silent'], cache);
    const tarball = path.join(workshop, `code-server-${pinned.codeServer}.tgz`);
    await verify(tarball, pinned.integrity);

    onProgress(`Unpacking VS Code ${version}`);
    await run('tar', ['-xzf', path.basename(tarball)], workshop);
    const unpacked = path.join(workshop, 'package');

    onProgress(`Installing what VS Code ${version} depends on`);
    // Its install scripts would compile native modules; the server does without them.
    await run('npm', ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'], path.join(unpacked, 'lib/vscode'));
    await repairServer(path.join(unpacked, 'lib/vscode'));
    await moveIntoPlace(unpacked, home);
    return installed;
  } finally {
    done();
    cleanUp();
  }
}

const partialPrefix = '.partial-code-server-';

async function verify(tarball: string, integrity: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  const actual = `sha512-${hash.digest('base64')}`;
  if (actual !== integrity) {
    throw new Error(`${path.basename(tarball)} is not the file that was pinned.\n  expected ${integrity}\n  received ${actual}`);
  }
}

async function moveIntoPlace(unpacked: string, home: string): Promise<void> {
  try {
    await rename(unpacked, home);
  } catch (error) {
    // Somebody else was faster: theirs is as good as ours.
    if (!existsSync(home)) throw error;
  }
}

/** What a killed process left behind: whatever is older than any download takes. */
async function removeAbandoned(cache: string): Promise<void> {
  const anHour = 60 * 60 * 1000;
  for (const name of await readdir(cache)) {
    if (!name.startsWith(partialPrefix)) continue;
    const folder = path.join(cache, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > anHour) await rm(folder, { recursive: true, force: true });
  }
}
