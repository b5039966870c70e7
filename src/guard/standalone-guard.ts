import type { BreakerEvent, BreakerInput, BreakerMode, BreakerOptions } from '../../machines/circuit-breaker.ts';
import type { RetryOptions } from '../../machines/retry-backoff.ts';
import type { Clock } from '../clock.ts';
import { AbortedError, CircuitOpenError, DisposedError, type FailureClass } from '../errors.ts';
import type { ArrivalHost, Refusable } from './arrival.ts';
import type { Operation } from './attempt.ts';
import { Breaker, type BreakerHost, type BreakerRef } from './breaker.ts';
import { Call, RunningAttempt, type CallHost } from './call.ts';
import { classifyFailure } from './classify.ts';
import { DeadlineList } from './deadlines.ts';
import { LinkedList } from './linked-list.ts';
import {
  checkExecuteOptions, checkOptions, checkTuning, type CallLimit, type CheckedOptions, type ExecuteOptions, type GuardEvent,
  type GuardOptions, type GuardTuning, type PendingCall, type PersistedBreaker,
} from './options.ts';
import { RetryMirror, type Retried, type RetrySteps } from './retry-mirror.ts';
import { reasonOf } from './signals.ts';

const failureClasses = new Set<unknown>(['transient', 'user', 'permanent', 'caller'] satisfies FailureClass[]);

/**
 * Runs operations of one dependency under a circuit breaker, retries and timeouts. Made by `createGuard`.
 *
 * - Nothing that an operation returns, throws or rejects with keeps its call from settling.
 * - A cancelled operation, one that ends in an `AbortError` or in VS Code's `CancellationError`, neither counts as a failure
 *   nor is it retried (P7). `classify` can say otherwise.
 * - A result that arrives before the deadline is used, even if the event loop was blocked until after it.
 * - Time during which the process did not run does not count (P10). If the machine slept, the process was stopped or the
 *   event loop was blocked when a deadline was due, the attempts in flight get as much time again as was lost: at most their
 *   `timeout`, and once. An open breaker goes by the clock: it probes as soon as the machine is awake.
 * - A Node process that has nothing else to do waits for the deadlines of the calls in flight.
 * - Each attempt runs in the async context (`AsyncLocalStorage`) of its caller.
 */
export class StandaloneGuard implements CallHost, ArrivalHost {
  declare readonly name: string;
  /** @internal */ declare readonly clock: Clock;
  /** @internal */ declare readonly breaker: Breaker;
  /** @internal */ declare retry: RetryOptions;
  /** @internal */ declare readonly budget: number;
  /** @internal */ declare readonly limit: CallLimit | undefined;
  readonly #options: CheckedOptions;
  /** The deadlines of attempts that may not take the usual time. */ #otherDeadlines: Map<number, DeadlineList> | undefined;
  #attemptDeadlines: DeadlineList | undefined;
  #backingOff: LinkedList<RunningAttempt> | undefined;
  /** @internal The calls that have not begun. */ arrivals: Set<Refusable> | undefined;
  /** @internal */ disposed = false;

  /** @throws RangeError, TypeError for an invalid option */
  constructor(options: GuardOptions, breakerOf?: (options: BreakerOptions, host: BreakerHost) => Breaker) {
    const checked = checkOptions(options);
    const { name, clock, retry, budget, breaker, counting, restore } = checked;
    this.#options = checked;
    this.name = name;
    this.clock = clock;
    this.retry = retry;
    this.budget = budget;
    this.limit = checked.limit;
    const host: BreakerHost = {
      clock, restore, growth: checked.limit?.growth?.(checked.growth) ?? checked.growth, probeLimit: probeLimitOf(checked), onChange: (from, to) => this.#onBreaker(from, to),
    };
    this.breaker = breakerOf?.(breaker, host) ?? counting?.breaker(breaker, host) ?? new Breaker(breaker, host);
    this.breaker.begin();
  }

  /** CLOSED, OPEN or HALF_OPEN. */
  get breakerMode(): BreakerMode {
    return this.breaker.mode;
  }

  /** True while an operator holds the breaker open. */
  get isHeld(): boolean {
    return this.breaker.isHeld;
  }

  /** Milliseconds until an open breaker probes by itself; `undefined` when it is not waiting, or never will. */
  get retryAfter(): number | undefined {
    return this.breaker.retryAfter;
  }

  /** Consecutive failures so far. */
  get consecutiveFailures(): number {
    return this.breaker.streak;
  }

  /** @internal Counts the entries of the breaker into its states. */
  get epoch(): number {
    return this.breaker.epoch;
  }

