import { StoreError } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import { realFile, stampIn, textOf, type JsonText } from './json-disk.ts';
import { Replacement } from './json-replace.ts';
import { readSettled, type Settling } from './json-settling.ts';
import { edited, valueAt, type Place } from './json-text.ts';
import type { WriteOptions } from './store.ts';

/** One JSON-with-comments file: read, edited in place of its text, and replaced as a whole or not at all. */

const turns = new Map<string, Promise<unknown>>();

/** Work on one file, in the order asked for, across all stores of this process. */
export async function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(file) ?? Promise.resolve()).then(work, work);
  turns.set(file, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(file) === turn) turns.delete(file);
  }
}

/** What a text says: @throws StoreError `invalid-file` when it cannot be understood */
export function understood(look: JsonText): JsonText {
  if (look.problem !== undefined) throw look.problem;
  return look;
}

/**
 * Changes one value on disk.
 *
 * @returns what is on disk now
 * @throws StoreError; then nothing was stored
 */
export function editJson(file: string, at: Place, value: unknown, { signal, expected }: WriteOptions, settling: Settling): Promise<JsonText> {
  const real = realFile(file);
  const look = async (): Promise<JsonText> => {
    const found = understood(await readSettled(file, settling, { signal }));
    if (expected === undefined || sameData(valueAt(found.root, at), expected.value)) return found;
    throw new StoreError('newer', `"${at.name}" was changed by someone else meanwhile.`, { context: { file } });
  };
  return inTurn(real, async () => {
    const replacement = new Replacement(file, real, signal);
    try {
      let before = await look();
      for (let isPrepared = false; ; isPrepared = true) {
        const text = edited(file, before.text, at, value);
        if (text === before.text) return before;
        if (!isPrepared && before.stamp !== undefined) {
          // Between the last look and the replacement there is only what must be.
          await replacement.prepare(before.stamp);
          if ((await stampIn(file))?.identity !== before.stamp.identity) {
            before = await look();
            continue;
          }
        }
        const { stamp, buried } = await replacement.run((before.bom ? '\uFEFF' : '') + text, before.stamp);
        if (buried === undefined) return textOf(file, Buffer.from(text), stamp);
        // What another program was just saving counts, with this change made to it.
        before = { ...buried, stamp };
      }
    } finally {
      await replacement.end();
    }
  });
}
