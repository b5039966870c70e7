import * as yup from 'yup';
import { hush, plainData, type PlainData } from './plain-data.ts';

export type CheckResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** What is served of a stored value. */
export type AcceptResult = CheckResult & {
  /** The items that it is served without: `[2]` of a list, names of an object (of a secret setting: none are named); and what is wrong with the first. */
  readonly dropped?: { readonly items: readonly string[]; readonly problem: string };
};

/** Is this raw value legal? Sanitises texts, and answers with a frozen copy. Never throws. */
export function checkAgainst(schema: yup.Schema, raw: unknown): CheckResult {
  const plain = plainData(raw);
  if (!plain.ok) return plain;
  try {
    const value = sanitised(schema, plain.value);
    const problem = problemIn(errorsOf(schema, value, { abortEarly: true }));
    return problem === undefined ? { ok: true, value } : { ok: false, problem };
  } catch {
    return { ok: false, problem: 'cannot be checked: its schema throws' };
  }
}

/** What yup's own `validate` and `validateSync` are made of: `panic` hears of the first error, `next` of the end. */
interface Validating {
  resolve(options: { readonly value: unknown }): Validating;
  _validate(value: unknown, options: object, panic: (error: unknown) => void, next: (errors: readonly unknown[]) => void): void;
}

/**
 * What is wrong with a value, in the order in which the schema's tests say so; `undefined`: not all have said so yet. `validateSync` would leave the promise of an asynchronous test to itself, which is an
 * unhandled rejection when it fails: yup is told that promises are awaited, and then it is not.
 * @throws whatever a test throws that is no answer: a schema's own test may throw anything
 */
export function errorsOf(schema: yup.Schema, value: PlainData, { abortEarly }: { readonly abortEarly: boolean }): readonly yup.ValidationError[] | undefined {
  let end: readonly unknown[] | undefined;
  const note = (errors: readonly unknown[]): void => void (end ??= errors);
  const validating = (schema as unknown as Validating).resolve({ value });
  validating._validate(value, { strict: true, abortEarly, sync: false }, (error) => note([error]), note);
  return end?.map((error) => {
    if (!yup.ValidationError.isError(error)) throw error;
    return error;
  });
}

function problemIn(errors: readonly yup.ValidationError[] | undefined): string | undefined {
  if (errors === undefined) return 'cannot be checked: its schema has an asynchronous test';
  return errors[0] && problemText(errors[0]);
}

/** The parts of a schema in which there may be functions. */
interface SchemaParts {
  readonly tests?: readonly { readonly OPTIONS?: { readonly test?: unknown } }[];
  readonly transforms?: readonly unknown[];
  readonly fields?: Readonly<Record<string, SchemaParts>>;
  /** Of a list the schema of its items, of a tuple one for each. */
  readonly spec?: { readonly types?: SchemaParts | readonly SchemaParts[] };
}

/** Whether a test or a transform, also of its members and items, is an `async` function. */
export function isAsynchronous(schema: object): boolean {
  const { tests = [], transforms = [], fields = {}, spec }: SchemaParts = schema;
  const parts = [...Object.values(fields), ...[spec?.types ?? []].flat()];
  return [...tests.map(({ OPTIONS }) => OPTIONS?.test), ...transforms].some(isAsyncFunction) || parts.some(isAsynchronous);
}

export const isAsyncFunction = (each: unknown): boolean => Object.prototype.toString.call(each) === '[object AsyncFunction]';

/** yup's cast, but only where it turns text into text: "5" never becomes 5. */
function sanitised(schema: yup.Schema, value: PlainData): PlainData {
  const made: unknown = schema.cast(value, { assert: false });
  const cast = plainData(made);
  if (!cast.ok) hush(made);
  return cast.ok && sameShape(value, cast.value) ? cast.value : value;
}

/** The same but for the texts in it. */
export function sameShape(a: PlainData, b: PlainData): boolean {
  if (typeof a === 'string') return typeof b === 'string';
  if (typeof a !== 'object' || a === null) return a === b;
  if (typeof b !== 'object' || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length
    && names.every((name) => Object.hasOwn(b, name) && sameShape((a as Record<string, PlainData>)[name]!, (b as Record<string, PlainData>)[name]!));
}

export function problemText(error: yup.ValidationError): string {
  // yup begins its own messages with the path or "this"; ours follow the name of the setting. Its
  // type messages go on to quote the value, which may be long or secret.
  const message = error.message.replace(/^this /, '').replace(/, but the final value was:[\s\S]*$/, '');
  return shortened(message.replace(/[.\s]+$/, ''));
}

/** Names and values in a message may be as long as their author liked. */
export function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
