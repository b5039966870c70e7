import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Target } from '../../src/store/store.ts';
import { same, text } from './settings.ts';

/** One write on its way to a file. Nobody's when a person or another program edits the file. */
export interface Attempt {
  readonly number: number;
  /** What it is stored with, all by one save, has the same. */
  readonly save: number;
  /** The life of a service that made it. */
  readonly life: number;
  readonly file: string;
  readonly slot: string;
  readonly value: unknown;
  readonly begun: number;
  readonly signal: AbortSignal;
  readonly isSwap: boolean;
  /** What the store said of it; `undefined`: nothing so far. */
  answer?: 'stored' | 'refused';
  /** Refused for a reason that is not transient, and does not stand for doubt. */
  refusedForGood?: boolean;
  /** Refused because another writer was faster (F51), or not to be looked at, as another program was saving the file; or beside what was refused. */
  collided?: boolean;
  /** The store lied of it: it said that it was refused, or that it had stored just this. */
  lied?: boolean;
}

/** One change of a file, in the order of their happening. */
export interface Change {
  readonly order: number;
  readonly slot: string;
  readonly value: unknown;
  /** `undefined`: from outside. */
  readonly by: Attempt | undefined;
  /** Its caller had given it up, or been answered, by then. */
  readonly late: boolean;
  /** Another value than the one that was asked for. */
  readonly corrupt: boolean;
}

interface SettingsFile {
  readonly values: Map<string, unknown>;
  /** Not JSON any more: somebody is in the middle of editing it. */
  broken: boolean;
  /** So many other programs are just saving it: what it says meanwhile counts for nothing. */
  saving: number;
  /** To be called when the last of them has. */
  readonly onSaved: Set<() => void>;
}

export const fileNames = ['user.json', 'workspace.json', 'folder.json'] as const;
export type FileName = (typeof fileNames)[number];

export const fileOfTarget = (target: Target): FileName => `${target}.json`;
export const nameIn = (key: string, languageId: string | undefined): string => (languageId === undefined ? key : `[${languageId}]${key}`);
export const slotOf = (file: string, name: string): string => `${file}#${name}`;

/** What is to become of one setting of a file. */
export interface Edit {
  readonly name: string;
  readonly value: unknown;
  /** `undefined`: from outside. */
  readonly by: Attempt | undefined;
  readonly corrupt?: boolean;
}

/** One who holds, or waits for, the lock of a file. */
interface LockHolder {
  readonly life: number;
  readonly take: () => void;
}

/** A lock is taken from a process that is paused after so long, and from one that is gone, in milliseconds. */
const lease = { paused: 300, gone: 1_000 };

/** The settings files as they are on the disk, shared by all services, and the truth about what happened to them. */
export class Backend {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly files = new Map<string, SettingsFile>(fileNames.map((name) => [name, { values: new Map(), broken: false, saving: 0, onSaved: new Set() }]));
  readonly changes = new Map<string, Change[]>();
  /** How many attempts there were. */
  attempts = 0;
  /** Those of one life to one slot. */
  readonly #attemptsAt = new Map<string, Attempt[]>();
  #open: Attempt[] = [];
  /** The texts of whatever a slot has held. */
  readonly #held = new Map<string, Set<string>>();
  readonly watchers = new Set<(file: string, by: Attempt | undefined, changes: readonly Change[]) => void>();
  /** Who holds the lock of a file, and who waits for it, in order. */
  readonly #locks = new Map<string, LockHolder[]>();
  trusted = true;
  #order = 0;

  constructor(clock: VirtualClock, random: () => number) {
    this.clock = clock;
    this.random = random;
  }

  /** The next moment: everything that happens has one of its own. */
  moment(): number {
    return ++this.#order;
  }

  /** Attempts begin. */
  attempt(attempts: readonly Attempt[]): void {
    this.attempts += attempts.length;
    this.#open.push(...attempts);
    for (const attempt of attempts) {
      const at = `${attempt.life} ${attempt.slot}`;
      const there = this.#attemptsAt.get(at);
      if (there === undefined) this.#attemptsAt.set(at, [attempt]);
      else there.push(attempt);
    }
  }

  attemptsAt(life: number, slot: string): readonly Attempt[] {
    return this.#attemptsAt.get(`${life} ${slot}`) ?? [];
  }

