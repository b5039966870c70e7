import type { ActorRefFrom } from 'xstate';
import type { retrySequencer } from '../../machines/retry-sequencer.ts';
import { AbortedError, ConfigurationError, DisposedError, TimeoutError, type FailedAttempt, type FailureClass } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from './abort-fanout.ts';
import { Deadline, type DeadlineList } from './deadlines.ts';
import type { ExecuteOptions, Guard } from './guard.ts';

/** One attempt of a call, as the operation sees it. */
export class Attempt extends Deadline {
  /** 1 for the first. */
  readonly number: number;
  /** @internal */ readonly call: Call<unknown>;
  /** @internal */ list: DeadlineList | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #givenUp = false;

  constructor(call: Call<unknown>, number: number) {
    super();
    this.call = call;
    this.number = number;
  }

  /** Aborted when the attempt is given up: timeout, the caller's abort, disposal. Made when first read. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#givenUp) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** @internal */
  giveUp(reason: Error): void {
    this.#givenUp = true;
    this.#controller?.abort(reason);
  }

  override expire(): void {
    this.call.onTimeout(this);
  }
}

/** One `execute`, from its first attempt to the moment its promise settles. */
export class Call<T> implements Abortable {
  readonly #guard: Guard;
  readonly #operation: (attempt: Attempt) => T | PromiseLike<T>;
  readonly #options: ExecuteOptions | undefined;
  readonly #resolve: (value: Awaited<T>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #epoch: number;
  #attempt: Attempt | undefined = undefined;
  #attemptStarted = 0;
  #started = 0;
  #settled = false;
  #probe = false;
  #failures: FailedAttempt[] | undefined = undefined;
  #lastClass: FailureClass = 'transient';
  #sequencer: ActorRefFrom<typeof retrySequencer> | undefined = undefined;
  #stranded = false;

