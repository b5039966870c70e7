import { AbortedError, ConfigurationError, StoreError, TimeoutError, type WriteOutcome } from '../errors.ts';

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
  if (error instanceof ConfigurationError) return error;
  const message = error instanceof Error ? error.message : 'it said nothing of use';
  return new StoreError('unknown', `The store failed: ${message}`, { cause: error });
}
