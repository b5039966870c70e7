import type { LogEntry, LogSink } from './log.ts';

/** Keeps the last entries. */
export class MemoryLog implements LogSink {
  readonly #capacity: number;
  readonly #ring: LogEntry[] = [];
  #oldest = 0;

  /** @param capacity entries kept; default 200 */
  constructor(capacity = 200) {
    this.#capacity = capacity;
  }

  write(entry: LogEntry): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    this.#ring[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  /** Oldest first. */
  get entries(): LogEntry[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#ring.length = 0;
    this.#oldest = 0;
  }
}
