import { createActor, type ActorRefFrom } from 'xstate';
import {
  breakerDefaults, circuitBreaker, type BreakerEvent, type BreakerInput, type BreakerMode, type BreakerOptions, type BreakerRestore, type BreakerRules,
} from '../../machines/circuit-breaker.ts';
import { retryDefaults, type retrySequencer, type RetryInput, type RetryOptions } from '../../machines/retry-sequencer.ts';
import { actorClock, systemClock, type Clock } from '../clock.ts';
import { AbortedError, CircuitOpenError, DisposedError, type FailureClass } from '../errors.ts';
import { Attempt, Call } from './call.ts';
import { classifyFailure } from './classify.ts';
import { DeadlineList, type Deadline } from './deadlines.ts';
import { LinkedList } from './linked-list.ts';
import { RetryMirror, type Retried, type RetrySteps } from './retry-mirror.ts';

export interface GuardOptions {
  /** The dependency, for messages. */
  readonly name: string;
  readonly breaker?: Partial<BreakerOptions>;
  readonly retry?: Partial<RetryOptions>;
  /** The longest one attempt may take, in milliseconds. Default 5,000. */
  readonly timeout?: number;
  /** The longest an operation may take with all its attempts and waits, in milliseconds. Default 30,000. */
  readonly budget?: number;
  /** Says what a failure means. Default: `classifyFailure`. */
  readonly classify?: (error: unknown) => FailureClass;
  readonly clock?: Clock;
  /** One number in [0, 1) per call, for the jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Hears what happens; what it throws is ignored (P12). */
  readonly onEvent?: (event: GuardEvent) => void;
  /** What an earlier process left: see `Guard.persisted` (P11). */
  readonly restore?: PersistedBreaker;
}

export interface ExecuteOptions {
  /** Ends the call with an `AbortedError`, during an attempt or a backoff, at once. */
  readonly signal?: AbortSignal;
  /** Let one attempt take as long as the whole budget instead of `timeout`. Default false. */
  readonly critical?: boolean;
}

export type GuardEvent =
  | { readonly type: 'breaker'; readonly from: BreakerMode; readonly to: BreakerMode }
  | { readonly type: 'attempt-failed'; readonly attempt: number; readonly error: unknown; readonly duration: number }
  | { readonly type: 'late'; readonly attempt: number; readonly ok: boolean; readonly error?: unknown }
  | { readonly type: 'retry'; readonly attempt: number }
  | { readonly type: 'rejected' };

/** A breaker's state in a form that outlives the process: the deadline is absolute. */
export interface PersistedBreaker {
  readonly mode: 'OPEN' | 'HELD';
  /** OPEN: when it probes by itself, in milliseconds since the Unix epoch. */
  readonly until?: number;
}

/** What can be changed while a guard is in use. What is left out is as its options say. */
export interface GuardTuning {
  readonly breaker?: Partial<BreakerRules>;
  readonly retry?: Partial<Pick<RetryOptions, 'attempts' | 'initialDelay'>>;
}

type BreakerRef = ActorRefFrom<typeof circuitBreaker>;
type RetryRef = ActorRefFrom<typeof retrySequencer>;

/** Where the guard's actors live. By default they are its own; a service lets its supervisor spawn them. */
export interface GuardActors {
  breaker(): BreakerRef | undefined;
  spawnRetry(input: RetryInput): RetryRef | undefined;
}

const CLOSED: BreakerMode = 'CLOSED';

/** Runs operations of one dependency under a circuit breaker, retries and timeouts. Made by `createGuard`. */
export class Guard {
  readonly name: string;
  /** @internal */ readonly clock: Clock;
  /** @internal */ retry: RetryOptions;
  /** @internal */ readonly budget: number;
  readonly #options: GuardOptions;
  #breakerOptions: BreakerOptions;
  readonly #actors: GuardActors | undefined;
  readonly #timeout: number;
  /** The deadlines of attempts that may not take the usual time. */ #oddDeadlines: Map<number, DeadlineList> | undefined;
  #attemptDeadlines: DeadlineList | undefined;
  #backingOff: LinkedList<Attempt> | undefined;

