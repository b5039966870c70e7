import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasEnded } from './ended-process.ts';
import { realFile } from './json-disk.ts';
import { clearAway, namesIn, ownFolder, ownFolderName, removeSpares, thisMachine } from './json-spare.ts';
import type { Disposable } from './store.ts';
import { timeSeen } from './time-seen.ts';

/**
 * One writer for each settings file, among all windows and processes of a user on this machine that use Holdfast: a lock file
 * in the temporary folder, held while one value is read, computed and written. Its name says which settings file it is for, and
 * its text who holds it: `<machine> <process> <random>`.
 *
 * A holder that has ended, or has not renewed the lock for `lease`, loses it. A holder that was only stopped may go on at any
 * moment, also between its last look at the lock and the replacement of the file. So the process that takes over the lock first removes the
 * file that the holder would rename into the place of the settings file: its rename fails, and it begins again. A settings
 * file that is written in place (several names, a mount of its own, another owner) has no such fence: there a holder that is
 * stopped for longer than the lease, while it writes, goes on when it wakes up.
 *
 * It is our own: of the packages for this, those that are kept up take a lock of a process that was paused for stale, and let
 * it go on as if it held the lock.
 */

/** It is in the name of each lock: locks of another protocol exclude nobody of this one. */
const protocol = 1;

/** A holder that has not renewed its lock for this long has lost it, in milliseconds. */
export const lease = 2_000;

/** Between two looks of who waits, in milliseconds: at most, drawn. The longer one waits, the more often one looks, so that all get their turn. */
const pauses = { first: 16, shortest: 2, fullAt: 250 };

const pauseAfter = (waited: number): number => Math.max(pauses.shortest, pauses.first * (1 - waited / pauses.fullAt));

const none: Disposable = { dispose: () => undefined };

/** The mode of a lock that others wait for; Windows has none. */
const crowdedMode = 0o700;

/** When this process released a lock that others waited for, by settings file. */
const crowded = new Map<string, number>();

/** Why there was no lock at the last attempt, by settings file. */
const problems = new Map<string, string>();

/** The locks that this process believes it holds, by settings file. */
const held = new Map<string, HeldLock>();

/** Where a settings file really is: one name, however it is reached. */
function nameOf(file: string): string {
  const real = realFile(path.resolve(file));
  return process.platform === 'win32' || process.platform === 'darwin' ? real.toLowerCase() : real;
}

/** Where the locks are: in a folder that only this user can look into. `undefined`: there is none. */
export function lockOf(file: string): string | undefined {
  const folder = ownFolder();
  const hash = createHash('sha256').update(nameOf(file)).digest('hex').slice(0, 32);
  return folder === undefined ? undefined : path.join(folder, `lock-${protocol}-${hash}`);
}

/**
 * Waits until no other writer has the settings file, and keeps them away until it is disposed of.
 *
 * Never rejects: where there can be no lock (no temporary folder, or a full one) it is as if there were no others. A lock whose
 * process has ended is taken over at once, and one that was not renewed for `lease` after that.
 *
 * @param signal once it is aborted, nobody waits: what comes is no lock
 */
export async function lockFile(file: string, signal: AbortSignal): Promise<Disposable> {
  const name = nameOf(file);
  problems.delete(name);
  const impossible = (problem: string): Disposable => {
    problems.set(name, `no lock can be made in the temporary folder: ${problem}`);
    return none;
  };
  const lock = lockOf(file);
  if (lock === undefined) return impossible(`${ownFolderName()} is not there, or others can look into it`);
  clearLocks(path.dirname(lock));
  const text = `${thisMachine()} ${process.pid} ${randomBytes(8).toString('hex')}`;
  const begun = performance.now();
  /** For how long it was seen in one state, in milliseconds: what held up this process may have held up the holder. */
  let seen = { state: '', time: 0, lookedAt: begun };
  // Others were waiting when this process had its turn: they look before it does.
  if (begun - (crowded.get(name) ?? -Infinity) < pauses.first) await elapsed(pauses.first);
  while (!signal.aborted) {
    const now = look(lock);
    const taken = now === undefined ? take(lock, text) : 'held';
    if (taken === 'taken') return new HeldLock(name, lock, text);
    if (taken !== 'held') return impossible(taken.message);
    if (now !== undefined) {
      const lookedAt = performance.now();
      seen = { state: now.state, time: now.state === seen.state ? seen.time + timeSeen(seen.lookedAt, lookedAt) : 0, lookedAt };
      if (isDead(now.text) || seen.time > lease) takeAway(lock, now.text, realFile(path.resolve(file)));
    }
    if (now?.isCrowded === false) markCrowded(lock);
    await elapsed(Math.random() * pauseAfter(performance.now() - begun));
  }
  return none;
}

const elapsed = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Tells the holder that others wait. Whose lock it is by now does not matter: others wait for that one as well. */
function markCrowded(lock: string): void {
  try {
    chmodSync(lock, crowdedMode);
  } catch {
    // It was released just now.
  }
}

/** The same for a file of VS Code. @param file where it is on this machine's disks; `undefined`: it is not, and there is no lock */
export async function lockUri(_uri: { toString(): string }, file: string | undefined, signal: AbortSignal): Promise<Disposable> {
  return file === undefined ? none : lockFile(file, signal);
}

