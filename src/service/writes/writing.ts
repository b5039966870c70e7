import { write as writeMachine, type WriteInput } from '../../../machines/write.ts';
import type { TimerHandle } from '../../clock.ts';
import { ConfigurationError, QueueFullError, ValidationError } from '../../errors.ts';
import { sameData } from '../../settings/plain-data.ts';
import { showKey } from '../../settings/setting-key.ts';
import type { Disposable, Scope, Target } from '../../store/store.ts';
import { mementoWarning, type ServiceContext } from '../context.ts';
import type { LateOutcome, WriteAttempt } from '../events.ts';
import type { Loading } from '../reads/loading.ts';
import type { MetricsRecorder } from '../metrics.ts';
import type { UpdateOptions, UpdateResult } from '../options.ts';
import type { Origin } from '../origins.ts';
import type { Supervision } from '../supervision.ts';
import { AwaitingUser, type Rescuer } from './awaiting-user.ts';
import type { FileQueue } from './file-queue.ts';
import { FileQueues } from './file-queues.ts';
import { Journal, outcomeOf, type JournalEntry, type Undo } from './journal.ts';
import { isSameLocation, locationId, type SettingLocation } from './location.ts';
import type { WriteTools } from './looks.ts';
import { leftBefore } from './outcome.ts';
import { keysOf, requireOptions, Requests, signalOf } from './requests.ts';
import { Turn } from './turn.ts';
import { UnconfirmedWrites, type Acknowledged, type Restored, type UnconfirmedValue } from './unconfirmed.ts';
import { refusalOf, Write, type WriteHost, type WriteRef, type WriteRequest } from './write.ts';

export interface WritingHooks {
  /** @throws the reason why no write is accepted now */
  refuse(): void;
  /** A write that had been given up has been stored. */
  onAppliedLate(key: string): void;
  /** A write has begun to wait for the user, or waits no more. */
  onWaiting(): void;
}

/**
 * Takes writes in, sees them through, and answers their callers: once each, and with the truth.
 *
 * A write goes through `Requests` (is it valid), `FileQueue` (its turn), `Save` (one save for all that wait), and back here for
 * its answer; `AwaitingUser` has those that only the user can help, `UnconfirmedWrites` those that may still be applied after
 * their answer. `machines/write.ts` is the life of each.
 */
export class Writing {
  readonly queues: FileQueues;
  readonly #context: ServiceContext;
  readonly #loading: Loading;
  readonly #metrics: MetricsRecorder;
  readonly #requests: Requests;
  readonly #journal: Journal;
  readonly #unconfirmed: UnconfirmedWrites;
  readonly #tools: WriteTools;
  readonly #host: WriteHost;
  readonly #hooks: WritingHooks;
  /** Unconfirmed writes of which it was said that what they have undone could not be restored. */
  readonly #unrestored = new WeakSet<UnconfirmedValue>();
  readonly #awaitingUser: AwaitingUser;
  /** Where this process has been asked to write before it knew what earlier ones have left: what is there is not theirs to undo. */
  #ownPlaces: Set<string> | undefined = new Set();
  /** Tells the transactions of this process from those of others. */
  readonly #instance = globalThis.crypto.randomUUID();
  #numbers = 0;
  #order = 0;
  #keepAlive: TimerHandle | undefined;

