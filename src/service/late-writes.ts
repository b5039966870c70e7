import { sameData } from '../settings/plain-data.ts';
import type { LateOutcome } from './events.ts';
import { look, slotId, type Slot, type WriteTools } from './write.ts';

/** A write that was given up and may still land. */
interface LateWrite {
  /** The order of the writes: later ones have higher numbers. */
  readonly sequence: number;
  readonly slot: Slot;
  readonly value: unknown;
}

export interface LateWriteHooks {
  /** Stores the newest acknowledged value again: a late write has undone it (P21). */
  reassert(slot: Slot): void;
  onLate(write: { slot: Slot; sequence: number }, outcome: LateOutcome, reasserted: boolean): void;
}

/** More than this many writes that never end are not followed. */
const maxLate = 100;

/** Follows the writes that were given up, so that none of them undoes a newer one unnoticed (P21, P29). */
export class LateWrites {
  readonly #tools: WriteTools;
  readonly #hooks: LateWriteHooks;
  readonly #late = new Set<LateWrite>();
  /** The newest acknowledged write of each slot. */
  readonly #acknowledged = new Map<string, { readonly sequence: number; readonly value: unknown }>();

  constructor(tools: WriteTools, hooks: LateWriteHooks) {
    this.#tools = tools;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#late.size;
  }

  acknowledge(slot: Slot, sequence: number, value: unknown): void {
    this.#acknowledged.set(slotId(slot), { sequence, value });
  }

  /** The value the slot should hold, as far as this service knows. */
  acknowledged(slot: Slot): { readonly sequence: number; readonly value: unknown } | undefined {
    return this.#acknowledged.get(slotId(slot));
  }

  /** @param attempts the attempts that have not come to an end */
  follow(slot: Slot, sequence: number, value: unknown, attempts: readonly Promise<unknown>[]): void {
    const write: LateWrite = { sequence, slot, value };
    this.#late.add(write);
    void Promise.allSettled(attempts).then(() => this.#onEnd(write));
    if (this.#late.size <= maxLate) return;
    const oldest = this.#late.values().next().value!;
    this.#late.delete(oldest);
    this.#hooks.onLate(oldest, 'unknown', false);
  }

  /** The store has changed: it may have been a late write that never told. */
  onStoreChange(): void {
    for (const write of this.#late) void this.#check(write);
  }

  clear(): void {
    this.#late.clear();
    this.#acknowledged.clear();
  }

  async #onEnd(write: LateWrite): Promise<void> {
    if (!this.#late.has(write)) return;
    const outcome = await this.#check(write);
    if (this.#late.delete(write) && outcome !== 'reasserted') this.#hooks.onLate(write, outcome, false);
  }

  async #check(write: LateWrite): Promise<LateOutcome | 'reasserted'> {
    const stored = await look(this.#tools, write.slot);
    if (stored === undefined || !this.#late.has(write)) return 'unknown';
    if (!sameData(stored.value, write.value)) return 'not stored';
    const newest = this.acknowledged(write.slot);
    if (newest === undefined || newest.sequence <= write.sequence || sameData(newest.value, write.value)) return 'stored';
    this.#hooks.onLate(write, 'stored', true);
    this.#hooks.reassert(write.slot);
    return 'reasserted';
  }
}
