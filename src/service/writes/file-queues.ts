import { checkRules, checkTuning, type GuardEvent, type GuardTuning, type PersistedBreaker } from '../../guard/options.ts';
import { plainData } from '../../settings/plain-data.ts';
import { targets, type Scope, type Target } from '../../store/store.ts';
import { persisted, type ServiceContext } from '../context.ts';
import { FileQueue, fileQueueDefaults, type Place } from './file-queue.ts';
import type { WriteTools } from './looks.ts';
import type { MetricsRecorder } from '../metrics.ts';
import type { Persisted } from '../persisted.ts';
import type { Supervision } from '../supervision.ts';

/** One breaker in `breakers()`. */
export interface BreakerStatus {
  /** The settings file, as the store names it. */
  readonly file: string;
  readonly mode: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly held: boolean;
  readonly consecutiveFailures: number;
  /** Milliseconds until it probes by itself. */
  readonly retryAfter: number | undefined;
  /** Writes accepted and not ended. */
  readonly queueDepth: number;
}

interface PersistedQueue extends Place {
  readonly breaker: PersistedBreaker;
}

/** A file is probed for at most this long, in milliseconds. */
const probeLimit = 5_000;

/** The settings files written so far: a queue for each. What is open stays open across a restart (P11). */
export class FileQueues implements Iterable<FileQueue> {
  readonly #context: ServiceContext;
  readonly #supervision: Supervision;
  readonly #metrics: MetricsRecorder;
  readonly #tools: WriteTools;
  readonly #queues = new Map<string, FileQueue>();
  readonly #persisted: Persisted<PersistedQueue[]>;
  /** How the breakers of files never written so far begin: an operator may hold all of them open. */
  #initial: PersistedBreaker | undefined;
  /** For all breakers, also those of files never written so far. */
  #tuning: GuardTuning = {};

  constructor(context: ServiceContext, supervision: Supervision, metrics: MetricsRecorder, tools: WriteTools) {
    // An invalid rule is refused when the service is made, not with its first write.
    checkRules(context.options.guard ?? {});
    this.#context = context;
    this.#supervision = supervision;
    this.#metrics = metrics;
    this.#tools = tools;
    this.#persisted = persisted(context, 'breakers');
  }

  [Symbol.iterator](): Iterator<FileQueue> {
    return this.#queues.values();
  }

  get(file: string): FileQueue | undefined {
    return this.#queues.get(file);
  }

  /** The queue of a place, made on its first use. */
  at({ file, key, target, scope }: Place, restore = this.#initial): FileQueue {
    const existing = this.#queues.get(file);
    if (existing !== undefined) return existing;
    const { store, options, clock } = this.#context;
    const queue = new FileQueue({
      name: store.name === file ? file : `${store.name} (${file})`,
      place: { file, target, scope, ...(key === undefined ? {} : { key }) },
      capacity: this.capacity,
      probeEvery: options.probeEvery ?? fileQueueDefaults.probeEvery,
      clock,
      guard: options.guard ?? {},
      tuning: this.#tuning,
      restore,
      probe: () => this.probe(target, scope, key),
      onGuardEvent: (event) => this.#onGuardEvent(file, event),
      tools: this.#tools,
      onParked: ({ keys }) => this.#context.emit({ type: 'parked', keys, file }),
    }, this.#supervision);
    this.#queues.set(file, queue);
    this.#metrics.breaker(file, queue.guard.breakerMode);
    this.#supervision.openFile(file);
    queue.follow();
    return queue;
  }

  /** The queues an operator means: of one file, or all. */
  chosen(file: string | undefined): FileQueue[] {
    return [...this.#queues.values()].filter((queue) => file === undefined || queue.file === file);
  }

  /** Holds the breaker of one file open, or those of all files, whenever they are written first. */
  hold(file: string | undefined): void {
    if (file === undefined) this.#initial = { mode: 'HELD' };
    for (const queue of this.chosen(file)) queue.hold();
  }

  /** Breakers made from now on are not held. */
  holdNoMore(file: string | undefined): void {
    if (file === undefined) this.#initial = undefined;
  }

  /** @throws RangeError, TypeError for an invalid rule */
  configure(tuning: GuardTuning): void {
    checkTuning(tuning);
    for (const { guard } of this) guard.configure(tuning);
    this.#tuning = tuning;
  }

  get capacity(): number {
    return this.#context.options.capacity ?? fileQueueDefaults.capacity;
  }

  /** Writes accepted and not ended. */
  get depth(): number {
    let depth = 0;
    for (const queue of this) depth += queue.depth;
    return depth;
  }

  get status(): BreakerStatus[] {
    return [...this].map(({ file, guard, depth }) => ({
      file,
      mode: guard.breakerMode,
      held: guard.isHeld,
      consecutiveFailures: guard.consecutiveFailures,
      retryAfter: guard.retryAfter,
      queueDepth: depth,
    }));
  }

  /** Rejects with the reason why the target cannot be written. */
  async probe(target: Target, scope: Scope, key?: string): Promise<void> {
    const result = await this.#context.patience.within(probeLimit, () => this.#context.store.probe(target, scope, key));
    if (result.timedOut) throw new Error('The store did not answer the probe in time.');
  }

  /** Opens again what an earlier process left open, until its original deadline. */
  restore(): void {
    const stored = this.#persisted.load();
    if (!Array.isArray(stored)) return;
    for (const queue of stored) {
      if (isPersistedQueue(queue) && this.#isStillThere(queue)) this.at(queue, queue.breaker);
    }
  }

  /** Keeps what is open for the next process. */
  save(): void {
    const open = [...this].flatMap(({ options: { place }, guard }) => {
      const breaker = guard.persisted();
      return breaker === undefined ? [] : [{ ...place, breaker }];
    });
    this.#persisted.save(() => open.length === 0 ? undefined : open);
  }

  settled(): Promise<void> {
    return this.#persisted.settled();
  }

  /** Folders come and go. */
  #isStillThere({ file, target, scope, key }: Place): boolean {
    try {
      return this.#context.store.fileOf(target, scope, key) === file;
    } catch {
      return false;
    }
  }

  #onGuardEvent(file: string, event: GuardEvent): void {
    switch (event.type) {
      case 'breaker':
        this.#metrics.breaker(file, event.to);
        this.save();
        this.#context.emit({ type: 'breaker', file, from: event.from, to: event.to });
        break;
      case 'attempt-failed':
        if ((event.error as { code?: unknown } | undefined)?.code === 'TIMEOUT') this.#metrics.timedOut();
        this.#context.emit({ type: 'attempt-failed', file, attempt: event.attempt, error: event.error });
        break;
      case 'retry':
        this.#metrics.retried();
        break;
    }
  }
}

function isPersistedQueue(value: unknown): value is PersistedQueue {
  if (!plainData(value).ok) return false;
  const queue = value as Partial<PersistedQueue> | null;
  return typeof queue === 'object' && queue !== null
    && typeof queue.file === 'string'
    && targets.includes(queue.target as Target)
    && typeof queue.scope === 'object' && queue.scope !== null
    && (queue.key === undefined || typeof queue.key === 'string')
    && typeof queue.breaker === 'object' && queue.breaker !== null
    && (queue.breaker.mode === 'HELD' || queue.breaker.mode === 'OPEN')
    && (queue.breaker.until === undefined || Number.isFinite(queue.breaker.until));
}
