import type { Clock } from '../clock.ts';
import { AbortedError, DisposedError, StoreError, TimeoutError, type StoreReason } from '../errors.ts';
import { offAbort, onAbort } from '../guard/abort-fanout.ts';
import type { Guard } from '../guard/guard.ts';
import { reasonOf, type CallerSignal } from '../guard/signals.ts';
import { sameData } from '../settings/plain-data.ts';
import type { Scope, Store, Target, WriteRequest } from '../store/store.ts';
import { asStoreError, withOutcome, withoutQuotes } from './outcome.ts';
import type { Patience } from './patience.ts';

/** One place a value is written to. */
export interface Slot {
  readonly key: string;
  readonly target: Target;
  readonly scope: Scope;
  readonly file: string;
}

export const slotId = ({ key, scope, file }: Slot): string => JSON.stringify([file, scope.languageId ?? '', key]);

/** What to store: a value, or how to compute it from what is stored when the attempt is made. */
export type Asked =
  | {
    readonly kind: 'value';
    readonly value: unknown;
    /** When present: stored only over what was there when the attempt was made, which is told here. */
    readonly over?: (before: unknown) => void;
  }
  | { readonly kind: 'update'; readonly compute: (stored: unknown) => unknown };

export interface WriteTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Whether the value of a setting must never be told. */
  isSecret(key: string): boolean;
  /** What is served now for whoever reads there. */
  served(slot: Slot): unknown;
}

/** The longest a look at the store may take, in milliseconds. */
export const lookLimit = 5_000;

/**
 * After a collision with another writer the next try begins this much later, and after twice the time each time after
 * that, up to the longest, in milliseconds.
 */
const collisionPause = { first: 1, longest: 256 };

export interface WriteOptions {
  readonly signal?: CallerSignal;
  readonly critical: boolean;
  /** What an earlier run of the same update computed and sent: when that is stored by now, the update is done. */
  readonly earlier?: Loose;
  /** Called with each value that is about to be sent, and what it was computed from, if it was. */
  readonly onAsked: (value: unknown, from: From | undefined) => void;
}

/** One attempt, on its way to the store. */
interface Sending {
  readonly value: unknown;
  readonly expected: { readonly value: unknown } | undefined;
  /** What was there before, as far as that is known without asking. */
  readonly before: { readonly value: unknown } | undefined;
  readonly attempt: Promise<unknown>;
  /** What the store has said of it. */
  settled: 'stored' | 'refused' | undefined;
}

/** What an update function was given. While the store holds neither this nor the result, others may have built on the result. */
export interface From {
  readonly value: unknown;
}

/** Whether others may have built on the result of an update function, of which the store holds neither the result nor what it was computed from. */
export const mayBeBuiltOn = (from: From | undefined, stored: unknown): boolean => from !== undefined && !sameData(stored, from.value);

/** A value that was sent and not acknowledged: it may be stored, or be stored yet, also by an attempt that was refused (P21). */
export interface Loose {
  readonly value: unknown;
  readonly from: From | undefined;
  readonly attempts: readonly Promise<unknown>[];
  /** How many of them may still land: not those that have, as the store says, nor one that has been seen to. */
  readonly landings: number;
}

export type WriteEnd = {
  readonly loose: readonly Loose[];
  /** Some of that is under way, or was refused in a way that leaves it possible that it is stored yet. */
  readonly mayLand: boolean;
} & (
  | { readonly ok: true; readonly value: unknown }
  | {
    readonly ok: false;
    readonly error: unknown;
    /** It may be stored, or be stored yet: nobody can tell. */
    readonly unknown: boolean;
    /** The store said that it had stored the value, and then held another one. */
    readonly unverified: boolean;
  }
);

/** Refusals after which nothing has been stored, and nothing will be. */
const definite: ReadonlySet<StoreReason> = new Set<StoreReason>([
  'unregistered', 'policy', 'scope', 'no-workspace', 'dirty', 'invalid-file', 'conflict', 'newer', 'permission', 'read-only', 'not-ready',
]);

/**
 * Writes one value under the guard and looks whether it is there (P20). When the guard gives up, looks
 * again, so that the answer is what the store says and not what an attempt said (P29).
 */
