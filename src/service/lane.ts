import type { BreakerInput, BreakerMode } from '../../machines/circuit-breaker.ts';
import type { QueueInput } from '../../machines/write-queue.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { CircuitOpenError, ConfigurationError, DisposedError, QueueFullError, type FailureClass } from '../errors.ts';
import { classifyFailure } from '../guard/classify.ts';
import { Guard } from '../guard/guard.ts';
import type { GuardEvent, GuardOptions, GuardTuning, PersistedBreaker } from '../guard/options.ts';
import type { Scope, Target } from '../store/store.ts';
import type { WriteAttempt } from './events.ts';
import type { Supervision } from './supervision.ts';

/** Something the lane writes in its turn: one setting, or a transaction. */
export interface LaneJob {
  readonly id: number;
  readonly keys: readonly string[];
  /** Wait for the breaker to close instead of being refused. */
  readonly park: boolean;
  /** It can be run again from the start, after a run that failed. */
  readonly repeatable: boolean;
  /** Does the work and answers its callers; rejects without having answered when it failed. */
  run(guard: Guard): Promise<void>;
  /** Hears of each attempt that fails while it runs. */
  noteFailure(attempt: WriteAttempt): void;
  /** Answers the callers: it failed. */
  fail(error: unknown): void;
}

/** A settings file, and a place in it. */
export interface Place {
  readonly file: string;
  /** A setting that is kept there; nothing where that makes no difference. */
  readonly key?: string;
  readonly target: Target;
  readonly scope: Scope;
}

export interface LaneOptions {
  readonly name: string;
  readonly place: Place;
  readonly capacity: number;
  /** While the breaker is open the file is looked at this often for evidence of recovery, in milliseconds. */
  readonly probeEvery: number;
  readonly clock: Clock;
  readonly guard: Pick<GuardOptions, 'breaker' | 'retry' | 'timeout' | 'budget' | 'random'>;
  /** What has been changed of that since. */
  readonly tuning: GuardTuning;
  readonly restore: PersistedBreaker | undefined;
  readonly probe: () => Promise<void>;
  readonly onGuardEvent: (event: GuardEvent) => void;
  readonly onParked: (job: LaneJob) => void;
}

export const laneDefaults = { capacity: 100, probeEvery: 1_000 };

/**
 * Where the file looks well and writes fail, the next write is let through this long after the first that failed as a
 * probe, and after twice the time each time after that, in milliseconds. The breaker's `openFor` ends every wait.
 */
const firstWait = 5_000;

/** One settings file: its breaker, its queue, and the writes on their way to it. */
export class Lane {
  readonly options: LaneOptions;
  readonly guard: Guard;
  readonly #supervision: Supervision;
  /** Every job accepted and not answered, in order. */
  readonly #jobs = new Map<number, LaneJob>();
  /** The last of them to be accepted, until it is answered. */
  #newest: LaneJob | undefined;
  /** The job the queue has handed over: it runs, or is about to. */
  #current: number | undefined;
  #runs = false;
  #prober: TimerHandle | undefined;
  #openedAt = 0;
  /** Since it opened, a look at the file has seen why it cannot be written. */
  #sawObstacle = false;
  /** Writes in a row that failed as probes though the file looked well. */
  #fruitless = 0;
  /** The probe under way is a look at the file. */
  #probesFile = false;
  /** Looks under way while it is open. */
  #looks = 0;
  #closing = false;

  constructor(options: LaneOptions, supervision: Supervision) {
    this.options = options;
    this.#supervision = supervision;
    this.guard = new Guard(
      {
        ...options.guard,
        name: options.name,
        clock: options.clock,
        classify,
        onEvent: (event) => this.#onGuardEvent(event),
        ...(options.restore === undefined ? {} : { restore: options.restore }),
      },
      {
        breaker: () => supervision.breaker(this.file),
        spawnRetry: (input) => supervision.startRetry(input),
      },
    );
    this.guard.configure(options.tuning);
  }

  get file(): string {
    return this.options.place.file;
  }

  get depth(): number {
    return this.#jobs.size;
  }

  /** The last write that was accepted, as long as it waits: a newer one to the same setting may merge into it. */
  get lastWaiting(): LaneJob | undefined {
    const newest = this.#newest;
    return this.#runs && newest?.id === this.#current ? undefined : newest;
  }

  breakerInput(): BreakerInput {
    return this.guard.breakerInput();
  }

