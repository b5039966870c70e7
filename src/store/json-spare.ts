import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { hasEndedSince } from './ended-process.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Files that stand beside a settings file while it is written. Their names say whose they are: `.holdfast-<machine>-<process>-<settings
 * file>-<random>`, then `.tmp` for a text that will take the place of the file, or `.new` for one that is being written into it.
 */

const namePattern = /^\.holdfast-(?<machine>[0-9a-f]{8})-(?<pid>\d+)-(?<file>[0-9a-f]{8})-[0-9a-f]+\.(?<kind>tmp|new)$/;
/** No write takes this long, in milliseconds: the process that began it has ended. */
const abandonedAfter = 24 * 60 * 60_000;

export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    // There is none on this system.
    return '';
  }
}

let machine: string | undefined;

/** None of it changes for a process. */
export const thisMachine = (): string => machine ??= identityOfMachine();

/** Where a process number says which process it is: on one machine since it was started, in one container. */
export function identityOfMachine(): string {
  const [boot, container] = [() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), () => readlinkSync('/proc/self/ns/pid')].map(orNothing);
  return shortHash([hostname(), boot, container].join('\n'));
}

const spareBegin = (machine: string, pid: number | string, of: string): string => `.holdfast-${machine}-${pid}-${shortHash(of)}-`;
const spareName = (of: string): string => `${spareBegin(thisMachine(), process.pid, of)}${randomBytes(6).toString('hex')}.tmp`;

/** The name of a file beside a settings file, for its next text. */
export const spareBeside = (file: string): string => path.join(path.dirname(file), spareName(path.basename(file)));

/** The same where nothing can be created beside it: in a folder that only this user can look into. `undefined`: there is none. */
export function spareElsewhere(file: string): string | undefined {
  const folder = ownFolder();
  return folder === undefined ? undefined : path.join(folder, spareName(file));
}

export const ownFolderName = (): string => path.join(tmpdir(), `holdfast-${process.getuid?.() ?? 'user'}`);

/** A temporary folder that only this user can look into, made where there is none. `undefined`: there cannot be one. */
export function ownFolder(): string | undefined {
  const folder = ownFolderName();
  try {
    makeFolders(folder, 0o700);
  } catch {
    // There cannot be one.
  }
  return isOurs(folder) ? folder : undefined;
}

function isOurs(folder: string): boolean {
  try {
    const stats = lstatSync(folder);
    return stats.isDirectory() && (process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0));
  } catch {
    return false;
  }
}

/**
 * Takes away what a process has ready to put in the place of a file: it can replace the file no more, wherever it was stopped.
 *
 * @param machine as `thisMachine` says it there
 */
export function removeSpares(file: string, machine: string, pid: string): void {
  for (const [folder, of] of [[path.dirname(file), path.basename(file)], [ownFolderName(), file]] as const) {
    const begin = spareBegin(machine, pid, of);
    for (const name of namesIn(folder)) if (name.startsWith(begin) && name.endsWith('.tmp')) rmSync(path.join(folder, name), { force: true });
  }
}

/** From now on the text in it is being written into the file itself. */
export const asBeingWritten = (spare: string): string => spare.replace(/\.tmp$/, '.new');

/**
 * Puts right what processes have left behind that were killed while they wrote a file: a text that was written into it in part is
 * completed, and what is certainly nobody's is removed. Never throws: what cannot be put right is left to the next process.
 */
export function clearAway(file: string): void {
  clearFolder(path.dirname(file), file, shortHash(path.basename(file)));
  if (isOurs(ownFolderName())) clearFolder(ownFolderName(), file, shortHash(file));
}

function clearFolder(folder: string, file: string, of: string): void {
  for (const name of namesIn(folder)) {
    try {
      if (/^\.holdfast-.*\.(tmp|new)$/.test(name)) clear(path.join(folder, name), file, of);
    } catch {
      // Another process was faster, or may do what this one may not.
    }
  }
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing can have been left where nothing is, and what cannot be seen cannot be removed.
    return [];
  }
}

function clear(spare: string, file: string, of: string): void {
  const { machine: its, pid, file: belongsTo, kind } = namePattern.exec(path.basename(spare))?.groups ?? {};
  const { mtimeMs } = lstatSync(spare);
  if (!(its === thisMachine() && hasEndedSince(Number(pid), mtimeMs)) && Date.now() - mtimeMs < abandonedAfter) return;
  // Only who knows the settings file can tell whether it is whole.
  if (kind === 'new' && belongsTo !== of) return;
  if (kind === 'new') complete(file, readFileSync(spare));
  rmSync(spare);
}

/** Adds the rest of a text to a file that holds the beginning of it, and nothing else. */
function complete(file: string, bytes: Buffer): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return;
  const descriptor = openSync(file, constants.O_RDWR);
  try {
    const held = readFileSync(descriptor);
    if (held.length >= bytes.length || !bytes.subarray(0, held.length).equals(held)) return;
    writeFileSync(descriptor, bytes.subarray(held.length));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
