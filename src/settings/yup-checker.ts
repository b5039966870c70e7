import type * as yup from 'yup';
import { noAnswer, schemaThrows, type Checker, type Items } from './checker.ts';
import { hush, plainData, type PlainData } from './plain-data.ts';
import type { YupSchema } from './schema.ts';
import { isAsyncFunction, sameShape, shortened } from './validation.ts';

/** A schema of yup. Its casts are used where they turn text into text: "5" never becomes 5. */
export function yupChecker(of: YupSchema): Checker {
  const schema = of as unknown as yup.Schema;
  return {
    check(value) {
      try {
        const sane = sanitised(schema, value);
        const errors = errorsOf(schema, sane, { abortEarly: true });
        if (errors === undefined) return { ok: false, problem: noAnswer };
        return errors[0] === undefined ? { ok: true, value: sane } : { ok: false, problem: problemText(errors[0]) };
      } catch {
        return { ok: false, problem: schemaThrows };
      }
    },
    problems: (value) => errorsOf(schema, value, { abortEarly: false })
      // Those of several may be in one.
      ?.flatMap((error) => [error, ...error.inner])
      .map((error) => ({ item: itemOf(value, error.path ?? ''), text: problemText(error) })),
    sanitised: (value) => sanitisedItems(schema, value),
  };
}

/** What yup's own `validate` and `validateSync` are made of: `panic` hears of the first error, `next` of the end. */
interface Validating {
  resolve(options: { readonly value: unknown }): Validating;
  _validate(value: unknown, options: object, panic: (error: unknown) => void, next: (errors: readonly unknown[]) => void): void;
}

/**
 * What is wrong with a value, in the order in which the schema's tests say so; `undefined`: not all have said so yet.
 * `validateSync` would leave the promise of an asynchronous test to itself, which is an unhandled rejection when it fails:
 * yup is told that promises are awaited, and then it is not.
 * @throws whatever a test throws that is no answer: a schema's own test may throw anything
 */
function errorsOf(schema: yup.Schema, value: PlainData, { abortEarly }: { readonly abortEarly: boolean }): readonly yup.ValidationError[] | undefined {
  let end: readonly unknown[] | undefined;
  const note = (errors: readonly unknown[]): void => void (end ??= errors);
  const validating = (schema as unknown as Validating).resolve({ value });
  validating._validate(value, { strict: true, abortEarly, sync: false }, (error) => note([error]), note);
  return end?.map((error) => {
    if (!isValidationError(error)) throw error;
    return error;
  });
}

/** As `yup.ValidationError.isError` does it. */
const isValidationError = (error: unknown): error is yup.ValidationError => (error as Partial<Error> | undefined)?.name === 'ValidationError';

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

/** yup's cast, but only where it turns text into text. */
function sanitised(schema: yup.Schema, value: PlainData): PlainData {
  const made: unknown = schema.cast(value, { assert: false });
  const cast = plainData(made);
  if (!cast.ok) hush(made);
  return cast.ok && sameShape(value, cast.value) ? cast.value : value;
}

/** As the schema reads it: item by item, for of one that is invalid it may make anything. */
function sanitisedItems(schema: yup.Schema, items: Items): Items {
  const read = Object(schema.cast(items, { assert: false })) as Readonly<Record<string, unknown>>;
  const sane = Object.entries(items).map(([name, item]: [string, PlainData]) => {
    const plain = plainData(read[name]);
    if (!plain.ok) hush(read[name]);
    return [name, plain.ok && sameShape(item, plain.value) ? plain.value : item] as const;
  });
  return Array.isArray(items) ? sane.map(([, item]) => item) : Object.fromEntries(sane);
}

/** The item that a path such as `[2].name`, `name.first` or `["a.b"][0]` leads into. */
function itemOf(items: Items, path: string): string | undefined {
  const within = /^\[(?:(\d+)|"(.*?)")\]/.exec(path);
  const bracketed = within?.[1] ?? within?.[2];
  if (bracketed !== undefined && Object.hasOwn(items, bracketed)) return bracketed;
  for (let end = path.length; end > 0; end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))) {
    if (Object.hasOwn(items, path.slice(0, end))) return path.slice(0, end);
  }
  return undefined;
}

function problemText(error: yup.ValidationError): string {
  // yup begins its own messages with the path or "this"; ours follow the name of the setting. Its
  // type messages go on to quote the value, which may be long or secret.
  const message = error.message.replace(/^this /, '').replace(/, but the final value was:[\s\S]*$/, '');
  return shortened(message.replace(/[.\s]+$/, ''));
}