  /** How the queue's actor starts: empty, or going on where an earlier one crashed (P42). */
  queueInput(): QueueInput {
    return {
      capacity: this.options.capacity,
      waiting: [...this.#jobs.keys()].filter((id) => id !== this.#current).map((id) => ({ id })),
      ...(this.#current === undefined ? {} : { current: { id: this.#current } }),
      paused: !this.guard.permits(),
      start: ({ id }) => this.#start(id),
    };
  }

  /** The supervisor may have started a new breaker actor. */
  follow(): void {
    const breaker = this.#supervision.breaker(this.file);
    if (breaker !== undefined) this.guard.follow(breaker);
  }

  /**
   * Takes a write in.
   * @throws CircuitOpenError, QueueFullError: refused at once
   */
  accept(job: LaneJob): void {
    // The write that is there already is the probe (P2).
    const probing = this.guard.breakerMode === 'HALF_OPEN' && this.#jobs.size > 0;
    // A look at the file does not take the place of a write, which waits for its end.
    const refused = !(this.guard.permits() || this.#looksBefore) || probing;
    if (refused && !job.park) throw this.guard.rejection();
    const underWay = this.#current !== undefined && this.#jobs.has(this.#current) ? 1 : 0;
    if (this.#jobs.size - underWay >= this.options.capacity) throw new QueueFullError(this.options.name, this.options.capacity);
    this.#jobs.set(job.id, job);
    this.#newest = job;
    this.#queue?.send({ type: 'ENQUEUE', ticket: { id: job.id } });
    if (refused) this.options.onParked(job);
  }

  /** Takes out a write that waits. @returns false when it runs already */
  withdraw(job: LaneJob): boolean {
    if (this.#runs && job.id === this.#current) return false;
    this.release(job);
    this.#queue?.send({ type: 'WITHDRAW', id: job.id });
    this.#probeWhenIdle();
    return true;
  }

  /** The callers of a job have been answered. */
  release(job: LaneJob): void {
    this.#jobs.delete(job.id);
    if (this.#newest === job) this.#newest = undefined;
  }

  /** Refuses everything that waits; what runs goes on. */
  refuseWaiting(error: () => Error, which: (job: LaneJob) => boolean = () => true): void {
    for (const job of [...this.#jobs.values()]) {
      if (which(job) && this.withdraw(job)) job.fail(error());
    }
  }

  /** Disposal begins: what cannot be written now is refused. */
  close(): void {
    this.#closing = true;
    this.#stopProber();
    if (!this.guard.permits()) this.refuseWaiting(() => new DisposedError(this.options.name));
  }

  /** Disposal ends: nothing is left. @returns how many writes had not come to an end */
  end(): number {
    const left = [...this.#jobs.values()];
    this.guard.dispose();
    for (const job of left) job.fail(new DisposedError(this.options.name));
    return left.length;
  }

  /** Half open, the file is being looked at. */
  get #looksBefore(): boolean {
    return this.#probesFile && this.guard.breakerMode === 'HALF_OPEN';
  }

  get #queue(): ReturnType<Supervision['queue']> {
    return this.#supervision.queue(this.file);
  }

  #start(id: number): void {
    this.#current = id;
    // Not within the queue's own transition: what is asked for in the same turn can still merge.
    queueMicrotask(() => void this.#perform(id));
  }

  async #perform(id: number): Promise<void> {
    const job = this.#jobs.get(id);
    // It may have been withdrawn at the last moment.
    const again = job !== undefined && await this.#run(job) && this.#jobs.has(id);
    this.#current = undefined;
    this.#queue?.send({ type: again ? 'PUT_BACK' : 'SETTLED', id });
    if (again) this.options.onParked(job);
    // A queue that was started again during a probe is paused, and the probe may have told nothing.
    if (this.#queue?.getSnapshot().context.paused === true && this.guard.permits()) this.#queue?.send({ type: 'RESUME' });
    this.#probeWhenIdle();
  }

  /** @returns whether it is to wait for the breaker, and to be run again */
  async #run(job: LaneJob): Promise<boolean> {
    this.#runs = true;
    try {
      await job.run(this.guard);
    } catch (error) {
      if (this.#canWait(job, error)) return true;
      job.fail(error);
    } finally {
      this.#runs = false;
    }
    return false;
  }

  /** A parked write outlasts the failure that opened, or kept open, the breaker. */
  #canWait(job: LaneJob, error: unknown): boolean {
    if (!job.park || !job.repeatable || this.#closing || this.guard.permits() || this.#supervision.givenUp) return false;
    const kind = classify(error);
    // Held open by an operator in the same moment: it waits for the release.
    return kind === 'transient' || kind === 'user' || error instanceof CircuitOpenError;
  }

  #onGuardEvent(event: GuardEvent): void {
    if (event.type === 'attempt-failed' && this.#runs) this.#noteFailure(event);
    this.options.onGuardEvent(event);
    if (event.type === 'breaker') this.#onBreaker(event.from, event.to);
  }

  #noteFailure({ attempt, error, duration }: GuardEvent & { readonly type: 'attempt-failed' }): void {
    const job = this.#current === undefined ? undefined : this.#jobs.get(this.#current);
    job?.noteFailure({ number: attempt, error, duration, endedAt: this.options.clock.wallTime() });
  }

  #onBreaker(from: BreakerMode, to: BreakerMode): void {
    this.#stopProber();
    if (to === 'OPEN') {
      this.#queue?.send({ type: 'PAUSE' });
      this.refuseWaiting(() => (this.#closing ? new DisposedError(this.options.name) : this.guard.rejection()), (job) => this.#closing || !job.park);
      this.#openedAt = this.options.clock.now();
      this.#sawObstacle = this.#probesFile;
      if (from === 'HALF_OPEN' && !this.#probesFile) this.#fruitless++;
      this.#startProber();
    } else {
      if (to === 'CLOSED') this.#fruitless = 0;
      this.#queue?.send({ type: 'RESUME' });
      this.#probeWhenIdle();
    }
  }

  /** Without a write that could be the probe the file is looked at: where it shows why it cannot be written, no write has to find out. */
  #probeWhenIdle(): void {
    if (this.guard.breakerMode !== 'HALF_OPEN') return;
    // Not within the breaker's own transition.
    queueMicrotask(() => void this.#probeFile());
  }

  async #probeFile(): Promise<void> {
    const { guard } = this;
    const needed = guard.breakerMode === 'HALF_OPEN' && guard.permits() && this.#jobs.size === 0 && !this.#closing;
    const breaker = this.#supervision.breaker(this.file);
    if (!needed || breaker === undefined) return;
    // A parked write that comes now waits for the end of this look.
    this.#queue?.send({ type: 'PAUSE' });
    this.#probesFile = true;
    // Looking well is no proof, and closes nothing: this probe goes away, and the next write takes its place.
    const looksWell = new AbortController();
    await guard.execute(() => this.options.probe().then(() => looksWell.abort()), { signal: looksWell.signal }).catch(() => undefined);
    this.#probesFile = false;
    if (guard.permits()) this.#queue?.send({ type: 'RESUME' });
    // One that was restarted meanwhile knows of no look.
    if (breaker !== this.#supervision.breaker(this.file)) this.#probeWhenIdle();
  }

  /** Something suggests that the file can be written again. */
  onEvidence(): void {
    // A look that hangs does not keep another from being made, but two do.
    if (this.guard.breakerMode !== 'OPEN' || this.guard.isHeld || this.#closing || this.#looks > 1) return;
    void this.#lookForEvidence();
  }

  #startProber(): void {
    if (this.guard.isHeld || this.#closing) return;
    this.#prober = this.options.clock.setTimeout(() => {
      this.#prober = undefined;
      void this.#lookForEvidence();
    }, this.options.probeEvery, true);
  }

  /** An obstacle that is gone lets a write through at once. That none was to be seen does so as well, but later each time it was wrong. */
  async #lookForEvidence(): Promise<void> {
    const { guard, options } = this;
    const { epoch } = guard;
    this.#looks++;
    const looksWell = await options.probe().then(() => true, () => false);
    this.#looks--;
    if (guard.epoch !== epoch) return;
    if (!looksWell) this.#noteObstacle();
    else if (this.#sawObstacle || options.clock.now() - this.#openedAt >= this.#wait) guard.evidence();
    if (guard.breakerMode === 'OPEN' && this.#prober === undefined) this.#startProber();
  }

  #noteObstacle(): void {
    // The look agrees with the write that failed.
    if (!this.#sawObstacle) this.#fruitless = Math.max(0, this.#fruitless - 1);
    this.#sawObstacle = true;
  }

  /** How long a file that has looked well all the time must have been left alone. */
  get #wait(): number {
    return this.#fruitless === 0 ? 0 : firstWait * 2 ** (this.#fruitless - 1);
  }

  #stopProber(): void {
    if (this.#prober !== undefined) this.options.clock.clearTimeout(this.#prober);
    this.#prober = undefined;
  }
}

/** As for any guard, but what says that it must not be tried again is not: its write may still land, or has. */
function classify(error: unknown): FailureClass {
  const kind = classifyFailure(error);
  return kind === 'transient' && error instanceof ConfigurationError && !error.retryable ? 'user' : kind;
}
