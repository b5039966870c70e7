import type { Growth } from '../../machines/circuit-breaker.ts';
import type { Priority } from '../../machines/bulkhead-options.ts';
import type { ArrivalHost } from './arrival.ts';
import { checkNumbers, type CallLimit, type PendingCall, type PolicyHost, type Rule } from './options.ts';

/** How many retries there may be, of all calls together. */
export interface RetryBudgetOptions {
  /** Retries for each call, from 0 to 1. Default 0.1: one for ten calls. */
  readonly share?: number;
  /** So many retries a minute are let through however few calls there are. Default 3. */
  readonly atLeast?: number;
}

const share: Rule = ['from 0 to 1', (value) => value >= 0 && value <= 1];
const wholeNumber: Rule = ['a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0];

/** Retries that can be saved up while all is well. */
const mostSaved = 10;
const minute = 60_000;

/**
 * Keeps retries few while a dependency is down, for `GuardOptions.limit`: three attempts of each call make an overload three times
 * as large. A call for which no retry is left ends with its error, and `retry-refused` is told. It is off unless asked for.
 *
 * ```ts
 * const api = createGuard({ name: 'api', limit: retryBudget({ share: 0.1 }, concurrency({ limit: 8 })) });
 * ```
 *
 * @param limit a further limit
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function retryBudget(options: RetryBudgetOptions = {}, limit?: CallLimit): CallLimit {
  const { share: each = 0.1, atLeast = 3 } = checkNumbers('budget', options, { share, atLeast: wholeNumber });
  return new RetryBudget(each, atLeast, limit);
}

/** A token bucket: each call puts a share of a token in, each retry takes one out. */
class RetryBudget implements CallLimit {
  readonly #share: number;
  readonly #atLeast: number;
  readonly inner: CallLimit | undefined;
  #tokens = 0;
  /** Retries of this minute that had no token. */
  #free = 0;
  #minuteBegan = -Infinity;

  constructor(each: number, atLeast: number, inner: CallLimit | undefined) {
    this.#share = each;
    this.#atLeast = atLeast;
    this.inner = inner;
  }

  take(priority: Priority): boolean {
    if (this.inner?.take(priority) === false) return false;
    this.#putIn();
    return true;
  }

  give(priority: Priority): void {
    this.inner?.give(priority);
  }

  queue<T>(host: ArrivalHost, call: PendingCall<T>): void {
    this.inner!.queue(host, call);
    this.#putIn();
  }

  onFailure(error: unknown, host: PolicyHost): void {
    this.inner?.onFailure?.(error, host);
  }

  opensIn(): number {
    return this.inner?.opensIn?.() ?? 0;
  }

  takeRetry(host: PolicyHost): boolean {
    if (this.#takeOut(host)) return this.inner?.takeRetry?.(host) ?? true;
    host.emit({ type: 'retry-refused' });
    return false;
  }

  growth(growth: Growth | undefined): Growth {
    const own: Growth = (openFor, reopened) => growth?.(openFor, reopened) ?? openFor;
    return this.inner?.growth?.(own) ?? own;
  }

  #putIn(): void {
    this.#tokens = Math.min(mostSaved, this.#tokens + this.#share);
  }

  #takeOut({ clock }: PolicyHost): boolean {
    if (this.#tokens >= 1 - 1e-9) {
      this.#tokens--;
      return true;
    }
    const now = clock.now();
    if (now - this.#minuteBegan >= minute) {
      this.#minuteBegan = now;
      this.#free = 0;
    }
    return this.#free++ < this.#atLeast;
  }
}
