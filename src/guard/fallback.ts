import { ConfigurationError, type ErrorCode } from '../errors.ts';
import type { Operation } from './attempt.ts';
import { classifyFailure } from './classify.ts';
import { checkNumbers, limit, type CallPolicy, type PolicyHost, type PolicyOptions } from './options.ts';

/**
 * What the caller gets when a call has failed, for `ExecuteOptions.with`. The failure counts all the same, and is told as
 * `fallback` with the real error (P9). A call that its caller has aborted, or that is the caller's own mistake, has none.
 *
 * ```ts
 * const branches = await git.execute(listBranches, { with: fallback(() => []) });
 * ```
 *
 * @param value what the caller gets instead; what it throws is what the caller sees
 */
export function fallback<R>(value: (error: unknown) => R | PromiseLike<R>): CallPolicy {
  return (host, operation, options) => host.execute(operation, options).catch((error: unknown) => {
    if (isCallersOwn(error)) throw error;
    host.emit({ type: 'fallback', error });
    return value(error) as never;
  });
}

const callersOwn: readonly ErrorCode[] = ['ABORTED', 'DISPOSED', 'VALIDATION'];

/** The caller has left, or made a mistake: nothing else is wanted. */
function isCallersOwn(error: unknown): boolean {
  return error instanceof ConfigurationError ? callersOwn.includes(error.code) : classifyFailure(error) === 'caller';
}

export interface LastGoodOptions {
  /** The greatest age of an answer that is served, in milliseconds. Default 600,000. */
  readonly maxAge?: number;
}

/** The last good answers of one read: see `lastGood`. */
export interface LastGoodPolicy extends CallPolicy {
  /** How often an old answer was served. */
  readonly served: number;
  /** Why the last one was; `undefined` when none was. */
  readonly lastError: unknown;
}

/**
 * For a read that may be a little old, for `ExecuteOptions.with`: while it fails the caller gets its last good answer, until that
 * is too old; then the error. One for each read. An old answer is counted in `served`, and told as `fallback` with the real
 * error and the age of the answer in milliseconds (P9, P80).
 *
 * ```ts
 * const branches = lastGood({ maxAge: 60_000 });
 * await git.execute(listBranches, { with: branches });
 * ```
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function lastGood(options: LastGoodOptions = {}): LastGoodPolicy {
  const { maxAge = 600_000 } = checkNumbers('lastGood', options, { maxAge: limit });
  const answers = new WeakMap<PolicyHost, { readonly value: unknown; readonly at: number }>();
  let served = 0;
  let lastError: unknown;
  const policy = async (host: PolicyHost, operation: Operation<unknown>, given: PolicyOptions): Promise<unknown> => {
    try {
      const value = await host.execute(operation, given);
      answers.set(host, { value, at: host.clock.now() });
      return value;
    } catch (error) {
      const answer = answers.get(host);
      const age = answer === undefined ? Infinity : host.clock.now() - answer.at;
      if (answer === undefined || age > maxAge || isCallersOwn(error)) throw error;
      served++;
      lastError = error;
      host.emit({ type: 'fallback', error, age });
      return answer.value;
    }
  };
  return Object.defineProperties(policy, { served: { get: () => served }, lastError: { get: () => lastError } }) as unknown as LastGoodPolicy;
}
