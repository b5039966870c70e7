import type { ActorRefFrom } from 'xstate';
import type { BreakerInput, BreakerMode } from '../../../machines/circuit-breaker.ts';
import { recovery } from '../../../machines/recovery.ts';
import type { QueueInput } from '../../../machines/write-queue.ts';
import type { Clock } from '../../clock.ts';
import { CircuitOpenError, ConfigurationError, DisposedError, QueueFullError, type FailureClass } from '../../errors.ts';
import { classifyFailure } from '../../guard/classify.ts';
import { Guard } from '../../guard/guard.ts';
import type { GuardEvent, GuardOptions, GuardTuning, PersistedBreaker } from '../../guard/options.ts';
import type { Scope, Target } from '../../store/store.ts';
import type { WriteAttempt } from '../events.ts';
import type { Supervision } from '../supervision.ts';
import { locationId } from './location.ts';
import { canCommit, type WriteTools } from './looks.ts';
import { asStoreError } from './outcome.ts';
import { Save, type SavedWrite } from './save.ts';

/** What waits in the queue of a file for its turn. */
export interface QueuedWrite {
  readonly id: number;
  readonly keys: readonly string[];
  /** Wait for the breaker to close instead of being refused. */
  readonly parks: boolean;
  /** It can be written again from the start, after a turn that failed. */
  readonly repeatable: boolean;
  /** An attempt may take as long as the whole budget. */
  readonly isCritical: boolean;
  /** Nothing else is saved in its turn. */
  readonly isAlone: boolean;
  /** Does the work of its turn, and ends it. */
  runAlone(): Promise<void>;
  /** It waits for the breaker to close. */
  onParked(): void;
  /** Its turn has come. */
  onTurn(): void;
  /** Hears of each attempt that fails in its turn. */
  noteFailure(attempt: WriteAttempt): void;
  /** Answers its caller: it failed. */
  fail(error: unknown): void;
}

/** What can be saved together with others. */
type Together = QueuedWrite & SavedWrite;

/** A settings file, and a place in it. */
export interface Place {
  readonly file: string;
  /** A setting that is kept there; nothing where that makes no difference. */
  readonly key?: string;
  readonly target: Target;
  readonly scope: Scope;
}

export interface FileQueueOptions {
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
  readonly onParked: (write: QueuedWrite) => void;
  readonly tools: WriteTools;
}

export const fileQueueDefaults = { capacity: 100, probeEvery: 1_000 };

/**
 * One settings file: its breaker, its queue, and the writes on their way to it.
 *
 * - Writes take turns in the order in which they were asked for (P23). At most `capacity` wait (P25).
 * - When a turn comes, everything that waits is saved with it, if the store can: up to the next transaction over several files,
 *   and as long as the same time limit holds for all.
 * - While the breaker is open, what asked to be parked waits, and everything else is refused. The file is looked at every
 *   `probeEvery` milliseconds; an obstacle that is gone lets the next write through as a probe.
 * - Where the file looks well and writes fail, the time until the next probe doubles.
 */
export class FileQueue implements Iterable<QueuedWrite> {
  readonly options: FileQueueOptions;
  readonly guard: Guard;
  readonly #supervision: Supervision;
  /** Every write accepted and not answered, in the order in which they were asked for. */
  readonly #writes = new Map<number, QueuedWrite>();
  /** The last of them to be accepted, until it is answered. */
  #newest: QueuedWrite | undefined;
  /** The writes that the queue has handed over: their turn has come, or is about to. Of one that was answered its number alone. */
  #inTurn: Pick<QueuedWrite, 'id'>[] = [];
  /** Those of them that wait for the breaker now. */
  #putBack = new Set<QueuedWrite>();
  /** What stores them, once it has begun. */
  #save: Save | 'alone' | undefined;
  /** Finds out when the file can be written again; ends when the service does. */
  readonly #recovery: ActorRefFrom<typeof recovery>;

