import type { LateOutcome, WriteInput } from '../../../machines/write.ts';
import type { Clock } from '../../clock.ts';
import { sameData } from '../../settings/plain-data.ts';
import { mayBeBuiltOn, type From } from './asked.ts';
import { locationId, type SettingLocation } from './location.ts';
import { look, type WriteTools } from './looks.ts';
import type { WriteRef } from './write.ts';

/** A value whose caller has been answered, or has moved on, and which may still be applied. */
export interface UnconfirmedValue {
  /** The write it belonged to, by its number. */
  readonly write: number;
  readonly location: SettingLocation;
  readonly value: unknown;
  /** What it was computed from; `undefined` for a plain value. */
  readonly from: From | undefined;
  /** Nobody has been told what became of it. */
  readonly inDoubt: boolean;
}

interface Followed extends UnconfirmedValue {
  /** Its states: watched, and restoring the newer value that it has undone. */
  readonly actor: WriteRef;
  /** Acknowledged and unconfirmed writes, in the order of their ends. */
  readonly order: number;
  /** How its attempts ended, once all have: `stored` when the store says so of each, so that none can be applied later. */
  end: { readonly at: number; readonly stored: boolean } | undefined;
  /** How often it may still be applied: by each attempt once at most. What looks like it after that is another program's. */
  landings: number;
}

/** The value of a setting that no unconfirmed write may undo. */
interface Newest {
  /** After the writes that it may not be undone by. */
  order: number;
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
export type Restored = 'restored' | 'busy' | 'refused';

export interface UnconfirmedHooks {
  startActor(input: WriteInput): WriteRef;
  /** Stores the newest acknowledged value again: an unconfirmed write has undone it (P21). Never rejects. */
  restore(undoing: UnconfirmedValue, newest: Acknowledged): Promise<Restored>;
  /** @param id of a location */
  isBeingWritten(id: string): boolean;
  /** Whether a write, by its number, has another turn before it, or is in it. */
  isUnderWay(write: number): boolean;
  onReported(value: UnconfirmedValue, outcome: LateOutcome, reasserted: boolean): void;
}

/** No more than this many values are followed. */
const maxFollowed = 100;
/** For so long after its end an attempt may still be applied: a refused one is in the editor's buffer, and auto-save may store it. In milliseconds. */
const mayApplyFor = 300_000;
/** No more values that others have replaced are remembered for a slot. */
const maxFormer = 16;

/**
 * The values in `unconfirmed`: sent, and never confirmed. None of them undoes a newer one unnoticed (P21, P29).
 *
 * - Each change of the file, each end of an attempt and each sign of life is looked at.
 * - What neither this service nor an unconfirmed write has stored is another program's, and the newest.
 * - An unconfirmed value that has undone a newer one is replaced by it again, as often as it may still be applied.
 */
export class UnconfirmedWrites {
  readonly #tools: WriteTools;
  readonly #clock: Clock;
  readonly #hooks: UnconfirmedHooks;
  readonly #followed = new Set<Followed>();
  /** The newest acknowledged write of each location, as long as there is an unconfirmed one that could undo it. */
  readonly #acknowledged = new Map<string, Newest>();
  #order = 0;
  /** Reviews that were asked for, and how many of these a review that has begun answers. */
  #asked = 0;
  #answered = 0;
  #review: Promise<void> | undefined;