/**
 * Why other processes are not kept away from a settings file, as a part of a sentence; `undefined`: they are, as far as can be told.
 * Of another machine, or a container that shares the file and not the temporary folder, nothing can be told.
 */
export function lockProblem(file: string): string | undefined {
  return problems.get(nameOf(file)) ?? (isOfAnother(file) ? `${file} belongs to another user, and each user has locks of their own` : undefined);
}

function isOfAnother(file: string): boolean {
  try {
    return process.getuid !== undefined && statSync(file).uid !== process.getuid();
  } catch {
    // There is none, or none that can be looked at.
    return false;
  }
}

/** Whether another process has taken over the lock of a settings file that this process holds: then nothing may be written. */
export function hasLostLock(file: string): boolean {
  // Most often there is none, and then nothing is looked at.
  return held.size > 0 && held.get(nameOf(file))?.isLost === true;
}

/** A lock file as it was at one moment. */
interface Seen {
  readonly text: string;
  /** Differs when it was taken by another, or renewed. */
  readonly state: string;
  /** Others wait for it. */
  readonly isCrowded: boolean;
}

/** A lock that this process holds. */
class HeldLock implements Disposable {
  readonly #name: string;
  readonly #lock: string;
  readonly #text: string;
  readonly #renewal: NodeJS.Timeout;

  constructor(name: string, lock: string, text: string) {
    this.#name = name;
    this.#lock = lock;
    this.#text = text;
    held.set(name, this);
    this.#renewal = setInterval(() => this.#renew(), lease / 4).unref();
  }

  /** Another process has taken it over. */
  get isLost(): boolean {
    return textOf(this.#lock) !== this.#text;
  }

  dispose(): void {
    clearInterval(this.#renewal);
    if (held.get(this.#name) === this) held.delete(this.#name);
    const now = look(this.#lock);
    if (now?.text !== this.#text) return;
    rmSync(this.#lock, { force: true });
    if (now.isCrowded) crowded.set(this.#name, performance.now());
    else crowded.delete(this.#name);
  }

  #renew(): void {
    const now = new Date();
    try {
      if (!this.isLost) utimesSync(this.#lock, now, now);
    } catch {
      // It was taken over just now: who writes next finds out.
    }
  }
}

/** A link takes no other file's place, so that of several processes one alone succeeds. @returns an error: there can be no lock */
function take(lock: string, text: string): 'taken' | 'held' | Error {
  const own = `${lock}-${text.split(' ')[2]!}`;
  try {
    writeFileSync(own, text, { mode: 0o600 });
    linkSync(own, lock);
    return 'taken';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'held' : error as Error;
  } finally {
    rmSync(own, { force: true });
  }
}

function look(lock: string): Seen | undefined {
  try {
    const stats = lstatSync(lock, { bigint: true });
    // Anything else is nobody's lock, and gives way like one that is not renewed.
    const text = stats.isFile() ? readFileSync(lock, 'utf8') : '';
    return { text, state: `${stats.ino} ${stats.mtimeNs} ${text}`, isCrowded: (Number(stats.mode) & 0o777) === crowdedMode };
  } catch {
    return undefined;
  }
}

function textOf(lock: string): string | undefined {
  return look(lock)?.text;
}

/** Has the process ended that holds it? Of other machines, and other containers, that cannot be told. */
function isDead(text: string): boolean {
  const [machine, pid] = text.split(' ');
  return machine === thisMachine() && hasEnded(Number(pid));
}

/** Takes away a lock with that text, so that its holder can replace the settings file no more. */
function takeAway(lock: string, text: string, file: string): void {
  stopReplacing(text, file);
  breakOpen(lock, text);
  // What it made ready in between; from now on it sees that the lock is lost before it uses more.
  stopReplacing(text, file);
}

function stopReplacing(text: string, file: string): void {
  const { machine, pid } = /^(?<machine>[0-9a-f]{8}) (?<pid>\d+) /.exec(text)?.groups ?? {};
  try {
    if (machine !== undefined && pid !== undefined) removeSpares(file, machine, pid);
    // It may have been killed in the middle of a text that it wrote into the file.
    if (isDead(text)) clearAway(file);
  } catch {
    // What cannot be removed cannot be renamed either.
  }
}

/** Takes away a lock with that text. What has taken its place meanwhile is put back. */
function breakOpen(lock: string, text: string): void {
  const away = `${lock}-${randomBytes(8).toString('hex')}`;
  try {
    renameSync(lock, away);
    if (textOf(away) !== text) linkSync(away, lock);
  } catch {
    // Another process was faster.
  }
  rmSync(away, { force: true, recursive: true });
}

/** The folders that were looked through. */
const cleared = new Set<string>();

/** No process needs this long between making a file and taking it away again, in milliseconds. */
const abandonedAfter = 60_000;

/** Removes, once, what killed processes left that were just taking a lock, or breaking one open. Locks stay: who needs one takes it over. */
function clearLocks(folder: string): void {
  if (cleared.has(folder)) return;
  cleared.add(folder);
  for (const name of namesIn(folder)) {
    const left = path.join(folder, name);
    try {
      if (!/^lock-\d+-[0-9a-f]{32}-[0-9a-f]{16}$/.test(name)) continue;
      if (isDead(textOf(left) ?? '') || Date.now() - lstatSync(left).mtimeMs > abandonedAfter) rmSync(left, { force: true, recursive: true });
    } catch {
      // Another process was faster.
    }
  }
}
