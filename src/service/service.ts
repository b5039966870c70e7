import { lifecycleDefaults } from '../../machines/config-lifecycle.ts';
import { systemClock } from '../clock.ts';
import { disposeAll } from '../disposal.ts';
import { DisposedError, SupervisionError } from '../errors.ts';
import type { GuardTuning } from '../guard/options.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sectionsName } from '../settings/setting-key.ts';
import { memoryMemento } from '../store/memento.ts';
import { targets, type Disposable } from '../store/store.ts';
import type { ActorTimes } from './actor-times.ts';
import { isScope, type ConfigurationScope } from './reads/configuration-scope.ts';
import type { ServiceContext } from './context.ts';
import { Emitter } from './emitter.ts';
import type { ServiceEvent } from './events.ts';
import { oldSettings, type OldSetting } from './reads/former-values.ts';
import { checkHealth, HealthCache, type Health, type HealthReport } from './health.ts';
import { Loading } from './reads/loading.ts';
import { MetricsRecorder, type Metrics } from './metrics.ts';
import type { FaultInjection, ServiceOptions, UpdateOptions, UpdateResult } from './options.ts';
import { Origins } from './origins.ts';
import { Patience } from './patience.ts';
import type { SectionValues, SubSections, SubSectionValues } from './reads/sections.ts';
import type { SettingsChange } from './reads/settings-change.ts';
import type { Inspection, SettingIssue } from './reads/snapshot.ts';
import { Supervision, type SupervisorRef } from './supervision.ts';
import type { Rescuer } from './writes/awaiting-user.ts';
import type { BreakerStatus, FileQueues } from './writes/file-queues.ts';
import { asStoreError } from './writes/outcome.ts';
import { requireFunction, requireOptions, toScope } from './writes/requests.ts';
import { Writing } from './writes/writing.ts';

export type { BreakerStatus };

/** So many keys that are not declared are told of: after that it is no mistake, but a program that makes them up. */
const maxUndeclared = 100;

