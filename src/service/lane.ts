import { breakerDefaults, type BreakerInput, type BreakerMode } from '../../machines/circuit-breaker.ts';
import type { QueueInput, WriteTicket } from '../../machines/write-queue.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { CircuitOpenError, DisposedError, QueueFullError, TimeoutError, type FailureClass } from '../errors.ts';
import { classifyFailure } from '../guard/classify.ts';
import { Guard, type GuardEvent, type GuardOptions, type PersistedBreaker } from '../guard/guard.ts';
import type { Scope, Target } from '../store/store.ts';
import type { Supervision } from './supervision.ts';

/** Something the lane writes in its turn: one setting, or a transaction. */
export interface LaneJob {
  readonly id: number;
  readonly keys: readonly string[];
  /** Wait for the breaker to close instead of being refused. */
  readonly park: boolean;
  readonly settled: boolean;
  /** Does the work and answers its callers; rejects without having answered when it failed. */
  run(guard: Guard): Promise<void>;
  /** Answers the callers: it failed. `running`: it had begun. */
  fail(error: unknown, running: boolean): void;
}

export interface LaneOptions {
  readonly name: string;
  readonly file: string;
  /** A place in the file, for probing it. */
  readonly target: Target;
  readonly scope: Scope;
  readonly capacity: number;
  /** While the breaker is open the file is looked at this often for evidence of recovery, in milliseconds. */
  readonly probeEvery: number;
  readonly clock: Clock;
  readonly guard: Pick<GuardOptions, 'breaker' | 'retry' | 'timeout' | 'budget' | 'random'>;
  readonly restore: PersistedBreaker | undefined;
  readonly probe: () => Promise<void>;
  readonly onGuardEvent: (event: GuardEvent) => void;
  readonly onParked: (job: LaneJob) => void;
}