  /** Would a call be let through now? Costs a comparison. */
  permits(): boolean {
    return this.breaker.permits();
  }

  /**
   * Runs `operation`, again if it fails and another attempt can help, and never when the breaker is open.
   *
   * @param operation called with the attempt; `attempt.signal` is aborted when the attempt is given up
   * @returns what the operation returns
   * @throws whatever the last attempt threw, with `attempts` attached; `TimeoutError` when it took too
   *   long; `CircuitOpenError` without a call; `AbortedError` for `options.signal`; `DisposedError`; TypeError for an
   *   operation that is no function, or an invalid option. The promise rejects with all of them; nothing is thrown.
   */
  execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<Awaited<T>> {
    // The operation is called outside of the promise's executor: an error that it makes has two frames less to collect.
    let resolve!: (value: Awaited<T>) => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<Awaited<T>>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    const { breaker, limit } = this;
    if (
      breaker.mode === 'CLOSED' && options === undefined && !this.disposed && typeof operation === 'function'
      && (limit === undefined || limit.take('normal'))
    ) {
      new RunningAttempt<T>(this, operation, resolve, reject, breaker.epoch, this.attemptDeadlines, 1, undefined).begin();
    } else {
      try {
        this.admit({ operation, options: checkExecuteOptions(options), resolve, reject });
      } catch (error) {
        // An invalid option, or one that throws when it is read; a queue that is full.
        reject(error);
      }
    }
    return promise;
  }

  /** @internal The way of a call that has options, that the breaker may not let through, or that may have to wait. */
  admit<T>(call: PendingCall<T>): void {
    const { limit } = this;
    const { operation, options: { signal, aborted, critical, priority, policies: [policy, ...others] }, resolve, reject } = call;
    if (typeof operation !== 'function') {
      reject(new TypeError(`operation must be a function; it is ${operation === null ? 'null' : typeof operation}.`));
    } else if (this.disposed) {
      reject(new DisposedError(this.name));
    } else if (aborted) {
      reject(new AbortedError(this.name, 'not stored', { cause: reasonOf(signal) }));
    } else if (policy !== undefined) {
      policy(this, operation, { critical, priority, with: others, ...(signal === undefined ? {} : { signal }) }).then(resolve, reject);
    } else if (limit === undefined || !this.permits()) {
      this.start(call);
    } else if (!limit.take(priority)) {
      limit.queue(this, call);
    } else if (!this.start(call)) {
      limit.give(priority);
    }
  }

  /** @internal Begins a call, which has a slot. @returns false when it was refused, and the slot is free again */
  start<T>({ operation, options: { signal, critical, priority }, resolve, reject }: PendingCall<T>): boolean {
    if (!this.permits()) {
      // A rejection is expected, and its caller knows where it called: collecting a stack is most of its cost.
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      reject(this.rejection());
      Error.stackTraceLimit = stackTraceLimit;
      this.emit({ type: 'rejected' });
      return false;
    }
    const list = this.deadlines(critical ? this.budget : this.#options.timeout);
    try {
      Call.begin(new RunningAttempt<T>(this, operation, resolve, reject, this.epoch, list, 1, undefined), signal, priority, this.breakerMode !== 'CLOSED');
    } catch (error) {
      // The caller's signal throws when it is listened to.
      reject(error);
      return false;
    }
    return true;
  }

  #onBreaker(from: BreakerMode, to: BreakerMode): void {
    this.emit({ type: 'breaker', from, to });
    if (to === 'OPEN') this.#refuseArrivals(() => this.rejection());
  }

