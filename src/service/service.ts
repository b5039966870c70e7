import { lifecycleDefaults } from '../../machines/config-lifecycle.ts';
import { systemClock, type Clock, type TimerHandle } from '../clock.ts';
import { AbortedError, ConfigurationError, DisposedError, SupervisionError, ValidationError } from '../errors.ts';
import type { GuardEvent, PersistedBreaker } from '../guard/guard.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { plainData, sameData } from '../settings/plain-data.ts';
import { keyProblem, showKey } from '../settings/setting-key.ts';
import { memoryMemento } from '../store/memento.ts';
import { targets, type Disposable, type Scope, type Store, type Target } from '../store/store.ts';
import { Emitter } from './emitter.ts';
import type { LateOutcome, ServiceEvent } from './events.ts';
import { HealthCache, worst, type Health, type HealthReport } from './health.ts';
import { SingleJob, TransactionJob, type Caller, type JobHost, type JobOptions } from './jobs.ts';
import { Journal } from './journal.ts';
import { Lane, laneDefaults, type LaneJob } from './lane.ts';
import { LateWrites } from './late-writes.ts';
import { MetricsRecorder, type Metrics } from './metrics.ts';
import type { ServiceOptions, UpdateOptions, UpdateResult } from './options.ts';
import { Persisted } from './persisted.ts';
import { Snapshot, type Inspection, type SettingChange, type SettingIssue } from './snapshot.ts';
import { Supervision, type SupervisorRef } from './supervision.ts';
import { within } from './within.ts';
import { look, type Asked, type Slot, type WriteEnd } from './write.ts';

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

interface PersistedLane {
  readonly file: string;
  readonly target: Target;
  readonly scope: Scope;
  readonly breaker: PersistedBreaker;
}

/** The longest a look at the store or a flush of the memento may take, in milliseconds. */
const readLimit = 5_000;
/** A file is probed for at most this long, in milliseconds. */
const probeLimit = 5_000;

/**
 * The configuration of one extension: reads never fail, writes never lie.
 *
 * Made by `createConfigurationService`, or by `superviseConfiguration` in VS Code.
 */
export class ConfigurationService<V extends object = Record<string, unknown>> {
  readonly id: string;
  readonly definition: SettingsDefinition<V>;
  /** Resolves when the store has been read, or could not be in time: never rejects. `get` works before it. */
  readonly ready: Promise<void>;

  readonly #store: Store;
  readonly #clock: Clock;
  readonly #options: ServiceOptions;
  readonly #snapshot: Snapshot;
  readonly #supervision: Supervision;
  readonly #lanes = new Map<string, Lane>();
  readonly #metrics: MetricsRecorder;
  readonly #health: HealthCache;
  readonly #journal: Journal;
  readonly #lastGood: Persisted<Record<string, unknown>>;
  readonly #breakers: Persisted<PersistedLane[]>;
  readonly #restored = new Map<string, PersistedBreaker>();
  readonly #late: LateWrites;
  readonly #host: JobHost;
  readonly #events: Emitter<ServiceEvent>;
  readonly #changes: Emitter<SettingChange>;
  readonly #scopedListeners = new Set<() => void>();
  readonly #storeSubscription: Disposable;

  #jobs = 0;
  #loads = 0;
  #loading: number | undefined;
  #loadAgain = false;
  /** Transactions under way: others see all of one or nothing. */
  #held = 0;
  #heldChange = false;
  #keepAlive: TimerHandle | undefined;
  #disposal: Promise<void> | undefined;
  #becomeReady: () => void = () => undefined;

