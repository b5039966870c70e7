import type { Clock, TimerHandle } from '../clock.ts';

interface Repeated<T> {
  since: number;
  /** Since the last time that something was said. */
  count: number;
  last: T;
}

/** No more different things are told apart at a time. */
const mostKinds = 100;

/**
 * Says what happens again and again once, and then how often. The timer runs only while something is
 * being held back.
 */
export class Repetition<T> {
  readonly #clock: Clock;
  readonly #window: number;
  readonly #say: (item: T, repeated: number) => void;
  readonly #kinds = new Map<string, Repeated<T>>();
  #timer: TimerHandle | undefined;

  /**
   * @param window for so long what is the same is held back, in milliseconds
   * @param say hears an item with 0, or the last of those held back with their number
   */
  constructor(clock: Clock, window: number, say: (item: T, repeated: number) => void) {
    this.#clock = clock;
    this.#window = window;
    this.#say = say;
  }

  add(kind: string, item: T): void {
    const now = this.#clock.now();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now - known.since < this.#window) {
      known.count++;
      known.last = item;
      this.#timer ??= this.#clock.setTimeout(() => this.#onTimer(), this.#window, true);
      return;
    }
    if (known !== undefined && known.count > 0) {
      known.count++;
      known.last = item;
      this.#again(kind, known, now);
      return;
    }
    if (known === undefined && this.#kinds.size >= mostKinds) this.#endOldest();
    this.#kinds.set(kind, { since: now, count: 0, last: item });
    this.#say(item, 0);
  }

  /** Says at once what is being held back. */
  flush(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [kind, repeated] of [...this.#kinds]) this.#end(kind, repeated);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [kind, repeated] of [...this.#kinds]) {
      if (repeated.count > 0) this.#again(kind, repeated, now);
      else if (now - repeated.since >= this.#window) this.#kinds.delete(kind);
    }
  }

  /** What goes on is said once a window, not once more each time. */
  #again(kind: string, repeated: Repeated<T>, now: number): void {
    this.#end(kind, repeated);
    this.#kinds.set(kind, { since: now, count: 0, last: repeated.last });
  }

  #endOldest(): void {
    const [kind, repeated] = this.#kinds.entries().next().value!;
    this.#end(kind, repeated);
  }

  #end(kind: string, { count, last }: Repeated<T>): void {
    this.#kinds.delete(kind);
    if (count > 0) this.#say(last, count);
  }
}
