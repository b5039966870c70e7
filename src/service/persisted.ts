import superjson from 'superjson';
import { systemClock } from '../clock.ts';
import type { Memento } from '../store/memento.ts';

/** A text longer than this, in characters, is written no more often than the event loop turns. */
const longText = 16_384;

/**
 * One value kept in a `Memento` across restarts, as superjson. Changes that are made together are one write.
 * What cannot be read back is as good as absent: it never stops a start.
 */
export class Persisted<T> {
  readonly #memento: Memento;
  readonly #name: string;
  readonly #onError: (error: unknown) => void;
  /** Makes what is to be written next. */
  #next: (() => string | undefined) | undefined;
  #writing: Promise<void> | undefined;

  constructor(memento: Memento, name: string, onError: (error: unknown) => void) {
    this.#memento = memento;
    this.#name = name;
    this.#onError = onError;
  }

  /** What an earlier process left, not validated. */
  load(): unknown {
    try {
      const text = this.loadText();
      return text === undefined ? undefined : superjson.parse(text);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  /** The same as text. */
  loadText(): string | undefined {
    try {
      const text = this.#memento.get(this.#name);
      return typeof text === 'string' ? text : undefined;
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  /** @param makeValue called once for all changes that are made together; `undefined` stands for nothing */
  save(makeValue: () => T | undefined): void {
    this.saveText(() => {
      const value = makeValue();
      return value === undefined ? undefined : superjson.stringify(value);
    });
  }

  /** @param text called once for all changes that are made together: what superjson makes of the value, `undefined` for nothing */
  saveText(text: () => string | undefined): void {
    this.#next = text;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything saved has been handed over. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#next !== undefined) await this.#writeNext(this.#next);
    this.#writing = undefined;
  }

  async #writeNext(makeText: () => string | undefined): Promise<void> {
    this.#next = undefined;
    try {
      const text = makeText();
      await this.#memento.update(this.#name, text);
      // Else each of many changes in a row would write the whole of it.
      if (text !== undefined && text.length > longText) await new Promise<void>((resolve) => systemClock.nextTurn!(resolve));
    } catch (error) {
      this.#onError(error);
    }
  }
}
