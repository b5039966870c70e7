import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { shortHash, thisMachine } from './json-spare.ts';
import type { JournalHome, LeftJournal } from './memento.ts';

/** A journal of another machine, or of a process whose number another one has by now, is taken over when nothing has changed it for so long, in milliseconds. */
const abandonedAfter = 86_400_000;

/**
 * A folder in which each window or process keeps a journal of its own, in a file that names its holder:
 * `<section>-<host>-<boot>-<process>-<random>.journal`. What a holder that does not run any more has left is taken over by the first
 * that looks: by renaming, so that no two have it.
 *
 * @param folder made when it is first needed; the one above the one above it is there
 * @example
 * const home = journalFolder(path.join(context.globalStorageUri.fsPath, 'journals'));
 */
export function journalFolder(folder: string): JournalHome {
  const own = new Map<string, string>();
  const fileOf = (name: string): string => {
    let file = own.get(name);
    if (file === undefined) own.set(name, file = path.join(folder, `${prefixOf(name)}${holder()}-${randomBytes(6).toString('hex')}.journal`));
    return file;
  };
  return {
    memento: {
      get: () => undefined,
      update: (name, text) => keep(fileOf(name), typeof text === 'string' ? text : undefined),
    },
    takeOver: async (name) => {
      const left: LeftJournal[] = [];
      for (const entry of await entriesOf(folder)) {
        if (!entry.startsWith(prefixOf(name)) || !await isLeft(folder, entry)) continue;
        const taken = await takeOver(path.join(folder, entry), path.join(folder, `${prefixOf(name)}${holder()}-${randomBytes(6).toString('hex')}.journal`));
        if (taken !== undefined) left.push(taken);
      }
      return left;
    },
  };
}

const prefixOf = (name: string): string => `${shortHash(name)}-`;
const holder = (): string => `${shortHash(hostname())}-${thisMachine()}-${process.pid}`;

async function keep(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(file, { force: true });
  const next = `${file}.next`;
  try {
    await writeFile(next, text, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(path.dirname(file));
    await writeFile(next, text, { mode: 0o600 });
  }
  await rename(next, file);
}

/** Another window may make it in the same moment. */
async function makeFolder(folder: string): Promise<void> {
  for (const each of [path.dirname(folder), folder]) {
    await mkdir(each, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((entry) => entry.endsWith('.journal'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Whether its holder does not run any more. */
async function isLeft(folder: string, entry: string): Promise<boolean> {
  const [, host, boot, pid] = entry.split('-');
  if (host === shortHash(hostname()) && boot !== thisMachine()) return true;
  if (boot === thisMachine() && hasEnded(Number(pid))) return true;
  if (boot === thisMachine() && Number(pid) === process.pid) return false;
  try {
    return Date.now() - (await stat(path.join(folder, entry))).mtimeMs > abandonedAfter;
  } catch {
    // Another one was faster.
    return false;
  }
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** @returns `undefined` when another one was faster */
async function takeOver(file: string, as: string): Promise<LeftJournal | undefined> {
  try {
    await rename(file, as);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { text: await readFile(as, 'utf8'), forget: () => rm(as, { force: true }).catch(() => undefined) };
}
