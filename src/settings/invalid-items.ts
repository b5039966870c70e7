import type * as yup from 'yup';
import { hush, plainData, type PlainData } from './plain-data.ts';
import { errorsOf, sameShape } from './validation.ts';

/** What is left of a list or an object, and what was dropped: `[2]` of a list, names of an object. */
export interface KeptItems {
  readonly value: PlainData;
  readonly dropped: readonly string[];
  /** What was wrong with the first. */
  readonly error: yup.ValidationError;
}

type List = readonly PlainData[];
type Items = List | Readonly<Record<string, PlainData>>;

const isList = (value: unknown): value is List => Array.isArray(value);

/** Dropping one item may make another one invalid: so often at most. */
const maxRounds = 3;

/** Can a schema have items that are dropped? A tuple's cannot: each has its place. */
export function hasItems(schema: yup.Schema): boolean {
  return schema.type === 'array' || schema.type === 'object';
}

/**
 * A list without the items, or an object without the members, that its schema refuses: those at the paths of its errors.
 * What a schema changes in reading (`trim`) is changed, item by item.
 *
 * @returns `undefined` when the rest is refused as well, and for what is neither a list nor an object. Never throws
 */
export function withoutInvalidItems(schema: yup.Schema, value: PlainData): KeptItems | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const names = new Map(Object.entries(value as Record<string, PlainData>).map(([name]) => [name, name]));
  let first: yup.ValidationError | undefined;
  try {
    let kept = sanitisedItems(schema, value);
    for (let round = 0; round <= maxRounds; round++) {
      // Those of several may be in one.
      const errors = errorsOf(schema, kept, { abortEarly: false })?.flatMap((error) => [error, ...error.inner]);
      if (errors === undefined) return undefined;
      if (errors.length === 0) return { value: Object.freeze(kept), dropped: droppedFrom(value, names), error: first! };
      const invalid = new Set<string>();
      for (const error of errors) {
        const name = itemOf(kept, error.path ?? '');
        if (name === undefined) continue;
        invalid.add(name);
        first ??= error;
      }
      if (invalid.size === 0) return undefined;
      kept = without(kept, invalid, names);
    }
  } catch {
    // A schema's own test may throw anything: then the whole value is refused.
  }
  return undefined;
}

/** As the schema reads it: item by item, for of one that is invalid it may make anything. */
function sanitisedItems(schema: yup.Schema, items: Items): Items {
  const read = Object(schema.cast(items, { assert: false })) as Readonly<Record<string, unknown>>;
  const sanitised = Object.entries(items).map(([name, item]: [string, PlainData]) => {
    const plain = plainData(read[name]);
    if (!plain.ok) hush(read[name]);
    return [name, plain.ok && sameShape(item, plain.value) ? plain.value : item] as const;
  });
  return isList(items) ? sanitised.map(([, item]) => item) : Object.fromEntries(sanitised);
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

/** @param names what the items that are left were called in the beginning; is kept up to date */
function without(items: Items, invalid: ReadonlySet<string>, names: Map<string, string>): Items {
  const left = Object.entries<PlainData>(items as Readonly<Record<string, PlainData>>).filter(([name]) => !invalid.has(name));
  const before = new Map(names);
  names.clear();
  left.forEach(([name], index) => names.set(isList(items) ? String(index) : name, before.get(name)!));
  return isList(items) ? left.map(([, item]) => item) : Object.fromEntries(left);
}

function droppedFrom(value: Items, names: ReadonlyMap<string, string>): string[] {
  const left = new Set(names.values());
  return Object.keys(value).filter((name) => !left.has(name)).map((name) => (isList(value) ? `[${name}]` : name));
}
