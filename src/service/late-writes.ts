import type { Clock } from '../clock.ts';
import { sameData } from '../settings/plain-data.ts';
import type { LateOutcome } from './events.ts';
import { look, mayBeBuiltOn, slotId, type From, type Slot, type WriteTools } from './write.ts';

/** A write whose callers have been answered, or have moved on, and which may still land. */
export interface LateWrite {
  /** The job it belonged to. */
  readonly job: number;
  readonly slot: Slot;
  readonly value: unknown;
  /** What it was computed from; `undefined` for a plain value. */
  readonly from: From | undefined;
  /** Nobody has been told what became of it. */
  readonly inDoubt: boolean;
}

interface Followed extends LateWrite {
  /** Acknowledged and late writes, in the order of their ends. */
  readonly order: number;
  /** When its last attempt came to an end. */
  ended?: number;
  /** Every attempt has been stored: none can land any more. */
  over: boolean;
  /** It has undone a newer write, which is being restored. */
  mending: boolean;
  /** Restoring that was refused: it is tried again at a sign of life after this. */
  restsUntil: number;
  /** How often it may still land: each attempt does so once at most. What looks like it after that is somebody else's. */
  landings: number;
  told?: LateOutcome;
}

/** The value of a slot that no late write may undo. */
interface Newest {
  readonly order: number;
  readonly value: unknown;
  /** What others have replaced since our last write, the oldest first: empty when the value is ours. */
  readonly former: readonly unknown[];
}

/** A value that was acknowledged, and whether it still is the newest. */
export interface Acknowledged {
  readonly value: unknown;
  isNewest(): boolean;
}

/** `busy`: not now, there is no room or the store fails; its next change, or the end of a write, is another chance. `refused`: the same, but not at once. */
export type Mended = 'mended' | 'busy' | 'refused';

export interface LateWriteHooks {
  /** Stores the newest acknowledged value again: a late write has undone it (P21). Never rejects. */
  mend(late: LateWrite, newest: Acknowledged): Promise<Mended>;
  /** @param id of a slot */
  isBeingWritten(id: string): boolean;
  onLate(late: LateWrite, outcome: LateOutcome, reasserted: boolean): void;
}

/** No more than this many writes are followed. */
const maxLate = 100;
/** For so long after its end an attempt may still land: a refused one is in the editor's buffer, and auto-save may store it. In milliseconds. */
const mayLandFor = 300_000;
/** No more values that others have replaced are remembered for a slot. */
const maxFormer = 16;
/** Between refusals to restore a value, in milliseconds: an editor may announce every write that fails as a change. */
const restAfterRefusal = 5_000;

/** Follows the writes that may land late, so that none of them undoes a newer one unnoticed (P21, P29). */
export class LateWrites {
  readonly #tools: WriteTools;
  readonly #clock: Clock;
  readonly #hooks: LateWriteHooks;
  readonly #late = new Set<Followed>();
  /** The newest acknowledged write of each slot, as long as there is a late one that could undo it. */
  readonly #acknowledged = new Map<string, Newest>();
  #order = 0;
  #reviewing = false;
  #reviewAgain = false;
  #closed = false;

