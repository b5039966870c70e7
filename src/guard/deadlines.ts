import type { Clock, TimerHandle } from '../clock.ts';
import { LinkedList, type Linked } from './linked-list.ts';

/**
 * Something that must end within a time, and its links in the one list it is in at most. An interface and no base
 * class: constructing a derived class is a tenth of what a call costs.
 */
export interface Deadline extends Linked {
  due: number;
  /** Its time is over; it has been taken off the list. */
  expire(): void;
}

/**
 * The deadlines of one duration. As all last equally long they expire in the order they began, so a
 * linked list keeps them sorted and one timer serves them all, however many are in flight (P14).
 */
export class DeadlineList extends LinkedList<Deadline> {
  /** In milliseconds. */
  readonly duration: number;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, duration: number) {
    super();
    this.#clock = clock;
    this.duration = duration;
  }

  override add(deadline: Deadline): void {
    deadline.due = this.#clock.now() + this.duration;
    super.add(deadline);
    // A timer that runs already is due no later than this deadline: it re-arms itself.
    this.#timer ??= this.#arm(this.duration);
  }

  /** Takes everything off the list and stops the timer. */
  override clear(): Deadline[] {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    return super.clear();
  }

  #arm(delay: number): TimerHandle {
    return this.#clock.setTimeout(() => this.#onTimer(), delay, true);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.first !== undefined && this.first.due <= now) {
      const deadline = this.first;
      this.remove(deadline);
      deadline.expire();
    }
    if (this.first !== undefined) this.#timer ??= this.#arm(this.first.due - now);
  }
}
