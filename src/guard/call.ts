import { AbortedError, ConfigurationError, DisposedError, TimeoutError, type FailedAttempt, type FailureClass } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from './abort-fanout.ts';
import { callerContext, type CallerContext } from './caller-context.ts';
import { timerSlack, type Deadline, type DeadlineList } from './deadlines.ts';
import type { Guard } from './guard.ts';
import type { Linked } from './linked-list.ts';
import type { Retried, RetrySteps } from './retry-mirror.ts';
import { reasonOf, type CallerSignal } from './signals.ts';

/** Of every promise that has not been given another. */
const { then: plainThen } = Promise.prototype;

/**
 * One attempt of a call, as the operation sees it, and all that a call needs which succeeds at once: there are no
 * further objects on that path.
 */
export class Attempt<T = unknown> implements Deadline {
  /** 1 for the first. */
  readonly number: number;
  /** @internal */ readonly guard: Guard;
  /** @internal */ readonly operation: (attempt: Attempt) => T | PromiseLike<T>;
  /** @internal */ readonly resolve: (value: Awaited<T>) => void;
  /** @internal */ readonly reject: (error: unknown) => void;
  /** @internal The epoch in which the call began. */ readonly epoch: number;
  /** @internal */ readonly list: DeadlineList;
  /** @internal What else there is to know; made when the call is given options, is a probe, or fails. */ call: Call<T> | undefined;
  /** @internal It has ended or was given up: what comes now is late. */ over = false;
  /** @internal */ controller: AbortController | undefined = undefined;
  /** @internal Why it was given up. */ reason: Error | undefined = undefined;
  /** @internal While its operation runs. */ context: CallerContext | undefined = undefined;
  /** @internal */ began = 0;
  /** @internal */ earlier: Linked | undefined = undefined;
  /** @internal */ later: Linked | undefined = undefined;
  /** @internal */ listed = false;

  constructor(
    guard: Guard,
    operation: (attempt: Attempt) => T | PromiseLike<T>,
    resolve: (value: Awaited<T>) => void,
    reject: (error: unknown) => void,
    epoch: number,
    list: DeadlineList,
    number: number,
    call: Call<T> | undefined,
  ) {
    this.guard = guard;
    this.operation = operation;
    this.resolve = resolve;
    this.reject = reject;
    this.epoch = epoch;
    this.list = list;
    this.number = number;
    this.call = call;
  }

  /** Aborted when the attempt is given up: timeout, the caller's abort, disposal; its reason is the error. Made when first read. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** @internal */
  giveUp(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }

