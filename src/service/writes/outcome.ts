import { AbortedError, ConfigurationError, StoreError, storeReasons, TimeoutError, type WriteOutcome } from '../../errors.ts';
import { reasonOf, type CallerSignal } from '../../guard/signals.ts';

/**
 * The error, saying what is known of the write (P29): in `outcome` when it has one, else, when the
 * value may be stored all the same, as `context.outcome`.
 */
export function withOutcome(error: unknown, outcome: WriteOutcome): unknown {
  if (!(error instanceof ConfigurationError)) return error;
  if (error instanceof TimeoutError || error instanceof AbortedError) {
    return error.outcome === outcome ? error : restated(error, outcome);
  }
  if (outcome === 'unknown' && Object.isExtensible(error.context)) Object.assign(error.context, { outcome });
  return error;
}

/** The caller of a write has left before anything was stored. */
export const leftBefore = ({ keys }: { readonly keys: readonly string[] }, signal: CallerSignal | undefined): AbortedError =>
  new AbortedError(keys.join(', '), 'not stored', { cause: reasonOf(signal) });

/** A copy of the error, saying that the user has been asked for help, and has declined: they need not be told again. */
export function asDeclined(error: unknown): unknown {
  const own = ownCopy(error);
  if (own instanceof ConfigurationError) Object.assign(own.context, { declined: true });
  return own;
}

/** The same for another caller of the same save: what is noted on one of them is not noted on the other. */
export function ownCopy(error: unknown): unknown {
  if (!(error instanceof ConfigurationError)) return error;
  const copy = Reflect.construct(Error, [], error.constructor) as ConfigurationError;
  return Object.defineProperties(copy, { ...Object.getOwnPropertyDescriptors(error), context: { value: { ...error.context }, enumerable: true, writable: true, configurable: true } });
}

function restated(error: TimeoutError | AbortedError, outcome: WriteOutcome): ConfigurationError {
  const { retryable, context, cause } = error;
  const same = error instanceof TimeoutError
    ? new TimeoutError('The write', error.timeout, outcome, { retryable, context, cause })
    : new AbortedError('The write', outcome, { context, cause });
  same.attempts = error.attempts;
  return same;
}

/** A store rejects with a `StoreError`. One that does not is wrapped, so that callers see a typed error with its cause (P9). */
export function asStoreError(error: unknown): ConfigurationError {
  let message = 'it said nothing of use';
  try {
    if (error instanceof ConfigurationError) return error;
    if (error instanceof Error) message = String(error.message);
  } catch {
    // Looking at it throws.
  }
  return new StoreError('unknown', `The store failed: ${message}`, { cause: error });
}

/** A shorter text says nothing about where it came from. */
const shortestQuote = 3;

/** What a store says of the write of a secret: when it quotes the value, only the reason of it is left (P51). */
export function withoutQuotes(error: unknown, value: unknown): unknown {
  const quotes = texts(value).filter((text) => text.length >= shortestQuote).flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const told = everythingToldBy(error);
  if (!quotes.some((text) => told.includes(text))) return error;
  const reason = error instanceof StoreError ? error.reason : 'unknown';
  const { userAction } = storeReasons[reason];
  return new StoreError(reason, `The store has refused the value (${reason}); what it said is not told, because it quotes a secret.`, userAction === undefined ? {} : { userAction });
}

/** Nothing of what throws when it is looked at: no log and no message shows that either. */
function everythingToldBy(error: unknown, depth = 0): string {
  try {
    return toldBy(error, depth);
  } catch {
    return '';
  }
}

function toldBy(error: unknown, depth: number): string {
  if (!(error instanceof Error) || depth > 5) return typeof error === 'string' ? error : '';
  const { message, stack, cause } = error;
  const { userAction, context } = error as Partial<StoreError>;
  let inContext = '';
  try {
    inContext = JSON.stringify(context) ?? '';
  } catch {
    // Circular: no log and no message shows it either.
  }
  return [message, stack, userAction, inContext, everythingToldBy(cause, depth + 1)].join('\n');
}

function texts(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
