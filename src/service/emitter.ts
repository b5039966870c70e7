import type { Disposable } from '../store/store.ts';

/** A list of listeners. One that throws is reported and disturbs nobody (P12). */
export class Emitter<T> {
  readonly #listeners = new Set<{ readonly listener: (event: T) => void }>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Each call adds a subscription of its own, even for the same function. */
  on(listener: (event: T) => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  emit(event: T): void {
    if (this.#listeners.size === 0) return;
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