  // The mirror: what the hot path needs to know of the breaker. Written by #mirror alone, from the
  // machine's own snapshots; test/unit/guard/mirror.test.ts proves that the two agree.
  /** @internal */ mode: BreakerMode = CLOSED;
  /** @internal */ epoch = 1;
  /** @internal */ streak = 0;
  #freeProbes = 0;
  #held = false;
  #openUntil = 0;

  #breaker: BreakerRef | undefined;
  #disposed = false;

  constructor(options: GuardOptions, actors?: GuardActors) {
    this.name = options.name;
    this.clock = options.clock ?? systemClock;
    this.retry = options.retry === undefined ? retryDefaults : { ...retryDefaults, ...options.retry };
    this.budget = options.budget ?? 30_000;
    this.#options = options;
    this.#breakerOptions = options.breaker === undefined ? breakerDefaults : { ...breakerDefaults, ...options.breaker };
    this.#actors = actors;
    this.#timeout = options.timeout ?? 5_000;
    if (options.restore !== undefined && actors === undefined) this.#startBreaker();
  }

  /** CLOSED, OPEN or HALF_OPEN. */
  get breakerMode(): BreakerMode {
    return this.mode;
  }

  /** True while an operator holds the breaker open. */
  get isHeld(): boolean {
    return this.#held;
  }

  /** Milliseconds until an open breaker probes by itself; `undefined` when it is not waiting. */
  get retryAfter(): number | undefined {
    return this.mode === 'OPEN' && !this.#held ? Math.max(0, this.#openUntil - this.clock.now()) : undefined;
  }

  /** Consecutive failures so far. */
  get consecutiveFailures(): number {
    return this.streak;
  }

