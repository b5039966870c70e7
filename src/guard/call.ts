import type { Priority } from '../../machines/bulkhead-options.ts';
import type { RetryOptions } from '../../machines/retry-backoff.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { AbortedError, ConfigurationError, DisposedError, TimeoutError, type FailedAttempt, type FailureClass } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from './abort-fanout.ts';
import type { Attempt, Operation } from './attempt.ts';
import type { Breaker } from './breaker.ts';
import { callerContext, type CallerContext } from './caller-context.ts';
import { timerSlack, type Deadline, type DeadlineList } from './deadlines.ts';
import type { Linked, LinkedList } from './linked-list.ts';
import type { Retried, RetrySteps } from './retry-mirror.ts';
import type { CallLimit, GuardEvent, PolicyHost } from './options.ts';
import { reasonOf, type CallerSignal } from './signals.ts';

/** Of every promise that has not been given another. */
const { then: plainThen } = Promise.prototype;

/** What a call needs of its guard. */
export interface CallHost extends PolicyHost {
  readonly name: string;
  readonly clock: Clock;
  readonly breaker: Breaker;
  readonly retry: RetryOptions;
  /** In milliseconds. */
  readonly budget: number;
  readonly limit: CallLimit | undefined;
  readonly disposed: boolean;
  /** The attempts after which a call waits for the next. */
  readonly backingOff: LinkedList<RunningAttempt>;
  deadlines(duration: number): DeadlineList;
  removeDeadline(attempt: RunningAttempt): void;
  startRetry(call: Retried): RetrySteps;
  classify(error: unknown): FailureClass;
  random(): number;
  emit(event: GuardEvent): void;
}

/**
 * One attempt of a call: what the operation sees of it, and all that a call needs which succeeds at once. There are no
 * further objects on that path.
 */
export class RunningAttempt<T = unknown> implements Attempt, Deadline {
  declare readonly number: number;
  declare readonly host: CallHost;
  declare readonly operation: Operation<T>;
  declare readonly resolve: (value: Awaited<T>) => void;
  declare readonly reject: (error: unknown) => void;
  /** The epoch in which the call began. */ readonly epoch: number;
  declare readonly list: DeadlineList;
  /** What else there is to know; made when the call is given options, is a probe, or fails. */ call: Call<T> | undefined;
  /** It has ended or was given up: what comes now is late. */ over = false;
  controller: AbortController | undefined;
  /** Why it was given up. */ reason: Error | undefined;
  /** While its operation runs. */ context: CallerContext | undefined;
  began = 0;
  slow = false;
  earlier: Linked | undefined;
  later: Linked | undefined;
  listed = false;

