import { AbortedError, ConfigurationError, type ErrorCode } from '../errors.ts';
import { offAbort, onAbort, type Abortable } from '../guard/abort-fanout.ts';
import type { Guard } from '../guard/guard.ts';
import { reasonOf, type CallerSignal } from '../guard/signals.ts';
import type { Clock } from '../clock.ts';
import type { WriteAttempt } from './events.ts';
import type { LaneJob } from './lane.ts';
import { withOutcome } from './outcome.ts';
import { isDefinite, write, type Asked, type From, type Loose, type Slot, type WriteEnd, type WriteTools } from './write.ts';

/** What the jobs need of their owner. */
export interface JobHost {
  readonly tools: WriteTools;
  readonly clock: Clock;
  /** A value is about to be sent. */
  onAsked(job: Job, slot: Slot, value: unknown, from: From | undefined): void;
  /** A value is stored, and its callers are about to be told. */
  onStored(slot: Slot, value: unknown): void;
  /** Could this be stored on purpose? */
  isLegal(slot: Slot, value: unknown): boolean;
  /** Values of this job may still be stored; `inDoubt`: nobody has been told what became of them. */
  onLoose(job: Job, slot: Slot, loose: readonly Loose[], inDoubt: boolean): void;
  /** The job is about to be answered. */
  onSettled(job: Job): void;
  /** Takes a job that waits out of its queue. @returns false when it runs already */
  withdraw(job: Job): boolean;
  /** Readers see these settings as they are now, until the function it returns is called. */
  hold(keys: readonly string[]): () => void;
}

/** One caller of a job, to be answered. `superseded`: a newer value has taken the place of this caller's. `stored`: the values, by key. */
export interface Caller {
  resolve(superseded: boolean, stored: ReadonlyMap<string, unknown>): void;
  reject(error: unknown): void;
}

export interface JobOptions {
  readonly park: boolean;
  readonly critical: boolean;
  readonly signal: CallerSignal | undefined;
}

/** Ends of a write that come from elsewhere than its attempts, and know nothing of them. */
const overCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ABORTED', 'DISPOSED', 'SUPERVISION', 'CIRCUIT_OPEN']);

/** A parked write may be tried for hours: so many of its failed attempts are remembered. */
const keptAttempts = 32;

/** Something a lane writes in its turn, and the callers that wait for it. */
export abstract class Job implements LaneJob, Abortable {
  readonly id: number;
  readonly options: JobOptions;
  abstract readonly slots: readonly Slot[];
  /** The settings whose new value was sent, and may be stored though nobody has been told so. */
  readonly inDoubt = new Set<string>();
  /** The attempts that have failed so far, in all its runs. */
  readonly failures: WriteAttempt[] = [];
  protected readonly host: JobHost;
  protected readonly callers: Caller[];
  /** What an earlier run has sent last, and the store has refused in a way that leaves it possible that it is stored yet. */
  #earlier: Loose | undefined;
  readonly #stored = new Map<string, unknown>();
  #settled = false;

  constructor(id: number, host: JobHost, caller: Caller, options: JobOptions) {
    this.id = id;
    this.host = host;
    this.callers = [caller];
    this.options = options;
  }

  get keys(): readonly string[] {
    return this.slots.map(({ key }) => key);
  }

  get park(): boolean {
    return this.options.park;
  }

  get settled(): boolean {
    return this.#settled;
  }

  abstract readonly repeatable: boolean;
  abstract run(guard: Guard): Promise<void>;

  noteFailure(attempt: WriteAttempt): void {
    if (this.failures.push(attempt) > keptAttempts) this.failures.shift();
  }

  /** From now on the caller's signal ends the job. */
  listen(): void {
    if (this.options.signal !== undefined && !this.#settled) onAbort(this.options.signal, this);
  }

  /** While it waits, the job ends at once; while it runs, the guard sees the signal too. */
  onAbort(): void {
    if (!this.host.withdraw(this)) return;
    this.fail(new AbortedError(this.keys.join(', '), 'not stored', { cause: reasonOf(this.options.signal) }));
  }

  fail(error: unknown): void {
    if (!this.#settle()) return;
    const isOver = isDefinite(error) || (error instanceof ConfigurationError && overCodes.has(error.code));
    const known = this.inDoubt.size > 0 || (isOver && this.#earlier !== undefined) ? withOutcome(error, 'unknown') : error;
    for (const caller of this.callers) caller.reject(known);
  }

  protected succeed(): void {
    if (!this.#settle()) return;
    this.callers.forEach((caller, index) => caller.resolve(index < this.callers.length - 1, this.#stored));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    if (this.options.signal !== undefined) offAbort(this.options.signal, this);
    this.host.onSettled(this);
    return true;
  }

  protected async write(guard: Guard, slot: Slot, asked: Asked): Promise<WriteEnd> {
    const { critical, signal } = this.options;
    const inDoubtBefore = this.inDoubt.has(slot.key);
    const end = await write(this.host.tools, guard, slot, asked, {
      critical,
      ...(signal === undefined ? {} : { signal }),
      ...(asked.kind === 'value' || this.#earlier === undefined ? {} : { earlier: this.#earlier }),
      onAsked: (value, from) => {
        this.inDoubt.add(slot.key);
        this.host.onAsked(this, slot, value, from);
      },
    });
    if (end.ok || (!end.unknown && !inDoubtBefore)) this.inDoubt.delete(slot.key);
    this.#earlier = end.loose.at(-1) ?? this.#earlier;
    this.host.onLoose(this, slot, end.loose, !end.ok && end.unknown);
    if (end.ok) {
      this.#stored.set(slot.key, end.value);
      this.host.onStored(slot, end.value);
    }
    return end;
  }
}

/** One write to one setting; several plain ones that wait together are one job, and the last value wins. */
export class SingleJob extends Job {
  readonly slots: readonly [Slot];
  #asked: Asked;

  constructor(id: number, host: JobHost, slot: Slot, asked: Asked, caller: Caller, options: JobOptions) {
    super(id, host, caller, options);
    this.slots = [slot];
    this.#asked = asked;
  }

  /** What was computed must not be computed again while it may still land (P28). */
  get repeatable(): boolean {
    return this.#asked.kind === 'value' || this.inDoubt.size === 0;
  }

  /** Takes a newer plain value and its caller in. @returns false when the two cannot be one write */
  merge(slot: Slot, asked: Asked, caller: Caller, { park, critical, signal }: JobOptions): boolean {
    const [own] = this.slots;
    const samePlace = own.key === slot.key && own.target === slot.target && own.scope.languageId === slot.scope.languageId;
    const plain = this.#asked.kind === 'value' && asked.kind === 'value';
    const alike = this.options.park === park && this.options.critical === critical && this.options.signal === undefined && signal === undefined;
    if (!samePlace || !plain || !alike) return false;
    this.#asked = asked;
    this.callers.push(caller);
    return true;
  }

  override async run(guard: Guard): Promise<void> {
    const end = await this.write(guard, this.slots[0], this.#asked);
    if (!end.ok) throw end.error;
    this.succeed();
  }
}
