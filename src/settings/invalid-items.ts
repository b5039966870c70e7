import type { Checker, Items } from './checker.ts';
import type { PlainData } from './plain-data.ts';

/** What is left of a list or an object, and what was dropped: `[2]` of a list, names of an object. */
export interface KeptItems {
  readonly value: PlainData;
  readonly dropped: readonly string[];
  /** What was wrong with the first. */
  readonly problem: string;
}

/** Dropping one item may make another one invalid: so often at most. */
const maxRounds = 3;

/**
 * A list without the items, or an object without the members, that its schema refuses: those at the paths of its errors.
 * What a schema changes in reading (`trim`) is changed, item by item.
 *
 * @returns `undefined` when the rest is refused as well, and for what is neither a list nor an object. Never throws
 */
export function withoutInvalidItems(checker: Checker, value: PlainData): KeptItems | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const names = new Map(Object.entries(value as Record<string, PlainData>).map(([name]) => [name, name]));
  let first: string | undefined;
  try {
    let kept = checker.sanitised(value);
    for (let round = 0; round <= maxRounds; round++) {
      const problems = checker.problems(kept);
      if (problems === undefined) return undefined;
      if (problems.length === 0) {
        const checked = checker.check(kept);
        return checked.ok ? { value: Object.freeze(checked.value), dropped: droppedFrom(value, names), problem: first! } : undefined;
      }
      const invalid = new Set<string>();
      for (const { item, text } of problems) {
        if (item === undefined || !Object.hasOwn(kept, item)) continue;
        invalid.add(item);
        first ??= text;
      }
      if (invalid.size === 0) return undefined;
      kept = without(kept, invalid, names);
    }
  } catch {
    // A schema's own test may throw anything: then the whole value is refused.
  }
  return undefined;
}

/** @param names what the items that are left were called in the beginning; is kept up to date */
function without(items: Items, invalid: ReadonlySet<string>, names: Map<string, string>): Items {
  const left = Object.entries<PlainData>(items as Readonly<Record<string, PlainData>>).filter(([name]) => !invalid.has(name));
  const before = new Map(names);
  names.clear();
  left.forEach(([name], index) => names.set(Array.isArray(items) ? String(index) : name, before.get(name)!));
  return Array.isArray(items) ? left.map(([, item]) => item) : Object.fromEntries(left);
}

function droppedFrom(value: Items, names: ReadonlyMap<string, string>): string[] {
  const left = new Set(names.values());
  return Object.keys(value).filter((name) => !left.has(name)).map((name) => (Array.isArray(value) ? `[${name}]` : name));
}