  constructor(definition: SettingsDefinition<V>, options: ServiceOptions) {
    this.definition = definition;
    this.id = options.id ?? definition.section;
    this.#options = options;
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
    this.#events = new Emitter<ServiceEvent>(() => undefined);
    this.#changes = new Emitter<SettingChange>((error) => this.#warn('A listener of a setting threw.', error));
    this.#metrics = new MetricsRecorder(this.#clock);

    const memento = options.memento ?? memoryMemento();
    const onMementoError = (error: unknown): void => this.#warn('What outlives the process could not be kept.', error);
    this.#journal = new Journal(memento, definition.section, onMementoError);
    this.#lastGood = new Persisted(memento, `holdfast.${definition.section}.lastGood`, onMementoError);
    this.#breakers = new Persisted(memento, `holdfast.${definition.section}.breakers`, onMementoError);
    this.#snapshot = new Snapshot(definition, this.#store, this.#restoreLastGood());

    this.#late = new LateWrites({ store: this.#store, clock: this.#clock, readLimit }, {
      reassert: (slot) => this.#reassert(slot),
      onLate: ({ slot, sequence }, outcome, reasserted) => this.#onLate(slot, sequence, outcome, reasserted),
    });
    this.#host = {
      store: this.#store,
      clock: this.#clock,
      readLimit,
      onAsked: (job, slot, value) => this.#note(job, slot, { value }),
      onEnd: (job, slot, end) => this.#onWriteEnd(job, slot, end),
      onSettled: (job) => this.#onSettled(job),
      onAbort: (job) => this.#laneOf(job)?.withdraw(job) ?? false,
    };
    this.#health = new HealthCache(this.#clock, () => this.#checkHealth());
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));

    this.#supervision = new Supervision(
      this.#clock,
      {
        lifecycle: () => ({ ...lifecycleDefaults, ...options.lifecycle, load: () => this.#load() }),
        breaker: (file) => this.#lanes.get(file)!.breakerInput(),
        queue: (file) => this.#lanes.get(file)!.queueInput(),
      },
      {
        onChange: () => this.#onSupervisorChange(),
        onHealth: (health, before) => {
          this.#health.forget();
          this.#emit({ type: 'health', health, before });
        },
        onCrash: (actor, error, givenUp) => this.#onCrash(actor, error, givenUp),
      },
      options.supervisor,
    );
    this.#storeSubscription = this.#store.onDidChange(() => this.#onStoreChange());
    this.#supervision.start();
    this.#restoreLanes();
    void this.#reconcile();
  }

  // ---- Reading

  /**
   * The value of a setting: at once, always legal, from the last good snapshot. Never throws.
   *
   * @param scope the file or language to read for; default: the window
   */
  get<K extends keyof V & string>(key: K, scope?: Scope): V[K] {
    return (scope === undefined ? this.#snapshot.get(key) : this.#snapshot.getScoped(key, scope)) as V[K];
  }

  /** All values, frozen. */
  get values(): Readonly<V> {
    return this.#snapshot.values as Readonly<V>;
  }

  /**
   * Where a value comes from, and what is wrong with the stored one.
   * @throws ValidationError for a key that is not a setting
   */
  inspect<K extends keyof V & string>(key: K, scope: Scope = {}): Inspection {
    this.#validateKey(key);
    return this.#snapshot.inspect(key, scope);
  }

  /** The settings that fall back because their stored value is not legal. */
  get issues(): readonly SettingIssue[] {
    return this.#snapshot.issues;
  }

  /**
   * Calls back once for each real change of a setting, after `get` shows the new value (P33).
   * @param scope the file or language to watch for; default: the window
   * @throws ValidationError for a key that is not a setting
   */
  onDidChange<K extends keyof V & string>(key: K, listener: (now: V[K], before: V[K]) => void, scope?: Scope): Disposable {
    this.#validateKey(key);
    if (this.#disposal !== undefined) return { dispose: () => undefined };
    if (scope === undefined) {
      return this.#changes.on((change) => {
        if (change.key === key) listener(change.now as V[K], change.before as V[K]);
      });
    }
    let before = this.get(key, scope);
    const check = (): void => {
      const now = this.get(key, scope);
      if (sameData(now, before)) return;
      const old = before;
      before = now;
      try {
        listener(now, old);
      } catch (error) {
        this.#warn('A listener of a setting threw.', error);
      }
    };
    this.#scopedListeners.add(check);
    return { dispose: () => void this.#scopedListeners.delete(check) };
  }

  /** Hears everything that happens, for logs and user interfaces. */
  onEvent(listener: (event: ServiceEvent) => void): Disposable {
    return this.#events.on(listener);
  }

  // ---- Writing

  /**
   * Stores a value. Resolves when it is stored and has been read back; `undefined` removes the value at the target.
   *
   * A function is given the stored value, is called again for each attempt, and must be free of effects:
   * nothing is lost between reading and writing (P28).
   *
   * @throws ValidationError the key or value is not legal; nothing has happened
   * @throws StoreError VS Code or the file system refused, with the reason and a way out
   * @throws TimeoutError it took too long; `outcome` says whether it may still be stored
   * @throws CircuitOpenError, QueueFullError, SupervisionError refused without an attempt
   * @throws AbortedError, DisposedError ended by the caller's signal or by `dispose`
   */
  update<K extends keyof V & string>(key: K, value: V[K] | undefined | ((stored: V[K]) => V[K] | undefined), options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.#submit([key], (id, caller) => {
      const slot = this.#slot(key, options);
      const asked = this.#asked(key, value, slot.scope);
      const lane = this.#lane(slot);
      const jobOptions = toJobOptions(options);
      const waiting = lane.lastWaiting;
      if (waiting instanceof SingleJob && waiting.slot.key === key && waiting.slot.scope.languageId === slot.scope.languageId
        && waiting.slot.target === slot.target && waiting.merge(asked, caller, jobOptions)) {
        this.#note(waiting, slot, asked.kind === 'value' ? { value: asked.value } : undefined);
        return slot;
      }
      const job = new SingleJob(id, this.#host, slot, asked, caller, jobOptions);
      this.#accept(lane, job, slot, asked.kind === 'value' ? { value: asked.value } : undefined);
      return slot;
    });
  }

  /**
   * Stores several settings at one target: all of them, or none. Readers of this service see all or nothing.
   * @throws TransactionError it failed; says what was rolled back, and what could not be
   * @throws what `update` throws, when nothing was attempted
   */
  updateAll(values: Partial<V>, options: UpdateOptions = {}): Promise<UpdateResult> {
    const entries = ownEntries(values);
    return this.#submit(entries.map(([key]) => key), (id, caller) => {
      if (entries.length === 0) throw new ValidationError('(nothing)', 'is not a transaction: give at least one setting');
      const target = options.target ?? this.#target(entries[0]![0], options);
      const writes = entries.map(([key, value]) => ({ slot: this.#slot(key, { ...options, target }), value: this.#plainAsked(key, value) }));
      const { slot } = writes[0]!;
      const job = new TransactionJob(id, this.#host, writes, caller, toJobOptions(options));
      this.#accept(this.#lane(slot), job, slot, undefined);
      return slot;
    });
  }

  /** Removes every value of the section at the target, as one transaction. */
  restoreDefaults(options: UpdateOptions = {}): Promise<UpdateResult> {
    const nothing = Object.fromEntries(this.definition.keys.map((key) => [key, undefined]));
    return this.updateAll(nothing as Partial<V>, { target: 'user', ...options });
  }

  // ---- Health

  /** The state now, without any check. */
  get status(): Health {
    return this.#supervision.health;
  }

  /** A full report; the checks are at most 30 s old, and never older than the last change of state. */
  health(): Promise<HealthReport> {
    return this.#health.get();
  }

  metrics(): Metrics {
    return this.#metrics.read(this.#depth());
  }

  resetMetrics(): void {
    this.#metrics.reset();
  }

  /** The breakers of the settings files written so far. */
  breakers(): BreakerStatus[] {
    return [...this.#lanes.values()].map(({ options, guard, depth }) => ({
      file: options.file,
      mode: guard.breakerMode,
      held: guard.isHeld,
      consecutiveFailures: guard.consecutiveFailures,
      retryAfter: guard.retryAfter,
      queueDepth: depth,
    }));
  }

  /** The supervisor's actor, for inspection. */
  get supervisor(): SupervisorRef {
    return this.#supervision.actor;
  }

  // ---- Operating

  /** Reads the store again. Resolves when that has ended, well or not. */
  async reload(): Promise<void> {
    if (this.#disposal !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      const subscription = this.onEvent((event) => {
        if (event.type !== 'loaded' && event.type !== 'load-failed' && event.type !== 'disposed') return;
        subscription.dispose();
        resolve();
      });
    });
    this.#supervision.lifecycle?.send({ type: 'RELOAD' });
    await within(this.#clock, readLimit, ended);
  }

  /** Closes the breakers, and starts again what the supervisor had given up. */
  reset(file?: string): void {
    if (this.#supervision.givenUp) this.#supervision.restart();
    for (const lane of this.#chosen(file)) lane.guard.reset();
  }

  /** Lets open breakers probe now. */
  probe(file?: string): void {
    for (const lane of this.#chosen(file)) lane.guard.probe();
  }

  /** Refuses all writes until `release`; of a file never written so far, its breaker is made. */
  hold(file?: string): void {
    if (this.#lanes.size === 0) this.#lane(this.#slot(this.definition.keys[0]!, {}));
    for (const lane of this.#chosen(file)) lane.guard.hold();
  }

  release(file?: string): void {
    for (const lane of this.#chosen(file)) lane.guard.release();
  }

  /** Something suggests that the settings can be written again: a file was saved, the window has the focus. */
  evidence(): void {
    for (const lane of this.#lanes.values()) lane.evidence();
  }

  /**
   * Accepts no more writes, finishes those that wait (5 s at most), and leaves nothing behind. Reads go on.
   * Never rejects; a second call waits for the first.
   */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    const started = this.#clock.now();
    const limit = this.#options.lifecycle?.drainLimit ?? lifecycleDefaults.drainLimit;
    for (const lane of this.#lanes.values()) lane.close();
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.#supervision.dispose();
    this.#onSupervisorChange();
    await stopped;
    let unsettled = 0;
    for (const lane of this.#lanes.values()) unsettled += lane.end();
    this.#supervision.stop();
    this.#storeSubscription.dispose();
    try {
      this.#store.dispose();
    } catch (error) {
      this.#warn('The store could not be disposed of.', error);
    }
    this.#saveLastGood();
    const left = Math.max(0, limit - (this.#clock.now() - started));
    await within(this.#clock, left, Promise.all([this.#journal.settled(), this.#lastGood.settled(), this.#breakers.settled()]));
    this.#late.clear();
    if (this.#keepAlive !== undefined) this.#clock.clearTimeout(this.#keepAlive);
    this.#keepAlive = undefined;
    this.#becomeReady();
    this.#emit({ type: 'disposed', unsettled });
    this.#changes.clear();
    this.#scopedListeners.clear();
    this.#events.clear();
  }

  #onStopped: (() => void) | undefined;

  // ---- Accepting a write

  #submit(keys: readonly unknown[], accept: (id: number, caller: Caller) => Slot): Promise<UpdateResult> {
    const started = this.#clock.now();
    const shown = keys.map(showKey);
    return new Promise<UpdateResult>((resolve, reject) => {
      let slot: Slot | undefined;
      let accepted = false;
      const caller: Caller = {
        resolve: (_value, superseded) => {
          const latency = this.#clock.now() - started;
          this.#metrics.succeeded(latency);
          const shadow = superseded ? undefined : this.#shadow(shown[0]!, slot!);
          this.#emit({ type: 'stored', keys: shown, file: slot!.file, latency, ...(shadow === undefined ? {} : { shadowedBy: shadow }) });
          resolve({ outcome: superseded ? 'superseded' : 'stored', target: slot!.target, ...(shadow === undefined ? {} : { shadowedBy: shadow }) });
        },
        reject: (error) => {
          const latency = this.#clock.now() - started;
          const code = error instanceof ConfigurationError ? error.code : 'UNKNOWN';
          this.#metrics.failed(latency, code, accepted);
          this.#emit({ type: 'failed', keys: shown, file: slot?.file, error, latency });
          reject(error);
        },
      };
      try {
        this.#refuse();
        slot = accept(++this.#jobs, caller);
        accepted = true;
      } catch (error) {
        caller.reject(error);
      }
    });
  }

  #refuse(): void {
    if (this.#disposal !== undefined) throw new DisposedError(`The configuration of ${this.id}`);
    if (this.#supervision.givenUp) throw new SupervisionError(`The configuration of ${this.id}`);
  }

  #accept(lane: Lane, job: SingleJob | TransactionJob, slot: Slot, asked: { readonly value: unknown } | undefined): void {
    if (job.signal?.aborted === true) throw new AbortedError(slot.key, 'not stored', { cause: job.signal.reason });
    this.#laneOfJob.set(job, lane);
    if (job instanceof TransactionJob) this.#held++;
    this.#note(job, slot, asked);
    this.#stayAlive();
    try {
      lane.accept(job);
    } catch (error) {
      // Refused: the caller is answered by `#submit`.
      this.#forget(job);
      throw error;
    }
  }

  readonly #laneOfJob = new Map<LaneJob, Lane>();

  #laneOf(job: LaneJob): Lane | undefined {
    return this.#laneOfJob.get(job);
  }

  #note(job: LaneJob, slot: Slot, asked: { readonly value: unknown } | undefined): void {
    const known = asked === undefined || this.definition.isSecret(slot.key) ? {} : { asked };
    this.#journal.put({ id: job.id, key: slot.key, target: slot.target, scope: slot.scope, acceptedAt: this.#clock.wallTime(), ...known });
  }

  #validateKey(key: unknown): asserts key is keyof V & string {
    const definition: SettingsDefinition<V> = this.definition;
    definition.validateKey(key);
  }

  #asked(key: string, value: unknown, scope: Scope): Asked {
    if (typeof value !== 'function') return { kind: 'value', value: this.#plainAsked(key, value) };
    return {
      kind: 'update',
      compute: (stored) => {
        const checked = stored === undefined ? undefined : this.definition.check(key, stored);
        const current = checked?.ok === true ? checked.value : this.#snapshot.getScoped(key, scope);
        let next: unknown;
        try {
          next = (value as (stored: unknown) => unknown)(current);
        } catch (cause) {
          throw new ValidationError(key, 'could not be computed: its update function threw', { cause });
        }
        return this.#plainAsked(key, next);
      },
    };
  }

  #plainAsked(key: string, value: unknown): unknown {
    this.#validateKey(key);
    return value === undefined ? undefined : this.definition.validate(key, value);
  }

  #slot(key: string, options: UpdateOptions): Slot {
    this.#validateKey(key);
    const scope = toScope(options);
    const target = options.target ?? this.#target(key, scope);
    if (!targets.includes(target)) throw new ValidationError('target', `must be one of ${targets.join(', ')}`);
    return { key, target, scope, file: this.#store.fileOf(target, scope) };
  }

  #target(key: string, scope: Scope): Target {
    this.#validateKey(key);
    return this.#store.defaultTarget(key, scope);
  }

  #shadow(key: string, slot: Slot): string | undefined {
    if (this.#snapshot.ignores(key, slot.target)) return 'workspace trust';
    const { origin } = this.#snapshot.inspect(key, slot.scope);
    const own = slot.scope.languageId === undefined ? slot.target : `${slot.target}-language`;
    return origin === own || origin === 'default' || origin === 'last good value' ? undefined : origin;
  }

  // ---- Lanes

  #lane(slot: Pick<Slot, 'file' | 'target' | 'scope'>): Lane {
    const existing = this.#lanes.get(slot.file);
    if (existing !== undefined) return existing;
    const { target, scope, file } = slot;
    const lane: Lane = new Lane({
      name: this.#store.name === file ? file : `${this.#store.name} (${file})`,
      file,
      target,
      scope,
      capacity: this.#options.capacity ?? laneDefaults.capacity,
      probeEvery: this.#options.probeEvery ?? laneDefaults.probeEvery,
      clock: this.#clock,
      guard: this.#options.guard ?? {},
      restore: this.#restored.get(file),
      probe: () => this.#probe(target, scope),
      onGuardEvent: (event) => this.#onGuardEvent(file, event),
      onParked: (job) => this.#emit({ type: 'parked', keys: job.keys, file }),
    }, this.#supervision);
    this.#lanes.set(file, lane);
    this.#metrics.breaker(file, lane.guard.breakerMode);
    this.#supervision.openFile(file);
    lane.follow();
    return lane;
  }

  async #probe(target: Target, scope: Scope): Promise<void> {
    const result = await within(this.#clock, probeLimit, Promise.resolve().then(() => this.#store.probe(target, scope)));
    if (result.timedOut) throw new Error('The store did not answer the probe in time.');
  }

  #chosen(file: string | undefined): Lane[] {
    return [...this.#lanes.values()].filter((lane) => file === undefined || lane.options.file === file);
  }

  #depth(): number {
    let depth = 0;
    for (const lane of this.#lanes.values()) depth += lane.depth;
    return depth;
  }

  #onGuardEvent(file: string, event: GuardEvent): void {
    switch (event.type) {
      case 'breaker':
        this.#metrics.breaker(file, event.to);
        this.#health.forget();
        this.#saveBreakers();
        this.#emit({ type: 'breaker', file, from: event.from, to: event.to });
        break;
      case 'attempt-failed':
        if ((event.error as { code?: unknown } | undefined)?.code === 'TIMEOUT') this.#metrics.timedOut();
        this.#emit({ type: 'attempt-failed', file, attempt: event.attempt, error: event.error });
        break;
      case 'retry':
        this.#metrics.retried();
        break;
      case 'late':
      case 'rejected':
        break;
    }
  }

  #saveBreakers(): void {
    const open = [...this.#lanes.values()].flatMap(({ options: { file, target, scope }, guard }) => {
      const breaker = guard.persisted();
      return breaker === undefined ? [] : [{ file, target, scope, breaker }];
    });
    this.#breakers.save(open.length === 0 ? undefined : open);
  }

  /** What was open stays open across a restart, until its original deadline (P11). */
  #restoreLanes(): void {
    const stored = this.#breakers.load();
    if (!Array.isArray(stored)) return;
    for (const lane of stored.filter(isPersistedLane)) {
      this.#restored.set(lane.file, lane.breaker);
      this.#lane(lane);
    }
  }

  // ---- The end of a write

  #onWriteEnd(job: LaneJob, slot: Slot, end: WriteEnd): void {
    if (end.asked !== undefined) {
      if (end.ok) this.#late.acknowledge(slot, job.id, end.asked.value);
      if (end.unsettled.length > 0) this.#late.follow(slot, job.id, end.asked.value, end.unsettled);
    }
    if (end.ok) this.#refresh();
  }

  #onSettled(job: LaneJob): void {
    this.#forget(job);
    if (this.#disposal !== undefined) this.#onSupervisorChange();
  }

  #forget(job: LaneJob): void {
    if (!this.#laneOfJob.delete(job)) return;
    this.#journal.remove(job.id);
    if (job instanceof TransactionJob && --this.#held === 0 && this.#heldChange) {
      this.#heldChange = false;
      this.#refresh();
    }
    if (this.#laneOfJob.size === 0 && this.#keepAlive !== undefined) {
      this.#clock.clearTimeout(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }

  #reassert(slot: Slot): void {
    const lane = this.#lanes.get(slot.file);
    const newest = this.#late.acknowledged(slot);
    if (lane === undefined || newest === undefined || this.#disposal !== undefined) return;
    const stillNewest = (): boolean => this.#late.acknowledged(slot)?.sequence === newest.sequence;
    const job = new SingleJob(++this.#jobs, this.#host, slot, { kind: 'value', value: newest.value }, undefined, { park: true, critical: false, signal: undefined }, stillNewest);
    try {
      this.#accept(lane, job, slot, { value: newest.value });
    } catch (error) {
      this.#warn(`"${slot.key}" was undone by a write that landed late, and could not be restored.`, error);
    }
  }

  #onLate(slot: Slot, sequence: number, outcome: LateOutcome, reasserted: boolean): void {
    this.#journal.remove(sequence);
    this.#emit({ type: 'late', key: slot.key, file: slot.file, outcome, reasserted });
    if (outcome === 'stored') this.#onStoreChange();
  }

  /** While a write is on its way the process stays alive: the timers of breakers and deadlines do not see to that. */
  #stayAlive(): void {
    this.#keepAlive ??= this.#clock.setTimeout(() => {
      this.#keepAlive = undefined;
      if (this.#laneOfJob.size > 0) this.#stayAlive();
    }, 60_000);
  }

  // ---- Loading

  #onStoreChange(): void {
    this.#late.onStoreChange();
    this.#supervision.lifecycle?.send({ type: 'RELOAD' });
    this.evidence();
  }

  /** Called by the lifecycle. Loads that are asked for while one is under way are one load after it. */
  #load(): void {
    const now = this.#clock.now();
    if (this.#loading !== undefined && now - this.#loading < readLimit) {
      this.#loadAgain = true;
      return;
    }
    this.#loading = now;
    this.#loadAgain = false;
    const number = ++this.#loads;
    Promise.resolve().then(() => this.#store.load()).then(
      () => this.#onLoaded(number, undefined),
      (error: unknown) => this.#onLoaded(number, { error }),
    );
  }

  #onLoaded(number: number, failure: { readonly error: unknown } | undefined): void {
    if (number !== this.#loads || this.#supervision.stopped) return;
    this.#loading = undefined;
    if (failure === undefined) this.#refresh();
    else this.#onLoadFailed(failure.error);
    if (this.#loadAgain) this.#load();
  }

  #onLoadFailed(error: unknown): void {
    this.#snapshot.freeze();
    this.#supervision.lifecycle?.send({ type: 'LOAD_FAILED', failure: error instanceof Error ? error.message : String(error) });
    this.#health.forget();
    this.#emit({ type: 'load-failed', error });
  }

  /** Takes over what the store holds now, and tells of what has changed. */
  #refresh(): void {
    if (this.#held > 0) {
      this.#heldChange = true;
      return;
    }
    const issuesBefore = this.#snapshot.issues;
    let changes: SettingChange[];
    try {
      changes = this.#snapshot.refresh();
    } catch (error) {
      this.#onLoadFailed(error);
      return;
    }
    const { issues } = this.#snapshot;
    this.#supervision.lifecycle?.send({ type: 'LOADED', invalid: issues.length });
    this.#health.forget();
    for (const issue of issues) {
      if (!issuesBefore.some((before) => before.key === issue.key && before.problem === issue.problem)) this.#emit({ type: 'invalid', issue });
    }
    for (const { key } of issuesBefore) {
      if (!issues.some((issue) => issue.key === key)) this.#emit({ type: 'mended', key });
    }
    this.#emit({ type: 'loaded', changed: changes.map(({ key }) => key), issues });
    if (changes.length > 0) this.#saveLastGood();
    for (const change of changes) this.#changes.emit(change);
    for (const check of [...this.#scopedListeners]) check();
  }

  #restoreLastGood(): Record<string, unknown> {
    const stored = this.#lastGood.load();
    if (typeof stored !== 'object' || stored === null) return {};
    const good: Record<string, unknown> = {};
    for (const key of this.definition.keys) {
      if (!Object.hasOwn(stored, key) || this.definition.isSecret(key)) continue;
      const checked = this.definition.check(key, (stored as Record<string, unknown>)[key]);
      if (checked.ok) good[key] = checked.value;
    }
    return good;
  }

  #saveLastGood(): void {
    const good = this.definition.keys.filter((key) => !this.definition.isSecret(key)).map((key) => [key, this.#snapshot.get(key)] as const);
    this.#lastGood.save(Object.fromEntries(good));
  }

  /** Finds out what became of the writes an earlier process did not see the end of, and tells (P29). */
  async #reconcile(): Promise<void> {
    const unfinished = this.#journal.unfinished();
    if (unfinished.length === 0) return;
    await this.ready;
    for (const { key, target, scope, acceptedAt, asked } of unfinished) {
      if (this.#disposal !== undefined) return;
      let outcome: LateOutcome = 'unknown';
      if (asked !== undefined && keyProblem(this.definition.section, key) === undefined && this.definition.declarations[key] !== undefined) {
        const stored = await look({ store: this.#store, clock: this.#clock, readLimit }, { key, target, scope, file: '' });
        if (stored !== undefined) outcome = sameData(stored.value, asked.value) ? 'stored' : 'not stored';
      }
      this.#emit({ type: 'reconciled', key: showKey(key), acceptedAt, outcome });
    }
    this.#journal.clearEarlier();
  }

  // ---- Supervision

  #onSupervisorChange(): void {
    for (const lane of this.#lanes.values()) lane.follow();
    const state = this.#supervision.lifecycleState;
    if (state !== 'loading') this.#becomeReady();
    if (this.#supervision.stopped) this.#onStopped?.();
  }

  #onCrash(actor: string, error: unknown, givenUp: boolean): void {
    this.#metrics.crashed();
    this.#health.forget();
    this.#emit({ type: 'crash', actor, error, givenUp });
    if (!givenUp) return;
    for (const lane of this.#lanes.values()) {
      lane.refuseWaiting(() => new SupervisionError(`The configuration of ${this.id}`, { cause: error }));
    }
  }

  async #checkHealth(): Promise<HealthReport> {
    const checkedAt = this.#clock.wallTime();
    let access: { status: Health; detail: string } = { status: 'healthy', detail: 'The settings can be written.' };
    try {
      const target = this.#store.defaultTarget(this.definition.keys[0] ?? '', {});
      await this.#probe(target, {});
    } catch (error) {
      access = { status: 'degraded', detail: error instanceof Error ? error.message : String(error) };
    }
    const { context, value } = this.#supervision.actor.getSnapshot();
    const state = this.#supervision.lifecycleState;
    const open = this.breakers().filter(({ mode }) => mode !== 'CLOSED');
    const depth = this.#depth();
    const capacity = this.#options.capacity ?? laneDefaults.capacity;
    const { issues } = this.#snapshot;
    const crowded = depth > capacity * 0.8 || this.#late.size > 10;
    const checks = {
      api: value.phase === 'givenUp'
        ? { status: 'unhealthy' as const, detail: `Given up after ${context.crashes} crashes; the last: ${context.lastCrash?.id ?? ''}.` }
        : state !== 'ready'
          ? { status: state === 'disposed' ? 'unhealthy' as const : 'degraded' as const, detail: `The service is ${state}; the last good values are served.` }
          : issues.length > 0
            ? { status: 'degraded' as const, detail: `Not legal, and replaced: ${issues.map(({ key }) => key).join(', ')}.` }
            : { status: 'healthy' as const, detail: 'Live values are served.' },
      access,
      breaker: open.length === 0
        ? { status: 'healthy' as const, detail: 'Closed.' }
        : {
            status: open.some(({ mode }) => mode === 'OPEN') ? 'unhealthy' as const : 'degraded' as const,
            detail: open.map(({ file, mode, held }) => `${file}: ${held ? 'held open' : mode}`).join('; '),
          },
      resources: {
        status: crowded ? 'degraded' as const : 'healthy' as const,
        detail: `${depth} writes waiting or under way, ${this.#late.size} of unknown outcome.`,
      },
    };
    const status = worst(this.status, ...Object.values(checks).map((check) => check.status));
    return { status, checkedAt, checks };
  }

  #emit(event: ServiceEvent): void {
    this.#events.emit(event);
  }

  #warn(message: string, error: unknown): void {
    this.#emit({ type: 'warning', message, error });
  }
}

