import type { Clock } from '../clock.ts';
import { AbortedError, CircuitOpenError, DisposedError, StoreError, TimeoutError, ValidationError, type StoreReason } from '../errors.ts';
import type { Guard } from '../guard/guard.ts';
import { sameData } from '../settings/plain-data.ts';
import type { Scope, Store, Target } from '../store/store.ts';
import { within } from './within.ts';

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
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'update'; readonly compute: (stored: unknown) => unknown };

export interface WriteTools {
  readonly store: Store;
  readonly clock: Clock;
  /** The longest a look at the store may take, in milliseconds. */
  readonly readLimit: number;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  readonly critical?: boolean;
  /** Called with each value that is about to be stored. */
  readonly onAsked?: (value: unknown) => void;
}

/** The end of a write, and the attempts that were given up and have not come to an end. */
export type WriteEnd = {
  /** What was asked for last; `undefined` when it did not come so far. */
  readonly asked: { readonly value: unknown } | undefined;
  readonly unsettled: readonly Promise<unknown>[];
} & ({ readonly ok: true } | { readonly ok: false; readonly error: unknown });

/** Refusals after which nothing has been stored, and nothing will be. */
const definite: ReadonlySet<StoreReason> = new Set<StoreReason>([
  'unregistered', 'policy', 'scope', 'no-workspace', 'dirty', 'invalid-file', 'newer', 'permission', 'read-only', 'not-ready',
]);

/**
 * Writes one value under the guard and looks whether it is there (P20). When the guard gives up, looks
 * again, so that the answer is what the store says and not what an attempt said (P29).
 */
export async function write(tools: WriteTools, guard: Guard, slot: Slot, asked: Asked, options: WriteOptions): Promise<WriteEnd> {
  const { store } = tools;
  const unsettled = new Set<Promise<unknown>>();
  let last: { readonly value: unknown } | undefined;
  /** The value sent last may be in the store, or get there yet. */
  let ambiguous = false;

  async function attempt(number: number, signal: AbortSignal): Promise<void> {
    if (number > 1 && ambiguous && last !== undefined) {
      if (sameData(await store.readBack(slot), last.value)) return;
      // P28: what was computed from an older value must not be computed, and land, twice.
      if (asked.kind === 'update' && unsettled.size > 0) throw new TimeoutError(guard.name, guard.attemptDeadlines.duration, 'unknown', { retryable: false });
    }
    let expected: { readonly value: unknown } | undefined;
    let value: unknown;
    if (asked.kind === 'value') ({ value } = asked);
    else {
      expected = { value: await store.readBack(slot) };
      value = asked.compute(expected.value);
    }
    if (signal.aborted) return; // Given up meanwhile: nothing has been sent, and nobody waits.
    options.onAsked?.(value);
    last = { value };
    ambiguous = true;
    const sending = store.write({ key: slot.key, target: slot.target, scope: slot.scope, value }, expected === undefined ? { signal } : { signal, expected });
    unsettled.add(sending);
    try {
      await sending;
    } catch (error) {
      if (error instanceof StoreError && definite.has(error.reason)) ambiguous = false;
      throw error;
    } finally {
      unsettled.delete(sending);
    }
    if (signal.aborted) return;
    if (!sameData(await store.readBack(slot), value)) {
      throw new StoreError('not-verified', `"${slot.key}" was written, but the ${slot.target} settings hold another value.`, { context: { key: slot.key } });
    }
  }

  const guardOptions = {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.critical === undefined ? {} : { critical: options.critical }),
  };
  let failure: unknown;
  try {
    await guard.execute((each) => attempt(each.number, each.signal), guardOptions);
    return { ok: true, asked: last, unsettled: [...unsettled] };
  } catch (error) {
    failure = error;
  }
  const left = failure instanceof AbortedError || failure instanceof DisposedError;
  if (!left && ambiguous && last !== undefined && !(failure instanceof CircuitOpenError) && !(failure instanceof ValidationError)) {
    const stored = await look(tools, slot);
    if (stored !== undefined && sameData(stored.value, last.value)) return { ok: true, asked: last, unsettled: [...unsettled] };
    failure = timeoutOutcome(failure, unsettled.size > 0 || stored === undefined);
  }
  if (failure instanceof AbortedError && !ambiguous) failure = new AbortedError(guard.name, 'not stored', { cause: failure.cause });
  return { ok: false, error: failure, asked: ambiguous ? last : undefined, unsettled: [...unsettled] };
}

/** What is stored, or `undefined` when the store does not say in time. */
export async function look({ store, clock, readLimit }: WriteTools, slot: Slot): Promise<{ readonly value: unknown } | undefined> {
  try {
    const result = await within(clock, readLimit, store.readBack(slot));
    return result.timedOut ? undefined : { value: result.value };
  } catch {
    return undefined;
  }
}

/** A timeout says what is known by now: nothing was stored, or it may be yet. */
function timeoutOutcome(error: unknown, unknown: boolean): unknown {
  if (!(error instanceof TimeoutError) || unknown === (error.outcome === 'unknown')) return error;
  const known = new TimeoutError('The write', error.timeout, unknown ? 'unknown' : 'not stored', {
    retryable: error.retryable,
    context: error.context,
  });
  known.attempts = error.attempts;
  return known;
}
