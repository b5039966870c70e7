import type { Said } from './contender.ts';
import { recentLength, writeOf, type Key } from './settings.ts';

/** How things stood when something happened: time, and how much of it so far the store was at work, or could not be written. */
interface Moment {
  readonly time: number;
  /** Milliseconds in which an update was under way, or nothing could be written. */
  readonly store: number;
  /** Milliseconds in which nothing could be written. */
  readonly blocked: number;
  readonly isBlocked: boolean;
  /** Updates that were refused. */
  readonly refusals: number;
}

/** One write that was asked for: what its caller was told, and what happened. */
export interface Write {
  readonly id: number;
  readonly key: Key;
  /** Made to see whether the store can be written again; counts for nothing else. */
  readonly canary: boolean;
  readonly called: Moment;
  answered?: Moment;
  said?: Said;
  /** Why it never was answered: the process was killed, or closed in good order. */
  silenced?: 'killed' | 'closed';
  /** When it was stored; several times if it was made several times. */
  readonly landed: number[];
}

/** One change of a setting: by a write, or from outside. */
interface Change {
  readonly time: number;
  readonly by: Write | undefined;
  readonly value: unknown;
}

/** A stored value that something older took the place of is lost, unless it is back in this time, in milliseconds. */
export const mendLimit = 30_000;

/** The truth about one contender: what was asked, said and stored. */
export class Ledger {
  readonly writes: Write[] = [];
  readonly changes = new Map<Key, Change[]>();
  readonly recoveries: number[] = [];
  reads = 0;
  readsValid = 0;
  #store = 0;
  #blocked = 0;
  #refusals = 0;
  #since = 0;
  #isBusy = false;
  #isBlocked = false;
  #healedAt: number | undefined;

  now(): Moment {
    const passed = performance.now() - this.#since;
    return {
      time: performance.now(),
      store: this.#store + (this.#isBusy || this.#isBlocked ? passed : 0),
      blocked: this.#blocked + (this.#isBlocked ? passed : 0),
      isBlocked: this.#isBlocked,
      refusals: this.#refusals,
    };
  }

  noteStore(busy: boolean, blocked: boolean): void {
    ({ time: this.#since, store: this.#store, blocked: this.#blocked } = this.now());
    this.#isBusy = busy;
    this.#isBlocked = blocked;
  }

  refused(): void {
    this.#refusals++;
  }

  asked(id: number, key: Key, canary: boolean): Write {
    const write: Write = { id, key, canary, called: this.now(), landed: [] };
    this.writes[id] = write;
    return write;
  }

  answered(write: Write, said: Said): void {
    if (write.silenced !== undefined) return;
    write.said = said;
    write.answered = this.now();
    if (this.#healedAt !== undefined && said === 'stored' && wasStored(write)) {
      this.recoveries.push(write.answered.time - this.#healedAt);
      this.#healedAt = undefined;
    }
  }

  /** Nothing stands in the way of writes any more. */
  healed(): void {
    this.#healedAt ??= performance.now();
  }

  get isRecovering(): boolean {
    return this.#healedAt !== undefined;
  }

  landed(key: Key, value: unknown): void {
    const id = writeOf(key === 'recent' ? (value as readonly unknown[]).at(-1) : value);
    const write = id === undefined ? undefined : this.writes[id];
    write?.landed.push(performance.now());
    this.#changed(key, write, value);
  }

  editedOutside(key: Key, value: unknown): void {
    this.#changed(key, undefined, value);
  }

  /** The writes whose callers were told that they are stored, and that something older took the place of. */
  get lost(): readonly string[] {
    return [...this.changes].flatMap(([key, changes]) => (key === 'recent' ? lostEntries(changes, this.writes) : lostValues(key, changes)));
  }

  #changed(key: Key, by: Write | undefined, value: unknown): void {
    let changes = this.changes.get(key);
    if (changes === undefined) this.changes.set(key, (changes = []));
    changes.push({ time: performance.now(), by, value });
  }
}

/** Was it stored between the call and the answer? */
export function wasStored({ called, answered, landed }: Write): boolean {
  return landed.some((time) => time >= called.time && time <= answered!.time);
}

function lostValues(key: Key, changes: readonly Change[]): string[] {
  return changes.flatMap((change, index) => {
    const before = changes[index - 1]?.by;
    // Undone by a write that was asked for earlier.
    if (before?.said !== 'stored' || change.by === undefined || change.by.id >= before.id) return [];
    const isBack = changes.slice(index + 1).some(({ time, by }) => time <= change.time + mendLimit && (by === undefined || by.id >= before.id));
    return isBack ? [] : [`${key} ${before.id}`];
  });
}

function lostEntries(changes: readonly Change[], writes: readonly Write[]): string[] {
  return changes.flatMap((change, index) => {
    const before = (changes[index - 1]?.value ?? []) as readonly string[];
    const after = new Set(change.value as readonly string[]);
    // The oldest gives way to a new entry.
    const kept = before.slice(Math.max(0, before.length - (recentLength - 1)));
    return kept.filter((entry) => {
      const write = writes[writeOf(entry) ?? -1];
      const counts = write === undefined || write.said === 'stored';
      const isBack = (): boolean => changes.slice(index + 1).some(({ time, value }) => time <= change.time + mendLimit && (value as readonly string[]).includes(entry));
      return counts && !after.has(entry) && !isBack();
    }).map((entry) => `recent ${entry}`);
  });
}