  constructor(
    guard: Guard,
    operation: (attempt: Attempt) => T | PromiseLike<T>,
    options: ExecuteOptions | undefined,
    resolve: (value: Awaited<T>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#guard = guard;
    this.#operation = operation;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#epoch = guard.epoch;
  }

  /** Ends the call before it began. */
  refuse(error: Error): void {
    this.#settled = true;
    this.#reject(error);
  }

  /** A probe gets one attempt: the dependency is called once, whoever waits (P2). */
  runAsProbe(): void {
    this.#probe = true;
    this.#guard.tell({ type: 'PROBE_STARTED', epoch: this.#epoch });
    this.run(1);
  }

  run(number: number): void {
    const guard = this.#guard;
    const attempt = new Attempt(this as Call<unknown>, number);
    this.#attempt = attempt;
    attempt.list = number === 1 && this.#options?.critical !== true ? guard.attemptDeadlines : guard.deadlines(this.#timeLimit());
    attempt.list.add(attempt);
    this.#attemptStarted = attempt.due - attempt.list.duration;
    if (number === 1) {
      this.#started = this.#attemptStarted;
      if (this.#options?.signal !== undefined) onAbort(this.#options.signal, this);
    } else {
      guard.backingOff.delete(this as Call<unknown>);
      guard.emit({ type: 'retry', attempt: number });
    }

    let result: T | PromiseLike<T>;
    try {
      result = this.#operation(attempt);
    } catch (error) {
      this.#onFailure(attempt, error);
      return;
    }
    if (typeof (result as PromiseLike<T> | undefined | null)?.then === 'function') {
      (result as PromiseLike<T>).then(
        (value) => this.#onSuccess(attempt, value as Awaited<T>),
        (error: unknown) => this.#onFailure(attempt, error),
      );
    } else {
      this.#onSuccess(attempt, result as Awaited<T>);
    }
  }

  #timeLimit(): number {
    const remaining = this.#remaining();
    return this.#options?.critical === true ? remaining : Math.min(this.#guard.attemptDeadlines.duration, remaining);
  }

  #remaining(): number {
    if (this.#attempt?.number === 1) return this.#guard.budget;
    return Math.max(0, this.#guard.budget - (this.#guard.clock.now() - this.#started));
  }

  #onSuccess(attempt: Attempt, value: Awaited<T>): void {
    if (this.#isLate(attempt, true)) return;
    // P1, P4: in CLOSED without failures there is nothing to tell, and nothing is sent.
    const guard = this.#guard;
    if (guard.streak > 0 || this.#probe) guard.tell({ type: 'SUCCESS', epoch: this.#epoch });
    if (this.#sequencer !== undefined) this.#sequencer.send({ type: 'ATTEMPT_SUCCEEDED' });
    this.#end();
    this.#resolve(value);
  }

  #onFailure(attempt: Attempt, error: unknown): void {
    if (this.#isLate(attempt, false, error)) return;
    const guard = this.#guard;
    const duration = guard.clock.now() - this.#attemptStarted;
    (this.#failures ??= []).push({ number: attempt.number, error, duration });
    guard.emit({ type: 'attempt-failed', attempt: attempt.number, error, duration });
    guard.undue(attempt);
    this.#attempt = undefined;
    this.#lastClass = guard.classify(error);
    const retryable = this.#lastClass === 'transient' && !this.#probe && this.#isPermitted();
    if (this.#stranded || (!retryable && this.#sequencer === undefined)) this.#fail(error);
    else this.#sequence(retryable);
  }

  /** No further attempt once the breaker has opened meanwhile. */
  #isPermitted(): boolean {
    return this.#guard.mode === 'CLOSED';
  }

  /** The sequencer starts with the first failure: a call that succeeds at once never has one. */
  #sequence(retryable: boolean): void {
    const guard = this.#guard;
    if (this.#sequencer === undefined) {
      guard.backingOff.add(this as Call<unknown>);
      this.#sequencer = guard.spawnRetry({
        ...guard.retry,
        random: () => guard.random(),
        remaining: () => this.#remaining(),
        run: (number) => {
          // The breaker may have opened during the backoff.
          if (this.#isPermitted()) this.run(number);
          else this.#sequencer?.send({ type: 'GIVE_UP' });
        },
      });
      this.#sequencer.subscribe({
        next: (snapshot) => {
          if (snapshot.value === 'exhausted') this.#fail(this.#lastError());
        },
        error: () => this.#onSequencerLost(),
        complete: () => {
          if (this.#sequencer?.getSnapshot().status === 'stopped') this.#onSequencerLost();
        },
      });
    }
    guard.backingOff.add(this as Call<unknown>);
    this.#sequencer.send({ type: 'ATTEMPT_FAILED', retryable });
  }

  /** It has crashed, or its supervisor has given up: there is no further attempt, but one that runs goes on. */
  #onSequencerLost(): void {
    this.#stranded = true;
    if (this.#attempt === undefined) this.#fail(this.#lastError());
  }

  #lastError(): unknown {
    return this.#failures?.at(-1)?.error;
  }

  /** The operation has failed: one failure for the breaker, whatever its attempts (P61). */
  #fail(error: unknown): void {
    if (this.#settled) return;
    if (this.#lastClass !== 'caller') this.#guard.tell({ type: 'FAILURE', epoch: this.#epoch });
    else if (this.#probe) this.#guard.tell({ type: 'PROBE_ABANDONED', epoch: this.#epoch });
    this.#end();
    this.#reject(withAttempts(error, this.#failures ?? []));
  }

  onTimeout(attempt: Attempt): void {
    const error = new TimeoutError(this.#guard.name, Math.round(attempt.list!.duration), 'unknown');
    attempt.giveUp(error);
    this.#onFailure(attempt, error);
  }

  onAbort(): void {
    const running = this.#attempt !== undefined;
    this.#leave(new AbortedError(this.#guard.name, running ? 'unknown' : 'not stored', { cause: this.#options?.signal?.reason }));
  }

  onDispose(): void {
    this.#leave(new DisposedError(this.#guard.name));
  }

  /** The call ends for a reason that says nothing about the dependency (P7). */
  #leave(error: Error): void {
    if (this.#settled) return;
    if (this.#probe) this.#guard.tell({ type: 'PROBE_ABANDONED', epoch: this.#epoch });
    this.#sequencer?.send({ type: 'ABORT' });
    const attempt = this.#attempt;
    this.#end();
    attempt?.giveUp(error);
    this.#reject(withAttempts(error, this.#failures ?? []));
  }

  #isLate(attempt: Attempt, ok: boolean, error?: unknown): boolean {
    if (!this.#settled && attempt === this.#attempt) return false;
    this.#guard.emit({ type: 'late', attempt: attempt.number, ok, ...(ok ? {} : { error }) });
    return true;
  }

  #end(): void {
    this.#settled = true;
    const attempt = this.#attempt;
    if (attempt !== undefined) this.#guard.undue(attempt);
    this.#attempt = undefined;
    if (this.#sequencer !== undefined || this.#failures !== undefined) this.#guard.backingOff.delete(this as Call<unknown>);
    if (this.#options?.signal !== undefined) offAbort(this.#options.signal, this);
  }
}

/** Errors that have been given `attempts` here: one that is thrown again, by another call, tells of that call's. */
const attached = new WeakSet<Error>();

/** The real cause, with its own type, and the attempts attached (P9). */
function withAttempts(error: unknown, attempts: readonly FailedAttempt[]): unknown {
  if (attempts.length === 0 || Object.isFrozen(error)) return error;
  if (error instanceof ConfigurationError) error.attempts = attempts;
  else if (error instanceof Error && Object.isExtensible(error) && (attached.has(error) || !('attempts' in error))) {
    attached.add(error);
    Object.defineProperty(error, 'attempts', { value: attempts, configurable: true, writable: true });
  }
  return error;
}
