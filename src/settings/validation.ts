import type { PlainData } from './plain-data.ts';

export type CheckResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** What is served of a stored value. */
export type AcceptResult = CheckResult & {
  /** The items that it is served without: `[2]` of a list, names of an object (of a secret setting: none are named); and what is wrong with the first. */
  readonly dropped?: { readonly items: readonly string[]; readonly problem: string };
};

export const isAsyncFunction = (each: unknown): boolean => Object.prototype.toString.call(each) === '[object AsyncFunction]';

/** The same but for the texts in it. */
export function sameShape(a: PlainData, b: PlainData): boolean {
  if (typeof a === 'string') return typeof b === 'string';
  if (typeof a !== 'object' || a === null) return a === b;
  if (typeof b !== 'object' || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length
    && names.every((name) => Object.hasOwn(b, name) && sameShape((a as Record<string, PlainData>)[name]!, (b as Record<string, PlainData>)[name]!));
}

/** Names and values in a message may be as long as their author liked. */
export function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
