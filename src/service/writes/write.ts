import type { ActorRefFrom } from 'xstate';
import type { write as writeMachine, WriteEvent, WriteInput } from '../../../machines/write.ts';
import type { Clock } from '../../clock.ts';
import { ConfigurationError, type ErrorCode, StoreError } from '../../errors.ts';
import { offAbort, onAbort, type Abortable } from '../../guard/abort-fanout.ts';
import type { CallerSignal } from '../../guard/signals.ts';
import type { Target } from '../../store/store.ts';
import type { WriteAttempt } from '../events.ts';
import type { UpdateOptions, UpdateResult } from '../options.ts';
import type { Origin } from '../origins.ts';
import type { Change, From } from './asked.ts';
import type { FileQueue, QueuedWrite } from './file-queue.ts';
import { locationId, type SettingLocation } from './location.ts';
import { isDefinite, type WriteTools } from './looks.ts';
import { leftBefore, ownCopy, withOutcome } from './outcome.ts';
import type { ChangeEnd, SavedWrite, Unconfirmed } from './save.ts';
import { Transaction } from './transaction.ts';
import type { Turn } from './turn.ts';

export type WriteRef = ActorRefFrom<typeof writeMachine>;

/** What the writes need of their owner. */
export interface WriteHost {
  readonly tools: WriteTools;
  readonly clock: Clock;
  startActor(input: WriteInput): WriteRef;
  /** A value is about to be sent. */
  onSending(write: Write, location: SettingLocation, value: unknown, from: From | undefined, before: From | undefined): void;
  /** A value is stored, and its caller is about to be told. */
  onStored(location: SettingLocation, value: unknown): void;
  /** It is there after all: as it was, or as another program has stored it. */
  onKept(location: SettingLocation, value: unknown, asked: unknown): void;
  /** Could this be stored on purpose? */
  isValid(location: SettingLocation, value: unknown): boolean;
  /** Values of this write may still be applied; `inDoubt`: nobody has been told what became of them. */
  onUnconfirmed(write: Write, location: SettingLocation, values: readonly Unconfirmed[], inDoubt: boolean): void;
  /** It leaves its queue. @returns false when it has left before */
  leaveQueue(write: Write): boolean;
  /** Readers see these settings as they are now, until the function it returns is called. */
  hold(keys: readonly string[]): () => void;
  /** Its caller is to be told that its value is stored, or superseded. */
  onSucceeded(write: Write, superseded: boolean): void;
  /** Its caller is to be told why it failed, unless the user can help. */
  onFailed(write: Write, error: unknown): void;
}

