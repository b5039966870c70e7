import type { Clock, TimerHandle } from '../clock.ts';
import { unwatchExit, watchExit, type KeptAlive } from './keep-alive.ts';
import { LinkedList, type Linked } from './linked-list.ts';

/**
 * Something that must end within a time, and its links in the one list it is in at most. An interface and no base
 * class: constructing a derived class is a tenth of what a call costs.
 */
export interface Deadline extends Linked {
  /** When its time began, by the clock; later by the time that it was given again. */
  began: number;
  /** It takes longer than it should: see `slidingWindow`. */
  slow: boolean;
  /** Its time is over; it has been taken off the list. */
  expire(): void;
}

/** A timer that fires later than this, in milliseconds, was held up: the process did not run. */
export const timerSlack = 50;

/** Stands for the timer while a turn of the event loop is awaited. */
const turning: TimerHandle = {};

/**
 * The deadlines of one duration. As all last equally long they expire in the order they began, so a
 * linked list keeps them sorted and one timer serves them all, however many are in flight (P14).
 *
 * - Before anything expires the event loop turns once, so that results that have arrived in time are heard first.
 * - Time during which the process did not run does not count (P10). When the timer fires late, because the machine slept,
 *   the process was stopped or its event loop was blocked, everything on the list gets as much time again as was lost:
 *   at most the whole duration, and once.
 * - The timer does not keep the process alive until the process would end while something on the list is awaited.
 */
export class DeadlineList extends LinkedList<Deadline> implements KeptAlive {
  /** In milliseconds; may be Infinity. */
  readonly duration: number;
  /** The timer keeps the process alive: it must be stopped when nothing is waited for. */
  keepsAlive = false;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  /** Whatever began at this time or before has been given time again already. */
  #stretched = -Infinity;

  constructor(clock: Clock, duration: number) {
    super();
    this.#clock = clock;
    this.duration = duration;
  }

  override add(deadline: Deadline): void {
    deadline.began = this.#clock.now();
    super.add(deadline);
    // A timer that runs already is due no later than this deadline: it re-arms itself.
    this.#timer ??= this.#arm(this.duration);
  }

  /** Takes everything off the list and stops the timer. */
  override clear(): Deadline[] {
    this.#disarm();
    return super.clear();
  }

  keepAlive(): void {
    if (this.keepsAlive || this.first === undefined || this.duration === Infinity || this.#timer === turning) return;
    this.#disarm();
    this.keepsAlive = true;
    this.#timer = this.#arm(Math.max(0, this.#due(this.first) - this.#clock.now()));
  }

  #arm(delay: number): TimerHandle {
    watchExit(this);
    return this.#clock.setTimeout(() => this.#onTimer(), delay, !this.keepsAlive);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.keepsAlive = false;
    unwatchExit(this);
  }

  #due({ began }: Deadline): number {
    return began + this.duration;
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (this.first === undefined) {
      this.#disarm();
      return;
    }
    const now = this.#clock.now();
    const late = now - this.#due(this.first);
    if (late > timerSlack && this.first.began > this.#stretched) this.#stretch(now + Math.min(late, this.duration));
    const due = this.#due(this.first);
    if (due > now) this.#timer = this.#arm(due - now);
    else this.#awaitTurn();
  }

  /** Nothing expires before this time. */
  #stretch(until: number): void {
    this.#stretched = until - this.duration;
    let each = this.first;
    while (each !== undefined && each.began < this.#stretched) {
      each.began = this.#stretched;
      each = each.later as Deadline | undefined;
    }
  }

  #awaitTurn(): void {
    const { nextTurn } = this.#clock;
    if (nextTurn === undefined) {
      this.#timer = this.#clock.setTimeout(() => this.#onTurn(), 0, !this.keepsAlive);
      return;
    }
    this.#timer = turning;
    nextTurn.call(this.#clock, () => {
      // A turn cannot be cancelled: the list may have been cleared meanwhile, and filled again.
      if (this.#timer === turning) this.#onTurn();
    });
  }

  #onTurn(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.first !== undefined && this.#due(this.first) <= now) {
      const deadline = this.first;
      this.remove(deadline);
      deadline.expire();
    }
    if (this.first !== undefined) this.#timer ??= this.#arm(this.#due(this.first) - now);
    else if (this.#timer === undefined) this.#disarm();
  }
}
