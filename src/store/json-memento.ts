import { renameSync } from 'node:fs';
import path from 'node:path';
import { fileFailure, readBytesSync, realFile, stampIn } from './json-disk.ts';
import { inTurn } from './json-file.ts';
import { Replacement } from './json-replace.ts';
import { clearAway } from './json-spare.ts';
import type { Memento } from './memento.ts';

/**
 * A memento in a JSON file, for hosts without one of their own. One process at a time: it is read once, now.
 *
 * A file that cannot be understood counts as empty, for what is kept here is never worth a failed start; it is kept
 * aside as `.damaged`.
 *
 * @throws StoreError when there is a file that cannot be read, or not be kept aside; `unsupported` in a browser
 */
export function jsonMemento(file: string): Memento {
  const real = realFile(path.resolve(file));
  const values = loaded(real);
  return {
    get: (key) => values.get(key),
    update: async (key, value) => {
      // As it is now: what the caller does to the value later is not stored.
      const text = value === undefined ? undefined : JSON.stringify(value);
      if (text === undefined) values.delete(key);
      else values.set(key, JSON.parse(text));
      await inTurn(real, async () => {
        // Whatever came in meanwhile is stored with it.
        const stamp = await stampIn(real);
        await new Replacement(real, real).run(`${JSON.stringify(Object.fromEntries(values), null, 2)}\n`, stamp);
      });
    },
  };
}

function loaded(file: string): Map<string, unknown> {
  clearAway(file);
  const read = readBytesSync(file);
  if (read === undefined) return new Map();
  const values = understood(read.bytes.toString());
  try {
    if (values === undefined) renameSync(file, `${file}.damaged`);
    return new Map(Object.entries(values ?? {}));
  } catch (error) {
    throw fileFailure(file, error);
  }
}

function understood(text: string): object | undefined {
  try {
    const values: unknown = JSON.parse(text);
    return typeof values === 'object' && values !== null && !Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}