  #refuseArrivals(error: () => Error): void {
    for (const call of [...this.arrivals ?? []]) call.refuse(error());
  }

  /** The error a refused call gets. */
  rejection(): CircuitOpenError {
    const { mode, isHeld: held, retryAfter } = this.breaker;
    return new CircuitOpenError(this.name, retryAfter, {
      ...(held ? { retryable: false, userAction: 'An operator holds the breaker open: release it.' } : {}),
      context: { mode, held },
    });
  }

  /** Opens the breaker, as if the failures were enough: it probes when `openFor` is over. */
  trip(): void {
    this.tell({ type: 'TRIP' });
  }

  /** Opens the breaker until `release` or `reset`. */
  hold(): void {
    this.tell({ type: 'HOLD' });
  }

  /** Ends `hold`: the next call is a probe. */
  release(): void {
    this.tell({ type: 'RELEASE' });
  }

  /** Closes the breaker and forgets its failures. */
  reset(): void {
    this.tell({ type: 'RESET' });
  }

  /** Lets an open breaker probe now. */
  probe(): void {
    this.tell({ type: 'PROBE_NOW' });
  }

  /** Something suggests that the dependency works again: an open breaker probes early. */
  evidence(): void {
    if (this.breakerMode === 'OPEN') this.tell({ type: 'EVIDENCE' });
  }

  /**
   * Changes the rules from now on: what is counted stays counted, and a wait that has begun stays as long as it was.
   * Each call replaces the one before.
   * @throws RangeError, TypeError for an invalid option, in the words of the constructor
   */
  configure(tuning: GuardTuning): void {
    const { breaker, retry } = checkTuning(tuning);
    this.retry = { ...this.#options.retry, ...retry };
    this.breaker.configure({ ...this.#options.breaker, ...breaker });
  }

  /** What to give to `GuardOptions.restore` in a later process; `undefined` when there is nothing to restore. */
  persisted(): PersistedBreaker | undefined {
    return this.breaker.persisted();
  }

  /** Ends every call with a `DisposedError` and leaves nothing behind. Can be called twice. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#refuseArrivals(() => new DisposedError(this.name));
    for (const list of [this.#attemptDeadlines, ...this.#otherDeadlines?.values() ?? [], this.#backingOff]) {
      for (const attempt of list?.clear() ?? []) (attempt as RunningAttempt).onDispose();
    }
    this.breaker.dispose();
  }

  /** `dispose`, at the end of an `await using` block, where the runtime has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.dispose());
  }

  /** @internal How to start the breaker's actor: from the beginning, or from the mirror after a crash (P42). */
  breakerInput(): BreakerInput {
    return this.breaker.input();
  }

  /** @internal Follows this breaker actor from now on: the service's supervisor has started it. */
  follow(breaker: BreakerRef): void {
    this.breaker.follow(breaker);
  }

  /** @internal */
  tell(event: BreakerEvent): void {
    this.breaker.tell(event);
  }

  /** @internal What becomes of a call after its first failure. */
  startRetry(call: Retried): RetrySteps {
    return new RetryMirror(this.retry, call, this.clock);
  }

  /** @internal */
  classify(error: unknown): FailureClass {
    const said = outcomeOf(this.#options.classify, error);
    return failureClasses.has(said) ? said as FailureClass : classifyFailure(error);
  }

  /** @internal */
  random(): number {
    const given = outcomeOf(this.#options.random);
    return typeof given === 'number' && given >= 0 && given <= 1 ? given : Math.random();
  }

  /** @internal The deadline list of ordinary attempts. */
  get attemptDeadlines(): DeadlineList {
    return this.#attemptDeadlines ??= this.#deadlineList(this.#options.timeout);
  }

  /** @internal */
  deadlines(duration: number): DeadlineList {
    if (duration === this.#options.timeout) return this.attemptDeadlines;
    this.#otherDeadlines ??= new Map();
    let list = this.#otherDeadlines.get(duration);
    if (list === undefined) this.#otherDeadlines.set(duration, (list = this.#deadlineList(duration)));
    return list;
  }

  #deadlineList(duration: number): DeadlineList {
    return this.#options.counting?.deadlines?.(this.clock, duration) ?? new DeadlineList(this.clock, duration);
  }

  /** @internal The attempt has ended: its deadline goes, and a list of another duration with it. */
  removeDeadline(attempt: RunningAttempt): void {
    const { list } = attempt;
    list.remove(attempt);
    if ((list === this.#attemptDeadlines && !list.keepsAlive) || !list.isEmpty) return;
    list.clear();
    this.#otherDeadlines?.delete(list.duration);
  }

  /** @internal The attempts after which a call waits for the next. */
  get backingOff(): LinkedList<RunningAttempt> {
    return this.#backingOff ??= new LinkedList();
  }

  /** @internal P12: a listener that throws changes no outcome. */
  emit(event: GuardEvent): void {
    outcomeOf(this.#options.onEvent, event);
  }
}

/** Never shorter than a probe may take: a probe with a deadline of its own needs no other limit (P3). */
function probeLimitOf({ timeout, budget, breaker: { probeLimit } }: CheckedOptions): number {
  if (budget < Infinity) return Infinity;
  // Critical probes have no deadline; any other may get its time twice.
  return timeout < Infinity ? Math.max(probeLimit, 2 * timeout) : probeLimit;
}

/** What a function among the options returns; `undefined` when it throws. If it returns a promise, its rejection is ignored. */
function outcomeOf<A extends readonly unknown[]>(call: ((...args: A) => unknown) | undefined, ...args: A): unknown {
  try {
    const given = call?.(...args);
    if (given instanceof Promise) given.catch(() => undefined);
    return given;
  } catch {
    return undefined;
  }
}
