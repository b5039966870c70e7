import type { Disposable } from '../store/store.ts';

type Listener<T> = (event: T) => unknown;

/** A list of listeners. One that throws, or rejects, is reported and disturbs nobody (P12). */
export class Emitter<T> {
  #listeners: Set<{ readonly listener: Listener<T> }> | 'closed' = new Set();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#listeners === 'closed' ? 0 : this.#listeners.size;
  }

  /** It takes no listeners any more. */
  get isClosed(): boolean {
    return this.#listeners === 'closed';
  }

  /** Each call adds a subscription of its own, even for the same function. */
  on(listener: Listener<T>): Disposable {
    const listeners = this.#listeners;
    if (listeners === 'closed') return { dispose: () => undefined };
    const entry = { listener };
    listeners.add(entry);
    return { dispose: () => void listeners.delete(entry) };
  }

  emit(event: T): void {
    const listeners = this.#listeners;
    if (listeners === 'closed' || listeners.size === 0) return;
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
    if (this.#listeners !== 'closed') this.#listeners.clear();
  }

  /** Forgets all listeners, and takes no more. */
  close(): void {
    this.clear();
    this.#listeners = 'closed';
  }
}
