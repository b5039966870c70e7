import type { TimerHandle } from '../clock.ts';
import { AbortedError, StoreError, TransactionError, type StoreReason } from '../errors.ts';
import { offAbort, onAbort } from '../guard/abort-fanout.ts';
import { reasonOf, type CallerSignal } from '../guard/signals.ts';
import type { Disposable, Target } from '../store/store.ts';
import type { ServiceContext } from './context.ts';
import { asDeclined } from './outcome.ts';
import { lookLimit, type Slot } from './write.ts';

/** A write that a person can help: its settings file refuses it, and its caller waits. */
export interface WaitingWrite {
  readonly keys: readonly string[];
  /** Empty while no workspace is open. */
  readonly file: string;
  readonly target: Target;
  /** Why it was refused. */
  readonly error: unknown;
  /** Its caller has been answered, or it is being tried again. */
  readonly over: boolean;
  /** Tries again now. */
  retry(): void;
  /** Writes to the user settings instead: only when a person says so. */
  redirect(target: Target): void;
  /** The caller is told why it was refused. */
  giveUp(): void;
  /** As `giveUp`, because the user, who was asked, does not want it: the error's `context.declined` is true. */
  decline(): void;
}

/** Somebody who can ask a person. */
export interface Rescuer {
  /** How long a caller may be kept waiting for a person, in milliseconds; 0: not at all. */
  readonly patience: number;
  /** A write has begun to wait, or is waiting again. */
  onWaiting(write: WaitingWrite): void;
}

/** A refused operation, and how to run it again. */
export interface RefusedWrite {
  /** The order in which operations were asked for. */
  readonly order: number;
  /** Where it writes; nothing is known of that while no workspace is open. */
  readonly slots: readonly Slot[];
  /** The target that was asked for. */
  readonly target: Target;
  readonly signal: CallerSignal | undefined;
  /** A single plain value: one that is newer takes its place. */
  readonly replaceable: boolean;
  /** When it was refused first. */
  readonly since: number;
  again(target: Target): void;
  superseded(): void;
  reject(error: unknown): void;
}

const rescuable: ReadonlySet<StoreReason> = new Set<StoreReason>([
  'dirty', 'invalid-file', 'conflict', 'permission', 'read-only', 'no-workspace',
]);

/** Keeps writes that need a person, until their cause is gone, and sees that none undoes a newer one. */
export class WaitingWrites {
  readonly #context: ServiceContext;
  readonly #onChange: () => void;
  readonly #waiting = new Set<Waiting>();
  readonly #underWay = new Map<number, readonly Slot[]>();
  #rescuer: Rescuer | undefined;
  #poll: TimerHandle | undefined;
  #looking = false;
  #closed = false;

