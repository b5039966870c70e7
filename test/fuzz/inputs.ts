import fc from '../fast-check.ts';

/** Names that must never be members, keys or parts of keys. */
const reserved = ['__proto__', 'constructor', 'prototype'];

export const declared = ['count', 'name', 'list', 'tree', 'token', 'tool'];

const part = fc.oneof(fc.constantFrom(...declared, ...reserved, '', '..', 'test', ' ', '\u0000', '\u202e', '<b>', '"', 'x'.repeat(300)), fc.string({ maxLength: 8 }));

/** Keys: declared, nearly so, hostile, and what is no text at all. */
export const key: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<string>(...declared) },
  { weight: 5, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.anything() },
);

const hostile: readonly (() => unknown)[] = [
  () => { const self: Record<string, unknown> = {}; self['self'] = self; return self; },
  () => { let deep: unknown = 0; for (let level = 0; level < 40; level++) deep = [deep]; return deep; },
  () => new Proxy({}, { ownKeys: () => { throw new Error('hostile'); } }),
  () => ({ get a() { throw new Error('hostile'); } }),
  () => JSON.parse('{"__proto__":{"polluted":1}}') as unknown,
  () => ({ toJSON: () => 1 }), () => Symbol('s'), () => 10n, () => () => 1, () => new Date(NaN), () => new Map(), () => NaN, () => -Infinity, () => [undefined],
];

const json = fc.jsonValue({ maxDepth: 4 });

/** Values: legal, nearly so, JSON of any shape, and what is no JSON. */
export const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -2, max: 1_000_002 }), fc.string({ maxLength: 60 }), fc.array(fc.string({ maxLength: 5 }), { maxLength: 5 }),
  fc.record({ a: fc.oneof(fc.double(), fc.string({ maxLength: 3 })), b: fc.integer() }, { requiredKeys: [] }),
  json, fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true, maxDepth: 3 }),
  fc.constantFrom(...hostile).map((make) => make()),
);

interface Member {
  readonly name: string;
  readonly value: fc.JsonValue;
  readonly comment: string;
}

const member: fc.Arbitrary<Member> = fc.record({
  name: fc.oneof(fc.constantFrom(...declared.map((name) => `test.${name}`), '[ts]', 'other', '__proto__'), fc.string({ maxLength: 6 })),
  value: fc.jsonValue({ maxDepth: 2 }),
  comment: fc.constantFrom('', '', '// c\n', '/* c */', '/* c\n d */', '// , }\n'),
});

const layout = fc.record({ eol: fc.constantFrom('\n', '\r\n', '', '\n\n'), indent: fc.constantFrom('', '  ', '    ', '\t'), trailingComma: fc.boolean() });

/** A settings file as people write them: comments, trailing commas, the same name twice, any layout. */
export const settingsFile = fc.tuple(fc.array(member, { maxLength: 6 }), layout).map(([members, { eol, indent, trailingComma }]) => {
  const lines = members.map(({ name, value: held, comment }, index) => `${indent}${comment}${JSON.stringify(name)}: ${JSON.stringify(held)}${index < members.length - 1 || trailingComma ? ',' : ''}`);
  return `{${eol}${lines.join(eol)}${eol}}`;
});

/** The same with a piece of it gone, doubled or replaced. */
export const damagedFile = fc.tuple(settingsFile, fc.nat(), fc.nat(20), fc.constantFrom('', '{', '}', '"', ',', '/*', '\u0000', '[[[['))
  .map(([text, at, length, instead]) => text.slice(0, at % (text.length + 1)) + instead + text.slice((at % (text.length + 1)) + length));

const text = fc.oneof(fc.constantFrom('s/1', 's/2', 'supervisor', '', '__proto__'), fc.string({ maxLength: 6 }));
const members = fc.dictionary(text, json, { maxKeys: 3 });

/** A record of a recording, in which one member may be anything. */
const record = fc.tuple(
  fc.record({
    kind: fc.constantFrom('actor', 'event', 'stop'), number: fc.nat(), time: fc.nat(), actor: text, name: text, parent: fc.option(text), machine: text, service: text,
    states: fc.array(text, { maxLength: 3 }), context: members, sender: fc.option(text), type: text, data: members, transitions: fc.array(text, { maxLength: 3 }), changed: members, crashed: fc.boolean(),
  }),
  fc.option(fc.tuple(fc.constantFrom('kind', 'number', 'time', 'actor', 'states', 'context', 'data', 'changed', 'transitions'), json), { freq: 6 }),
).map(([sound, damage]) => (damage === null ? sound : { ...sound, [damage[0]]: damage[1] }));

/** A recording's file: sound, damaged in its parts, or cut off. */
export const recording = fc.tuple(
  fc.record({ format: fc.constantFrom('holdfast-recording', 'holdfast-recording', 'holdfast-recording', 'other'), version: fc.constantFrom<unknown>(1, 1, 1, 1, 2, '1'), recordedAt: fc.oneof(fc.nat(), fc.nat(), json), records: fc.array(record, { maxLength: 5 }) }),
  fc.option(fc.nat(), { freq: 10 }),
).map(([content, cut]) => {
  const whole = JSON.stringify({ json: content });
  return cut === null ? whole : whole.slice(0, cut % whole.length);
});

const place = { file: fc.constantFrom('user settings', 'elsewhere'), target: fc.constantFrom<unknown>('user', 'workspace', 'folder', 'nowhere', 1), scope: fc.oneof(fc.constant({}), fc.constant({ resource: 'file:///a/b' }), json) };
const breaker = fc.record({ ...place, breaker: fc.oneof(fc.record({ mode: fc.constantFrom('OPEN', 'HELD', 'CLOSED'), until: fc.oneof(fc.integer(), fc.double(), fc.constant(1e300)) }, { requiredKeys: ['mode'] }), json) });
const entry = fc.record({ job: fc.oneof(fc.nat(9), json), key: fc.oneof(fc.constantFrom(...declared, '__proto__', 'gone'), text), target: place.target, scope: place.scope, acceptedAt: fc.oneof(fc.nat(), json), asked: fc.oneof(fc.record({ value: json }), json) });

const kept = (shape: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof(
  { weight: 4, arbitrary: shape.map((content) => JSON.stringify({ json: content })) },
  { weight: 1, arbitrary: fc.tuple(shape, json).map(([content, meta]) => JSON.stringify({ json: content, meta })) },
  { weight: 1, arbitrary: fc.anything() },
);

/** What an earlier process may have left in the memento. */
export const leftBehind = fc.record({
  breakers: kept(fc.oneof(fc.array(breaker, { maxLength: 3 }), json)),
  journal: kept(fc.oneof(fc.array(entry, { maxLength: 3 }), json)),
  lastGood: kept(fc.oneof(fc.dictionary(fc.constantFrom(...declared, '__proto__'), json), json)),
});
