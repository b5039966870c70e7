import { sameData } from '../settings/plain-data.ts';
import type { LateOutcome } from './events.ts';
import { look, slotId, type Slot, type WriteTools } from './write.ts';

/** A write whose callers have been answered, or moved on, while attempts of it may still land. */
export interface LateWrite {
  /** The job it belonged to. */
  readonly job: number;
  readonly slot: Slot;
  readonly value: unknown;
}

interface Followed extends LateWrite {
  /** Acknowledged and late writes, in the order of their ends. */
  readonly order: number;
  /** No attempt is left. */
  ended: boolean;
  /** It has been found to have undone a newer write, which is being restored. */
  mending: boolean;
  told: boolean;
}

/** A value that was acknowledged, and whether it still is the newest. */
export interface Acknowledged {
  readonly value: unknown;
  isNewest(): boolean;
}

/** `busy`: not now, there is no room; the next change of the store is another chance. */
export type Mended = 'mended' | 'busy' | 'failed';

export interface LateWriteHooks {
  /** Stores the newest acknowledged value again: a late write has undone it (P21). Never rejects. */
  mend(late: LateWrite, newest: Acknowledged): Promise<Mended>;
  onLate(late: LateWrite, outcome: LateOutcome, reasserted: boolean): void;
}

/** More than this many writes that never end are not followed. */
const maxLate = 100;

/** Follows the writes that were given up, so that none of them undoes a newer one unnoticed (P21, P29). */
export class LateWrites {
  readonly #tools: WriteTools;
  readonly #hooks: LateWriteHooks;
  readonly #late = new Set<Followed>();
  /** The newest acknowledged write of each slot, as long as there is a late one that could undo it. */
  readonly #acknowledged = new Map<string, { readonly order: number; readonly value: unknown }>();
  #order = 0;
  #reviewing = false;
  #reviewAgain = false;
  #closed = false;

  constructor(tools: WriteTools, hooks: LateWriteHooks) {
    this.#tools = tools;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#late.size;
  }

  acknowledge(slot: Slot, value: unknown): void {
    const order = ++this.#order;
    if (this.#late.size > 0) this.#acknowledged.set(slotId(slot), { order, value });
  }

  /** @param attempts those that have not come to an end; when there are none, the store is asked what became of the write */
  follow(write: LateWrite, attempts: readonly Promise<unknown>[]): void {
    if (this.#closed) return;
    const followed: Followed = { ...write, order: ++this.#order, ended: false, mending: false, told: false };
    this.#late.add(followed);
    void Promise.allSettled(attempts).then(() => {
      followed.ended = true;
      this.review();
    });
    if (this.#late.size <= maxLate) return;
    const oldest = this.#late.values().next().value!;
    this.#forget(oldest, 'unknown');
  }

  /** An attempt has ended, or the store has changed: that may have been a late write, landing. */
  review(): void {
    if (this.#late.size === 0) return;
    this.#reviewAgain = true;
    if (!this.#reviewing) void this.#review();
  }

  close(): void {
    this.#closed = true;
    this.#late.clear();
    this.#acknowledged.clear();
  }

  /** One at a time; what happens meanwhile calls for another. */
  async #review(): Promise<void> {
    this.#reviewing = true;
    while (this.#reviewAgain) {
      this.#reviewAgain = false;
      for (const write of [...this.#late]) {
        if (!write.mending) await this.#reviewOne(write);
      }
    }
    this.#reviewing = false;
  }

  async #reviewOne(write: Followed): Promise<void> {
    const { ended } = write;
    const stored = await look(this.#tools, write.slot);
    if (!this.#late.has(write)) return;
    const landed = stored !== undefined && sameData(stored.value, write.value);
    const newest = this.#acknowledged.get(slotId(write.slot));
    if (landed && newest !== undefined && newest.order > write.order && !sameData(newest.value, write.value)) {
      this.#tell(write, 'stored', true);
      void this.#mend(write, newest);
    } else if (ended) {
      this.#forget(write, stored === undefined ? 'unknown' : landed ? 'stored' : 'not stored');
    }
  }

  async #mend(write: Followed, newest: { readonly order: number; readonly value: unknown }): Promise<void> {
    write.mending = true;
    const id = slotId(write.slot);
    const result = await this.#hooks.mend(write, { value: newest.value, isNewest: () => this.#acknowledged.get(id)?.order === newest.order });
    write.mending = false;
    if (result === 'failed') this.#forget(write, 'stored');
    // Another attempt of it may have landed meanwhile.
    else if (result === 'mended') this.review();
  }

  #forget(write: Followed, outcome: LateOutcome): void {
    if (!this.#late.delete(write)) return;
    if (this.#late.size === 0) this.#acknowledged.clear();
    this.#tell(write, outcome, false);
  }

  #tell(write: Followed, outcome: LateOutcome, reasserted: boolean): void {
    if (!write.told) this.#hooks.onLate(write, outcome, reasserted);
    write.told = true;
  }
}