  constructor(context: ServiceContext, supervision: Supervision, loading: Loading, metrics: MetricsRecorder, hooks: WritingHooks) {
    const { definition, store, clock, patience } = context;
    this.#context = context;
    this.#loading = loading;
    this.#metrics = metrics;
    this.#hooks = hooks;
    this.#requests = new Requests(definition, store);
    const home = { memento: context.memento };
    this.#journal = new Journal(context.options.journal ?? { user: home, workspace: home }, context.kept, mementoWarning(context));
    this.#tools = {
      store, clock, patience,
      isSecret: (key) => definition.isSecret(key),
      served: ({ key, scope }) => loading.snapshot.get(key, scope),
    };
    this.queues = new FileQueues(context, supervision, metrics, this.#tools);
    this.#awaitingUser = new AwaitingUser(context, {
      onChange: (taken) => {
        // What waits for the user must not be lost silently either, when the process ends meanwhile (P27).
        if (taken !== undefined) this.#noteAll(taken);
        hooks.onWaiting();
      },
      // The breaker may have opened meanwhile: then it waits for that.
      tryAgain: (write, target) => this.#begin(write, { ...write.request.options, target, park: true }),
      giveUp: (write, error) => this.#giveUp(write, error),
      supersede: (write) => {
        this.#forget(write);
        this.#answer(write, true);
      },
      underWay: () => this.#underWay(),
    });
    let actors = 0;
    const startActor = (input: WriteInput): WriteRef => supervision.startActor(writeMachine, `write.${++actors}`, input);
    this.#unconfirmed = new UnconfirmedWrites(this.#tools, clock, {
      startActor,
      restore: (value, newest) => this.#restore(value, newest),
      isBeingWritten: (id) => [...this.#underWay()].some(({ locations }) => locations.some((location) => locationId(location) === id)),
      isUnderWay: (id) => this.#isUnderWay(id),
      onReported: (value, outcome, reasserted) => this.#onReported(value, outcome, reasserted),
    });
    this.#host = {
      tools: this.#tools,
      clock,
      startActor,
      onSending: (write, location, value, from, before) =>
        this.#note(write, location, { value, ...(from === undefined ? {} : { from }), ...(before === undefined ? {} : { before }) }),
      onStored: (location, value) => this.#onStored(location, value),
      onKept: (location, value, asked) => this.#unconfirmed.keep(location, value, asked),
      isValid: ({ key }, value) => value === undefined || definition.check(key, value).ok,
      onUnconfirmed: (write, location, values, inDoubt) => {
        // What ends after the disposal is followed no more.
        if (supervision.actor.getSnapshot().status === 'stopped') return;
        for (const { value, from, attempts, landings } of values) {
          this.#unconfirmed.follow({ write: write.id, location, value, from, inDoubt }, attempts, landings);
        }
      },
      leaveQueue: (write) => this.#leaveQueue(write),
      hold: (keys) => loading.hold(keys),
      onSucceeded: (write, superseded) => {
        this.#unconfirmed.answered(write.id);
        this.#answer(write, superseded);
        this.#awaitingUser.stored(write);
      },
      onFailed: (write, error) => this.#onFailed(write, error),
    };
  }

  /** Writes of which nobody knows what became. */
  get inDoubt(): number {
    return this.#unconfirmed.inDoubt;
  }

  /** Writes that wait for the user. */
  get forUser(): number {
    return this.#awaitingUser.size;
  }

  update(key: string, value: unknown, options: UpdateOptions): Promise<UpdateResult> {
    let scope: Scope = {};
    const asked = once(() => this.#requests.asked(key, value, () => this.#loading.snapshot.get(key, scope)));
    return this.#submit([key], false, options, (options) => {
      const change = { asked: asked(), location: this.#requests.location(key, options) };
      scope = change.location.scope;
      return [change];
    });
  }

  updateAll(values: object, options: UpdateOptions): Promise<UpdateResult> {
    const keys = keysOf(values);
    const asked = once(() => this.#requests.values(keys, values));
    return this.#submit(keys, true, options, (options) => this.#requests.transaction(asked(), options));
  }

  /** Removes every value at a target, also those of earlier versions. */
  removeAll(options: UpdateOptions): Promise<UpdateResult> {
    return this.#submit(this.#context.definition.keys, true, options, () => this.#requests.removal(options));
  }

  /** Puts the old values at a target into today's form. */
  convert(keys: readonly string[], options: UpdateOptions & { readonly target: Target }): Promise<UpdateResult> {
    // It is about this place: not to be written elsewhere instead.
    return this.#submit(keys, true, options, () => this.#requests.conversion(options));
  }

  /** The store has changed, or shows signs of life: an unconfirmed write may have been applied, and what waits may be written. */
  onEvidence(): void {
    this.#unconfirmed.review();
    this.#awaitingUser.look();
  }

  /** Writes that only the user can help wait for that, as long as this one asks. The last one counts. */
  rescueWith(rescuer: Rescuer): Disposable {
    return this.#awaitingUser.use(rescuer);
  }

  /** Finds out what became of the writes that earlier processes did not see the end of, and tells (P29). */
  async reconcile(): Promise<void> {
    const earlier = await this.#journal.earlier();
    for (const entries of earlier) {
      const undo: Undo = (place, over, value) => this.#undo(place, over, value);
      const found = await outcomeOf(this.#tools, this.#context.definition, entries, undo);
      if (this.#context.patience.ended) return;
      const [{ acceptedAt }] = entries;
      const outcome = entries.some((entry) => this.#isOwnPlace(entry)) ? 'unknown' : found;
      this.#context.emit({ type: 'reconciled', key: entries.map(({ key }) => showKey(key)).join(', '), acceptedAt, outcome });
    }
    this.#ownPlaces = undefined;
    if (earlier.length > 0) await this.#journal.forgetEarlier();
  }

  /** Those that wait for the user are answered. */
  stopWaiting(): void {
    this.#awaitingUser.close();
  }

  /** Resolves when the journal has been handed over. */
  settled(): Promise<void> {
    return this.#journal.settled();
  }

  close(): void {
    this.#unconfirmed.close();
  }

  // ---- The way in

  #submit(
    keys: readonly (string | symbol)[], isTransaction: boolean, options: UpdateOptions, ask: WriteRequest['ask'],
  ): Promise<UpdateResult> {
    const origin = this.#context.origins.now();
    return new Promise((resolve, reject) => {
      const request = { order: ++this.#order, shown: keys.map(showKey), isTransaction, ask, options, origin, resolve, reject };
      const write = new Write(this.#host, request, () => this.#awaitingUser.onUserTimeout(write));
      this.#begin(write, options);
    });
  }

  /** Takes a write in, for the first time or again. */
  #begin(write: Write, options: UpdateOptions): void {
    this.#forget(write);
    try {
      this.#hooks.refuse();
      requireOptions(options);
      const { wait = true, target, park = false, critical = false } = options;
      write.terms = { park, isCritical: critical, mayAskUser: wait, target, signal: undefined };
      write.terms = { ...write.terms, signal: signalOf(options) };
      if (write.signal?.aborted === true) throw leftBefore({ keys: write.request.shown }, write.signal);
      write.changes = write.request.ask(options);
      // What was to be converted may have been by now.
      if (write.changes.length === 0) this.#answer(write, false);
      else this.#accept(write);
    } catch (error) {
      const isOurs = error instanceof ConfigurationError;
      this.#onFailed(write, isOurs ? error : new ValidationError('options', 'cannot be read: looking at them throws', { cause: error }));
    }
  }

  /** @throws CircuitOpenError, QueueFullError */
  #accept(write: Write): void {
    for (const location of write.locations) this.#ownPlaces?.add(locationId(location));
    const [first, ...others] = [...new Map(write.locations.map((location) => [location.file, location])).values()];
    const queue = this.queues.at(first!);
    const older = queue.lastWaiting;
    if (older instanceof Write && canReplace(older, write)) this.#takePlaceOf(older, write);
    else this.#place(write, queue, others);
  }

  /** @throws CircuitOpenError, QueueFullError, what its signal throws: refused; its caller is answered by the caller of this */
  #place(write: Write, queue: FileQueue, others: readonly SettingLocation[]): void {
    const { id } = write;
    write.enter(++this.#numbers, queue);
    // It takes its place in the queues of all its files at once: no two transactions wait for each other.
    write.turns = others.map((location) => new Turn(++this.#numbers, write.keys, this.queues.at(location), write));
    this.#noteAll(write);
    try {
      queue.accept(write);
      for (const turn of write.turns) turn.take();
      write.listen();
    } catch (error) {
      for (const turn of write.turns) turn.end();
      queue.release(write);
      this.#forget(write);
      write.id = id;
      throw error;
    }
    this.#stayAlive();
  }

  /** It has the number of the older one from now on, which gets another, and the older one ends as it does. */
  #takePlaceOf(older: Write, newer: Write): void {
    newer.enter(older.id, older.queue!);
    newer.overtaken = [...older.overtaken, older];
    older.overtaken = [];
    older.queue!.replace(older, newer);
    // Should both wait for the user, each has its own place in the journal.
    older.id = ++this.#numbers;
    this.#noteAll(newer);
  }

  /** The writes that have a place in a queue. */
  *#underWay(): Iterable<Write> {
    for (const queue of this.queues) for (const write of queue) if (write instanceof Write) yield write;
  }

  #isUnderWay(id: number): boolean {
    return [...this.#underWay()].some((write) => write.id === id);
  }

  /** It has its end, or waits for the user. @returns false when it had before */
  #leaveQueue(write: Write): boolean {
    if (write.queue?.release(write) !== true) return false;
    // What is in doubt stays in the journal: `#onReported` settles it, or else the next process.
    for (const { key, target } of write.locations) {
      if (![write, ...write.overtaken].some(({ inDoubt }) => inDoubt.has(key))) this.#journal.remove(write.id, key, target);
    }
    this.#stayAlive();
    return true;
  }

  /** While a write is on its way the process stays alive: the timers of breakers and deadlines do not see to that. */
  #stayAlive(): void {
    const { clock } = this.#context;
    if (this.queues.depth > 0) {
      this.#keepAlive ??= clock.setTimeout(() => {
        this.#keepAlive = undefined;
        this.#stayAlive();
      }, 60_000);
    } else if (this.#keepAlive !== undefined) {
      clock.clearTimeout(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }

  // ---- The journal

  /** Everything a write asks for; a secret and a function by their places alone. */
  #noteAll(write: Write): void {
    for (const { location, asked } of write.changes) {
      this.#note(write, location, asked.kind === 'value' ? { value: asked.value } : undefined);
    }
  }

  #note(write: Write, { key, target, scope }: SettingLocation, asked: JournalEntry['asked']): void {
    const { clock, definition } = this.#context;
    const known = asked === undefined || definition.isSecret(key) ? {} : { asked };
    const together = write.isTransaction ? { transaction: `${this.#instance} ${write.id}` } : {};
    this.#journal.put({ job: write.id, key, target, scope, acceptedAt: clock.wallTime(), ...known, ...together });
  }

  #forget(write: Write): void {
    for (const { key, target } of write.locations) this.#journal.remove(write.id, key, target);
  }

  // ---- The answer

  #onStored(location: SettingLocation, value: unknown): void {
    this.#unconfirmed.acknowledge(location, value);
    this.#loading.refresh([location.key]);
  }

  #answer(write: Write, superseded: boolean): void {
    const { clock, emit } = this.#context;
    const latency = clock.now() - write.asked;
    const { file = '', target = write.terms.target! }: Partial<SettingLocation> = write.locations[0] ?? {};
    const shadowedBy = superseded ? undefined : this.#shadow(write);
    const shadowed = shadowedBy === undefined ? {} : { shadowedBy };
    this.#metrics.succeeded(latency);
    write.tell({ type: superseded ? 'SUPERSEDED' : 'STORED' });
    emit({ type: 'stored', keys: write.request.shown, file, latency, ...shadowed, ...toldOf(write) });
    write.request.resolve({ outcome: superseded ? 'superseded' : 'stored', target, ...shadowed });
  }

  #shadow({ locations, stored }: Write): string | undefined {
    for (const { key, target, scope } of locations) {
      const shadow = this.#loading.shadow(key, target, scope, stored.has(key) ? { value: stored.get(key) } : undefined);
      if (shadow !== undefined) return shadow;
    }
    return undefined;
  }

  /** It is refused, unless the user can help. */
  #onFailed(write: Write, error: unknown): void {
    write.overtaken = [];
    write.refusedSince ??= this.#context.clock.now();
    if (!this.#awaitingUser.take(write, error)) this.#refuse(write, error);
  }

  /** It has waited for the user in vain. */
  #giveUp(write: Write, error: unknown): void {
    this.#forget(write);
    this.#refuse(write, error);
  }

  #refuse(write: Write, error: unknown): void {
    const { clock, emit } = this.#context;
    const latency = clock.now() - write.asked;
    const { code } = error as ConfigurationError;
    this.#metrics.failed(latency, code, write.id > 0 && code !== 'CIRCUIT_OPEN');
    const isAborted = code === 'ABORTED' || code === 'DISPOSED';
    write.tell(isAborted ? { type: 'ABORTED' } : { type: 'REFUSED', refusal: refusalOf(error), patience: 0 });
    emit({ type: 'failed', keys: write.request.shown, file: write.locations[0]?.file, error, latency, ...toldOf(write) });
    write.request.reject(error);
    // What became of it may be known by now.
    if (write.inDoubt.size > 0) this.#unconfirmed.review();
  }

  // ---- Values that are applied late

  /** Stores the newest value again, if nothing else has been stored meanwhile (P21). */
  #restore(undoing: UnconfirmedValue, newest: Acknowledged): Promise<Restored> {
    const { location } = undoing;
    const compute = (stored: unknown): unknown => (newest.isNewest() && sameData(stored, undoing.value) ? newest.value : stored);
    return this.#storeAgain(location, compute, true)
      .then((failure) => (failure === undefined ? 'restored' : this.#whyNotRestored(undoing, failure.error)));
  }

  /** Half of what a process has left is taken back in its turn, as any write, unless this one has been asked to write there. */
  async #undo(place: Place, over: unknown, value: unknown): Promise<void> {
    const location = this.#locate(place);
    if (location === undefined) return;
    await this.#storeAgain(location, (stored) => (sameData(stored, over) && !this.#isOwnPlace(place) ? value : stored), false);
  }

  #isOwnPlace(place: Place): boolean {
    const location = this.#locate(place);
    return location !== undefined && this.#ownPlaces?.has(locationId(location)) === true;
  }

  /** `undefined`: there is no such file now. */
  #locate({ key, target, scope }: Place): SettingLocation | undefined {
    try {
      return { key, target, scope, file: this.#context.store.fileOf(target, scope, key) };
    } catch {
      return undefined;
    }
  }

  /** A write that nobody has asked for. @returns why it failed */
  #storeAgain(
    location: SettingLocation, compute: (stored: unknown) => unknown, park: boolean,
  ): Promise<{ readonly error: unknown } | undefined> {
    return new Promise((resolve) => {
      const write: Write = new Write({
        ...this.#host,
        onSucceeded: () => {
          write.tell({ type: 'STORED' });
          resolve(undefined);
        },
        onFailed: (_write, error) => {
          write.tell({ type: 'REFUSED', refusal: refusalOf(error), patience: 0 });
          resolve({ error });
        },
      }, {
        order: ++this.#order, shown: [showKey(location.key)], isTransaction: false, ask: () => [], options: {}, origin: undefined,
        resolve: nothing, reject: nothing,
      }, nothing);
      write.changes = [{ location, asked: { kind: 'update', compute } }];
      write.terms = { ...write.terms, park };
      try {
        this.#hooks.refuse();
        this.#place(write, this.queues.at(location), []);
      } catch (error) {
        write.host.onFailed(write, error);
      }
    });
  }

  #whyNotRestored(undoing: UnconfirmedValue, error: unknown): Restored {
    // What failed may have been the store, for a while: it is as urgent as before.
    if (error instanceof QueueFullError || (error as { readonly retryable?: boolean }).retryable === true) return 'busy';
    const { key } = undoing.location;
    if (!this.#unrestored.has(undoing)) {
      this.#context.warn(`"${key}" was undone by a write that landed late, and could not be restored so far.`, error);
    }
    this.#unrestored.add(undoing);
    return 'refused';
  }

  #onReported({ write: id, location: { key, file, target } }: UnconfirmedValue, outcome: LateOutcome, reasserted: boolean): void {
    if (!this.#isUnderWay(id)) this.#journal.remove(id, key, target);
    this.#context.emit({ type: 'late', key, file, outcome, reasserted });
    if (outcome === 'stored') this.#hooks.onAppliedLate(key);
  }
}

type Place = Omit<SettingLocation, 'file'>;

const nothing = (): void => undefined;

/** Found out when first asked for: a write may be tried again long after its caller has changed the objects that it gave. */
function once<T extends object>(find: () => T): () => T {
  let found: T | undefined;
  return () => (found ??= find());
}

/** Two plain values of one setting, under the same conditions: the newer one takes the place of the older. */
function canReplace(older: Write, newer: Write): boolean {
  const [own] = older.changes;
  const [other] = newer.changes;
  return older.request.order < newer.request.order && !older.isTransaction && !newer.isTransaction
    && own!.asked.kind === 'value' && other!.asked.kind === 'value'
    && own!.location.target === other!.location.target && isSameLocation(own!.location, other!.location)
    && older.terms.park === newer.terms.park && older.isCritical === newer.isCritical
    && older.signal === undefined && newer.signal === undefined;
}

/** What is told of it beside its end. */
function toldOf({ failures, request: { origin } }: Write): { readonly attempts?: readonly WriteAttempt[]; readonly origin?: Origin } {
  return { ...(failures.length === 0 ? {} : { attempts: [...failures] }), ...(origin === undefined ? {} : { origin }) };
}
