import { AbortedError, ConfigurationError, DisposedError, TimeoutError, type FailedAttempt, type FailureClass } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from './abort-fanout.ts';
import type { Deadline, DeadlineList } from './deadlines.ts';
import type { ExecuteOptions, Guard } from './guard.ts';
import type { Linked } from './linked-list.ts';
import type { Retried, RetrySteps } from './retry-mirror.ts';

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
  /** @internal */ givenUp = false;
  /** @internal */ due = 0;
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

  /** Aborted when the attempt is given up: timeout, the caller's abort, disposal. Made when first read. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.givenUp) this.controller.abort();
    }
    return this.controller.signal;
  }

  /** @internal */
  giveUp(reason: Error): void {
    this.givenUp = true;
    this.controller?.abort(reason);
  }

  /** @internal */
  begin(): void {
    this.list.add(this);
    let result: T | PromiseLike<T>;
    try {
      result = this.operation(this as Attempt);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (typeof (result as PromiseLike<T> | undefined | null)?.then === 'function') {
      (result as PromiseLike<T>).then((value) => this.succeed(value as Awaited<T>), (error: unknown) => this.fail(error));
    } else {
      this.succeed(result as Awaited<T>);
    }
  }

  /** @internal */
  succeed(value: Awaited<T>): void {
    const { guard } = this;
    if (this.over) {
      guard.emit({ type: 'late', attempt: this.number, ok: true });
      return;
    }
    this.end();
    // P1, P4: in CLOSED without failures there is nothing to tell, and nothing is sent.
    if (guard.streak > 0 || this.call?.probe === true) guard.tell({ type: 'SUCCESS', epoch: this.epoch });
    this.call?.end('succeeded');
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
    this.giveUp(error);
    this.fail(error);
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
  readonly #options: ExecuteOptions | undefined;
  #attempt: Attempt<T> | undefined;
  /** The attempt that failed last, during the backoff after it. */ #resting: Attempt<T> | undefined = undefined;
  #settled = false;
  #stranded = false;
  #failures: Failed[] | undefined = undefined;
  #lastClass: FailureClass = 'transient';
  #sequencer: RetrySteps | undefined = undefined;

  constructor(first: Attempt<T>, options: ExecuteOptions | undefined) {
    this.#first = first;
    this.#attempt = first;
    this.#options = options;
  }

  /** Begins a call that is more than an operation. */
  static begin<T>(first: Attempt<T>, options: ExecuteOptions | undefined, probe: boolean): void {
    const call = new Call(first, options);
    first.call = call;
    if (probe) {
      call.probe = true;
      first.guard.tell({ type: 'PROBE_STARTED', epoch: first.epoch });
    }
    if (options?.signal !== undefined) onAbort(options.signal, call);
    first.begin();
  }

  onFailure(attempt: Attempt<T>, error: unknown): void {
    const { guard } = attempt;
    const duration = guard.clock.now() - started(attempt);
    const failed = new Failed(attempt.number, error, duration);
    if (this.#failures === undefined) this.#failures = [failed];
    else this.#failures.push(failed);
    guard.emit({ type: 'attempt-failed', attempt: attempt.number, error, duration });
    this.#attempt = undefined;
    this.#lastClass = guard.classify(error);
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
    if (this.#options?.signal !== undefined) offAbort(this.#options.signal, this);
  }

  onAbort(): void {
    this.#leave(new AbortedError(this.#guard.name, this.#attempt === undefined ? 'not stored' : 'unknown', { cause: this.#options?.signal?.reason }));
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
    return Math.max(0, this.#guard.budget - (this.#guard.clock.now() - started(this.#first)));
  }

  /** The wait is over. */
  run(number: number): void {
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
    this.#endBackoff();
    this.#attempt = attempt;
    guard.emit({ type: 'retry', attempt: number });
    attempt.begin();
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
    if (this.#lastClass !== 'caller') this.#guard.tell({ type: 'FAILURE', epoch });
    else if (this.probe) this.#guard.tell({ type: 'PROBE_ABANDONED', epoch });
    this.end();
    reject(withAttempts(error, this.#failures ?? []));
  }

  /** The call ends for a reason that says nothing about the dependency (P7). */
  #leave(error: Error): void {
    if (this.#settled) return;
    const { epoch, reject } = this.#first;
    if (this.probe) this.#guard.tell({ type: 'PROBE_ABANDONED', epoch });
    this.#sequencer?.send({ type: 'ABORT' });
    const attempt = this.#attempt;
    this.end();
    attempt?.giveUp(error);
    reject(withAttempts(error, this.#failures ?? []));
  }
}

/** When an attempt began, in the clock's milliseconds. */
function started({ due, list }: Pick<Attempt, 'due' | 'list'>): number {
  return due - list.duration;
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

/** The real cause, with its own type, and the attempts attached (P9). */
function withAttempts(error: unknown, attempts: readonly FailedAttempt[]): unknown {
  if (attempts.length === 0) return error;
  if (error instanceof ConfigurationError) {
    if (!Object.isFrozen(error)) error.attempts = attempts;
  } else if (error instanceof Error && Object.isExtensible(error)) {
    const { attempts: earlier } = error as { attempts?: unknown };
    // An error that is thrown again, by another call, tells of that call's.
    if (Array.isArray(earlier) && earlier[0] instanceof Failed) (error as { attempts?: unknown }).attempts = attempts;
    else if (!('attempts' in error)) Object.defineProperty(error, 'attempts', { value: attempts, configurable: true, writable: true });
  }
  return error;
}
