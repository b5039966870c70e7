import type { TimerHandle } from '../../clock.ts';
import { StoreError, TransactionError, type StoreReason } from '../../errors.ts';
import { offAbort, onAbort, type Abortable } from '../../guard/abort-fanout.ts';
import type { Disposable, Target } from '../../store/store.ts';
import type { ServiceContext } from '../context.ts';
import { isSameLocation, type SettingLocation } from './location.ts';
import { lookLimit } from './looks.ts';
import { asDeclined, leftBefore } from './outcome.ts';
import { refusalOf, type Write } from './write.ts';

/** A write that a person can help: its settings file refuses it, and its caller waits. */
export interface WaitingWrite {
  readonly keys: readonly string[];
  /** Empty while no workspace is open. */
  readonly file: string;
  readonly target: Target;
  /** Why it was refused. */
  readonly error: unknown;
  /** Whether it can be written elsewhere instead: not what removes or converts the values of one place. */
  readonly canRedirect: boolean;
  /** Its caller has been answered, or it is being tried again. */
  readonly over: boolean;
  /** Tries again now. */
  retry(): void;
  /** Writes to the user settings instead: only when a person says so, and if it can be (`canRedirect`). */
  redirect(target: Target): void;
  /** The caller is told why it was refused. */
  giveUp(): void;
  /** As `giveUp`, because the user, who was asked, does not want it: the error's `context.declined` is true. */
  decline(): void;
}

/** Asks the user. */
export interface Rescuer {
  /** How long a caller may be kept waiting for a person, in milliseconds; 0: not at all. */
  readonly patience: number;
  /** A write has begun to wait, or is waiting again. */
  onWaiting(write: WaitingWrite): void;
}

/** What only the user can mend. */
const userReasons: ReadonlySet<StoreReason> = new Set<StoreReason>([
  'dirty', 'invalid-file', 'conflict', 'permission', 'read-only', 'no-workspace',
]);

/** Most causes end without an event: a file made writable, a disk made room on. So they are looked at this often, in milliseconds. */
const pollEvery = 2_000;

/** Ends a wait: the write is tried again, or its caller is answered. */
export interface AwaitingUserHooks {
  /** Their number has changed. `taken`: this one has begun to wait; the user has not been asked so far. */
  onChange(taken?: Write): void;
  tryAgain(write: Write, target: Target): void;
  /** Its caller is to be told this. */
  giveUp(write: Write, error: unknown): void;
  supersede(write: Write): void;
  /** The writes that are queued or being written. */
  underWay(): Iterable<Write>;
}

/**
 * The writes in `awaitingUser`: only the user can remove the cause of their refusal.
 *
 * - They are tried again when their file can be written, in the order in which they were asked for (P23), or when the user says so.
 * - A newer value of the same setting that is stored takes the place of a plain one; none comes after it.
 * - Each waits as long as the one who asks the user allows, counted from its first refusal.
 */
export class AwaitingUser {
  readonly #context: ServiceContext;
  readonly #hooks: AwaitingUserHooks;
  readonly #waiting = new Map<Write, Waiting>();
  #rescuer: Rescuer | 'closed' | undefined;
  #poll: TimerHandle | undefined;
  /** The files that are being looked at. */
  #look: Promise<void> | undefined;

