/** What a write queue promises, told on a list: one save at a time, in order, no more than there is room for, and an answer for each. */

export type Fate = 'pending' | 'stored' | 'failed' | 'aborted' | 'disposed';

export class QueueOracle {
  readonly #capacity: number;
  /** Everything that waits is saved with the write whose turn comes. */
  readonly #together: boolean;
  #inFlight: number[] = [];
  #waiting: number[] = [];
  #paused = false;
  #closing = false;
  /** What became of each write, in the order they were asked for. */
  readonly fates: Fate[] = [];
  /** The writes begun, in order; one that was put back is begun again. */
  readonly begun: number[] = [];

  constructor(capacity: number, together: boolean) {
    this.#together = together;
    this.#capacity = capacity;
  }

  get inFlight(): readonly number[] {
    return this.#inFlight;
  }

  get waiting(): readonly number[] {
    return this.#waiting;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** What parks may come back from its turn, and wait again: only the first in flight leaves room. */
  get full(): boolean {
    return this.#waiting.length + Math.max(0, this.#inFlight.length - 1) >= this.#capacity;
  }

  get closed(): boolean {
    return this.#closing && this.#inFlight.length === 0;
  }

  accept(): void {
    this.#waiting.push(this.fates.length);
    this.fates.push('pending');
    this.#next();
  }

  settle(fate: 'stored' | 'failed'): void {
    for (const write of this.#inFlight) this.fates[write] = fate;
    this.#inFlight = [];
    this.#next();
  }

  putBack(): void {
    this.#waiting.unshift(...this.#inFlight);
    this.#inFlight = [];
    this.#next();
  }

  withdraw(index: number): void {
    const [write] = this.#waiting.splice(index, 1);
    this.fates[write!] = 'aborted';
  }

  pause(): void {
    this.#paused = true;
    if (this.#closing) this.#refuseWaiting();
  }

  resume(): void {
    this.#paused = false;
    this.#next();
  }

  /** Disposal: what cannot be written now is refused, the rest is finished. */
  close(): void {
    this.#closing = true;
    if (this.#paused) this.#refuseWaiting();
  }

  /** Disposal has waited long enough. */
  abandon(): void {
    this.fates.forEach((fate, write) => {
      if (fate === 'pending') this.fates[write] = 'disposed';
    });
    this.#inFlight = [];
    this.#waiting = [];
  }

  #refuseWaiting(): void {
    for (const write of this.#waiting) this.fates[write] = 'disposed';
    this.#waiting = [];
  }

  #next(): void {
    if (this.#paused || this.#inFlight.length > 0 || this.#waiting.length === 0) return;
    this.#inFlight = this.#waiting.splice(0, this.#together ? this.#waiting.length : 1);
    this.begun.push(...this.#inFlight);
  }
}
