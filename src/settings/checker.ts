import type { PlainData } from './plain-data.ts';
import type { CheckResult } from './validation.ts';

/** A list, or an object. */
export type Items = readonly PlainData[] | Readonly<Record<string, PlainData>>;

/** What is wrong with a value. */
export interface Problem {
  /** The item or member in which it is; `undefined`: in the value as a whole. */
  readonly item: string | undefined;
  /** In words that follow the name of the setting. */
  readonly text: string;
}

/** Says which values are valid. Its functions may throw what the author's own tests throw, but for `check`. */
export interface Checker {
  /** Is it valid? The value as it is served: its texts may be others than those that are stored. Never throws. */
  check(value: PlainData): CheckResult<PlainData>;
  /** All that is wrong with a value; `undefined` when that is not known. */
  problems(value: Items): readonly Problem[] | undefined;
  /** A list or an object with each item as it is served, as far as that is known without its being valid. */
  sanitised(value: Items): Items;
}

export const noAnswer = 'cannot be checked: its schema has an asynchronous test';
export const schemaThrows = 'cannot be checked: its schema throws';

/** Both have to accept a value; the second sees it as the first serves it. */
export function both(first: Checker, second: Checker): Checker {
  return {
    check(value) {
      const checked = first.check(value);
      return checked.ok ? second.check(checked.value) : checked;
    },
    problems(value) {
      const found = first.problems(value);
      const more = second.problems(value);
      return found && more && [...found, ...more];
    },
    sanitised: (value) => second.sanitised(first.sanitised(value)),
  };
}
