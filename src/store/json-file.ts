import { StoreError } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import { realFile, stampIn, textOf, type JsonText } from './json-disk.ts';
import { Replacement, type Replaced } from './json-replace.ts';
import { readSettled, type Settling } from './json-settling.ts';
import { editedAll, valueAt, type TextEdit } from './json-text.ts';

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

/** A value to be stored at a place. */
export interface FileEdit extends TextEdit {
  /** As in `WriteOptions`. */
  readonly expected: { readonly value: unknown } | undefined;
}

/** What became of edits: what is on disk now, or which of them cannot be made, by index; then nothing was stored. */
export type Edited = { readonly look: JsonText } | { readonly refused: ReadonlyMap<number, StoreError> };

/**
 * Changes values on disk: all of them by one replacement of the file, or none.
 *
 * @throws StoreError; then nothing was stored
 */
export function editJson(file: string, edits: readonly FileEdit[], signal: AbortSignal, settling: Settling): Promise<Edited> {
  const real = realFile(file);
  const look = async (): Promise<JsonText> => understood(await readSettled(file, settling, { signal }));
  return inTurn(real, async () => {
    const replacement = new Replacement(file, real, signal);
    try {
      let before = await look();
      for (let [isPrepared, isReplaced] = [false, false]; ; isPrepared = true) {
        const next = nextText(file, before, edits);
        const isPossible = next.refused.size === 0 && next.newer === undefined;
        if (!isReplaced) {
          if (next.newer !== undefined) throw next.newer;
          if (!isPossible) return { refused: next.refused };
          if (next.text === before.text) return { look: before };
        }
        if (!isPrepared && before.stamp !== undefined) {
          // Between the last look and the replacement there is only what must be.
          await replacement.prepare(before.stamp);
          if ((await stampIn(file))?.identity !== before.stamp.identity) {
            before = await look();
            continue;
          }
        }
        // What another program saved in the moment of the replacement counts: the edits are made to it, or it is put back.
        const text = isPossible ? next.text : before.text;
        let replaced: Replaced;
        try {
          replaced = await replacement.run((before.bom ? '\uFEFF' : '') + text, before.stamp);
        } catch (error) {
          // Ours is in the file, or was, and another program has saved it since: perhaps with what it has read of ours.
          if (isReplaced) return { look: await look() };
          throw error;
        }
        const { stamp, buried } = replaced;
        if (buried !== undefined) {
          before = { ...buried, stamp };
          isReplaced = true;
          continue;
        }
        if (next.newer !== undefined) throw next.newer;
        return isPossible ? { look: textOf(file, Buffer.from(text), stamp) } : { refused: next.refused };
      }
    } finally {
      await replacement.end();
    }
  });
}

interface NextText {
  readonly text: string;
  /** The edits that cannot be made to this text, by index. */
  readonly refused: ReadonlyMap<number, StoreError>;
  /** The text holds another value than an edit expects. */
  readonly newer?: StoreError;
}

function nextText(file: string, { text, root }: JsonText, edits: readonly FileEdit[]): NextText {
  const other = edits.find(({ at, expected }) => expected !== undefined && !sameData(valueAt(root, at), expected.value));
  if (other === undefined) return editedAll(file, text, edits);
  const newer = new StoreError('newer', `"${other.at.name}" was changed by someone else meanwhile.`, { context: { file } });
  return { text, refused: new Map(), newer };
}
