import type { Clock } from '../clock.ts';
import { AbortedError } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from './abort-fanout.ts';
import { callerContext } from './caller-context.ts';
import type { GuardEvent, PendingCall } from './options.ts';
import { reasonOf } from './signals.ts';

/** What a call that has not begun needs of its guard. */
export interface ArrivalHost {
  readonly name: string;
  readonly clock: Clock;
  /** In milliseconds. */
  readonly budget: number;
  /** The calls that have not begun: they are refused when the breaker opens, and when the guard is disposed of. */
  arrivals: Set<Refusable> | undefined;
  /** Lets a call in, as if it came now. */
  admit<T>(call: PendingCall<T>): void;
  /** Begins a call, which has a slot. @returns false when it was refused, and the slot is free again */
  start<T>(call: PendingCall<T>): boolean;
  emit(event: GuardEvent): void;
}

export interface Refusable {
  refuse(error: unknown): void;
}

/** A call that waits before it begins. */
export abstract class Arrival<T> implements Refusable, Abortable {
  readonly host: ArrivalHost;
  readonly call: PendingCall<T>;
  /** The caller's, in which it begins. */ readonly #context = callerContext();

  constructor(host: ArrivalHost, call: PendingCall<T>) {
    this.host = host;
    this.call = call;
  }

  /**
   * From now on the caller can abort it.
   * @throws whatever the caller's signal throws when it is listened to
   */
  listen(): void {
    const { host, call: { options: { signal } } } = this;
    (host.arrivals ??= new Set()).add(this);
    try {
      if (signal !== undefined) onAbort(signal, this);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** The wait is over. */
  protected arrive(begin: () => void): void {
    this.#end();
    if (this.#context === undefined) begin();
    else this.#context.runInAsyncScope(begin);
  }

  refuse(error: unknown): void {
    this.#leave();
    this.call.reject(error);
  }

  onAbort(): void {
    this.refuse(new AbortedError(this.host.name, 'not stored', { cause: reasonOf(this.call.options.signal) }));
  }

  /** It does not wait any more. */
  protected abstract leave(): void;

  #leave(): void {
    this.#end();
    this.leave();
  }

  #end(): void {
    const { host, call: { options: { signal } } } = this;
    host.arrivals?.delete(this);
    if (signal !== undefined) offAbort(signal, this);
  }
}
