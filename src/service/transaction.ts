import { AbortedError, StoreError, TransactionError, type ConfigurationError } from '../errors.ts';
import type { Guard } from '../guard/guard.ts';
import { reasonOf } from '../guard/signals.ts';
import { sameData } from '../settings/plain-data.ts';
import { Job, type Caller, type JobHost, type JobOptions } from './jobs.ts';
import type { Turn, TurnOwner } from './turn.ts';
import { besideOthers, isDefinite, locked, look, lookLimit, place, type Slot } from './write.ts';

/** A value to be stored, and where. */
export interface SlotValue {
  readonly slot: Slot;
  readonly value: unknown;
  /** When present: the transaction fails unless this is there when it begins. */
  readonly from?: { readonly value: unknown };
}

/** A key the transaction has touched. */
interface Touched {
  readonly slot: Slot;
  /** What was there before. */
  readonly before: unknown;
  readonly asked: unknown;
  /** Whatever is there now may be of our doing: the store has stored something else than it was asked to. */
  readonly garbled: boolean;
  /** An attempt that was given up may still be stored. */
  readonly mayLand: boolean;
}

/** For so long a failed transaction tries to restore what it has touched, in milliseconds. */
const rollBackLimit = 30_000;

/** Several settings of one target, all or none (P24). */
export class TransactionJob extends Job implements TurnOwner {
  readonly slots: readonly Slot[];
  /** In the queues of its other files. */
  turns: readonly Turn[] = [];
  readonly #writes: readonly SlotValue[];
  readonly #touched: Touched[] = [];
  readonly #rolledBack = new Set<string>();
  #at = '';

  constructor(id: number, host: JobHost, writes: readonly SlotValue[], caller: Caller, options: JobOptions) {
    super(id, host, caller, options);
    this.#writes = writes;
    this.slots = writes.map(({ slot }) => slot);
  }

  /** It runs in the queue of the first. */
  get files(): readonly string[] {
    return [...new Set(this.slots.map(({ file }) => file))];
  }

  /** What waits for one file to work again must not hold up another. */
  override get park(): boolean {
    return super.park && this.turns.length === 0;
  }

  get repeatable(): boolean {
    return this.#touched.length === 0;
  }

  override async run(guard: Guard): Promise<void> {
    let release: (() => void) | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      const guards = new Map([[this.files[0], guard]]);
      for (const { file, began } of this.turns) guards.set(file, await began);
      // Readers of the service see all or nothing.
      release = this.host.hold(this.keys);
      failure = await this.#apply(guards);
      if (failure !== undefined) await this.#rollBack();
    } finally {
      release?.();
      for (const turn of this.turns) turn.end();
    }
    if (failure !== undefined) throw failure.error;
    this.succeed();
  }

  /** Says what is as it was before, and what is not, also when disposal ends it half-way. */
  override fail(cause: unknown): void {
    for (const turn of this.turns) turn.end();
    super.fail(this.#touched.length === 0 ? cause : this.#failure(cause));
  }

  onTurnRefused(error: unknown): void {
    if (!this.settled && this.host.withdraw(this)) this.fail(error);
  }

  async #apply(guards: ReadonlyMap<string | undefined, Guard>): Promise<{ readonly error: unknown } | undefined> {
    for (const { slot, value, from } of this.#writes) {
      this.#at = slot.key;
      const before = await this.#lookBefore(slot);
      const { signal } = this.options;
      if (signal?.aborted === true) return { error: new AbortedError(slot.key, 'not stored', { cause: reasonOf(signal) }) };
      if ('error' in before) return before;
      if (from !== undefined && !sameData(before.value, from.value)) return { error: new StoreError('newer', `"${slot.key}" was changed by someone else meanwhile.`, { context: { key: slot.key } }) };
      if (sameData(before.value, value)) {
        // Whatever put it there: it is what is asked for now, and no older value is restored over it (P21).
        this.host.onStored(slot, value);
        continue;
      }
      let over = before.value;
      const end = await this.write(guards.get(slot.file)!, slot, { kind: 'value', value, over: (stored) => (over = stored) });
      if (end.ok) this.#touched.push({ slot, before: over, asked: value, garbled: false, mayLand: end.mayLand });
      else {
        if (end.loose.length > 0) this.#touched.push({ slot, before: over, asked: value, garbled: end.unverified, mayLand: end.unknown && end.mayLand });
        return { error: end.error };
      }
    }
    return undefined;
  }

  async #lookBefore(slot: Slot): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
    const { tools } = this.host;
    const { store, patience } = tools;
    try {
      const result = await besideOthers(tools, lookLimit, this.options.signal, () => patience.within(lookLimit, () => store.readBack(slot)));
      if (result?.timedOut === false) return { value: result.value };
    } catch (error) {
      // A settings file that cannot be read says why.
      if (isDefinite(error)) return { error };
    }
    return { error: new StoreError('io', `"${slot.key}" could not be read before the transaction.`) };
  }

  async #rollBack(): Promise<void> {
    const { clock } = this.host;
    const deadline = clock.now() + rollBackLimit;
    for (const touched of [...this.#touched].reverse()) {
      if (this.settled || clock.now() >= deadline) return;
      if (await this.#restore(touched) && !touched.mayLand) this.#rolledBack.add(touched.slot.key);
    }
  }

  /** Past the breaker: an open one must not keep what was half done from being undone. */
  async #restore({ slot, before, asked, garbled }: Touched): Promise<boolean> {
    for (let tries = 0; tries < 3; tries++) {
      const now = await look(this.host.tools, slot);
      // What somebody else has stored since is not ours to undo.
      if (now !== undefined && (sameData(now.value, before) || (!garbled && !sameData(now.value, asked)))) {
        this.host.onStored(slot, now.value);
        return true;
      }
      // Somebody else's, by its looks, stored in the moment before we looked: not ours to undo, and not as it was.
      if (now !== undefined && garbled && !sameData(now.value, asked) && this.host.isLegal(slot, now.value)) return false;
      // Unseen, it is restored only where what was asked for is still there.
      const expected = now ?? (garbled ? undefined : { value: asked });
      if (expected !== undefined && tries < 2 && !this.settled) await this.#send(slot, before, expected);
    }
    return false;
  }

  async #send(slot: Slot, value: unknown, expected: { readonly value: unknown }): Promise<void> {
    const { store, patience } = this.host.tools;
    const controller = new AbortController();
    const attempts: Promise<unknown>[] = [];
    try {
      const result = await patience.within(lookLimit, () => locked(store, slot, controller.signal, () => {
        const sending = store.write({ ...place(slot), value }, { signal: controller.signal, expected });
        attempts.push(sending);
        return sending;
      }));
      if (!result.timedOut) return;
      controller.abort();
    } catch (error) {
      if (isDefinite(error)) return;
    }
    // Stored or not, the next look tells.
    if (attempts.length > 0) this.host.onLoose(this, slot, [{ from: undefined, value, attempts, landings: attempts.length }], false);
  }

  #failure(cause: unknown): TransactionError {
    const rolledBack = [...this.#rolledBack];
    const touched = [...this.#touched.map(({ slot }) => slot.key), ...this.inDoubt];
    const notRestored = [...new Set(touched)].filter((key) => !this.#rolledBack.has(key));
    const { retryable, userAction } = cause as ConfigurationError;
    return new TransactionError(this.#at, rolledBack, notRestored, { cause, retryable, ...(userAction === undefined ? {} : { userAction }) });
  }
}