  constructor(options: FileQueueOptions, supervision: Supervision) {
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
    this.#recovery = supervision.startActor(recovery, `recovery:${this.file}`, {
      probeEvery: options.probeEvery,
      look: () => void this.#look(),
      letThrough: () => this.guard.evidence(),
    });
    supervision.times.follow(this.#recovery);
  }

  get file(): string {
    return this.options.place.file;
  }

  get depth(): number {
    return this.#writes.size;
  }

  [Symbol.iterator](): Iterator<QueuedWrite> {
    return this.#writes.values();
  }

  /** It was accepted, and is not answered. */
  has(write: Pick<QueuedWrite, 'id'>): write is QueuedWrite {
    return this.#writes.get(write.id) === write;
  }

  /** The last write that was accepted, as long as it waits: a newer one to the same setting may take its place. */
  get lastWaiting(): QueuedWrite | undefined {
    return this.#newest !== undefined && this.#runs(this.#newest) ? undefined : this.#newest;
  }

  breakerInput(): BreakerInput {
    return this.guard.breakerInput();
  }

  /** How the queue's actor starts: empty, or going on where an earlier one crashed (P42). */
  queueInput(): QueueInput {
    return {
      capacity: this.options.capacity,
      waiting: [...this.#writes.values()].filter((write) => !this.#inTurn.includes(write)).map(({ id }) => ({ id })),
      inFlight: this.#inTurn.map(({ id }) => ({ id })),
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
  accept(write: QueuedWrite): void {
    // The write that is there already is the probe (P2).
    const probing = this.guard.breakerMode === 'HALF_OPEN' && this.#writes.size > 0;
    // A look at the file does not take the place of a write, which waits for its end.
    const refused = !(this.guard.permits() || this.#looksBefore) || probing;
    if (refused && !write.parks) throw this.guard.rejection();
    // What parks may come back from its turn, and wait again.
    const underWay = this.#inTurn.filter((each) => this.has(each)).filter(({ parks }, index) => index === 0 || !parks).length;
    if (this.#writes.size - underWay >= this.options.capacity) throw new QueueFullError(this.options.name, this.options.capacity);
    this.#writes.set(write.id, write);
    this.#newest = write;
    this.#queue?.send({ type: 'ENQUEUE', ticket: { id: write.id } });
    if (refused) this.#park(write);
  }

  /** A newer write takes the place of the last that waits: it has the same number from now on. */
  replace(older: QueuedWrite, newer: QueuedWrite): void {
    this.#writes.set(older.id, newer);
    this.#newest = newer;
    this.#inTurn = this.#inTurn.map((write) => (write === older ? newer : write));
  }

  /** Refuses a write, unless it is being written; one that is saved together with others, or was, can leave all the same. */
  withdraw(write: QueuedWrite, error: unknown): void {
    if (!this.has(write)) return;
    if (!this.#runs(write) || this.#putBack.has(write)) write.fail(error);
    else if (this.#save instanceof Save) this.#save.leave(write as Together, error);
  }

  /** The caller of a write has been answered. @returns false when it was before */
  release(write: QueuedWrite): boolean {
    if (!this.has(write)) return false;
    this.#writes.delete(write.id);
    if (this.#newest === write) this.#newest = undefined;
    const place = this.#inTurn.indexOf(write);
    if (place < 0) {
      this.#queue?.send({ type: 'WITHDRAW', id: write.id });
      this.#probeWhenIdle();
    // It may come back, with another number, before the turn has ended.
    } else this.#inTurn[place] = { id: write.id };
    return true;
  }

  /** Refuses everything that waits; what is being written goes on. */
  refuseWaiting(error: () => Error, which: (write: QueuedWrite) => boolean = () => true): void {
    for (const write of [...this.#writes.values()]) {
      if (!this.#runs(write) && which(write)) write.fail(error());
    }
  }

  /** An operator holds the breaker open. */
  hold(): void {
    this.guard.hold();
    this.#recovery.send({ type: 'HELD' });
  }

  /** Disposal begins: what cannot be written now is refused. */
  close(): void {
    this.#recovery.send({ type: 'END' });
    if (!this.guard.permits()) this.refuseWaiting(() => new DisposedError(this.options.name));
  }

  /** Disposal ends: nothing is left. @returns how many writes had not come to an end */
  end(): number {
    const left = [...this.#writes.values()];
    this.guard.dispose();
    for (const write of left) write.fail(new DisposedError(this.options.name));
    return left.length;
  }

  /** Half open, the file is being looked at. */
  get #looksBefore(): boolean {
    return this.guard.breakerMode === 'HALF_OPEN' && this.#recovery.getSnapshot().matches({ probing: 'byLook' });
  }

  /** The service ends. */
  get #closing(): boolean {
    return this.#recovery.getSnapshot().status !== 'active';
  }

  get #queue(): ReturnType<Supervision['queue']> {
    return this.#supervision.queue(this.file);
  }

  #runs(write: QueuedWrite): boolean {
    return this.#save !== undefined && this.#inTurn.includes(write);
  }

  #start(id: number): void {
    this.#inTurn = [this.#writes.get(id) ?? { id }];
    // Not within the queue's own transition: what is asked for in the same moment goes along, or takes its place.
    queueMicrotask(() => void this.#perform());
  }

  async #perform(): Promise<void> {
    // It may have been withdrawn at the last moment.
    const [first] = this.#inTurn.filter((write) => this.has(write));
    if (first !== undefined) await this.#takeTurn(first).catch((error: unknown) => this.#failTurn(error));
    const ended = this.#inTurn;
    const again = this.#putBack;
    this.#inTurn = [];
    this.#putBack = new Set();
    this.#save = undefined;
    // Each goes to the front: the last first.
    for (const write of [...ended].reverse()) {
      this.#queue?.send({ type: again.has(write as QueuedWrite) ? 'PUT_BACK' : 'SETTLED', id: write.id });
    }
    for (const write of again) if (this.has(write)) this.#park(write);
    // A queue that was started again during a probe is paused, and the probe may have told nothing.
    if (this.#queue?.getSnapshot().context.paused === true && this.guard.permits()) this.#queue?.send({ type: 'RESUME' });
    this.#probeWhenIdle();
  }

  /** What the store gave throws when it is looked at: callers without an answer get one. */
  #failTurn(error: unknown): void {
    for (const { id } of this.#inTurn) this.#writes.get(id)?.fail(asStoreError(error));
  }

  /** One turn: the first write, and all that can be saved with it. */
  async #takeTurn(first: QueuedWrite): Promise<void> {
    const { tools } = this.options;
    const canSaveMany = !first.isAlone && canCommit(tools, (first as Together).changes[0]!.location);
    if (first.isAlone || (!canSaveMany && (first as Together).isTransaction)) {
      this.#save = 'alone';
      first.onTurn();
      await first.runAlone();
      return;
    }
    const writes = canSaveMany ? [first, ...this.#takeAlong(first)] : [first];
    const save = new Save(tools, this.guard, writes as readonly QueuedWrite[] as readonly Together[], first.isCritical);
    this.#inTurn = [...writes];
    this.#save = save;
    for (const write of writes) write.onTurn();
    await save.run();
  }

  /**
   * Everything that waits, up to what must be alone, has another time limit, or would replace a value of a transaction unseen; and
   * up to a function that may be given what is served, where that is about to change.
   */
  #takeAlong(first: QueuedWrite): QueuedWrite[] {
    const queue = this.#queue;
    const along: QueuedWrite[] = [];
    const ofTransactions = new Set<string>();
    /** By key: what is served there is about to change, and where the value is that a function is given in its stead. */
    const changing = new Map<string, string | undefined>();
    for (let write: QueuedWrite | undefined = first, next = 0; write !== undefined; next++) {
      const { changes, isTransaction } = write as Together;
      const ids = changes.map(({ location }) => locationId(location));
      if (ids.some((id) => ofTransactions.has(id))) break;
      if (changes.some(({ location: { key }, asked }, index) => asked.kind === 'update' && changing.has(key) && changing.get(key) !== ids[index])) break;
      if (isTransaction) ids.forEach((id) => ofTransactions.add(id));
      for (const [index, { location: { key }, asked }] of changes.entries()) {
        const isKept = (!changing.has(key) || changing.get(key) === ids[index]) && !(asked.kind === 'value' && asked.value === undefined);
        changing.set(key, isKept ? ids[index] : undefined);
      }
      if (write !== first) along.push(write);
      const ticket = queue?.getSnapshot().context.waiting[next];
      write = ticket === undefined ? undefined : this.#writes.get(ticket.id);
      if (write !== undefined && (write.isAlone || write.isCritical !== first.isCritical)) break;
    }
    if (along.length > 0) queue!.send({ type: 'TAKE_ALONG', count: along.length });
    return along;
  }

  /** A write has failed in its turn: it is answered, or waits for the breaker. */
  onFailed(write: QueuedWrite, error: unknown): void {
    if (this.#canWait(write, error)) this.#putBack.add(write);
    else write.fail(error);
  }

  /** A parked write outlasts the failure that opened, or kept open, the breaker. */
  #canWait(write: QueuedWrite, error: unknown): boolean {
    if (!write.parks || !write.repeatable || this.#closing || this.guard.permits() || this.#supervision.givenUp) return false;
    const kind = classify(error);
    // Held open by an operator in the same moment: it waits for the release.
    return kind === 'transient' || kind === 'user' || error instanceof CircuitOpenError;
  }

  #park(write: QueuedWrite): void {
    write.onParked();
    this.options.onParked(write);
  }

  #onGuardEvent(event: GuardEvent): void {
    if (event.type === 'attempt-failed' && this.#save !== undefined) this.#noteFailure(event);
    this.options.onGuardEvent(event);
    if (event.type === 'breaker') this.#onBreaker(event.to);
  }

  #noteFailure({ attempt, error, duration }: GuardEvent & { readonly type: 'attempt-failed' }): void {
    const failed = { number: attempt, error, duration, endedAt: this.options.clock.wallTime() };
    for (const write of this.#inTurn) if (this.has(write)) write.noteFailure(failed);
  }

  #onBreaker(to: BreakerMode): void {
    if (to === 'OPEN') {
      this.#queue?.send({ type: 'PAUSE' });
      this.refuseWaiting(() => (this.#closing ? new DisposedError(this.options.name) : this.guard.rejection()), (write) => this.#closing || !write.parks);
      this.#recovery.send({ type: 'OPENED', at: this.options.clock.now() });
      if (this.guard.isHeld) this.#recovery.send({ type: 'HELD' });
    } else {
      this.#recovery.send({ type: to === 'CLOSED' ? 'CLOSED' : 'HALF_OPENED' });
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
    const needed = guard.breakerMode === 'HALF_OPEN' && guard.permits() && this.#writes.size === 0 && !this.#closing;
    const breaker = this.#supervision.breaker(this.file);
    if (!needed || breaker === undefined) return;
    // A parked write that comes now waits for the end of this look.
    this.#queue?.send({ type: 'PAUSE' });
    this.#recovery.send({ type: 'PROBE_BEGAN' });
    // Looking well is no proof, and closes nothing: this probe goes away, and the next write takes its place.
    const looksWell = new AbortController();
    await guard.execute(() => this.options.probe().then(() => looksWell.abort()), { signal: looksWell.signal }).catch(() => undefined);
    this.#recovery.send({ type: 'PROBE_ENDED' });
    if (guard.permits()) this.#queue?.send({ type: 'RESUME' });
    // One that was restarted meanwhile knows of no look.
    if (breaker !== this.#supervision.breaker(this.file)) this.#probeWhenIdle();
  }

  /** Something suggests that the file can be written again, which matters while the breaker is open: files change all the time. */
  onEvidence(): void {
    if (this.guard.breakerMode === 'OPEN') this.#recovery.send({ type: 'SIGN_OF_LIFE' });
  }

  async #look(): Promise<void> {
    const { guard: { epoch }, options } = this;
    const looksWell = await options.probe().then(() => true, () => false);
    this.#recovery.send({ type: 'LOOK_ENDED' });
    // What it has seen is of the time before the breaker changed its mode.
    if (this.guard.epoch !== epoch) return;
    this.#recovery.send(looksWell ? { type: 'LOOKED_WELL', at: options.clock.now() } : { type: 'SAW_OBSTACLE' });
  }
}

/** As for any guard, but what says that it must not be tried again is not: its write may still land, or has. */
function classify(error: unknown): FailureClass {
  const kind = classifyFailure(error);
  return kind === 'transient' && error instanceof ConfigurationError && !error.retryable ? 'user' : kind;
}