export interface WriteRequest {
  /** The order in which writes were asked for. */
  readonly order: number;
  /** The settings, as messages show them. */
  readonly shown: readonly string[];
  readonly isTransaction: boolean;
  /** What it asks for, found out each time it is tried. */
  readonly ask: (options: UpdateOptions) => readonly Change[];
  readonly options: UpdateOptions;
  readonly origin: Origin | undefined;
  readonly resolve: (result: UpdateResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How it is to be tried: again, perhaps in another way, after it has waited for the user. */
interface WriteTerms {
  /** Wait for the breaker of the file. */
  readonly park: boolean;
  readonly isCritical: boolean;
  /** Ask the user, where only the user can help. */
  readonly mayAskUser: boolean;
  /** As the caller has said it. */
  readonly target: Target | undefined;
  readonly signal: CallerSignal | undefined;
}

/** Ends that come from elsewhere than the attempts of a write, and know nothing of them. */
const endsFromElsewhere: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ABORTED', 'DISPOSED', 'SUPERVISION', 'CIRCUIT_OPEN']);

/** A parked write may be tried for hours: so many of its failed attempts are remembered. */
const keptAttempts = 32;

/**
 * One write, from the call that asks for it to its answer. Its states are those of `machines/write.ts`: this class does what
 * belongs to them, and tells the machine what happened.
 */
export class Write implements SavedWrite, QueuedWrite, Abortable {
  readonly request: WriteRequest;
  readonly host: WriteHost;
  readonly actor: WriteRef;
  /** When it was asked for, in milliseconds of the service's clock. */
  readonly asked: number;
  /** When it was refused first. */
  refusedSince: number | undefined;
  /** Its number in the queue, and in the journal; that of an older write whose place it has taken. 0: it has had none so far. */
  id = 0;
  /** The queue it waits in. */
  queue: FileQueue | undefined;
  changes: readonly Change[] = [];
  terms: WriteTerms = { park: false, isCritical: false, mayAskUser: false, target: undefined, signal: undefined };
  /** Older writes of the same setting whose place it has taken: they end as it does. */
  overtaken: readonly Write[] = [];
  /** The settings whose value was sent, and may be stored though nobody has been told so. */
  readonly inDoubt = new Set<string>();
  /** The attempts that have failed so far. */
  readonly failures: WriteAttempt[] = [];
  /** What is stored of it, by key. */
  readonly stored = new Map<string, unknown>();
  /** In the queues of its other files. */
  turns: readonly Turn[] = [];
  /** What an earlier turn has sent last, and the store has refused in a way that leaves it possible that it is stored yet, by location. */
  readonly #earlier = new Map<string, Unconfirmed>();
  /** What was in doubt before this turn stays so, unless it is stored. */
  #doubtedBefore: ReadonlySet<string> = new Set();
  #transaction: Transaction | undefined;
  #showToReaders: (() => void) | undefined;

  constructor(host: WriteHost, request: WriteRequest, onUserTimeout: () => void) {
    this.host = host;
    this.request = request;
    this.asked = host.clock.now();
    this.actor = host.startActor({ keys: request.shown, onUserTimeout });
  }

  get keys(): readonly string[] {
    return this.changes.map(({ location: { key } }) => key);
  }

  get locations(): readonly SettingLocation[] {
    return this.changes.map(({ location }) => location);
  }

  /** Its caller has not been answered, and it has a place in a queue. */
  get isOpen(): boolean {
    return this.queue?.has(this) === true;
  }

  get signal(): CallerSignal | undefined {
    return this.terms.signal;
  }

  get isCritical(): boolean {
    return this.terms.isCritical;
  }

  get isTransaction(): boolean {
    return this.request.isTransaction;
  }

  /** Several files, or a file that takes one setting at a time: nothing else is saved in its turn. */
  get isAlone(): boolean {
    return this.turns.length > 0;
  }

  /** What waits for one file to work again must not hold up another. */
  get parks(): boolean {
    return this.terms.park && this.turns.length === 0;
  }

  /** A single plain value: a newer one takes its place. */
  get isReplaceable(): boolean {
    return !this.isTransaction && this.changes[0]?.asked.kind !== 'update';
  }

  /** What was computed must not be computed again while it may still be applied (P28); nor a transaction that is half done. */
  get repeatable(): boolean {
    if (this.isTransaction) return this.#transaction?.hasTouched !== true;
    return this.changes[0]?.asked.kind === 'value' || this.inDoubt.size === 0;
  }

  tell(event: WriteEvent): void {
    this.actor.send(event);
  }

  // ---- In the queue

  /** It takes a new place in a queue: nothing of an earlier one is left. */
  enter(id: number, queue: FileQueue): void {
    this.id = id;
    this.queue = queue;
    this.inDoubt.clear();
    this.stored.clear();
    this.#earlier.clear();
    this.#transaction = undefined;
    this.tell({ type: 'QUEUED', file: queue.file });
  }

  /** From now on the caller's signal ends it. */
  listen(): void {
    if (this.signal !== undefined && this.isOpen) onAbort(this.signal, this);
  }

  onAbort(): void {
    // Not in the middle of what is computed and handed to the store: its end would be told before it is known. While it is saved
    // alone, the guard sees the signal too.
    queueMicrotask(() => this.queue?.withdraw(this, leftBefore(this, this.signal)));
  }

  /** It waits for the breaker: it has not had its turn so far, or the turn has ended without an answer. */
  onParked(): void {
    this.#endTurn();
    this.#tellAll({ type: 'PARKED' });
  }

  onTurn(): void {
    this.#tellAll({ type: 'TURN' });
    this.#doubtedBefore = new Set(this.inDoubt);
    // Readers of the service see all or nothing.
    if (this.isTransaction) this.#showToReaders = this.host.hold(this.keys);
  }

  noteFailure(attempt: WriteAttempt): void {
    for (const { failures } of [this, ...this.overtaken]) if (failures.push(attempt) > keptAttempts) failures.shift();
    this.#tellAll({ type: 'ATTEMPT_FAILED' });
  }

  #tellAll(event: WriteEvent): void {
    for (const write of [this, ...this.overtaken]) write.tell(event);
  }

  /** Takes the turns of its other files, and stores one after the other what no single save can hold. */
  async runAlone(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      const guards = new Map([[this.queue!.file, this.queue!.guard]]);
      for (const { file, began } of this.turns) guards.set(file, await began);
      this.#transaction = new Transaction(this);
      failure = await this.#transaction.run(guards);
    } catch (error) {
      failure = { error };
    }
    for (const turn of this.turns) turn.end();
    if (failure === undefined) this.succeed(false);
    else this.queue!.onFailed(this, failure.error);
  }