/** A configuration service on any store. `superviseConfiguration` makes one in VS Code. */
export function createConfigurationService<V extends object>(definition: SettingsDefinition<V>, options: ServiceOptions): ConfigurationService<V> {
  return new ConfigurationService(definition, options);
}

function toJobOptions({ park = false, critical = false, signal }: UpdateOptions): JobOptions {
  return { park, critical, signal };
}

/** @throws ValidationError for a resource or language that is not a sane text */
function toScope({ resource, languageId }: Scope): Scope {
  const scope: { resource?: string; languageId?: string } = {};
  if (resource !== undefined) {
    if (typeof resource !== 'string' || resource.length > 4096) throw new ValidationError('resource', 'is not a URI');
    scope.resource = resource;
  }
  if (languageId !== undefined) {
    if (typeof languageId !== 'string' || !/^[\w+#.-]{1,64}$/.test(languageId) || languageId in Object.prototype) throw new ValidationError('languageId', 'is not the identifier of a language');
    scope.languageId = languageId;
  }
  return scope;
}

/** The members of what a caller gave, whatever it does when looked at (P50). */
function ownEntries(values: object): [string, unknown][] {
  try {
    const keys = Reflect.ownKeys(values).filter((key): key is string => typeof key === 'string');
    return keys.map((key) => [key, (values as Record<string, unknown>)[key]]);
  } catch {
    return [];
  }
}

function isPersistedLane(value: unknown): value is PersistedLane {
  const lane = value as Partial<PersistedLane> | null;
  return typeof lane === 'object' && lane !== null
    && typeof lane.file === 'string'
    && targets.includes(lane.target as Target)
    && typeof lane.scope === 'object' && lane.scope !== null
    && typeof lane.breaker === 'object' && lane.breaker !== null
    && (lane.breaker.mode === 'HELD' || lane.breaker.mode === 'OPEN')
    && (lane.breaker.until === undefined || Number.isFinite(lane.breaker.until))
    && plainData(lane).ok;
}