  constructor(tools: WriteTools, clock: Clock, hooks: UnconfirmedHooks) {
    this.#tools = tools;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Values of which nobody knows what became. */
  get inDoubt(): number {
    let count = 0;
    for (const { inDoubt, actor } of this.#followed) if (inDoubt && actor.getSnapshot().context.reported === undefined) count++;
    return count;
  }

  /** @param former see `Newest`: by default the value is ours */
  acknowledge(location: SettingLocation, value: unknown, former: readonly unknown[] = [], order = ++this.#order): void {
    if (this.#followed.size > 0) this.#acknowledged.set(locationId(location), { order, value, former });
  }

  /**
   * What is there after a transaction was taken back is the newest from now on, unless an unconfirmed write has just undone that.
   * @param asked what the transaction has stored, perhaps
   */
  keep(location: SettingLocation, value: unknown, asked: unknown): void {
    const id = locationId(location);
    const newest = this.#acknowledged.get(id);
    // It may be on its way back already: then it goes on.
    if (newest !== undefined && !sameData(newest.value, asked) && this.#isUnconfirmed(id, value)) newest.order = ++this.#order;
    else this.acknowledge(location, value);
  }

  /**
   * @param attempts those that may still store it, over or not
   * @param landings how many of them may still do so
   */
  follow(value: UnconfirmedValue, attempts: readonly Promise<unknown>[], landings: number): void {
    if (landings === 0 && !value.inDoubt) return;
    const actor = this.#hooks.startActor({ keys: [value.location.key], unconfirmed: true });
    const followed: Followed = { ...value, actor, order: ++this.#order, end: undefined, landings };
    this.#followed.add(followed);
    void Promise.allSettled(attempts).then((ends) => {
      followed.end = { at: this.#clock.now(), stored: ends.every(({ status }) => status === 'fulfilled') };
      this.review();
    });
    if (this.#followed.size <= maxFollowed) return;
    const oldest = this.#followed.values().next().value!;
    this.#report(oldest, 'unknown', false);
    this.#forget(oldest);
  }

  /** A write has been stored in another turn, and its caller has been told: nobody has to hear of its earlier attempts. */
  answered(write: number): void {
    for (const each of this.#followed) {
      if (each.write === write && each.inDoubt) each.actor.send({ type: 'REPORTED', outcome: 'stored' });
    }
  }

  /** An attempt has ended, the store has changed, or shows signs of life: an unconfirmed value may have been applied. */
  review(): void {
    if (this.#followed.size === 0) return;
    this.#asked++;
    this.#review ??= this.#reviewAll();
  }

  close(): void {
    for (const followed of [...this.#followed]) this.#forget(followed);
  }

  /** One at a time; what happens meanwhile calls for another. */
  async #reviewAll(): Promise<void> {
    while (this.#answered < this.#asked) {
      this.#answered = this.#asked;
      const locations = new Map([...this.#followed].map(({ location }) => [locationId(location), location]));
      for (const [id, location] of locations) {
        // What throws when it is looked at tells nothing.
        await this.#reviewLocation(id, location).catch(() => undefined);
      }
    }
    // At once, and not when its promise has settled: what is asked for from now on begins another.
    this.#review = undefined;
  }

  async #reviewLocation(id: string, location: SettingLocation): Promise<void> {
    const followed = [...this.#followed].filter((each) => locationId(each.location) === id).map((each) => ({ each, end: each.end }));
    const stored = await look(this.#tools, location);
    if (stored !== undefined) this.#noteOutside(id, location, stored.value);
    for (const { each, end } of followed) {
      if (!this.#followed.has(each) || each.actor.getSnapshot().matches({ unconfirmed: 'restoring' })) continue;
      if (stored !== undefined && sameData(stored.value, each.value) && this.#hasUndone(id, each)) this.#undo(id, each);
      else this.#settle(id, each, stored, end);
    }
  }

  /** It is there, and should not be. */
  #hasUndone(id: string, each: Followed): boolean {
    const newest = this.#acknowledged.get(id);
    if (newest === undefined || newest.order <= each.order || each.landings === 0 || sameData(newest.value, each.value)) return false;
    // A write under way has its place in the order of the queue, and may be what is there; others may have gone back to it; and one
    // that was asked for later, of which nobody knows the end, has stored it as well as this one.
    return !this.#hooks.isBeingWritten(id) && !isRestored(newest, each.value) && !this.#isUnconfirmed(id, each.value, newest.order);
  }

  #undo(id: string, each: Followed): void {
    this.#report(each, 'stored', true);
    each.actor.send({ type: 'UNDID_NEWER', at: this.#clock.now() });
    if (each.actor.getSnapshot().matches({ unconfirmed: 'restoring' })) void this.#restore(id, each, this.#acknowledged.get(id)!);
  }

  #settle(id: string, each: Followed, stored: From | undefined, end: Followed['end']): void {
    const isThere = stored !== undefined && sameData(stored.value, each.value);
    const newest = this.#acknowledged.get(id);
    const isOutdone = newest !== undefined && newest.order > each.order;
    // Where a newer write has stored the same, or is just doing so, that it is there is no news.
    const isNews = each.inDoubt || !(isOutdone || this.#hooks.isBeingWritten(id));
    if (isThere && isNews) {
      this.#report(each, 'stored', false);
      // From now on it is the newest, and no older one may undo it.
      if (!isOutdone) this.acknowledge(each.location, each.value, [], each.order);
    }
    if (end === undefined) return;
    if (!isThere) this.#report(each, stored === undefined || mayBeBuiltOn(each.from, stored.value) ? 'unknown' : 'not stored', false);
    // What is refused or lost may still be applied for a while; no caller waits for that. What is stored, and was not to be seen, will be.
    if (this.#isHeldBack(each)) return;
    if ((end.stored && (stored !== undefined || !each.inDoubt)) || this.#clock.now() - end.at >= mayApplyFor) this.#forget(each);
  }

  /** What neither we nor an unconfirmed write have stored is from outside, and the newest: an unconfirmed one must not undo it either. */
  #noteOutside(id: string, location: SettingLocation, value: unknown): void {
    const newest = this.#acknowledged.get(id);
    if (newest === undefined || sameData(value, newest.value) || this.#hooks.isBeingWritten(id)) return;
    if (this.#isUnconfirmed(id, value) && !isRestored(newest, value)) return;
    this.acknowledge(location, value, [...newest.former, newest.value].slice(-maxFormer));
  }

  /** An unconfirmed write, asked for after this one, has this value. */
  #isUnconfirmed(id: string, value: unknown, after = 0): boolean {
    return [...this.#followed].some((each) => each.order > after && locationId(each.location) === id && sameData(each.value, value));
  }

  async #restore(id: string, each: Followed, newest: Newest): Promise<void> {
    const result = await this.#hooks.restore(each, { value: newest.value, isNewest: () => this.#acknowledged.get(id) === newest });
    if (result === 'restored') {
      each.actor.send({ type: 'RESTORED' });
      each.landings--;
      // Another attempt of it may have been applied meanwhile.
      this.review();
    } else each.actor.send(result === 'busy' ? { type: 'RESTORE_FAILED' } : { type: 'RESTORE_REFUSED', at: this.#clock.now() });
  }

  #forget(each: Followed): void {
    this.#followed.delete(each);
    each.actor.send({ type: 'OVER' });
    if (this.#followed.size === 0) this.#acknowledged.clear();
  }

  /** That it is not stored, or that nobody knows, is told when its write has come to an end: it has another turn before it. */
  #isHeldBack({ write, inDoubt, actor }: Followed): boolean {
    return inDoubt && actor.getSnapshot().context.reported === undefined && this.#hooks.isUnderWay(write);
  }

  #report(each: Followed, outcome: LateOutcome, reasserted: boolean): void {
    if (outcome !== 'stored' && this.#isHeldBack(each)) return;
    const { reported } = each.actor.getSnapshot().context;
    // To those who have been told something, only that it has been stored after all is news.
    if (reported === outcome || ((!each.inDoubt || reported !== undefined) && outcome !== 'stored')) return;
    each.actor.send({ type: 'REPORTED', outcome });
    this.#hooks.onReported(each, outcome, reasserted);
  }
}

/**
 * Others have replaced this value, and have taken that back: a person by undoing an edit, another window by rolling a
 * transaction back. An unconfirmed write of ours looks the same, but is far less likely; so does a removal.
 */
function isRestored({ former }: Newest, value: unknown): boolean {
  return former.some((each) => value === undefined || sameData(each, value));
}
