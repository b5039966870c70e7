import { AbortedError, DisposedError, StoreError, TimeoutError, type StoreReason } from '../errors.ts';
import type { Guard } from '../guard/guard.ts';
import { sameData } from '../settings/plain-data.ts';
import type { Scope, Store, Target } from '../store/store.ts';
import { asStoreError, withOutcome } from './outcome.ts';
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
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'update'; readonly compute: (stored: unknown) => unknown };

export interface WriteTools {
  readonly store: Store;
  readonly patience: Patience;
}

/** The longest a look at the store may take, in milliseconds. */
export const lookLimit = 5_000;

export interface WriteOptions {
  readonly signal?: AbortSignal;
  readonly critical: boolean;
  /** Called with each value that is about to be sent. */
  readonly onAsked: (value: unknown) => void;
}

/** The end of a write; `unsettled` are the attempts that were given up and have not come to an end. */
export type WriteEnd = { readonly unsettled: readonly Promise<unknown>[] } & (
  | { readonly ok: true; readonly value: unknown }
  | {
    readonly ok: false;
    readonly error: unknown;
    /** What was sent last, unless the store has definitely refused all of it. */
    readonly sent: { readonly value: unknown } | undefined;
    /** It may be stored, or be stored yet: nobody can tell. */
    readonly unknown: boolean;
  }
);

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
  let sent: { readonly value: unknown } | undefined;
  /** Attempts that may have stored what they sent, or may do so yet. */
  let doubtful = 0;

  async function attempt(signal: AbortSignal): Promise<void> {
    let expected: { readonly value: unknown } | undefined;
    let value: unknown;
    if (doubtful > 0) {
      if (sameData(await store.readBack(slot), sent!.value)) return;
      // P28: what was computed from an older value must not be computed, and land, twice.
      if (asked.kind === 'update' && unsettled.size > 0) throw new TimeoutError(guard.name, guard.attemptDeadlines.duration, 'unknown', { retryable: false });
    }
    if (asked.kind === 'value') ({ value } = asked);
    else {
      expected = { value: await store.readBack(slot) };
      if (signal.aborted) return;
      value = asked.compute(expected.value);
      if (sameData(value, expected.value)) {
        sent = { value };
        return;
      }
    }
    // Given up meanwhile: nothing more is sent, and nobody waits.
    if (signal.aborted) return;
    options.onAsked(value);
    sent = { value };
    doubtful++;
    const sending = store.write({ key: slot.key, target: slot.target, scope: slot.scope, value }, expected === undefined ? { signal } : { signal, expected });
    unsettled.add(sending);
    try {
      await sending;
    } catch (error) {
      if (error instanceof StoreError && definite.has(error.reason)) doubtful--;
      throw error;
    } finally {
      unsettled.delete(sending);
    }
    if (signal.aborted) return;
    if (!sameData(await store.readBack(slot), value)) {
      throw new StoreError('not-verified', `"${slot.key}" was written, but the ${slot.target} settings hold another value.`, { context: { key: slot.key } });
    }
  }

  const { signal, critical } = options;
  let failure: unknown;
  try {
    await guard.execute(
      (each) => attempt(each.signal).catch((error: unknown) => { throw asStoreError(error); }),
      { critical, ...(signal === undefined ? {} : { signal }) },
    );
    return { ok: true, value: sent!.value, unsettled: [...unsettled] };
  } catch (error) {
    failure = error;
  }
  let unknown = doubtful > 0;
  // Whoever has left is answered at once.
  if (doubtful > 0 && !(failure instanceof AbortedError) && !(failure instanceof DisposedError)) {
    const stored = await look(tools, slot);
    if (stored !== undefined && sameData(stored.value, sent!.value)) return { ok: true, value: sent!.value, unsettled: [...unsettled] };
    unknown = stored === undefined || unsettled.size > 0;
  }
  return {
    ok: false,
    error: withOutcome(failure, unknown ? 'unknown' : 'not stored'),
    sent: doubtful > 0 ? sent : undefined,
    unknown,
    unsettled: [...unsettled],
  };
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
