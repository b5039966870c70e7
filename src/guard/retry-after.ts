import type { Growth } from '../../machines/circuit-breaker.ts';
import type { Priority } from '../../machines/bulkhead-options.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { RateLimitedError } from '../errors.ts';
import { Arrival, type ArrivalHost } from './arrival.ts';
import { refusal, type CallLimit, type PendingCall, type PolicyHost } from './options.ts';

/** A time that is further off than this is no answer of a server that means to come back, in milliseconds. */
const longest = 86_400_000;

/**
 * Heeds the time at which a dependency wants to be asked again, for `GuardOptions.limit`: nothing is sent before (P78).
 *
 * - A retry waits until then, and so does every other call of the guard; one that may not wait so long, by its `budget`, ends at
 *   once, with the error and its `retryAfter` in milliseconds, or with a `RateLimitedError` when it has not been tried.
 * - A breaker that opens stays open until then at least.
 * - A time that is negative, no number, past, or more than a day off is ignored, and told as `retry-after-ignored`.
 * - An abort ends the wait.
 *
 * ```ts
 * const api = createGuard({ name: 'api', limit: retryAfter((error) => (error as ApiError).retryAfter, concurrency({ limit: 4 })) });
 * ```
 *
 * @param timeOf the time that a failure names: milliseconds from now, or a moment; `undefined` when it names none. See `retryAfterHeader`.
 * @param limit a further limit, of calls that may be sent
 * @throws TypeError when `timeOf` is no function
 */
export function retryAfter(timeOf: (error: unknown) => number | Date | undefined, limit?: CallLimit): CallLimit {
  if (typeof timeOf !== 'function') throw refusal(TypeError, 'timeOf', 'a function', timeOf);
  return new Pace(timeOf, limit);
}

/** The time in a `Retry-After` header: seconds, or a date. `undefined` when there is none that can be read. */
export function retryAfterHeader(value: string | null | undefined): number | Date | undefined {
  if (value === null || value === undefined || value.trim() === '') return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

class Pace implements CallLimit {
  readonly #timeOf: (error: unknown) => number | Date | undefined;
  readonly inner: CallLimit | undefined;
  #clock: Clock | undefined;
  /** By the clock. */
  #opensAt = -Infinity;

  constructor(timeOf: (error: unknown) => number | Date | undefined, inner: CallLimit | undefined) {
    this.#timeOf = timeOf;
    this.inner = inner;
  }

  take(priority: Priority): boolean {
    return this.opensIn() === 0 && (this.inner?.take(priority) ?? true);
  }

  give(priority: Priority): void {
    this.inner?.give(priority);
  }

  queue<T>(host: ArrivalHost, call: PendingCall<T>): void {
    const wait = this.opensIn();
    if (wait === 0) {
      this.inner!.queue(host, call);
    } else if (wait >= host.budget) {
      host.emit({ type: 'rejected' });
      throw new RateLimitedError(host.name, wait);
    } else {
      new Postponed(host, call, wait).listen();
    }
  }

  onFailure(error: unknown, host: PolicyHost): void {
    this.inner?.onFailure?.(error, host);
    const said = this.#said(error);
    if (said === undefined) return;
    const wait = said instanceof Date ? said.getTime() - host.clock.wallTime() : said;
    if (typeof wait !== 'number' || !(wait >= 0 && wait <= longest)) {
      host.emit({ type: 'retry-after-ignored', retryAfter: said });
      return;
    }
    this.#clock = host.clock;
    this.#opensAt = Math.max(this.#opensAt, host.clock.now() + wait);
    attach(error, wait);
  }

  opensIn(): number {
    const own = this.#clock === undefined ? 0 : Math.max(0, this.#opensAt - this.#clock.now());
    return Math.max(own, this.inner?.opensIn?.() ?? 0);
  }

  takeRetry(host: PolicyHost): boolean {
    return this.inner?.takeRetry?.(host) ?? true;
  }

  growth(growth: Growth | undefined): Growth {
    return (openFor, reopened) => Math.max(growth?.(openFor, reopened) ?? openFor, this.opensIn());
  }

  #said(error: unknown): number | Date | undefined {
    try {
      return this.#timeOf(error);
    } catch {
      return undefined;
    }
  }
}

/** The caller shall know when to come back. */
function attach(error: unknown, wait: number): void {
  try {
    if (error instanceof Error && !('retryAfter' in error)) Object.assign(error, { retryAfter: wait });
  } catch {
    // It cannot be changed, or not even be looked at.
  }
}

/** A call that waits until the dependency may be asked again. */
class Postponed<T> extends Arrival<T> {
  readonly #timer: TimerHandle;

  constructor(host: ArrivalHost, call: PendingCall<T>, wait: number) {
    super(host, call);
    // It is awaited, so its timer keeps the process alive.
    this.#timer = host.clock.setTimeout(() => this.arrive(() => this.#admit()), wait);
  }

  protected override leave(): void {
    this.host.clock.clearTimeout(this.#timer);
  }

  #admit(): void {
    try {
      this.host.admit(this.call);
    } catch (error) {
      this.call.reject(error);
    }
  }
}
