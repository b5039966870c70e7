/** A small persistent map, as VS Code's `Memento`: where the journal and the last good values are kept. */
export interface Memento {
  get(key: string): unknown;
  /** Resolves when the value is kept; `undefined` removes it. */
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Forgets everything when the process ends: for hosts that have no place to keep things. */
export function memoryMemento(): Memento {
  const values = new Map<string, unknown>();
  return {
    get: (key) => values.get(key),
    update: (key, value) => {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
      return Promise.resolve();
    },
  };
}