export async function write(tools: WriteTools, guard: Guard, slot: Slot, asked: Asked, options: WriteOptions): Promise<WriteEnd> {
  const { store } = tools;
  /** What was sent, but for what the store has definitely refused, in order. */
  const sent: Sending[] = [];
  let unverified = false;
  const isUnsettled = (): boolean => sent.some(({ settled }) => settled === undefined);
  /** What was found to be there, though its attempt has not said so: it has landed. */
  let found: Sending | undefined;
  const loose = (): Pick<WriteEnd, 'loose' | 'mayLand'> => ({
    loose: grouped(sent, found, asked.kind),
    mayLand: sent.some((sending) => isLoose(sending, found)),
  });
  /** Where the same was there before it is not known who has done that. */
  const noteFound = (sending: Sending): void => {
    if (sending.before !== undefined && !sameData(sending.value, sending.before.value)) found = sending;
  };
  const notVerified = (retryable: boolean): StoreError => new StoreError('not-verified', `"${slot.key}" was written, but the ${slot.target} settings hold another value.`, {
    retryable,
    context: { key: slot.key },
  });

  /** Is what was sent last there by now? @throws when an update must not be computed again: it would be applied twice (P28) */
  async function isDone(last: Pick<Sending, 'value' | 'expected' | 'settled'>): Promise<boolean> {
    const stored = await store.readBack(slot);
    if (sameData(stored, last.value)) return true;
    if (asked.kind === 'value') return false;
    if (isUnsettled()) throw new TimeoutError(guard.name, guard.attemptDeadlines.duration, 'unknown', { retryable: false });
    // Stored, as the store says, and not there: unless it was lost, somebody has built on it.
    if (last.settled === 'stored' && !sameData(stored, last.expected?.value)) throw notVerified(false);
    return false;
  }

  async function send(value: unknown, expected: { readonly value: unknown } | undefined, signal: AbortSignal): Promise<Sending> {
    options.onAsked(value, asked.kind === 'update' ? expected : undefined);
    const sending: Sending = {
      value, expected, settled: undefined, before: expected ?? (value === undefined ? undefined : { value: tools.served(slot) }),
      attempt: store.write({ ...place(slot), value }, expected === undefined ? { signal } : { signal, expected }),
    };
    sent.push(sending);
    try {
      await sending.attempt;
      sending.settled = 'stored';
    } catch (error) {
      sending.settled = 'refused';
      if (isDefinite(error)) sent.splice(sent.indexOf(sending), 1);
      throw tools.isSecret(slot.key) ? withoutQuotes(error, value) : error;
    }
    return sending;
  }

  async function attempt(signal: AbortSignal): Promise<unknown> {
    const earlier = sent.at(-1);
    const last = earlier ?? (options.earlier && { value: options.earlier.value, expected: undefined, settled: 'refused' as const });
    if (last !== undefined && await isDone(last)) {
      if (earlier !== undefined) noteFound(earlier);
      return last.value;
    }
    let expected: { readonly value: unknown } | undefined;
    let value: unknown;
    if (asked.kind === 'update' || asked.over !== undefined) {
      expected = { value: await store.readBack(slot) };
      if (signal.aborted) return undefined;
    }
    if (asked.kind === 'value') {
      ({ value } = asked);
      asked.over?.(expected?.value);
    } else {
      value = asked.compute(expected!.value);
      if (sameData(value, expected!.value)) return value;
    }
    // Given up meanwhile: nothing more is sent, and nobody waits.
    if (signal.aborted) return undefined;
    const sending = await send(value, expected, signal);
    if (signal.aborted) return undefined;
    if (!await isDone(sending)) {
      unverified = true;
      throw notVerified(true);
    }
    // The guard has not waited for the look, and may try again: that it is stored must not be forgotten.
    if (signal.aborted) return undefined;
    // Of what was stored as it should be, nothing is loose.
    sent.splice(sent.indexOf(sending), 1);
    return value;
  }

  const { signal, critical } = options;
  let failure: unknown;
  try {
    const value = await guard.execute(
      (each) => besideOthers(tools, guard.attemptDeadlines.duration / 2, each.signal, () => locked(store, slot, each.signal, () => attempt(each.signal))),
      { critical, ...(signal === undefined ? {} : { signal }) },
    );
    return { ok: true, value, ...loose() };
  } catch (error) {
    failure = error;
  }
  const last = sent.at(-1);
  let unknown = last !== undefined;
  // Whoever has left is answered at once.
  if (last !== undefined && !(failure instanceof AbortedError) && !(failure instanceof DisposedError)) {
    const stored = await untilAbort(signal, look(tools, slot));
    if (stored !== undefined && sameData(stored.value, last.value)) {
      noteFound(last);
      return { ok: true, value: last.value, ...loose() };
    }
    if (signal?.aborted === true) failure = new AbortedError('The write', 'unknown', { cause: reasonOf(signal) });
    // A refusal that leaves doubt says so by its own reason; any other end says nothing of earlier attempts.
    const speaksForItself = failure instanceof StoreError && !isDefinite(failure);
    const isComputed = asked.kind === 'update';
    const isBuiltOn = isComputed && (sent.some(({ settled }) => settled === 'stored') || mayBeBuiltOn(last.expected, stored?.value));
    unknown = stored === undefined || isUnsettled() || isBuiltOn || !speaksForItself;
  }
  return { ok: false, error: withOutcome(failure, unknown ? 'unknown' : 'not stored'), unknown, unverified, ...loose() };
}

