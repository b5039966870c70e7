import { ConfigurationError, type FailureClass } from '../errors.ts';
import type { CallPolicy } from './options.ts';

/**
 * A result that is a failure, as `failingResults` tells the guard: what `retryAfter`, `classify` and events are given. The caller gets
 * the result itself.
 */
export class FailedResultError extends ConfigurationError {
  readonly code = 'FAILED_RESULT';
  /** What the operation has returned. */
  readonly result: unknown;
  readonly #class: FailureClass;

  constructor(name: string, result: unknown, failureClass: FailureClass) {
    super(`The result of ${name} is a failure.`, { retryable: failureClass === 'transient' });
    this.result = result;
    this.#class = failureClass;
  }

  override get failureClass(): FailureClass {
    return this.#class;
  }
}

/**
 * Results that are failures, for `ExecuteOptions.with`: exit codes, HTTP statuses. The call is tried again, and counts as failed;
 * when no attempt has helped, the caller gets the last result all the same. A guard with a `classify` of its own is asked what
 * such a failure means: leave it to `classifyFailure`.
 *
 * ```ts
 * const response = await api.execute(() => fetch(url), { with: failingResults<Response>(({ status }) => status >= 500) });
 * ```
 *
 * @param isFailure `true`, or what it means: `transient` is tried again, `user` and `permanent` are not, `caller` counts as nothing
 */
export function failingResults<R>(isFailure: (result: R) => boolean | FailureClass): CallPolicy {
  return (host, operation, options) => host.execute(async (attempt) => {
    const result = await operation(attempt);
    const said = isFailure(result as R);
    if (said === false) return result;
    throw new FailedResultError(host.name, result, said === true ? 'transient' : said);
  }, options).catch((error: unknown) => {
    if (error instanceof FailedResultError) return error.result as never;
    throw error;
  });
}
