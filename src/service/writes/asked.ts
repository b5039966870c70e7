import { sameData } from '../../settings/plain-data.ts';
import type { SettingLocation } from './location.ts';

/** What to store: a value, or how to compute it from what is stored when the attempt is made. */
export type Asked =
  | {
    readonly kind: 'value';
    readonly value: unknown;
    /** When present: refused unless this is what is stored. */
    readonly from?: From;
  }
  | { readonly kind: 'update'; readonly compute: (stored: unknown) => unknown };

/** What one write asks for in one place. */
export interface Change {
  readonly location: SettingLocation;
  readonly asked: Asked;
}

/** What an update function was given. While the store holds neither this nor the result, others may have built on the result. */
export interface From {
  readonly value: unknown;
}

/** Whether others may have built on the result of an update function, of which the store holds neither the result nor what it was computed from. */
export const mayBeBuiltOn = (from: From | undefined, stored: unknown): boolean => from !== undefined && !sameData(stored, from.value);
