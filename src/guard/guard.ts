import { createActor, type ActorRefFrom } from 'xstate';
import {
  circuitBreaker, type BreakerEvent, type BreakerInput, type BreakerMode, type BreakerOptions, type BreakerRestore,
} from '../../machines/circuit-breaker.ts';
import type { RetryOptions } from '../../machines/retry-backoff.ts';
import type { retrySequencer, RetryInput } from '../../machines/retry-sequencer.ts';
import { actorClock, type Clock } from '../clock.ts';
import { AbortedError, CircuitOpenError, DisposedError, type FailureClass } from '../errors.ts';
import { Attempt, Call } from './call.ts';
import { classifyFailure } from './classify.ts';
import { DeadlineList, type Deadline } from './deadlines.ts';
import { LinkedList } from './linked-list.ts';
import {
  checkExecuteOptions, checkOptions, checkTuning, type CallOptions, type CheckedOptions, type ExecuteOptions, type GuardEvent,
  type GuardOptions, type GuardTuning, type PersistedBreaker,
} from './options.ts';
import { RetryMirror, type Retried, type RetrySteps } from './retry-mirror.ts';
import { reasonOf } from './signals.ts';

type BreakerRef = ActorRefFrom<typeof circuitBreaker>;
type RetryRef = ActorRefFrom<typeof retrySequencer>;

/** Where the guard's actors live. By default they are its own; a service lets its supervisor spawn them. */
export interface GuardActors {
  breaker(): BreakerRef | undefined;
  spawnRetry(input: RetryInput): RetryRef | undefined;
}

const CLOSED: BreakerMode = 'CLOSED';

/** The last moment that a `Date` can hold, in milliseconds: JSON has no Infinity. */
const endOfTime = 8.64e15;

const failureClasses = new Set<unknown>(['transient', 'user', 'permanent', 'caller'] satisfies FailureClass[]);
const noOptions: CallOptions = { signal: undefined, aborted: false, critical: false };

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
export class Guard {
  readonly name: string;
  /** @internal */ readonly clock: Clock;
  /** @internal */ retry: RetryOptions;
  /** @internal */ readonly budget: number;
  readonly #options: CheckedOptions;
  #breakerOptions: BreakerOptions;
  readonly #actors: GuardActors | undefined;
  /** The deadlines of attempts that may not take the usual time. */ #oddDeadlines: Map<number, DeadlineList> | undefined;
  #attemptDeadlines: DeadlineList | undefined;
  #backingOff: LinkedList<Attempt> | undefined;

  // The mirror: what the hot path needs to know of the breaker. Written by #mirror alone, from the
  // machine's own snapshots; test/unit/guard/mirror.test.ts proves that the two agree.
  /** @internal */ mode: BreakerMode = CLOSED;
  /** @internal */ epoch = 1;
  /** @internal */ streak = 0;
  /**
   * The probes of this epoch that have been admitted and not abandoned. Counted here, because the machine has not yet seen
   * those that begin while it processes another event: inside a listener that is told of HALF_OPEN, for instance.
   */
  #probes = 0;
  #held = false;
  #openUntil = 0;

  #breaker: BreakerRef | undefined;
  #disposed = false;

  /** @throws RangeError, TypeError for an invalid option */
  constructor(options: GuardOptions, actors?: GuardActors) {
    const checked = checkOptions(options);
    this.#options = checked;
    this.name = checked.name;
    this.clock = checked.clock;
    this.retry = checked.retry;
    this.budget = checked.budget;
    this.#breakerOptions = checked.breaker;
    this.#actors = actors;
    if (checked.restore !== undefined && actors === undefined) this.#startBreaker();
  }

  /** CLOSED, OPEN or HALF_OPEN. */
  get breakerMode(): BreakerMode {
    return this.mode;
  }