  /** Those that have no answer, and that nobody has given up. */
  openAttempts(): readonly Attempt[] {
    // What is not open any more never is again.
    return (this.#open = this.#open.filter(({ answer, signal }) => answer === undefined && !signal.aborted));
  }

  changesOf(slot: string): readonly Change[] {
    return this.changes.get(slot) ?? [];
  }

  value(slot: string): unknown {
    return this.changes.get(slot)?.at(-1)?.value;
  }

  /** Did the slot hold such a value at some moment of the time from `from` to now? */
  held(slot: string, from: number, is: (value: unknown) => boolean): boolean {
    const changes = this.changesOf(slot);
    const before = changes.findLast(({ order }) => order < from);
    return is(before?.value) || changes.some(({ order, value }) => order >= from && is(value));
  }

  /** Has anybody stored it there, at any time? */
  hasHeld(slot: string, value: unknown): boolean {
    return this.#held.get(slot)?.has(text(value)) === true;
  }

  /** One save of a file: nobody sees a part of it. */
  change(file: string, edits: readonly Edit[]): void {
    const { values } = this.files.get(file)!;
    const made = edits.map(({ name, value, by, corrupt = false }): Change => {
      if (value === undefined) values.delete(name);
      else values.set(name, value);
      const slot = slotOf(file, name);
      const late = by !== undefined && (by.signal.aborted || by.answer !== undefined);
      const change = { order: this.moment(), slot, value, by, late, corrupt };
      const changes = this.changes.get(slot);
      if (changes === undefined) this.changes.set(slot, [change]);
      else changes.push(change);
      const held = this.#held.get(slot);
      if (held === undefined) this.#held.set(slot, new Set([text(value)]));
      else held.add(text(value));
      return change;
    });
    this.tell(file, edits[0]?.by, made);
  }

  /** Calls `take` when the lock of a file is this one's. @returns what gives it back, whether it is held or waited for */
  lock(file: string, life: number, take: () => void): () => void {
    const holders = this.#locks.get(file) ?? [];
    this.#locks.set(file, holders);
    const holder = { life, take };
    holders.push(holder);
    if (holders[0] === holder) take();
    return () => this.#unlock(file, holder);
  }

  /** A lock is taken away from the one who holds it, who does not notice. */
  loseLock(file: string): void {
    const [holder] = this.#locks.get(file) ?? [];
    if (holder !== undefined) this.#unlock(file, holder);
  }

  /** A process is paused or gone: its locks are taken over by others, unless `isBack` by then. */
  stealLocks(life: number, why: keyof typeof lease, isBack: () => boolean = () => false): void {
    for (const [file, holders] of this.#locks) {
      for (const holder of holders.filter((each) => each.life === life)) {
        this.clock.setTimeout(() => {
          if (!isBack()) this.#unlock(file, holder);
        }, lease[why]);
      }
    }
  }

  #unlock(file: string, holder: LockHolder): void {
    const holders = this.#locks.get(file)!;
    const index = holders.indexOf(holder);
    if (index === -1) return;
    holders.splice(index, 1);
    if (index === 0) holders[0]?.take();
  }

  /** Breaks a file, or mends it: its values are as before. */
  setBroken(file: string, broken: boolean): void {
    this.files.get(file)!.broken = broken;
    this.tell(file, undefined);
  }

  isSaving(file: string): boolean {
    return this.files.get(file)!.saving > 0;
  }

  onceSaved(file: string, listener: () => void): void {
    this.files.get(file)!.onSaved.add(listener);
  }

  /** Another program begins to save a file, and has done so after some milliseconds: that is its change. */
  save(file: string, milliseconds: number, change: () => void): void {
    const saved = this.files.get(file)!;
    saved.saving++;
    this.tell(file, undefined);
    this.clock.setTimeout(() => {
      saved.saving--;
      change();
      if (saved.saving > 0) return;
      const waiting = [...saved.onSaved];
      saved.onSaved.clear();
      for (const listener of waiting) listener();
    }, milliseconds);
  }

  tell(file: string, by: Attempt | undefined, changes: readonly Change[] = []): void {
    for (const watcher of [...this.watchers]) watcher(file, by, changes);
  }

  holds(slot: string, value: unknown): boolean {
    return same(this.value(slot), value);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}