  /** @param onChange hears that their number has changed */
  constructor(context: ServiceContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** From now on this one is asked; the last one counts. */
  use(rescuer: Rescuer): Disposable {
    this.#rescuer = rescuer;
    return {
      dispose: () => {
        if (this.#rescuer !== rescuer) return;
        this.#rescuer = undefined;
        for (const each of [...this.#waiting]) each.giveUp();
      },
    };
  }

  /** Takes a refused write over, unless nobody could help it. @returns whether its caller goes on waiting */
  take(refused: RefusedWrite, error: unknown): boolean {
    const rescuer = this.#rescuer;
    if (this.#closed || rescuer === undefined || refused.signal?.aborted === true || !canBeRescued(error)) return false;
    const { clock } = this.#context;
    const left = rescuer.patience - (clock.now() - refused.since);
    if (left <= 0) return false;
    const waiting = new Waiting(refused, error, () => this.#leave(waiting), () => this.#isOvertaken(refused));
    waiting.limit = clock.setTimeout(() => waiting.giveUp(), left);
    this.#waiting.add(waiting);
    this.#onChange();
    if (refused.signal !== undefined) onAbort(refused.signal, waiting);
    this.#startPolling();
    rescuer.onWaiting(waiting);
    return true;
  }

  /** An operation is on its way. */
  began(order: number, slots: readonly Slot[]): void {
    this.#underWay.set(order, slots);
  }

  /** It has been answered, or has begun to wait. */
  ended(order: number): void {
    this.#underWay.delete(order);
  }

  /** An operation has been stored: older plain values that wait for the same place have lost their turn. */
  stored(order: number, slots: readonly Slot[]): void {
    for (const waiting of [...this.#waiting]) waiting.replacedBy(order, slots);
  }

  /** Something suggests that the files can be written again. */
  look(): void {
    if (this.#waiting.size > 0) void this.#look();
  }

  close(): void {
    this.#closed = true;
    for (const each of [...this.#waiting]) each.giveUp();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { store, patience } = this.#context;
    const places = new Map([...this.#waiting].flatMap(({ refused: { slots: [slot] } }) => (slot === undefined ? [] : [[slot.file, slot]])));
    await Promise.all([...places].map(async ([file, { key, target, scope }]) => {
      try {
        const { timedOut } = await patience.within(lookLimit, () => store.probe(target, scope, key));
        if (timedOut) return;
      } catch {
        return;
      }
      // In the order in which they were asked for (P23).
      for (const waiting of [...this.#waiting].filter((each) => each.file === file).sort((a, b) => a.refused.order - b.refused.order)) waiting.retry();
    }));
    this.#looking = false;
  }

  /** A newer write to the same place is on its way: what waits must not come after it. */
  #isOvertaken(refused: RefusedWrite): boolean {
    return [...this.#underWay].some(([order, slots]) => order > refused.order && slots.some((slot) => refused.slots.some((own) => samePlace(own, slot))));
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#onChange();
    const { signal } = waiting.refused;
    if (signal !== undefined) offAbort(signal, waiting);
    if (waiting.limit !== undefined) this.#context.clock.clearTimeout(waiting.limit);
    if (this.#waiting.size > 0 || this.#poll === undefined) return;
    this.#context.clock.clearTimeout(this.#poll);
    this.#poll = undefined;
  }

  /** Most causes end without an event: a file made writable, a disk made room on. */
  #startPolling(): void {
    this.#poll ??= this.#context.clock.setTimeout(() => {
      this.#poll = undefined;
      this.look();
      if (this.#waiting.size > 0) this.#startPolling();
    }, pollEvery);
  }
}

/** In milliseconds. */
const pollEvery = 2_000;

class Waiting implements WaitingWrite {
  readonly refused: RefusedWrite;
  readonly error: unknown;
  readonly #leave: () => void;
  readonly #isOvertaken: () => boolean;
  limit: TimerHandle | undefined;
  over = false;

  constructor(refused: RefusedWrite, error: unknown, leave: () => void, isOvertaken: () => boolean) {
    this.#isOvertaken = isOvertaken;
    this.refused = refused;
    this.error = error;
    this.#leave = leave;
  }

  get keys(): readonly string[] {
    return this.refused.slots.map(({ key }) => key);
  }

  get file(): string {
    return this.refused.slots[0]?.file ?? '';
  }

  get target(): Target {
    return this.refused.slots[0]?.target ?? this.refused.target;
  }

  retry(): void {
    this.redirect(this.target);
  }

  redirect(target: Target): void {
    // Its turn comes when the newer one has ended.
    if (target === this.target && this.#isOvertaken()) return;
    this.#end(() => this.refused.again(target));
  }

  giveUp(): void {
    this.#end(() => this.refused.reject(this.error));
  }

  decline(): void {
    this.#end(() => this.refused.reject(asDeclined(this.error)));
  }

  onAbort(): void {
    this.#end(() => this.refused.reject(new AbortedError(this.keys.join(', '), 'not stored', { cause: reasonOf(this.refused.signal) })));
  }

  replacedBy(order: number, slots: readonly Slot[]): void {
    const [own] = this.refused.slots;
    if (order > this.refused.order && this.refused.replaceable && own !== undefined && slots.some((slot) => samePlace(own, slot))) this.#end(() => this.refused.superseded());
  }

  #end(how: () => void): void {
    if (this.over) return;
    this.over = true;
    this.#leave();
    how();
  }
}

/** Nothing has been stored, nothing will be, and a person can remove the cause. */
function canBeRescued(error: unknown): boolean {
  if (error instanceof TransactionError) return error.notRestored.length === 0 && canBeRescued(error.cause);
  return error instanceof StoreError && rescuable.has(error.reason) && error.context['outcome'] !== 'unknown';
}

function samePlace(a: Slot, b: Slot): boolean {
  return a.key === b.key && a.file === b.file && a.scope.languageId === b.scope.languageId;
}