  constructor(
    host: CallHost,
    operation: Operation<T>,
    resolve: (value: Awaited<T>) => void,
    reject: (error: unknown) => void,
    epoch: number,
    list: DeadlineList,
    number: number,
    call: Call<T> | undefined,
  ) {
    this.host = host;
    this.operation = operation;
    this.resolve = resolve;
    this.reject = reject;
    this.epoch = epoch;
    this.list = list;
    this.number = number;
    this.call = call;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  giveUp(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }

  begin(): void {
    this.list.add(this);
    let result: T | PromiseLike<T>;
    try {
      result = this.operation(this);
      const then: unknown = (result as PromiseLike<T> | undefined | null)?.then;
      if (typeof then === 'function') {
        // Any other thenable may throw, call back twice, or resolve with another thenable: a promise takes care of that.
        const promise = then === plainThen ? result as Promise<T> : new Promise<T>((resolve) => resolve(result));
        promise.then((value) => this.succeed(value as Awaited<T>), (error: unknown) => this.fail(error));
        this.context = callerContext();
        return;
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.succeed(result as Awaited<T>);
  }

  succeed(value: Awaited<T>): void {
    const { host } = this;
    if (this.over) {
      host.emit({ type: 'late', attempt: this.number, ok: true });
      return;
    }
    this.end();
    this.call?.end('succeeded');
    host.breaker.onSuccess(this.epoch, this.slow, this.call?.probe === true);
    this.resolve(value);
    // Last: the next call begins by that.
    host.limit?.give(this.call?.priority ?? 'normal');
  }

  fail(error: unknown): void {
    const { host } = this;
    if (this.over) {
      host.emit({ type: 'late', attempt: this.number, ok: false, error });
      return;
    }
    this.end();
    this.#knownCall.onFailure(this, error);
  }

  /** From now on everything about it is late. */
  end(): void {
    this.over = true;
    this.host.removeDeadline(this as RunningAttempt);
  }

  expire(): void {
    const error = new TimeoutError(this.host.name, Math.round(this.list.duration), 'unknown');
    // The timer may have been set by another call, in that call's context.
    if (this.context === undefined) this.onTimeout(error);
    else this.context.runInAsyncScope(() => this.onTimeout(error));
  }

  onTimeout(error: TimeoutError): void {
    // First, so that the operation's answer to the abort is late.
    this.end();
    this.giveUp(error);
    this.#knownCall.onFailure(this, error);
  }

  onDispose(): void {
    this.#knownCall.onDispose();
  }

  get #knownCall(): Call<T> {
    return this.call ??= new Call(this, undefined);
  }
}

/** A call that did not succeed at once, or that was given options: from then on to the moment its promise settles. */
export class Call<T> implements Abortable, Retried {
  /** A probe gets one attempt: the dependency is called once, whoever waits (P2). */
  probe = false;
  priority: Priority = 'normal';
  readonly #first: RunningAttempt<T>;
  readonly #signal: CallerSignal | undefined;
  #attempt: RunningAttempt<T> | undefined;
  /** The attempt that failed last, during the backoff after it. */ #resting: RunningAttempt<T> | undefined;
  /** When that was, by the clock. */ #restsSince = 0;
  /** It waits longer, because another call has been told to. */ #held: TimerHandle | undefined;
  /** Of the budget, in milliseconds: attempts and waits, without time during which the process did not run. */ #spent = 0;
  #settled = false;
  #stranded = false;
  #failures: Failed[] | undefined;
  #lastClass: FailureClass = 'transient';
  /** The attempt that failed last took longer than it should. */ #slow = false;
  #sequencer: RetrySteps | undefined;
  /** The caller's, for the attempts to come. */ #context: CallerContext | undefined;

  constructor(first: RunningAttempt<T>, signal: CallerSignal | undefined) {
    this.#first = first;
    this.#attempt = first;
    this.#signal = signal;
  }

  /**
   * Begins a call that is given a signal, or is a probe.
   * @throws whatever the signal throws when it is listened to; no probe's place is taken then
   */
  static begin<T>(first: RunningAttempt<T>, signal: CallerSignal | undefined, priority: Priority, probe: boolean): void {
    const call = new Call(first, signal);
    call.priority = priority;
    first.call = call;
    if (signal !== undefined) {
      // It may be aborted while it is listened to.
      call.#attempt = undefined;
      onAbort(signal, call);
      if (call.#settled) return;
      call.#attempt = first;
    }
    if (probe) {
      call.probe = true;
      first.host.breaker.startProbe(first.epoch);
    }
    first.begin();
  }

  onFailure(attempt: RunningAttempt<T>, error: unknown): void {
    const { host } = attempt;
    this.#restsSince = host.clock.now();
    const duration = this.#restsSince - attempt.began;
    this.#spent += duration;
    const failed = new Failed(attempt.number, error, duration);
    (this.#failures ??= []).push(failed);
    this.#attempt = undefined;
    this.#slow = attempt.slow;
    host.limit?.onFailure?.(error, host);
    host.emit({ type: 'attempt-failed', attempt: attempt.number, error, duration });
    this.#lastClass = host.classify(error);
    // The listener, or `classify`, may have ended the call.
    if (this.#isOver()) return;
    const retryable = this.#lastClass === 'transient' && !this.probe && this.#isPermitted();
    // Without another attempt to come there is nothing to be sequenced.
    const sequenced = this.#sequencer !== undefined || (retryable && host.retry.attempts > 1);
    if (this.#stranded || !sequenced) this.#fail(error);
    else this.#sequence(attempt, retryable);
  }

  /** The call has settled, or is about to be. */
  end(how?: 'succeeded'): void {
    this.#settled = true;
    if (how === 'succeeded') this.#sequencer?.send({ type: 'ATTEMPT_SUCCEEDED' });
    this.#attempt?.end();
    this.#attempt = undefined;
    this.#endBackoff();
    if (this.#held !== undefined) this.#host.clock.clearTimeout(this.#held);
    if (this.#signal !== undefined) offAbort(this.#signal, this);
  }

  onAbort(): void {
    const outcome = this.#attempt === undefined ? 'not stored' : 'unknown';
    this.#leave(new AbortedError(this.#host.name, outcome, { cause: reasonOf(this.#signal) }));
  }

  onDispose(): void {
    this.#leave(new DisposedError(this.#host.name));
  }

  get #host(): CallHost {
    return this.#first.host;
  }

  random(): number {
    return this.#host.random();
  }

  remaining(): number {
    return Math.max(0, this.#host.budget - this.#spent);
  }

  earliest(): number {
    return this.#host.limit?.opensIn?.() ?? 0;
  }

  affords(): boolean {
    return this.#host.limit?.takeRetry?.(this.#host) ?? true;
  }

  /** The wait is over. */
  run(number: number, waited: number): void {
    if (this.#context === undefined) this.#run(number, waited);
    else this.#context.runInAsyncScope(() => this.#run(number, waited));
  }

  #run(number: number, waited: number): void {
    // A wait that took much longer than it was meant to: the process did not run.
    this.#spent += Math.min(this.#host.clock.now() - this.#restsSince, 2 * waited + timerSlack);
    this.#restsSince = this.#host.clock.now();
    const early = this.earliest();
    // The breaker may have opened meanwhile, or another call have been told to come back later.
    if (!this.#isPermitted() || early >= this.remaining()) this.#sequencer?.send({ type: 'GIVE_UP' });
    else if (early > 0) this.#held = this.#host.clock.setTimeout(() => this.run(number, early), early);
    else this.#attemptAgain(number);
  }

  onExhausted(): void {
    this.#fail(this.#lastError());
  }

  /** There is no further attempt, but one that runs goes on. */
  onSequencerLost(): void {
    this.#stranded = true;
    if (this.#attempt === undefined) this.#fail(this.#lastError());
  }

  #attemptAgain(number: number): void {
    const { operation, resolve, reject, epoch, list } = this.#first;
    const host = this.#host;
    // Of a critical call the first attempt had the whole budget.
    const limit = Math.min(list.duration, this.remaining());
    const attempt = new RunningAttempt(host, operation, resolve, reject, epoch, host.deadlines(limit), number, this);
    host.emit({ type: 'retry', attempt: number });
    // The listener may have ended the call.
    if (this.#isOver()) return;
    this.#endBackoff();
    this.#attempt = attempt;
    attempt.begin();
  }

  /** Whether the call has ended meanwhile. Ends it when the guard has been disposed of. */
  #isOver(): boolean {
    if (this.#host.disposed) this.onDispose();
    return this.#settled;
  }

  /** No further attempt once the breaker has opened meanwhile. */
  #isPermitted(): boolean {
    return this.#host.breaker.mode === 'CLOSED';
  }

  /** The sequencer starts with the first failure: a call that succeeds at once never has one. */
  #sequence(failed: RunningAttempt<T>, retryable: boolean): void {
    // Disposal ends a backoff as it ends an attempt.
    this.#host.backingOff.add(failed as RunningAttempt);
    this.#resting = failed;
    this.#context = callerContext();
    this.#sequencer ??= this.#host.startRetry(this);
    this.#sequencer.send({ type: 'ATTEMPT_FAILED', retryable });
  }

  #endBackoff(): void {
    if (this.#resting === undefined) return;
    this.#host.backingOff.remove(this.#resting as RunningAttempt);
    this.#resting = undefined;
  }

  #lastError(): unknown {
    return this.#failures?.at(-1)?.error;
  }

  /** The operation has failed: one failure for the breaker, whatever its attempts (P61). */
  #fail(error: unknown): void {
    if (this.#settled) return;
    const { epoch } = this.#first;
    this.end();
    if (this.#lastClass !== 'caller') this.#host.breaker.tell({ type: 'FAILURE', epoch, slow: this.#slow });
    else if (this.probe) this.#host.breaker.abandonProbe(epoch);
    this.#reject(error);
  }

  /** The call ends for a reason that says nothing about the dependency (P7). */
  #leave(error: Error): void {
    if (this.#settled) return;
    const attempt = this.#attempt;
    this.end();
    if (this.probe) this.#host.breaker.abandonProbe(this.#first.epoch);
    this.#sequencer?.send({ type: 'ABORT' });
    attempt?.giveUp(error);
    this.#reject(error);
  }

  #reject(error: unknown): void {
    this.#first.reject(withAttempts(error, this.#failures ?? []));
    // Last: the next call begins by that.
    this.#host.limit?.give(this.priority);
  }
}

/** Of a class of its own, by which attempts are known that were attached here. */
class Failed implements FailedAttempt {
  readonly number: number;
  readonly error: unknown;
  readonly duration: number;

  constructor(number: number, error: unknown, duration: number) {
    this.number = number;
    this.error = error;
    this.duration = duration;
  }
}

/** The real cause, with its own type, and the attempts attached (P9), unless it throws when they are. */
function withAttempts(error: unknown, attempts: readonly FailedAttempt[]): unknown {
  if (attempts.length === 0) return error;
  try {
    attach(error, attempts);
  } catch {
    // It is the cause all the same.
  }
  return error;
}

function attach(error: unknown, attempts: readonly FailedAttempt[]): void {
  if (error instanceof ConfigurationError) {
    if (!Object.isFrozen(error)) error.attempts = attempts;
  } else if (error instanceof Error && Object.isExtensible(error)) {
    const { attempts: earlier } = error as { attempts?: unknown };
    // An error that is thrown again, by another call, tells of that call's.
    if (Array.isArray(earlier) && earlier[0] instanceof Failed) (error as { attempts?: unknown }).attempts = attempts;
    else if (!('attempts' in error)) Object.defineProperty(error, 'attempts', { value: attempts, configurable: true, writable: true });
  }
}
