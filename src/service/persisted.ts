import superjson from 'superjson';
import type { Memento } from '../store/memento.ts';

/**
 * One value kept in a `Memento` across restarts, as superjson. Many changes in one turn are one write.
 * What cannot be read back is as good as absent: it never stops a start.
 */
export class Persisted<T> {
  readonly #memento: Memento;
  readonly #name: string;
  readonly #onError: (error: unknown) => void;
  #next: { readonly value: T | undefined } | undefined;
  #writing: Promise<void> | undefined;

  constructor(memento: Memento, name: string, onError: (error: unknown) => void) {
    this.#memento = memento;
    this.#name = name;
    this.#onError = onError;
  }

  /** What an earlier process left, not validated. */
  load(): unknown {
    try {
      const text = this.#memento.get(this.#name);
      return typeof text === 'string' ? superjson.parse(text) : undefined;
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  save(value: T | undefined): void {
    this.#next = { value };
    this.#writing ??= this.#write();
  }

  /** Resolves when everything saved has been handed over. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#next !== undefined) {
      const { value } = this.#next;
      this.#next = undefined;
      try {
        await this.#memento.update(this.#name, value === undefined ? undefined : superjson.stringify(value));
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#writing = undefined;
  }
}
