import { schemaThrows, type Checker } from './checker.ts';
import { hush, isPromise, plainData, type PlainData } from './plain-data.ts';
import { placeText } from './place.ts';
import type { StandardIssue, StandardSchema } from './schema.ts';
import { shortened } from './validation.ts';

/** A schema that follows Standard Schema. It may change texts, add defaults and leave members out; it converts nothing. */
export function standardChecker(schema: StandardSchema): Checker {
  const validate = (value: PlainData): ReturnType<StandardSchema['~standard']['validate']> => schema['~standard'].validate(value);
  return {
    check(value) {
      try {
        const result = validate(value);
        if (isPromise(result)) return { ok: false, problem: 'cannot be checked: its schema answers with a promise' };
        const { issues } = result as Awaited<typeof result>;
        if (issues !== undefined) return { ok: false, problem: textOf(issues[0]) };
        const served = plainData((result as { readonly value: unknown }).value);
        if (served.ok && isKept(value, served.value)) return { ok: true, value: served.value };
        if (!served.ok) hush((result as { readonly value: unknown }).value);
        return { ok: false, problem: 'is converted by its schema, and settings are used as they are stored' };
      } catch {
        return { ok: false, problem: schemaThrows };
      }
    },
    problems(value) {
      const result = validate(value);
      if (isPromise(result)) return undefined;
      return ((result as Awaited<typeof result>).issues ?? []).map((issue) => ({ item: pathOf(issue)[0], text: textOf(issue) }));
    },
    sanitised: (value) => value,
  };
}

const pathOf = ({ path = [] }: StandardIssue): string[] => path.map((part) => String(typeof part === 'object' ? part.key : part));

/** zod says what it expects, valibot that something is invalid, arktype what must be: each gets a place, and no full stop. */
function textOf(issue: StandardIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  const place = placeText(pathOf(issue));
  const message = issue.message.replace(/[.\s]+$/, '');
  return shortened(place === '' || message.startsWith(`${place} `) ? message : `${place}: ${message}`);
}

/** Whether nothing has become of another type or another number: texts may be others, members may come and go. */
function isKept(before: PlainData, after: PlainData): boolean {
  if (typeof before === 'string') return typeof after === 'string';
  if (typeof before !== 'object' || before === null) return before === after;
  if (typeof after !== 'object' || after === null || Array.isArray(before) !== Array.isArray(after)) return false;
  if (Array.isArray(before)) return before.length === (after as readonly PlainData[]).length && before.every((item: PlainData, index) => isKept(item, (after as readonly PlainData[])[index]!));
  return Object.entries(before as Record<string, PlainData>).every(([name, member]) => !Object.hasOwn(after, name) || isKept(member, (after as Record<string, PlainData>)[name]!));
}
