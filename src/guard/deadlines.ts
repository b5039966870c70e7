import type { Clock, TimerHandle } from '../clock.ts';

/**
 * Something that must end within a time, and its links in the one `DeadlineList` it lives in at most. An interface and
 * no base class: constructing a derived class is a tenth of what a call costs.
 */
export interface Deadline {
  due: number;
  earlier: Deadline | undefined;
  later: Deadline | undefined;
  listed: boolean;
  /** Its time is over; it has been taken off the list. */
  expire(): void;
}

/**
 * The deadlines of one duration. As all last equally long they expire in the order they began, so a
 * linked list keeps them sorted and one timer serves them all, however many are in flight (P14).
 */
export class DeadlineList {
  readonly #clock: Clock;
  readonly #duration: number;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #timer: TimerHandle | undefined;

  /** @param duration in milliseconds */
  constructor(clock: Clock, duration: number) {
    this.#clock = clock;
    this.#duration = duration;
  }

  get duration(): number {
    return this.#duration;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  add(deadline: Deadline): void {
    deadline.due = this.#clock.now() + this.#duration;
    deadline.listed = true;
    deadline.earlier = this.#last;
    if (this.#last === undefined) this.#first = deadline;
    else this.#last.later = deadline;
    this.#last = deadline;
    // A timer that runs already is due no later than this deadline: it re-arms itself.
    this.#timer ??= this.#arm(this.#duration);
  }

  remove(deadline: Deadline): void {
    if (!deadline.listed) return;
    const { earlier, later } = deadline;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    deadline.earlier = deadline.later = undefined;
    deadline.listed = false;
  }

  /** Takes everything off the list and stops the timer. */
  clear(): Deadline[] {
    const all: Deadline[] = [];
    while (this.#first !== undefined) {
      all.push(this.#first);
      this.remove(this.#first);
    }
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    return all;
  }

  #arm(delay: number): TimerHandle {
    return this.#clock.setTimeout(() => this.#onTimer(), delay, true);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const deadline = this.#first;
      this.remove(deadline);
      deadline.expire();
    }
    if (this.#first !== undefined) this.#timer ??= this.#arm(this.#first.due - now);
  }
}
