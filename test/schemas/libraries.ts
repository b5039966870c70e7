import * as yup from 'yup';
import type { AnySchema } from '../../src/settings/schema.ts';
import { type } from '../../tools/schemas/arktype.ts';
import { v } from '../../tools/schemas/valibot.ts';
import { z } from '../../tools/schemas/zod.ts';

/** The same rules, as each library says them. */
export interface Library {
  readonly name: string;
  /** A text of at least two characters, without the blanks around it. */
  readonly trimmed: AnySchema;
  /** A whole number from 1 to 50. */
  readonly count: AnySchema;
  /** One of `light` and `dark`. */
  readonly theme: AnySchema;
  /** A list of texts that are not empty. */
  readonly names: AnySchema;
  /** `{ host: text, port: number }`. */
  readonly server: AnySchema;
  /** A number, or `auto`. */
  readonly width: AnySchema;
  /** Names of users' choice, each with a number. */
  readonly levels: AnySchema;
  /** Makes a number of a text; `undefined`: the library's schemas are not asked to. */
  readonly converting: AnySchema | undefined;
  /** A text; whether it is valid is only known later. */
  readonly later: AnySchema;
  /** The same, and its answer is an error; `undefined`: the library itself leaves that unhandled. */
  readonly failing: AnySchema | undefined;
  /** A text; the author's own test of it throws for `boom`. */
  readonly throwing: AnySchema;
  /** Whether it says as JSON Schema what it accepts. */
  readonly describes: boolean;
}

function boom(text: string): boolean {
  if (text === 'boom') throw new TypeError('boom');
  return true;
}

const later = (): Promise<boolean> => Promise.resolve(true);
const failing = (): Promise<boolean> => Promise.reject(new Error('later'));

export const libraries: readonly Library[] = [
  {
    name: 'yup',
    trimmed: yup.string().trim().min(2).defined(),
    count: yup.number().integer().min(1).max(50).defined(),
    theme: yup.string().oneOf(['light', 'dark']).defined(),
    names: yup.array(yup.string().min(1).defined()).defined(),
    server: yup.object({ host: yup.string().defined(), port: yup.number().defined() }).defined(),
    width: yup.mixed<number | 'auto'>((value): value is number | 'auto' => value === 'auto' || typeof value === 'number').defined(),
    levels: yup.object().test('levels', 'must hold numbers', (value, context) => {
      const [wrong] = Object.entries(value).filter(([, level]) => typeof level !== 'number');
      return wrong === undefined || context.createError({ path: wrong[0], message: `${wrong[0]} must be a number` });
    }).defined(),
    converting: undefined,
    later: yup.string().test('later', 'no', later).defined(),
    failing: yup.string().test('failing', 'no', failing).defined(),
    throwing: yup.string().test('boom', 'no', (text) => boom(text!)).defined(),
    describes: true,
  },
  {
    name: 'zod',
    trimmed: z.string().trim().min(2),
    count: z.number().int().min(1).max(50),
    theme: z.enum(['light', 'dark']),
    names: z.array(z.string().min(1)),
    server: z.object({ host: z.string(), port: z.number() }),
    width: z.union([z.number(), z.literal('auto')]),
    levels: z.record(z.string(), z.number()),
    converting: z.coerce.number(),
    later: z.string().refine(later),
    // The promise of the author's own test is let go by zod, which then asks the test again: nobody can wait for it.
    failing: undefined,
    throwing: z.string().refine(boom),
    describes: true,
  },
  {
    name: 'valibot',
    trimmed: v.pipe(v.string(), v.trim(), v.minLength(2)),
    count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)),
    theme: v.picklist(['light', 'dark']),
    names: v.array(v.pipe(v.string(), v.minLength(1))),
    server: v.object({ host: v.string(), port: v.number() }),
    width: v.union([v.number(), v.literal('auto')]),
    levels: v.record(v.string(), v.number()),
    converting: v.pipe(v.union([v.string(), v.number()]), v.transform(Number)),
    later: v.pipeAsync(v.string(), v.checkAsync(later)),
    failing: v.pipeAsync(v.string(), v.checkAsync(failing)),
    throwing: v.pipe(v.string(), v.check(boom)),
    describes: false,
  },
  {
    name: 'arktype',
    trimmed: type('string.trim').to('string >= 2'),
    count: type('1 <= number.integer <= 50'),
    theme: type("'light' | 'dark'"),
    names: type('(string > 0)[]'),
    server: type({ host: 'string', port: 'number' }),
    width: type("number | 'auto'"),
    levels: type({ '[string]': 'number' }),
    converting: type('string.numeric.parse | number'),
    // It has no asynchronous rules of its own: a schema that wraps one.
    later: { '~standard': { version: 1, vendor: 'wrapped arktype', validate: async (value: unknown) => await Promise.resolve(type('string')['~standard'].validate(value)) } },
    failing: { '~standard': { version: 1, vendor: 'wrapped arktype', validate: () => Promise.reject(new Error('later')) } },
    throwing: type('string').narrow(boom),
    describes: true,
  },
];