  onTurnRefused(error: unknown): void {
    this.queue?.withdraw(this, error);
  }

  // ---- While it is saved

  earlier(location: SettingLocation): Unconfirmed | undefined {
    return this.#earlier.get(locationId(location));
  }

  onSending(location: SettingLocation, value: unknown, from: From | undefined, before: From | undefined): void {
    this.inDoubt.add(location.key);
    this.tell({ type: 'SENDING' });
    this.host.onSending(this, location, value, from, before);
  }

  onSaved(): void {
    this.tell({ type: 'SAVED' });
  }

  onStored(ends: readonly ChangeEnd[], superseded: boolean): void {
    this.conclude(ends);
    this.succeed(superseded);
  }

  onFailed(ends: readonly ChangeEnd[], error: unknown): (() => Promise<void>) | undefined {
    this.conclude(ends);
    if (!this.isTransaction || ends.every(({ ok, unconfirmed }) => !ok && unconfirmed.length === 0)) {
      this.queue!.onFailed(this, error);
      return undefined;
    }
    const transaction = this.#transaction = new Transaction(this);
    return async () => {
      await transaction.undo(ends);
      this.queue!.onFailed(this, error);
    };
  }

  /** Keeps what is known of its changes. */
  conclude(ends: readonly ChangeEnd[]): void {
    for (const end of ends) {
      const { location, unconfirmed } = end;
      if (end.ok || (!end.unknown && !this.#doubtedBefore.has(location.key))) this.inDoubt.delete(location.key);
      const last = unconfirmed.at(-1);
      if (last !== undefined) this.#earlier.set(locationId(location), last);
      this.host.onUnconfirmed(this, location, unconfirmed, !end.ok && end.unknown);
      if (!end.ok) continue;
      this.stored.set(location.key, end.value);
      this.host.onStored(location, end.value);
    }
  }

  // ---- The answer

  succeed(superseded: boolean): void {
    if (!this.#leave()) return;
    for (const older of this.overtaken) this.host.onSucceeded(older, true);
    this.host.onSucceeded(this, superseded);
  }

  fail(cause: unknown): void {
    for (const turn of this.turns) turn.end();
    if (!this.#leave()) return;
    const error = this.#transaction?.failure(cause, this.inDoubt) ?? cause;
    for (const write of [...this.overtaken, this]) this.host.onFailed(write, write.#known(error));
  }

  /** The error, saying whether an earlier turn may have stored the value all the same. */
  #known(error: unknown): unknown {
    const isOver = isDefinite(error) || (error instanceof ConfigurationError && endsFromElsewhere.has(error.code));
    return this.inDoubt.size > 0 || (isOver && this.#earlier.size > 0) ? withOutcome(ownCopy(error), 'unknown') : error;
  }

  #leave(): boolean {
    if (!this.host.leaveQueue(this)) return false;
    if (this.signal !== undefined) offAbort(this.signal, this);
    this.#endTurn();
    return true;
  }

  #endTurn(): void {
    this.#showToReaders?.();
    this.#showToReaders = undefined;
  }
}

/** The reason of an error, as the machine notes it: no text that could quote a value. */
export const refusalOf = (error: unknown): string =>
  error instanceof StoreError ? `STORE ${error.reason}` : error instanceof ConfigurationError ? error.code : 'unknown';