/** After these the last health report may not be true any more. */
const changesHealth: ReadonlySet<ServiceEvent['type']> = new Set(['health', 'breaker', 'loaded', 'load-failed', 'crash', 'disposed'] as const);

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

  /** For development: faults that can be injected into the store. */
  readonly faults: FaultInjection | undefined;

  readonly #context: ServiceContext;
  readonly #events = new Emitter<ServiceEvent>(() => undefined);
  readonly #supervision: Supervision;
  readonly #metrics: MetricsRecorder;
  readonly #loading: Loading;
  readonly #writing: Writing;
  readonly #health: HealthCache;
  readonly #storeSubscription: Disposable;
  /** Those that were read, and told of. */
  readonly #undeclaredKeys = new Set<string>();
  #becomeReady!: () => void;
  /** Whoever stops the supervisor by hand disposes of the service. */
  #onStopped: () => void = () => {
    if (!this.#supervision.givenUp) void this.dispose();
  };

  #disposal: Promise<void> | undefined;

  constructor(definition: SettingsDefinition<V>, options: ServiceOptions) {
    const { store, clock = systemClock, memento = memoryMemento(), id = sectionsName(definition) } = options;
    this.id = id;
    this.definition = definition;
    this.faults = options.faults;
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));
    const context: ServiceContext = {
      name: `The configuration of ${id}`,
      kept: `holdfast.${definition.section || id}`,
      definition,
      options,
      store,
      memento,
      clock,
      patience: new Patience(clock),
      origins: new Origins(),
      emit: (event) => this.#emit(event),
      warn: (message, error) => this.#emit({ type: 'warning', message, error }),
    };
    this.#context = context;
    this.#supervision = new Supervision(
      clock,
      {
        lifecycle: () => ({ ...lifecycleDefaults, ...options.lifecycle, load: () => this.#loading.load() }),
        breaker: (file) => this.#queues.get(file)!.breakerInput(),
        queue: (file) => this.#queues.get(file)!.queueInput(),
      },
      {
        onChange: () => this.#onSupervisorChange(),
        onHealth: (health, before) => this.#emit({ type: 'health', health, before }),
        onCrash: (actor, error, givenUp) => this.#onCrash(actor, error, givenUp),
      },
      options.supervisor,
    );
    this.#metrics = new MetricsRecorder(clock);
    this.#loading = new Loading(context, (event) => this.#supervision.tellLifecycle(event));
    this.#writing = new Writing(context, this.#supervision, this.#loading, this.#metrics, {
      refuse: () => this.#refuse(),
      onAppliedLate: (key) => this.#onStoreChange([key]),
      onWaiting: () => this.#health.forget(),
    });
    this.#health = new HealthCache(clock, () => checkHealth(context, {
      supervision: this.#supervision,
      snapshot: this.#loading.snapshot,
      queues: this.#queues,
      inDoubt: () => this.#writing.inDoubt,
      forUser: () => this.#writing.forUser,
    }));
    this.#storeSubscription = this.#listen();
    this.#supervision.start();
    this.#queues.restore();
    void this.ready.then(() => this.#writing.reconcile());
  }

  get #queues(): FileQueues {
    return this.#writing.queues;
  }

  // ---- Reads never fail

  /**
   * The value of a setting, or of a sub-section as one object: at once, always valid, from the last good snapshot, frozen. Never throws.
   *
   * An object is merged from all layers, as VS Code does. While nothing in it has changed, the same one is returned.
   *
   * A key that is not declared is an error of the compiler. At run time the answer is `undefined`, as in VS Code, and the first
   * time a `warning` event; as for VS Code's own `get(key, fallback)`, a second argument that is no scope is the answer instead. A
   * declared setting always has a value, and needs no fallback: one that is given is not used. Of an object, a member has a
   * name as well: `tree.a`.
   *
   * @example
   * config.get('maxAgents');
   * config.get('hovers').delay; // of the setting `hovers.delay`
   * config.get('recent', document);
   * @param scope the file, folder or language to read for; default: the window (in VS Code: the active editor)
   */
  get<P extends SubSections<keyof V & string>>(section: P, scope?: ConfigurationScope): SubSectionValues<V, P>;
  get<K extends keyof V & string>(key: K, scope?: ConfigurationScope): V[K];
  get(key: string, scope?: ConfigurationScope): unknown {
    const value = this.#loading.snapshot.get(key, scope);
    return value === undefined ? this.#undeclared(key, scope) : value;
  }

  /**
   * Whether there is such a setting, sub-section, or member of an object: then `get` has a value for it. As in VS Code it does not tell
   * whether a user has set it, which is in `inspect(key).layers`. Never throws.
   *
   * @example config.has('maxAgents'); // true
   * @param scope where a member of an object is looked for; default: the window
   */
  has(key: string, scope?: ConfigurationScope): boolean {
    const { snapshot } = this.#loading;
    return typeof key === 'string' && (snapshot.has(key) || snapshot.member(key, scope) !== undefined);
  }

  /**
   * All settings of the section as one object, as `get` of a sub-section: what VS Code's own `getConfiguration(section, scope)` holds, but for
   * what is invalid or not declared.
   *
   * @example const { maxAgents, hovers } = config.section(document);
   * @param scope the file, folder or language to read for; default: the window
   */
  section(scope?: ConfigurationScope): SectionValues<V> {
    return this.#loading.snapshot.section('', scope) as SectionValues<V>;
  }

  /** All values, frozen. */
  get values(): Readonly<V> {
    return this.#loading.snapshot.values as Readonly<V>;
  }

  /**
   * Where a value comes from, and what is wrong with the stored one.
   * @throws ValidationError for a key that is not a setting, and a scope that is none
   */
  inspect<K extends keyof V & string>(key: K, scope: ConfigurationScope = {}): Inspection {
    this.#validateKey(key);
    return this.#loading.snapshot.inspect(key, toScope(scope));
  }

  /** The settings that fall back because their stored value is not legal. */
  get issues(): readonly SettingIssue[] {
    return this.#loading.snapshot.issues;
  }

  /**
   * Calls back once for each real change of a setting, after `get` shows the new value (P33).
   * @param scope the file or language to watch for; default: the window
   * @throws ValidationError for a key that is not a setting, a listener that is not a function, and a scope that is none
   */
  onDidChange<K extends keyof V & string>(key: K, listener: (now: V[K], before: V[K]) => void, scope?: ConfigurationScope): Disposable {
    this.#validateKey(key);
    requireFunction('listener', listener);
    return this.#loading.changes.on(key, scope === undefined ? undefined : toScope(scope), listener as (now: unknown, before: unknown) => unknown);
  }

  /**
   * Calls back once for each change of the settings in any place: in the window, in a folder or for a language, whether
   * anything was read for it or not. All that has changed at once is told at once, after `get` shows it and the listeners of
   * `onDidChange` have been called. It is for what a listener of VS Code's own `onDidChangeConfiguration` does.
   *
   * @example config.onDidChangeAny((change) => { if (change.affects('run', document)) lint(document); });
   * @throws ValidationError for a listener that is not a function
   */
  onDidChangeAny(listener: (change: SettingsChange<keyof V & string>) => void): Disposable {
    requireFunction('listener', listener);
    return this.#loading.changes.onAny(listener as (change: SettingsChange) => unknown);
  }

  // ---- Writes never lie

  /**
   * Stores a value. Resolves when it is stored and has been read back; `undefined` removes the value at the target.
   *
   * A function is given the stored value, is called again for each attempt, and must be free of effects:
   * nothing is lost between reading and writing (P28).
   *
   * @throws ValidationError the key or value is not legal; nothing has happened
   * @throws StoreError VS Code or the file system refused, with the reason and a way out; when it may
   *   be stored all the same, `context.outcome` is `'unknown'`
   * @throws TimeoutError it took too long; `outcome` says whether it may still be stored
   * @throws CircuitOpenError, QueueFullError, SupervisionError refused without an attempt
   * @throws AbortedError, DisposedError ended by the caller's signal or by `dispose`
   */
  update<K extends keyof V & string>(key: K, value: V[K] | undefined | ((stored: V[K]) => V[K] | undefined), options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.#writing.update(key, value, options);
  }

  /**
   * Stores several settings at one target: all of them, or none. Readers of this service see all or nothing.
   * @throws TransactionError it failed; says what was rolled back, and what could not be
   * @throws what `update` throws, when nothing was stored
   */
  updateAll(values: Partial<V>, options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.#writing.updateAll(values, options);
  }

  /** Removes every value of the section that is stored at the target, as one transaction. Default: the user settings. */
  restoreDefaults(options: UpdateOptions = {}): Promise<UpdateResult> {
    // A transaction looks first, and does not write what is there already.
    return this.#writing.removeAll({ target: 'user', ...options });
  }

  // ---- Settings of earlier versions

  /**
   * What is stored under a key, or in a form, of an earlier version (`formerly` in the definition). Such values are
   * honoured as they are; `convertOldSettings` brings them up to date.
   * @param scope the folder or language to look in as well; default: the window
   */
  oldSettings(scope: ConfigurationScope = {}): readonly OldSetting[] {
    try {
      return oldSettings(this.#context.definition, this.#context.store, toScope(scope));
    } catch {
      // While the store cannot be read, nothing is known of it.
      return [];
    }
  }

  /**
   * Stores old settings in today's form and removes what they were: for each target all of them, or none.
   *
   * @param options `target`: there alone; default: wherever there are any, the user settings first. With a `languageId`,
   *   those for that language alone. Unlike `update`, it does not wait for a person unless told so.
   * @returns what was converted; what cannot be converted (`problem`) stays as it is
   * @throws TransactionError, and what `updateAll` throws; a target that was converted before stays so
   */
  async convertOldSettings(options: UpdateOptions = {}): Promise<readonly OldSetting[]> {
    requireOptions(options);
    const done: OldSetting[] = [];
    for (const own of targets) {
      // As they are now: another window may have converted them meanwhile.
      const found = this.oldSettings(options.scope ?? options).filter(({ target, problem }) => problem === undefined && target === own);
      if (found.length === 0 || (options.target ?? own) !== own) continue;
      await this.#writing.convert([...new Set(found.map(({ key }) => key))], { wait: false, ...options, target: own });
      done.push(...found);
    }
    return done;
  }

  // ---- How it is

  /** Hears everything that happens, for logs and user interfaces. */
  onEvent(listener: (event: ServiceEvent) => void): Disposable {
    requireFunction('listener', listener);
    return this.#events.on(listener);
  }

  /**
   * Calls back whenever a write is asked for, within that call. What `capture` returns comes with the event of its end, as
   * `origin.get(capture)`: for a trace that the write belongs to.
   */
  onWrite(capture: () => unknown): Disposable {
    requireFunction('capture', capture);
    return this.#context.origins.add(capture);
  }

  /** The state now, without any check. */
  get status(): Health {
    return this.#supervision.health;
  }

  /** A full report; the checks are at most 30 s old, and never older than the last change of state. */
  health(): Promise<HealthReport> {
    return this.#health.get();
  }

  metrics(): Metrics {
    return this.#metrics.read(this.#queues.depth, this.#queues.capacity);
  }

  resetMetrics(): void {
    this.#metrics.reset();
  }

  /** The breakers of the settings files written so far. */
  breakers(): BreakerStatus[] {
    return this.#queues.status;
  }

  /** Since when an actor of the supervisor runs, and is in its states, for inspection. Others are not known. */
  timesOf(actor: object): ActorTimes | undefined {
    return this.#supervision.times.get(actor);
  }

  /** The supervisor's actor, for inspection. */
  get supervisor(): SupervisorRef {
    return this.#supervision.actor;
  }

  // ---- Operating

  /** Reads the store again. Resolves when that has ended, well or not. */
  reload(): Promise<void> {
    return this.#loading.reload();
  }

  /**
   * Changes the rules of breakers and retries from now on: what is counted stays counted, and what waits goes on
   * waiting. What is left out is as the service's options say; each call replaces the one before.
   * @throws RangeError, TypeError for an invalid option
   */
  configure(tuning: GuardTuning): void {
    if (this.#disposal === undefined) this.#queues.configure(tuning);
  }

  /** Closes the breakers, and starts again what the supervisor had given up. */
  reset(file?: string): void {
    if (this.#supervision.givenUp) this.#supervision.restart();
    this.#queues.holdNoMore(file);
    this.#operate(file, ({ guard }) => guard.reset());
  }

  /** Opens the breakers, as if the failures were enough; they heal by themselves. */
  trip(file?: string): void {
    this.#operate(file, ({ guard }) => guard.trip());
  }

  /** Lets open breakers probe now. */
  probe(file?: string): void {
    this.#operate(file, ({ guard }) => guard.probe());
  }

  /** Refuses all writes, or those to one file, until `release`. */
  hold(file?: string): void {
    if (this.#disposal !== undefined) return;
    const { store } = this.#context;
    if (this.breakers().length === 0) {
      const target = store.defaultTarget(this.definition.keys[0] ?? '', {});
      this.#queues.at({ file: store.fileOf(target, {}), target, scope: {} });
    }
    this.#queues.hold(file);
    this.#operate(file, () => undefined);
  }

  /** Ends `hold`: the next write is a probe. */
  release(file?: string): void {
    this.#queues.holdNoMore(file);
    this.#operate(file, ({ guard }) => guard.release());
  }

  /** Something suggests that the settings can be written again: a file was saved, the window has the focus. */
  evidence(): void {
    this.#writing.onEvidence();
    for (const queue of this.#queues) queue.onEvidence();
  }

  /** Writes that only a person can help wait for one, as long as this rescuer has patience. The last one counts. */
  rescueWith(rescuer: Rescuer): Disposable {
    return this.#writing.rescueWith(rescuer);
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
    const { clock, patience, options } = this.#context;
    const deadline = clock.now() + (options.lifecycle?.drainLimit ?? lifecycleDefaults.drainLimit);
    this.#writing.stopWaiting();
    for (const queue of this.#queues) queue.close();
    await this.#stop();
    let unsettled = 0;
    for (const queue of this.#queues) unsettled += queue.end();
    this.#writing.close();
    this.#loading.close();
    this.#supervision.stop();
    this.#leaveStore();
    await patience.within(Math.max(0, deadline - clock.now()), () => Promise.all([this.#writing.settled(), this.#loading.settled(), this.#queues.settled()]));
    patience.end();
    this.#becomeReady();
    this.#emit({ type: 'disposed', unsettled });
    this.#events.close();
  }

  /** Resolves when the queues are drained, or the time for that is over. */
  #stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.#supervision.dispose();
    this.#health.forget();
    this.#onSupervisorChange();
    return stopped;
  }

  #leaveStore(): void {
    try {
      disposeAll([this.#storeSubscription, this.#context.store]);
    } catch (error) {
      this.#context.warn('The store could not be disposed of.', error);
    }
  }

  // ---- What happens

  /** @throws ConfigurationError the store does not tell of changes */
  #listen(): Disposable {
    try {
      return this.#context.store.onDidChange((keys) => this.#onStoreChange(keys));
    } catch (error) {
      throw asStoreError(error);
    }
  }

  #onStoreChange(keys: readonly string[] | undefined): void {
    this.#loading.noteChange(keys);
    this.#supervision.tellLifecycle({ type: 'RELOAD' });
    this.evidence();
  }

  #onSupervisorChange(): void {
    for (const queue of this.#queues) queue.follow();
    if (this.#supervision.lifecycleState !== 'loading') this.#becomeReady();
    if (this.#supervision.stopped) this.#onStopped();
  }

  #onCrash(actor: string, error: unknown, givenUp: boolean): void {
    this.#metrics.crashed();
    this.#emit({ type: 'crash', actor, error, givenUp });
    if (!givenUp) return;
    for (const queue of this.#queues) queue.refuseWaiting(() => new SupervisionError(this.#context.name, { cause: error }));
  }

  /** @throws the reason why no write is accepted now */
  #refuse(): void {
    if (this.#disposal !== undefined) throw new DisposedError(this.#context.name);
    if (this.#supervision.givenUp) throw new SupervisionError(this.#context.name);
  }

  #operate(file: string | undefined, action: (queue: ReturnType<FileQueues['chosen']>[number]) => void): void {
    if (this.#disposal !== undefined) return;
    this.#queues.chosen(file).forEach(action);
    // Held or not makes no difference to the mode of an open breaker, but to what is known of it.
    this.#queues.save();
    this.#health.forget();
  }

  /** A sub-section, a member of an object, or nothing that is declared. Never throws. */
  #undeclared(key: string, given: unknown): unknown {
    if (typeof key !== 'string' || key === '') return undefined;
    const { snapshot } = this.#loading;
    const scope = given as ConfigurationScope | undefined;
    const value = snapshot.section(key, scope) ?? snapshot.member(key, scope);
    if (value !== undefined) return value;
    if (!snapshot.has(key)) this.#warnOfUndeclared(key);
    try {
      return isScope(given) ? undefined : given;
    } catch {
      return undefined;
    }
  }

  #warnOfUndeclared(key: string): void {
    if (this.#undeclaredKeys.has(key) || this.#undeclaredKeys.size >= maxUndeclared) return;
    this.#undeclaredKeys.add(key);
    try {
      this.#validateKey(key);
    } catch (error) {
      this.#context.warn('Something was read that is not a setting.', error);
    }
  }

  #validateKey(key: unknown): void {
    const definition: SettingsDefinition<V> = this.definition;
    definition.validateKey(key);
  }

  #emit(event: ServiceEvent): void {
    if (changesHealth.has(event.type)) this.#health.forget();
    this.#events.emit(event);
  }
}

/** A configuration service on any store. `superviseConfiguration` makes one in VS Code. */
export function createConfigurationService<V extends object>(definition: SettingsDefinition<V>, options: ServiceOptions): ConfigurationService<V> {
  return new ConfigurationService(definition, options);
}