  /** @internal */
  begin(): void {
    this.list.add(this);
    let result: T | PromiseLike<T>;
    try {
      result = this.operation(this as Attempt);
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

  /** @internal */
  succeed(value: Awaited<T>): void {
    const { guard } = this;
    if (this.over) {
      guard.emit({ type: 'late', attempt: this.number, ok: true });
      return;
    }
    this.end();
    this.call?.end('succeeded');
    // P1, P4: in CLOSED without failures there is nothing to tell, and nothing is sent.
    if (guard.streak > 0 || this.call?.probe === true) guard.tell({ type: 'SUCCESS', epoch: this.epoch });
    this.resolve(value);
  }

  /** @internal */
  fail(error: unknown): void {
    const { guard } = this;
    if (this.over) {
      guard.emit({ type: 'late', attempt: this.number, ok: false, error });
      return;
    }
    this.end();
    (this.call ??= new Call(this, undefined)).onFailure(this, error);
  }

  /** @internal From now on everything about it is late. */
  end(): void {
    this.over = true;
    this.guard.undue(this);
  }

  /** @internal */
  expire(): void {
    const error = new TimeoutError(this.guard.name, Math.round(this.list.duration), 'unknown');
    // The timer may have been set by another call, in that call's context.
    if (this.context === undefined) this.onTimeout(error);
    else this.context.runInAsyncScope(() => this.onTimeout(error));
  }

  /** @internal */
  onTimeout(error: TimeoutError): void {
    // First, so that the operation's answer to the abort is late.
    this.end();
    this.giveUp(error);
    (this.call ??= new Call(this, undefined)).onFailure(this, error);
  }

  /** @internal */
  onDispose(): void {
    (this.call ??= new Call(this, undefined)).onDispose();
  }
}

/** A call that did not succeed at once, or that was given options: from then on to the moment its promise settles. */
export class Call<T> implements Abortable, Retried {
  /** A probe gets one attempt: the dependency is called once, whoever waits (P2). */
  probe = false;
  readonly #first: Attempt<T>;
  readonly #signal: CallerSignal | undefined;
  #attempt: Attempt<T> | undefined;
  /** The attempt that failed last, during the backoff after it. */ #resting: Attempt<T> | undefined = undefined;
  /** When that was, by the clock. */ #restsSince = 0;
  /** Of the budget, in milliseconds: attempts and waits, without time during which the process did not run. */ #spent = 0;
  #settled = false;
  #stranded = false;
  #failures: Failed[] | undefined = undefined;
  #lastClass: FailureClass = 'transient';
  #sequencer: RetrySteps | undefined = undefined;
  /** The caller's, for the attempts to come. */ #context: CallerContext | undefined = undefined;

  constructor(first: Attempt<T>, signal: CallerSignal | undefined) {
    this.#first = first;
    this.#attempt = first;
    this.#signal = signal;
  }

  /**
   * Begins a call that is given a signal, or is a probe.
   * @throws whatever the signal throws when it is listened to; no probe's place is taken then
   */
  static begin<T>(first: Attempt<T>, signal: CallerSignal | undefined, probe: boolean): void {
    const call = new Call(first, signal);
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
      first.guard.startProbe(first.epoch);
    }
    first.begin();
  }

  onFailure(attempt: Attempt<T>, error: unknown): void {
    const { guard } = attempt;
    this.#restsSince = guard.clock.now();
    const duration = this.#restsSince - attempt.began;
    this.#spent += duration;
    const failed = new Failed(attempt.number, error, duration);
    if (this.#failures === undefined) this.#failures = [failed];
    else this.#failures.push(failed);
    this.#attempt = undefined;
    guard.emit({ type: 'attempt-failed', attempt: attempt.number, error, duration });
    this.#lastClass = guard.classify(error);
    // The listener, or `classify`, may have ended the call.
    if (this.#isOver()) return;
    const retryable = this.#lastClass === 'transient' && !this.probe && this.#isPermitted();
    // Without another attempt to come there is nothing to be sequenced.
    const sequenced = this.#sequencer !== undefined || (retryable && guard.retry.attempts > 1);
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
    if (this.#signal !== undefined) offAbort(this.#signal, this);
  }

  onAbort(): void {
    const outcome = this.#attempt === undefined ? 'not stored' : 'unknown';
    this.#leave(new AbortedError(this.#guard.name, outcome, { cause: reasonOf(this.#signal) }));
  }

  onDispose(): void {
    this.#leave(new DisposedError(this.#guard.name));
  }

  get #guard(): Guard {
    return this.#first.guard;
  }

  random(): number {
    return this.#guard.random();
  }

  remaining(): number {
    return Math.max(0, this.#guard.budget - this.#spent);
  }

  /** The wait is over. */
  run(number: number, waited: number): void {
    if (this.#context === undefined) this.#run(number, waited);
    else this.#context.runInAsyncScope(() => this.#run(number, waited));
  }

  #run(number: number, waited: number): void {
    // A wait that took much longer than it was meant to: the process did not run.
    this.#spent += Math.min(this.#guard.clock.now() - this.#restsSince, 2 * waited + timerSlack);
    // The breaker may have opened meanwhile.
    if (this.#isPermitted()) this.#attemptAgain(number);
    else this.#sequencer?.send({ type: 'GIVE_UP' });
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
    const guard = this.#guard;
    // Of a critical call the first attempt had the whole budget.
    const limit = Math.min(list.duration, this.remaining());
    const attempt = new Attempt(guard, operation, resolve, reject, epoch, guard.deadlines(limit), number, this);
    guard.emit({ type: 'retry', attempt: number });
    // The listener may have ended the call.
    if (this.#isOver()) return;
    this.#endBackoff();
    this.#attempt = attempt;
    attempt.begin();
  }

  /** Whether the call has ended meanwhile. Ends it when the guard has been disposed of. */
  #isOver(): boolean {
    if (this.#guard.disposed) this.onDispose();
    return this.#settled;
  }

  /** No further attempt once the breaker has opened meanwhile. */
  #isPermitted(): boolean {
    return this.#guard.mode === 'CLOSED';
  }

  /** The sequencer starts with the first failure: a call that succeeds at once never has one. */
  #sequence(failed: Attempt<T>, retryable: boolean): void {
    // Disposal ends a backoff as it ends an attempt.
    this.#guard.backingOff.add(failed as Attempt);
    this.#resting = failed;
    this.#context = callerContext();
    this.#sequencer ??= this.#guard.startRetry(this);
    this.#sequencer.send({ type: 'ATTEMPT_FAILED', retryable });
  }

  #endBackoff(): void {
    if (this.#resting === undefined) return;
    this.#guard.backingOff.remove(this.#resting as Attempt);
    this.#resting = undefined;
  }

  #lastError(): unknown {
    return this.#failures?.at(-1)?.error;
  }

  /** The operation has failed: one failure for the breaker, whatever its attempts (P61). */
  #fail(error: unknown): void {
    if (this.#settled) return;
    const { epoch, reject } = this.#first;
    this.end();
    if (this.#lastClass !== 'caller') this.#guard.tell({ type: 'FAILURE', epoch });
    else if (this.probe) this.#guard.abandonProbe(epoch);
    reject(withAttempts(error, this.#failures ?? []));
  }

  /** The call ends for a reason that says nothing about the dependency (P7). */
  #leave(error: Error): void {
    if (this.#settled) return;
    const { epoch, reject } = this.#first;
    const attempt = this.#attempt;
    this.end();
    if (this.probe) this.#guard.abandonProbe(epoch);
    this.#sequencer?.send({ type: 'ABORT' });
    attempt?.giveUp(error);
    reject(withAttempts(error, this.#failures ?? []));
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
