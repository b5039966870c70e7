import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { hasEndedSince } from './ended-process.ts';
import { shortHash, thisMachine } from './json-spare.ts';
import { makeFolders } from './make-folders.ts';
import type { JournalHome, LeftJournal } from './memento.ts';

/** A journal of another machine, or of a process whose number another one has by now, is taken over when nothing has changed it for so long, in milliseconds. */
const abandonedAfter = 86_400_000;

/**
 * A folder in which each window or process keeps a journal of its own, in a file that names its holder:
 * `<section>-<host>-<boot>-<process>-<random>.journal`. What a holder that does not run any more has left is taken over by the first
 * that looks: by renaming, so that no two have it.
 *
 * @param folder made when it is first needed
 * @example
 * const home = journalFolder(path.join(context.globalStorageUri.fsPath, 'journals'));
 */
export function journalFolder(folder: string): JournalHome {
  const own = new Map<string, string>();
  const fileOf = (name: string): string => {
    let file = own.get(name);
    if (file === undefined) own.set(name, file = path.join(folder, newName(name)));
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
        const file = path.join(folder, entry);
        // What its holder was just keeping may be a part.
        const taken = entry.endsWith('.next') ? await removed(file) : await takeOver(file, path.join(folder, newName(name)));
        if (taken !== undefined) left.push(taken);
      }
      return left;
    },
  };
}

const prefixOf = (name: string): string => `${shortHash(name)}-`;

/** The name of a journal that this process holds. */
const newName = (name: string): string =>
  `${prefixOf(name)}${shortHash(hostname())}-${thisMachine()}-${process.pid}-${randomBytes(6).toString('hex')}.journal`;

async function keep(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(file, { force: true });
  const next = `${file}.next`;
  try {
    await writeFile(next, text, { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolders(path.dirname(file), 0o700);
    await writeFile(next, text, { mode: 0o600 });
  }
  await rename(next, file);
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((entry) => /\.journal(\.next)?$/.test(entry));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Whether its holder does not run any more. */
async function isLeft(folder: string, entry: string): Promise<boolean> {
  const [, host, boot, pid] = entry.split('-');
  // The machine was started again.
  if (host === shortHash(hostname()) && boot !== thisMachine()) return true;
  try {
    const { mtimeMs } = await stat(path.join(folder, entry));
    if (boot === thisMachine() && hasEndedSince(Number(pid), mtimeMs)) return true;
    const isOwn = boot === thisMachine() && Number(pid) === process.pid;
    return !isOwn && Date.now() - mtimeMs > abandonedAfter;
  } catch {
    // Another one was faster.
    return false;
  }
}

/** @returns `undefined` when another one was faster */
async function takeOver(file: string, as: string): Promise<LeftJournal | undefined> {
  const now = new Date();
  try {
    // What cannot be read is not moved either.
    const text = await readFile(file, 'utf8');
    // By its age it would be anybody's again, although its new holder runs.
    await utimes(file, now, now);
    await rename(file, as);
    return { text, forget: () => removed(as) };
  } catch {
    // What cannot be moved stays for the next start.
    return undefined;
  }
}

const removed = (file: string): Promise<undefined> => rm(file, { force: true }).then(() => undefined, () => undefined);
