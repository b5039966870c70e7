import type { Disposable } from '../store/store.ts';

type Listener<T> = (event: T) => unknown;

/** A list of listeners. One that throws, or rejects, is reported and disturbs nobody (P12). */
export class Emitter<T> {
  /** None: it is closed. */
  #listeners: Set<{ readonly listener: Listener<T> }> | undefined = new Set();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#listeners?.size ?? 0;
  }

  /** It takes no listeners any more. */
  get isClosed(): boolean {
    return this.#listeners === undefined;
  }

  /** Each call adds a subscription of its own, even for the same function. */
  on(listener: Listener<T>): Disposable {
    const entry = { listener };
    this.#listeners?.add(entry);
    return { dispose: () => void this.#listeners?.delete(entry) };
  }

  emit(event: T): void {
    const listeners = this.#listeners;
    if (listeners === undefined || listeners.size === 0) return;
    for (const entry of [...listeners]) {
      // It may have been disposed of by a listener before it.
      if (!listeners.has(entry)) continue;
      try {
        const result = entry.listener(event);
        if (result instanceof Promise) result.catch(this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  clear(): void {
    this.#listeners?.clear();
  }

  /** Forgets all listeners, and takes no more. */
  close(): void {
    this.clear();
    this.#listeners = undefined;
  }
}
