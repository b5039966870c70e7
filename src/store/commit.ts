import { StoreError, ValidationError } from '../errors.ts';
import type { Change, Refusal } from './store.ts';

/** What the `commit`s of all stores have in common. */

/** The file behind all of some places; `undefined`: there are none. @throws StoreError they are in several files */
export function oneFile(files: readonly string[]): string | undefined {
  const other = files.find((file) => file !== files[0]);
  if (other !== undefined) throw new StoreError('scope', `${files[0]} and ${other} cannot be written by one save.`);
  return files[0];
}

/** The values as plain JSON data that nobody else holds, `undefined` where one is removed; and the changes whose values JSON cannot hold. */
export function jsonValues(changes: readonly Change[]): { readonly values: readonly unknown[]; readonly refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  const values = changes.map(({ key, value }, index): unknown => {
    try {
      const text = jsonOf(key, value);
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      refusals.push({ index, error: error as Refusal['error'] });
      return undefined;
    }
  });
  return { values, refusals };
}

/** A value as JSON; what its objects do when they are looked at is done with then. @throws ValidationError when JSON cannot hold it */
export function jsonOf(key: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new ValidationError(key, 'cannot be stored: JSON cannot hold the value', { cause });
  }
  if (text === undefined) throw new ValidationError(key, 'cannot be stored: JSON cannot hold the value');
  return text;
}