  /** Would a call be let through now? Costs a comparison. */
  permits(): boolean {
    return this.mode === CLOSED || (this.mode === 'HALF_OPEN' && this.#freeProbes > 0);
  }

  /**
   * Runs `operation`, again if it fails and another attempt can help, and never when the breaker is open.
   *
   * @param operation called with the attempt; `attempt.signal` is aborted when the attempt is given up
   * @returns what the operation returns
   * @throws whatever the last attempt threw, with `attempts` attached; `TimeoutError` when it took too
   *   long; `CircuitOpenError` without a call; `AbortedError` for `options.signal`; `DisposedError`
   */
  execute<T>(operation: (attempt: Attempt) => T | PromiseLike<T>, options?: ExecuteOptions): Promise<Awaited<T>> {
    // The operation is called outside of the promise's executor: an error that it makes has two frames less to collect.
    let resolve!: (value: Awaited<T>) => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<Awaited<T>>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    if (this.mode === CLOSED && options === undefined && !this.#disposed) {
      new Attempt<T>(this, operation, resolve, reject, this.epoch, this.attemptDeadlines, 1, undefined).begin();
    } else if (this.#disposed) {
      reject(new DisposedError(this.name));
    } else if (options?.signal?.aborted === true) {
      reject(new AbortedError(this.name, 'not stored', { cause: options.signal.reason }));
    } else if (this.permits()) {
      const list = options?.critical === true ? this.deadlines(this.budget) : this.attemptDeadlines;
      Call.begin(new Attempt<T>(this, operation, resolve, reject, this.epoch, list, 1, undefined), options, this.mode !== CLOSED);
    } else {
      reject(withoutStack(() => this.rejection()));
      this.emit({ type: 'rejected' });
    }
    return promise;
  }

  /** The error a refused call gets. */
  rejection(): CircuitOpenError {
    return new CircuitOpenError(this.name, this.retryAfter, {
      ...(this.#held ? { userAction: 'An operator holds the breaker open: release it.' } : {}),
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
   * @throws RangeError for a number that cannot be
   */
  configure(tuning: GuardTuning): void {
    checkTuning(tuning);
    const { breaker = {}, retry = {} } = tuning;
    const options = this.#options;
    const rules = { ...breakerDefaults, ...options.breaker, ...breaker };
    const retries = { ...retryDefaults, ...options.retry, ...retry };
    const before = this.#breakerOptions;
    this.#breakerOptions = rules;
    this.retry = retries;
    const { threshold, openFor } = rules;
    // An actor that is started later starts with them.
    const isNews = threshold !== before.threshold || openFor !== before.openFor;
    if (isNews && (this.#breaker !== undefined || this.#actors !== undefined)) this.tell({ type: 'CONFIGURE', rules: { threshold, openFor } });
  }

  /** What to give to `GuardOptions.restore` in a later process; `undefined` when there is nothing to restore. */
  persisted(): PersistedBreaker | undefined {
    if (this.#held) return { mode: 'HELD' };
    if (this.mode === CLOSED) return undefined;
    return { mode: 'OPEN', until: this.clock.wallTime() + (this.retryAfter ?? 0) };
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
    return { ...this.#breakerOptions, epoch: this.epoch - 1, streak: this.streak, ...this.#restore() };
  }

  #restore(): { restore?: BreakerRestore } {
    const { restore } = this.#options;
    if (this.#breaker === undefined && restore !== undefined) {
      if (restore.mode === 'HELD') return { restore: { mode: 'HELD' } };
      const remaining = (restore.until ?? 0) - this.clock.wallTime();
      return { restore: { mode: 'OPEN', remaining: Math.min(Math.max(remaining, 0), this.#breakerOptions.openFor) } };
    }
    if (this.#held) return { restore: { mode: 'HELD' } };
    if (this.mode === 'OPEN') return { restore: { mode: 'OPEN', remaining: this.retryAfter ?? 0 } };
    return this.mode === 'HALF_OPEN' ? { restore: { mode: 'HALF_OPEN' } } : {};
  }

  /** Follows this breaker actor from now on: the service's supervisor has started it. */
  follow(breaker: BreakerRef): void {
    if (breaker === this.#breaker) return;
    this.#breaker = breaker;
    this.#mirror(breaker);
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
    this.epoch = context.epoch;
    this.streak = context.streak;
    this.#held = typeof value === 'object' && 'OPEN' in value && value.OPEN === 'held';
    this.#freeProbes = this.mode === 'HALF_OPEN' ? context.probes - context.probing - context.probesPassed : 0;
    if (entered && this.mode === 'OPEN') this.#openUntil = this.clock.now() + (context.restore?.remaining ?? context.openFor);
    if (from !== this.mode) this.emit({ type: 'breaker', from, to: this.mode });
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
      run: (attempt) => call.run(attempt),
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
    try {
      return (this.#options.classify ?? classifyFailure)(error);
    } catch {
      return classifyFailure(error);
    }
  }

  /** @internal */
  random(): number {
    return (this.#options.random ?? Math.random)();
  }

  /** @internal The deadline list of ordinary attempts. */
  get attemptDeadlines(): DeadlineList {
    return this.#attemptDeadlines ??= new DeadlineList(this.clock, this.#timeout);
  }

  /** @internal */
  deadlines(duration: number): DeadlineList {
    if (duration === this.#timeout) return this.attemptDeadlines;
    this.#oddDeadlines ??= new Map();
    let list = this.#oddDeadlines.get(duration);
    if (list === undefined) this.#oddDeadlines.set(duration, (list = new DeadlineList(this.clock, duration)));
    return list;
  }

  /** @internal The attempt has ended: its deadline goes, and a list of an odd duration with it. */
  undue(attempt: Deadline & { readonly list: DeadlineList }): void {
    const { list } = attempt;
    list.remove(attempt);
    if (list === this.#attemptDeadlines || !list.isEmpty) return;
    list.clear();
    this.#oddDeadlines?.delete(list.duration);
  }

  /** @internal The attempts after which a call waits for the next. */
  get backingOff(): LinkedList<Attempt> {
    return this.#backingOff ??= new LinkedList();
  }

  /** @internal */
  emit(event: GuardEvent): void {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return;
    try {
      onEvent(event);
    } catch {
      // P12: a listener that throws changes no outcome.
    }
  }
}

/** @throws RangeError */
export function checkTuning({ breaker = {}, retry = {} }: GuardTuning): void {
  const isAtLeast = (least: number, value: number | undefined): boolean => value === undefined || value >= least;
  const possible = isAtLeast(1, breaker.threshold) && isAtLeast(0, breaker.openFor) && isAtLeast(1, retry.attempts) && isAtLeast(0, retry.initialDelay);
  if (!possible) throw new RangeError('A threshold and a number of attempts are at least 1; a time is at least 0 ms.');
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

/** A guard for one dependency of an extension: git, a CLI, a language server, a web service. */
export function createGuard(options: GuardOptions): Guard {
  return new Guard(options);
}
