import { createHash, randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { realFile } from './json-disk.ts';
import { ownFolder, thisMachine } from './json-spare.ts';
import type { Disposable } from './store.ts';

/**
 * One writer for each settings file, among all windows and processes of a user on this machine that use Holdfast: a lock file
 * in the temporary folder, held while one value is read, computed and written. Its name says which settings file it is for, and
 * its text who holds it: `<machine> <process> <random>`.
 *
 * It is our own: of the packages for this, those that are kept up take a lock of a process that was paused for stale, and let
 * it go on as if it held the lock. Here a holder looks once more before it replaces the file; between that look and the
 * replacement there are a few system calls, and no turn of the event loop.
 */

/** Locks of another version exclude nobody of this one. */
const protocol = 1;

/** A holder that has not renewed its lock for this long has lost it, in milliseconds. */
export const lease = 2_000;

/** Who waits looks this often, in milliseconds: at first, and at most. */
const pauses = { first: 1, longest: 16 };

const none: Disposable = { dispose: () => undefined };

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
  const lock = lockOf(file);
  if (lock === undefined) return none;
  const text = `${thisMachine()} ${process.pid} ${randomBytes(8).toString('hex')}`;
  let seen: Seen | undefined;
  for (let pause = pauses.first; !signal.aborted; pause = Math.min(2 * pause, pauses.longest)) {
    const now = look(lock);
    const taken = now === undefined ? take(lock, text) : 'held';
    if (taken === 'taken') return new HeldLock(nameOf(file), lock, text);
    if (taken === 'impossible') return none;
    if (now !== undefined) {
      if (now.state !== seen?.state) seen = now;
      if (isDead(now.text) || performance.now() - seen.since > lease) breakOpen(lock, now.text);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * pause));
  }
  return none;
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
  /** When it was first seen so. */
  readonly since: number;
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
    if (!this.isLost) rmSync(this.#lock, { force: true });
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

/** A link takes no other file's place, so that of several processes one alone succeeds. */
function take(lock: string, text: string): 'taken' | 'held' | 'impossible' {
  const own = `${lock}-${text.split(' ')[2]!}`;
  try {
    writeFileSync(own, text, { mode: 0o600 });
    linkSync(own, lock);
    return 'taken';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'held' : 'impossible';
  } finally {
    rmSync(own, { force: true });
  }
}

function look(lock: string): Seen | undefined {
  try {
    const stats = lstatSync(lock, { bigint: true });
    // Anything else is nobody's lock, and gives way like one that is not renewed.
    const text = stats.isFile() ? readFileSync(lock, 'utf8') : '';
    return { text, state: `${stats.ino} ${stats.mtimeNs} ${text}`, since: performance.now() };
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
  if (machine !== thisMachine()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
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