/** One settings file: its breaker, its queue, and the writes on their way to it. */
export class Lane {
  readonly options: LaneOptions;
  readonly guard: Guard;
  readonly #supervision: Supervision;
  /** Every job accepted and not ended, in order. */
  readonly #jobs = new Map<number, LaneJob>();
  #running: LaneJob | undefined;
  #tail: Promise<void> = Promise.resolve();
  #prober: TimerHandle | undefined;
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
        breaker: () => supervision.breaker(options.file),
        spawnRetry: (input) => supervision.startRetry(input),
      },
    );
  }

  get depth(): number {
    return this.#jobs.size;
  }

  get jobs(): Iterable<LaneJob> {
    return this.#jobs.values();
  }

  /** The last write that waits, if any: a newer one to the same setting may merge into it. */
  get lastWaiting(): LaneJob | undefined {
    const last = [...this.#jobs.values()].at(-1);
    return last === this.#running ? undefined : last;
  }

  breakerInput(): BreakerInput {
    return this.guard.breakerInput();
  }

  /** How the queue's actor starts: empty, or with what waited when an earlier one crashed. */
  queueInput(): QueueInput {
    return {
      capacity: this.options.capacity,
      waiting: [...this.#jobs.values()].filter((job) => job !== this.#running).map(({ id }) => ({ id })),
      paused: !this.guard.permits(),
      start: (ticket) => this.#start(ticket),
    };
  }

  /** The supervisor may have started a new breaker actor. */
  follow(): void {
    const breaker = this.#supervision.breaker(this.options.file);
    if (breaker !== undefined) this.guard.follow(breaker);
  }

  /**
   * Takes a write in.
   * @throws CircuitOpenError, QueueFullError: refused at once
   */
  accept(job: LaneJob): void {
    const probing = this.guard.breakerMode === 'HALF_OPEN' && this.#jobs.size > 0;
    const refused = !this.guard.permits() || probing;
    if (refused && !job.park) throw this.guard.rejection();
    const waiting = this.#jobs.size - (this.#running === undefined ? 0 : 1);
    if (waiting >= this.options.capacity) throw new QueueFullError(this.options.name, this.options.capacity);
    this.#jobs.set(job.id, job);
    if (refused) this.options.onParked(job);
    this.#supervision.queue(this.options.file)?.send({ type: 'ENQUEUE', ticket: { id: job.id } });
  }

  /** A waiting write is not wanted any more; its callers have been answered. @returns false when it runs already */
  withdraw(job: LaneJob): boolean {
    if (job === this.#running) return false;
    this.#jobs.delete(job.id);
    this.#supervision.queue(this.options.file)?.send({ type: 'WITHDRAW', id: job.id });
    return true;
  }

  /** Refuses everything that waits; what runs goes on. */
  refuseWaiting(error: () => Error, which: (job: LaneJob) => boolean = () => true): void {
    for (const job of [...this.#jobs.values()]) {
      if (job === this.#running || !which(job)) continue;
      this.withdraw(job);
      job.fail(error(), false);
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
    this.#jobs.clear();
    this.guard.dispose();
    for (const job of left) job.fail(new DisposedError(this.options.name), job === this.#running);
    this.#stopProber();
    return left.length;
  }

  /** Something suggests that the file can be written again. */
  evidence(): void {
    this.guard.evidence();
  }

  /** One after the other, even when a crashed queue was restarted while a write is under way. */
  #start(ticket: WriteTicket): void {
    this.#tail = this.#tail.then(() => this.#perform(ticket.id));
  }

  async #perform(id: number): Promise<void> {
    const job = this.#jobs.get(id);
    if (job !== undefined) {
      this.#running = job;
      try {
        await job.run(this.guard);
      } catch (error) {
        this.#running = undefined;
        if (this.#canWait(job, error)) {
          this.options.onParked(job);
          this.#supervision.queue(this.options.file)?.send({ type: 'PUT_BACK', id });
          return;
        }
        job.fail(error, true);
      }
      this.#running = undefined;
      this.#jobs.delete(id);
    }
    this.#supervision.queue(this.options.file)?.send({ type: 'SETTLED', id });
    if (this.guard.breakerMode === 'HALF_OPEN' && this.#jobs.size === 0) this.#probeNow();
  }

  /** A parked write outlasts the failure that opened, or kept open, the breaker. */
  #canWait(job: LaneJob, error: unknown): boolean {
    if (!job.park || job.settled || this.#closing || this.guard.permits()) return false;
    if (error instanceof CircuitOpenError) return true;
    const kind = classify(error);
    return kind === 'transient' || kind === 'user';
  }

  #onGuardEvent(event: GuardEvent): void {
    this.options.onGuardEvent(event);
    if (event.type === 'breaker') this.#onBreaker(event.to);
  }

  #onBreaker(mode: BreakerMode): void {
    const queue = this.#supervision.queue(this.options.file);
    this.#stopProber();
    if (mode === 'OPEN') {
      queue?.send({ type: 'PAUSE' });
      this.refuseWaiting(() => (this.#closing ? new DisposedError(this.options.name) : this.guard.rejection()), (job) => this.#closing || !job.park);
      if (!this.#closing) this.#startProber();
      return;
    }
    queue?.send({ type: 'RESUME' });
    // Without a write that could be the probe, the file itself is probed: health recovers by itself.
    if (mode === 'HALF_OPEN' && this.#jobs.size === 0) this.#probeNow();
  }

  #probeNow(): void {
    // Not within the breaker's own transition.
    queueMicrotask(() => {
      if (this.guard.breakerMode !== 'HALF_OPEN' || this.#jobs.size > 0 || this.#closing) return;
      this.guard.execute(() => this.options.probe()).catch(() => undefined);
    });
  }

  #startProber(): void {
    if (this.guard.isHeld) return;
    this.#prober = this.options.clock.setTimeout(() => {
      this.#prober = undefined;
      void this.#lookForEvidence();
    }, this.options.probeEvery, true);
  }

  async #lookForEvidence(): Promise<void> {
    try {
      await this.options.probe();
      this.guard.evidence();
    } catch {
      // Still broken.
    }
    if (this.guard.breakerMode === 'OPEN' && this.#prober === undefined && !this.#closing) this.#startProber();
  }

  #stopProber(): void {
    if (this.#prober !== undefined) this.options.clock.clearTimeout(this.#prober);
    this.#prober = undefined;
  }
}

/** As for any guard, but a timeout that says so is not followed by another attempt: its write may still land. */
function classify(error: unknown): FailureClass {
  return error instanceof TimeoutError && !error.retryable ? 'user' : classifyFailure(error);
}

export const laneDefaults = { capacity: 100, probeEvery: 5_000, openFor: breakerDefaults.openFor };