  /** True while an operator holds the breaker open. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Milliseconds until an open breaker probes by itself; `undefined` when it is not waiting, or never will. */
  get retryAfter(): number | undefined {
    const waits = this.mode === 'OPEN' && !this.#held && this.#openUntil < Infinity;
    return waits ? Math.max(0, this.#openUntil - this.clock.now()) : undefined;
  }

  /** Consecutive failures so far. */
  get consecutiveFailures(): number {
    return this.streak;
  }

  /** Would a call be let through now? Costs a comparison. */
  permits(): boolean {
    return this.mode === CLOSED || (this.mode === 'HALF_OPEN' && this.#probes < this.#breakerOptions.probes);
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
  execute<T>(operation: (attempt: Attempt) => T | PromiseLike<T>, options?: ExecuteOptions): Promise<Awaited<T>> {
    // The operation is called outside of the promise's executor: an error that it makes has two frames less to collect.
    let resolve!: (value: Awaited<T>) => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<Awaited<T>>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    if (this.mode === CLOSED && options === undefined && !this.#disposed && typeof operation === 'function') {
      new Attempt<T>(this, operation, resolve, reject, this.epoch, this.attemptDeadlines, 1, undefined).begin();
    } else {
      try {
        this.#admit(operation, options === undefined ? noOptions : checkExecuteOptions(options), resolve, reject);
      } catch (error) {
        // An invalid option, or one that throws when it is read.
        reject(error);
      }
    }
    return promise;
  }

  /** The way of a call that has options, or that the breaker may not let through. */
  #admit<T>(
    operation: (attempt: Attempt) => T | PromiseLike<T>,
    { signal, aborted, critical }: CallOptions,
    resolve: (value: Awaited<T>) => void,
    reject: (error: unknown) => void,
  ): void {
    if (typeof operation !== 'function') {
      reject(new TypeError(`operation must be a function; it is ${operation === null ? 'null' : typeof operation}.`));
    } else if (this.#disposed) {
      reject(new DisposedError(this.name));
    } else if (aborted) {
      reject(new AbortedError(this.name, 'not stored', { cause: reasonOf(signal) }));
    } else if (this.permits()) {
      const list = critical ? this.deadlines(this.budget) : this.attemptDeadlines;
      Call.begin(new Attempt<T>(this, operation, resolve, reject, this.epoch, list, 1, undefined), signal, this.mode !== CLOSED);
    } else {
      reject(withoutStack(() => this.rejection()));
      this.emit({ type: 'rejected' });
    }
  }

  /** The error a refused call gets. */
  rejection(): CircuitOpenError {
    return new CircuitOpenError(this.name, this.retryAfter, {
      ...(this.#held ? { retryable: false, userAction: 'An operator holds the breaker open: release it.' } : {}),
      context: { mode: this.mode, held: this.#held },
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
    if (this.mode === 'OPEN') this.tell({ type: 'EVIDENCE' });
  }

  /**
   * Changes the rules from now on: what is counted stays counted, and a wait that has begun stays as long as it was.
   * Each call replaces the one before.
   * @throws RangeError, TypeError for an invalid option, in the words of the constructor
   */
  configure(tuning: GuardTuning): void {
    const { breaker, retry } = checkTuning(tuning);
    const before = this.#breakerOptions;
    this.#breakerOptions = { ...this.#options.breaker, ...breaker };
    this.retry = { ...this.#options.retry, ...retry };
    const { threshold, openFor } = this.#breakerOptions;
    // An actor that is started later starts with them.
    const isNews = threshold !== before.threshold || openFor !== before.openFor;
    if (isNews && (this.#breaker !== undefined || this.#actors !== undefined)) this.tell({ type: 'CONFIGURE', rules: { threshold, openFor } });
  }

  /** What to give to `GuardOptions.restore` in a later process; `undefined` when there is nothing to restore. */
  persisted(): PersistedBreaker | undefined {
    if (this.#held) return { mode: 'HELD' };
    if (this.mode === CLOSED) return undefined;
    const left = this.mode === 'OPEN' ? this.retryAfter ?? Infinity : 0;
    return { mode: 'OPEN', until: Math.min(this.clock.wallTime() + left, endOfTime) };
  }

  /** Ends every call with a `DisposedError` and leaves nothing behind. Can be called twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const list of [this.#attemptDeadlines, ...this.#oddDeadlines?.values() ?? [], this.#backingOff]) {
      for (const attempt of list?.clear() ?? []) (attempt as Attempt).onDispose();
    }
    if (this.#actors === undefined) this.#breaker?.stop();
    this.#breaker = undefined;
  }

  /** How to start the breaker's actor: anew, or going on from the mirror after a crash (P42). */
  breakerInput(): BreakerInput {
    return { ...this.#breakerOptions, probeLimit: this.#probeLimit, epoch: this.epoch - 1, streak: this.streak, ...this.#restore() };
  }

  /** Never shorter than a probe may take: a probe with a deadline of its own needs no other limit (P3). */
  get #probeLimit(): number {
    const { timeout, budget, breaker: { probeLimit } } = this.#options;
    if (budget < Infinity) return Infinity;
    // Critical probes have no deadline; any other may get its time twice.
    return timeout < Infinity ? Math.max(probeLimit, 2 * timeout) : probeLimit;
  }

  #restore(): { restore?: BreakerRestore } {
    const { restore } = this.#options;
    if (this.#breaker === undefined && restore !== undefined) {
      if (restore.mode === 'HELD') return { restore: { mode: 'HELD' } };
      const { until = 0 } = restore;
      const remaining = until < endOfTime ? until - this.clock.wallTime() : Infinity;
      return { restore: { mode: 'OPEN', remaining: Math.min(Math.max(remaining, 0), this.#breakerOptions.openFor) } };
    }
    if (this.#held) return { restore: { mode: 'HELD' } };
    if (this.mode === 'OPEN') return { restore: { mode: 'OPEN', remaining: this.retryAfter ?? Infinity } };
    return this.mode === 'HALF_OPEN' ? { restore: { mode: 'HALF_OPEN' } } : {};
  }

  /** Follows this breaker actor from now on: the service's supervisor has started it. */
  follow(breaker: BreakerRef): void {
    if (breaker === this.#breaker) return;
    this.#breaker = breaker;
    this.#mirror(breaker);
    // A new actor does not know of probes that began under an earlier one.
    const { probing, probesPassed } = breaker.getSnapshot().context;
    this.#probes = probing + probesPassed;
    breaker.subscribe({
      next: () => {
        if (breaker === this.#breaker) this.#mirror(breaker);
      },
      error: () => {
        if (breaker !== this.#breaker || this.#actors !== undefined) return;
        this.#startBreaker();
      },
    });
  }

  #startBreaker(): void {
    const breaker = createActor(circuitBreaker, { input: this.breakerInput(), clock: actorClock(this.clock) });
    breaker.subscribe({ error: () => undefined });
    breaker.start();
    this.follow(breaker);
  }

  #mirror(breaker: BreakerRef): void {
    const { value, context } = breaker.getSnapshot();
    const from = this.mode;
    this.mode = (typeof value === 'string' ? value : Object.keys(value)[0]) as BreakerMode;
    const entered = context.epoch !== this.epoch || from !== this.mode;
    if (context.epoch !== this.epoch) this.#probes = 0;
    this.epoch = context.epoch;
    this.streak = context.streak;
    this.#held = typeof value === 'object' && 'OPEN' in value && value.OPEN === 'held';
    if (entered && this.mode === 'OPEN') this.#openUntil = this.clock.now() + (context.restore?.remaining ?? context.openFor);
    if (from !== this.mode) this.emit({ type: 'breaker', from, to: this.mode });
  }

  /** @internal A call is admitted as a probe. */
  startProbe(epoch: number): void {
    this.#probes++;
    this.tell({ type: 'PROBE_STARTED', epoch });
  }

  /** @internal A probe has ended without saying anything about the dependency: another may take its place. */
  abandonProbe(epoch: number): void {
    if (epoch === this.epoch) this.#probes = Math.max(0, this.#probes - 1);
    this.tell({ type: 'PROBE_ABANDONED', epoch });
  }

  /** @internal */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** @internal Sends to the breaker's actor, which is started on its first event: an idle guard has none. */
  tell(event: BreakerEvent): void {
    if (this.#disposed) return;
    if (this.#actors !== undefined) {
      const breaker = this.#actors.breaker();
      if (breaker === undefined) return;
      this.follow(breaker);
      breaker.send(event);
      return;
    }
    if (this.#breaker === undefined) {
      if (this.#counts(event)) return;
      this.#startBreaker();
    }
    this.#breaker!.send(event);
  }

  /**
   * Until it opens, a breaker in CLOSED does nothing but count, and the mirror can do that: there is no actor before
   * something more than a count happens, and then it goes on from the mirror, as after a crash.
   */
  #counts(event: BreakerEvent): boolean {
    if (event.type === 'SUCCESS') {
      if (event.epoch === this.epoch) this.streak = 0;
      return true;
    }
    if (event.type !== 'FAILURE' || this.streak + 1 >= this.#breakerOptions.threshold) return false;
    if (event.epoch === this.epoch) this.streak++;
    return true;
  }

  /** @internal An actor where a supervisor watches it, its mirror where nobody does. */
  startRetry(call: Retried): RetrySteps {
    const actor = this.#actors?.spawnRetry({
      ...this.retry,
      random: () => call.random(),
      remaining: () => call.remaining(),
      run: (attempt, waited) => call.run(attempt, waited),
    });
    if (actor === undefined) return new RetryMirror(this.retry, call, this.clock);
    actor.subscribe({
      next: ({ value }) => {
        if (value === 'exhausted') call.onExhausted();
      },
      error: () => call.onSequencerLost(),
      complete: () => {
        if (actor.getSnapshot().status === 'stopped') call.onSequencerLost();
      },
    });
    return actor;
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
    return this.#attemptDeadlines ??= new DeadlineList(this.clock, this.#options.timeout);
  }

  /** @internal */
  deadlines(duration: number): DeadlineList {
    if (duration === this.#options.timeout) return this.attemptDeadlines;
    this.#oddDeadlines ??= new Map();
    let list = this.#oddDeadlines.get(duration);
    if (list === undefined) this.#oddDeadlines.set(duration, (list = new DeadlineList(this.clock, duration)));
    return list;
  }

  /** @internal The attempt has ended: its deadline goes, and a list of an odd duration with it. */
  undue(attempt: Deadline & { readonly list: DeadlineList }): void {
    const { list } = attempt;
    list.remove(attempt);
    if (!list.isEmpty || (list === this.#attemptDeadlines && !list.keepsAlive)) return;
    list.clear();
    this.#oddDeadlines?.delete(list.duration);
  }

  /** @internal The attempts after which a call waits for the next. */
  get backingOff(): LinkedList<Attempt> {
    return this.#backingOff ??= new LinkedList();
  }

  /** @internal P12: a listener that throws changes no outcome. */
  emit(event: GuardEvent): void {
    outcomeOf(this.#options.onEvent, event);
  }
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

/** A rejection is no surprise, and whoever catches it knows where they called: collecting a stack is most of its cost. */
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * A guard for one dependency of an extension: git, a CLI, a language server, a web service.
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function createGuard(options: GuardOptions): Guard {
  return new Guard(options);
}
