import { at, pointer } from '../../src/settings/json-schema-parts.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a schema may be about, and what no schema asks for. */
const some: readonly unknown[] = [
  null, true, false, 0, 1, -1, 2, 3, 7, 60, 1_000, 0.5, 2.5, 1e9, '', 'a', 'ab', 'abcdef', 'v1', 'V2', 'ab-c', 'a.b', 'äöü', '🎈', '3', 'true', '#fff', '#12345', '2024-02-30', '2024-13-01',
  '12:30:00Z', '2024-05-06T07:08:09Z', 'http://example.org/a b', 'C:\\x', 'file:', '/x', 'a@b.co', '@', '127.0.0.1', '01.2.3.4', '::1', 'example.org.',
  [], ['a'], ['a', 'a'], [1, '1'], [[]], [null], [{}], {}, { a: 1 }, { a: 'v1', b: true }, { b: null }, { 'x-y': [] }, { name: '' },
];

/** Values for a setting: about half of them as its schema asks for, the others with something wrong in them; the same ones each time. */
export function valuesFor(schema: Schema, count: number, seed: number): unknown[] {
  const random = seededRandom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const isLikely = (share: number): boolean => random() < share;
  const value = (part: unknown, depth: number): unknown => {
    if (!isObject(part) || depth > 4) return pick(some);
    const ref = part['$ref'];
    if (typeof ref === 'string') return value(at(schema, pointer(ref)), depth + 1);
    if (Array.isArray(part['enum']) && part['enum'].length > 0) return pick(part['enum'] as unknown[]);
    if ('const' in part) return part['const'];
    for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
      const all = part[keyword];
      if (Array.isArray(all) && all.length > 0 && isLikely(0.9)) return value({ ...part, [keyword]: undefined, ...pick(all) as object }, depth + 1);
    }
    if ('if' in part && isLikely(0.8)) return value({ ...Object(part['if']) as object, ...Object(pick([part['then'], part['else']])) as object }, depth + 1);
    switch (pick([part['type']].flat())) {
      case 'boolean': return isLikely(0.5);
      case 'null': return null;
      case 'integer': case 'number': return number(part);
      case 'string': return pick(some.filter((each) => typeof each === 'string'));
      case 'array': return list(part, depth);
      case 'object': return object(part, depth);
      default: return 'properties' in part || 'additionalProperties' in part ? object(part, depth) : 'items' in part || 'contains' in part ? list(part, depth) : pick(some);
    }
  };
  const number = ({ minimum, maximum, multipleOf = 1 }: Schema): number => {
    const limits = [minimum, maximum].filter((limit) => typeof limit === 'number');
    const near = limits.length === 0 ? pick([0, 1, 40, -7, 1e6]) : pick(limits);
    return near + pick([0, 0, 1, -1, 0.5]) * Number(multipleOf);
  };
  const list = ({ items, contains, minItems }: Schema, depth: number): unknown[] => (
    Array.from({ length: Math.max(Number(minItems ?? 0), pick([0, 1, 2, 3])) }, (_, index) => value(Array.isArray(items) ? items[index] : items ?? contains, depth + 1))
  );
  const object = ({ properties, required, additionalProperties, patternProperties }: Schema, depth: number): object => {
    const named = Object.entries(Object(properties) as Schema).filter(([name]) => (Array.isArray(required) && required.includes(name)) || isLikely(0.5));
    const byPattern = Object.values(Object(patternProperties) as Schema);
    const others = pick([[], [], ['a'], ['x-y', 'name'], ['size']]).map((name) => [name, byPattern.length > 0 && isLikely(0.5) ? pick(byPattern) : additionalProperties] as const);
    return Object.fromEntries([...others, ...named].map(([name, part]) => [name, value(part, depth + 1)]));
  };
  /** The same, with one thing in it changed. */
  const damaged = (before: unknown): unknown => {
    if (Array.isArray(before) && before.length > 0 && isLikely(0.8)) {
      const index = Math.floor(random() * before.length);
      return pick([() => before.with(index, damaged(before[index])), () => before.toSpliced(index, 1), () => [...before, before[index] as unknown]])();
    }
    if (isObject(before) && isLikely(0.8)) {
      const names = Object.keys(before);
      const name = names.length === 0 || isLikely(0.3) ? pick(['a', 'extra', 'x-y']) : pick(names);
      return isLikely(0.3) ? Object.fromEntries(Object.entries(before).filter(([each]) => each !== name)) : { ...before, [name]: damaged(before[name]) };
    }
    return pick(some);
  };
  return Array.from({ length: count }, () => {
    const fitting = value(schema, 0) ?? null;
    return isLikely(0.5) ? fitting : damaged(fitting);
  });
}