  constructor(context: ServiceContext, hooks: AwaitingUserHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** From now on this one asks the user; the last one counts. */
  use(rescuer: Rescuer): Disposable {
    if (this.#rescuer !== 'closed') this.#rescuer = rescuer;
    return {
      dispose: () => {
        if (this.#rescuer !== rescuer) return;
        this.#rescuer = undefined;
        this.#giveUpAll();
      },
    };
  }

  /** Lets a refused write wait for the user. @returns whether it waits */
  take(write: Write, error: unknown): boolean {
    const rescuer = this.#rescuer;
    if (typeof rescuer !== 'object' || !write.terms.mayAskUser || write.signal?.aborted === true || !canUserHelp(error)) return false;
    const patience = patienceOf(rescuer) - (this.#context.clock.now() - write.refusedSince!);
    if (patience <= 0) return false;
    write.tell({ type: 'REFUSED', refusal: refusalOf(error), patience });
    const waiting = new Waiting(write, error, this.#hooks, this);
    this.#waiting.set(write, waiting);
    this.#hooks.onChange(write);
    if (write.signal !== undefined) onAbort(write.signal, waiting);
    this.#startPolling();
    try {
      rescuer.onWaiting(waiting);
    } catch {
      // It waits all the same, and is tried again when its file can be written (P12).
    }
    return true;
  }

  /** The user has not helped in time. */
  onUserTimeout(write: Write): void {
    this.#waiting.get(write)?.giveUp();
  }

  isWaiting(waiting: Waiting): boolean {
    return this.#waiting.get(waiting.write) === waiting;
  }

  /** A write has been stored: older plain values that wait for the same place have lost their turn. */
  stored({ request: { order }, locations }: Write): void {
    for (const [write, waiting] of [...this.#waiting]) {
      const isOvertaken = order > write.request.order && write.isReplaceable && isBeside(write, locations);
      if (isOvertaken && this.leave(waiting)) this.#hooks.supersede(write);
    }
  }

  /** Something suggests that the files can be written again. */
  look(): void {
    if (this.#waiting.size > 0) this.#look ??= this.#lookAtFiles().finally(() => (this.#look = undefined));
  }

  /** Nothing asks the user any more. */
  close(): void {
    this.#rescuer = 'closed';
    this.#giveUpAll();
  }

  #giveUpAll(): void {
    for (const waiting of [...this.#waiting.values()]) waiting.giveUp();
  }

  /** A write waits no longer. @returns false when it did not */
  leave(waiting: Waiting): boolean {
    const { write } = waiting;
    if (!this.isWaiting(waiting)) return false;
    this.#waiting.delete(write);
    if (write.signal !== undefined) offAbort(write.signal, waiting);
    this.#hooks.onChange();
    if (this.#waiting.size === 0 && this.#poll !== undefined) {
      this.#context.clock.clearTimeout(this.#poll);
      this.#poll = undefined;
    }
    return true;
  }

  /** A newer write to the same place is on its way: what waits must not come after it. */
  isOvertaken({ request: { order }, locations }: Write): boolean {
    return [...this.#hooks.underWay()].some((other) => other.request.order > order && isBeside(other, locations));
  }

  async #lookAtFiles(): Promise<void> {
    const { store, patience } = this.#context;
    const places = new Map([...this.#waiting.values()].flatMap(({ place }) => (place === undefined ? [] : [[place.file, place]])));
    await Promise.all([...places].map(async ([file, { key, target, scope }]) => {
      try {
        const { timedOut } = await patience.within(lookLimit, () => store.probe(target, scope, key));
        if (timedOut) return;
      } catch {
        return;
      }
      const ready = [...this.#waiting.values()].filter((waiting) => waiting.file === file);
      for (const waiting of ready.sort((a, b) => a.write.request.order - b.write.request.order)) waiting.retry();
    }));
  }

  #startPolling(): void {
    this.#poll ??= this.#context.clock.setTimeout(() => {
      this.#poll = undefined;
      this.look();
      if (this.#waiting.size > 0) this.#startPolling();
    }, pollEvery);
  }
}

class Waiting implements WaitingWrite, Abortable {
  readonly write: Write;
  readonly error: unknown;
  readonly #hooks: AwaitingUserHooks;
  readonly #all: AwaitingUser;

  constructor(write: Write, error: unknown, hooks: AwaitingUserHooks, all: AwaitingUser) {
    this.write = write;
    this.error = error;
    this.#hooks = hooks;
    this.#all = all;
  }

  get keys(): readonly string[] {
    return this.write.keys;
  }

  /** Where it was refused: a transaction may be in several files. */
  get place(): SettingLocation | undefined {
    const { locations } = this.write;
    const failedKey = this.error instanceof TransactionError ? this.error.context['failedKey'] : undefined;
    return locations.find(({ key }) => key === failedKey) ?? locations[0];
  }

  get file(): string {
    return this.place?.file ?? '';
  }

  get canRedirect(): boolean {
    return this.write.changes.every(({ asked }) => asked.kind === 'update' || (asked.value !== undefined && asked.from === undefined));
  }

  get target(): Target {
    return this.write.locations[0]?.target ?? this.write.terms.target ?? 'workspace';
  }

  get over(): boolean {
    return !this.#all.isWaiting(this);
  }

  retry(): void {
    this.redirect(this.target);
  }

  redirect(target: Target): void {
    if (target !== this.target && !this.canRedirect) return;
    // Its turn comes when the newer one has ended.
    if (target === this.target && this.#all.isOvertaken(this.write)) return;
    if (this.#all.leave(this)) this.#hooks.tryAgain(this.write, target);
  }

  giveUp(): void {
    if (this.#all.leave(this)) this.#hooks.giveUp(this.write, this.error);
  }

  decline(): void {
    if (this.#all.leave(this)) this.#hooks.giveUp(this.write, asDeclined(this.error));
  }

  onAbort(): void {
    if (this.#all.leave(this)) this.#hooks.giveUp(this.write, leftBefore(this.write, this.write.signal));
  }
}

/** As it asks the user: what throws when it is asked has none (P12). */
function patienceOf(rescuer: Rescuer): number {
  try {
    return rescuer.patience;
  } catch {
    return 0;
  }
}

/** Nothing has been stored, nothing will be, and the user can remove the cause. */
function canUserHelp(error: unknown): boolean {
  if (error instanceof TransactionError) return error.notRestored.length === 0 && canUserHelp(error.cause);
  return error instanceof StoreError && userReasons.has(error.reason) && error.context['outcome'] !== 'unknown';
}

/** The first location of a write that waits decides, as it is a single value. */
const isBeside = ({ locations }: Write, others: readonly SettingLocation[]): boolean => locations.some((own) => others.some((other) => isSameLocation(own, other)));