/**
 * Others who write the same file are no failure of it: what is refused because one of them was faster is done again, at once.
 *
 * @param limit when that has gone on for so long, in milliseconds, it fails
 * @returns nothing, once the signal is aborted
 * @throws StoreError
 */
export async function besideOthers<T>(
  { clock, patience }: WriteTools,
  limit: number,
  signal: { readonly aborted: boolean } | undefined,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const end = clock.now() + limit;
  for (let pause = collisionPause.first; signal?.aborted !== true; pause = Math.min(2 * pause, collisionPause.longest)) {
    try {
      return await work();
    } catch (error) {
      const failure = asStoreError(error);
      if (!isCollision(failure) || clock.now() + pause >= end) throw failure;
    }
    await patience.within(pause, () => new Promise(() => undefined));
  }
  return undefined;
}

export const place = ({ key, target, scope }: Slot): Omit<WriteRequest, 'value'> => ({ key, target, scope });

/**
 * Works while no other service writes the file. What is given up holds nobody up, and is not begun any more.
 * @returns `undefined` when it was not begun
 */
export async function locked<T>(store: Store, slot: Slot, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  const lock = await store.lock?.(place(slot), signal);
  const unlock = (): void => lock?.dispose();
  signal.addEventListener('abort', unlock);
  try {
    return signal.aborted ? undefined : await work();
  } finally {
    signal.removeEventListener('abort', unlock);
    unlock();
  }
}

export function isDefinite(error: unknown): boolean {
  const failure = asStoreError(error);
  return failure instanceof StoreError && definite.has(failure.reason) && failure.context['outcome'] !== 'unknown';
}

/** Another writer was faster, and nothing was stored. */
const isCollision = (error: unknown): boolean => error instanceof StoreError && error.reason === 'newer';

/** It may land yet: neither has the store said that it has, nor has it been seen to. */
const isLoose = (sending: Sending, found: Sending | undefined): boolean => sending.settled !== 'stored' && sending !== found;

/** One entry for each value; only an update that was computed anew has several. */
function grouped(sent: readonly Sending[], found: Sending | undefined, kind: Asked['kind']): Loose[] {
  const loose: { value: unknown; from: From | undefined; attempts: Promise<unknown>[]; landings: number }[] = [];
  for (const sending of sent) {
    const { value, expected, attempt } = sending;
    const from = kind === 'update' ? expected : undefined;
    let same = loose.find((other) => sameData(other.value, value));
    if (same === undefined) loose.push(same = { value, from, attempts: [], landings: 0 });
    same.attempts.push(attempt);
    if (isLoose(sending, found)) same.landings++;
  }
  return loose;
}

/** What is stored, or `undefined` when the store does not say in time. */
export async function look({ store, patience }: WriteTools, slot: Slot): Promise<{ readonly value: unknown } | undefined> {
  try {
    const result = await patience.within(lookLimit, () => store.readBack(slot));
    return result.timedOut ? undefined : { value: result.value };
  } catch {
    return undefined;
  }
}

/** What a look has found, or `undefined` as soon as the caller leaves (P5). */
function untilAbort<T>(signal: CallerSignal | undefined, looking: Promise<T | undefined>): Promise<T | undefined> {
  if (signal === undefined) return looking;
  return new Promise((resolve) => {
    const leave = { onAbort: () => resolve(undefined) };
    if (signal.aborted) resolve(undefined);
    else onAbort(signal, leave);
    void looking.then((found) => {
      offAbort(signal, leave);
      resolve(found);
    });
  });
}
