import type { Disposable } from '../store/store.ts';

type Listener<T> = (event: T) => unknown;

/** A list of listeners. One that throws, or rejects, is reported and disturbs nobody (P12). */
export class Emitter<T> {
  readonly #listeners = new Set<{ readonly listener: Listener<T> }>();
  readonly #onError: (error: unknown) => void;
  #closed = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Each call adds a subscription of its own, even for the same function. */
  on(listener: Listener<T>): Disposable {
    const entry = { listener };
    if (!this.#closed) this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  emit(event: T): void {
    if (this.#listeners.size === 0) return;
    for (const entry of [...this.#listeners]) {
      // It may have been disposed of by a listener before it.
      if (!this.#listeners.has(entry)) continue;
      try {
        const result = entry.listener(event);
        if (result instanceof Promise) result.catch(this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** Forgets all listeners, and takes no more. */
  close(): void {
    this.#closed = true;
    this.clear();
  }
}