  constructor(tools: WriteTools, clock: Clock, hooks: LateWriteHooks) {
    this.#tools = tools;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Writes of which nobody knows what became. */
  get inDoubt(): number {
    let count = 0;
    for (const { inDoubt, told } of this.#late) if (inDoubt && told === undefined) count++;
    return count;
  }

  /** @param former see `Newest`: by default the value is ours */
  acknowledge(slot: Slot, value: unknown, former: readonly unknown[] = [], order = ++this.#order): void {
    if (this.#late.size > 0) this.#acknowledged.set(slotId(slot), { order, value, former });
  }

  /**
   * @param attempts those that may still store it, over or not
   * @param landings how many of them may still do so
   */
  follow(write: LateWrite, attempts: readonly Promise<unknown>[], landings: number): void {
    if (this.#closed || (landings === 0 && !write.inDoubt)) return;
    const followed: Followed = { ...write, order: ++this.#order, over: false, mending: false, restsUntil: 0, landings };
    this.#late.add(followed);
    void Promise.allSettled(attempts).then((ends) => {
      followed.ended = this.#clock.now();
      followed.over = ends.every(({ status }) => status === 'fulfilled');
      this.review();
    });
    if (this.#late.size <= maxLate) return;
    const oldest = this.#late.values().next().value!;
    this.#tell(oldest, 'unknown', false);
    this.#forget(oldest);
  }

  /** An attempt has ended, the store has changed, or shows signs of life: that may have been a late write, landing. */
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
      const slots = new Map([...this.#late].map(({ slot }) => [slotId(slot), slot]));
      for (const [id, slot] of slots) await this.#reviewSlot(id, slot);
    }
    this.#reviewing = false;
  }

  async #reviewSlot(id: string, slot: Slot): Promise<void> {
    const writes = [...this.#late].filter((write) => slotId(write.slot) === id).map((write) => ({ write, ended: write.ended, over: write.over }));
    const stored = await look(this.#tools, slot);
    if (stored !== undefined) this.#noteOutside(id, slot, stored.value);
    for (const { write, ended, over } of writes) {
      if (write.mending || !this.#late.has(write)) continue;
      const landed = stored !== undefined && sameData(stored.value, write.value);
      const newest = this.#acknowledged.get(id);
      const outdone = newest !== undefined && newest.order > write.order;
      const hasUndone = landed && outdone && write.landings > 0 && !sameData(newest.value, write.value);
      // Others may have gone back to it; and one that was asked for later, of which nobody knows the end, has stored it as well as this one.
      if (hasUndone && !isRestored(newest, write.value) && !this.#isLate(id, write.value, newest.order)) {
        this.#tell(write, 'stored', true);
        if (this.#clock.now() >= write.restsUntil) void this.#mend(write, newest);
        continue;
      }
      // Where a newer write has stored the same, or is just doing so, that it is there is no news.
      const isNews = write.inDoubt || !(outdone || this.#hooks.isBeingWritten(id));
      if (landed && isNews) {
        this.#tell(write, 'stored', false);
        // From now on it is the newest, and no older one may undo it.
        if (!outdone) this.acknowledge(slot, write.value, [], write.order);
      }
      if (ended === undefined) continue;
      if (!landed) this.#tell(write, stored === undefined || mayBeBuiltOn(write.from, stored.value) ? 'unknown' : 'not stored', false);
      // What is refused or lost may still land for a while; nobody waits for that. What is stored, and was not to be seen, will be.
      if ((over && (stored !== undefined || !write.inDoubt)) || this.#clock.now() - ended >= mayLandFor) this.#forget(write);
    }
  }

  /** What neither we nor a late write have stored is from outside, and the newest: a late write must not undo it either. */
  #noteOutside(id: string, slot: Slot, value: unknown): void {
    const newest = this.#acknowledged.get(id);
    if (newest === undefined || sameData(value, newest.value) || this.#hooks.isBeingWritten(id)) return;
    if (this.#isLate(id, value) && !isRestored(newest, value)) return;
    this.acknowledge(slot, value, [...newest.former, newest.value].slice(-maxFormer));
  }

  /** A late write, asked for after this one, has this value. */
  #isLate(id: string, value: unknown, after = 0): boolean {
    return [...this.#late].some((write) => write.order > after && slotId(write.slot) === id && sameData(write.value, value));
  }

  async #mend(write: Followed, newest: Newest): Promise<void> {
    write.mending = true;
    const id = slotId(write.slot);
    const result = await this.#hooks.mend(write, { value: newest.value, isNewest: () => this.#acknowledged.get(id) === newest });
    write.mending = false;
    if (result === 'refused') write.restsUntil = this.#clock.now() + restAfterRefusal;
    // Another attempt of it may have landed meanwhile.
    if (result === 'mended') {
      write.landings--;
      this.review();
    }
  }

  #forget(write: Followed): void {
    this.#late.delete(write);
    if (this.#late.size === 0) this.#acknowledged.clear();
  }

  #tell(write: Followed, outcome: LateOutcome, reasserted: boolean): void {
    // To those who have been told something, only that it has been stored after all is news.
    if (write.told === outcome || ((!write.inDoubt || write.told !== undefined) && outcome !== 'stored')) return;
    write.told = outcome;
    this.#hooks.onLate(write, outcome, reasserted);
  }
}

/**
 * Others have replaced this value, and have taken that back: a person by undoing an edit, another window by rolling a
 * transaction back. A late write of ours looks the same, but is far less likely; so does a removal.
 */
function isRestored({ former }: Newest, value: unknown): boolean {
  return former.some((each) => value === undefined || sameData(each, value));
}
