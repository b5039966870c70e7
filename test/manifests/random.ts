import fc from '../fast-check.ts';
import type { Shape } from './shapes.ts';

/**
 * Manifests as nobody has written them: any number of blocks and sections, schemas within schemas, keywords that VS Code does not
 * know, defaults that their own schemas refuse, and no default at all.
 */

const word = fc.constantFrom('a', 'b', 'some', 'deep', 'name', 'x-y', 'Ärger', 'constructors', '7');
const text = fc.constantFrom('', 'Some text.', 'Some **text** with `code`.', '%some.key%', 'ünïcode 🎈');
const scope = fc.constantFrom('application', 'machine', 'machine-overridable', 'window', 'resource', 'language-overridable');
const plain = fc.constantFrom<unknown>(null, true, false, 0, 1, -3, 2.5, 50, 1e9, '', 'a', 'v1', 'v2', 'ab-c', 'äöü', [], [1], ['v1', 'v2'], ['a', 'a'], {}, { a: 1 }, { a: 'v1', b: true }, [[{}]]);
const pattern = fc.constantFrom('^a', '^[\\w-.]+$', '(?i)^V\\d$', '\\-', '^\\p{L}+$', '.{2}', '');

/** A schema: of all keywords that manifests have, and few that none has. */
export const schemas: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: fc.oneof(
      fc.record({ type: fc.constant('boolean') }),
      fc.record({ type: fc.constantFrom('number', 'integer', ['number', 'null']), minimum: fc.integer({ min: -5, max: 5 }), maximum: fc.integer({ min: 0, max: 60 }), multipleOf: fc.constantFrom(1, 2, 0.5) }, { requiredKeys: ['type'] }),
      fc.record({ minimum: fc.constant(0), exclusiveMinimum: fc.constantFrom<unknown>(true, false, 1), exclusiveMaximum: fc.constantFrom<unknown>(true, 50), maximum: fc.constant(50) }, { requiredKeys: [] }),
      fc.record({ type: fc.constantFrom('string', ['string', 'null'], ['null', 'string']), minLength: fc.nat(3), maxLength: fc.integer({ min: 1, max: 6 }), pattern, patternErrorMessage: text, format: fc.constantFrom('uri', 'date', 'ipv4', 'color-hex', 'uuid', 'email', 'unknown') }, { requiredKeys: ['type'] }),
      fc.record({ enum: fc.array(plain, { minLength: 1, maxLength: 4 }), enumDescriptions: fc.array(text, { maxLength: 4 }), markdownEnumDescriptions: fc.array(text, { maxLength: 2 }) }, { requiredKeys: ['enum'] }),
      fc.record({ const: plain }),
      fc.constantFrom<Record<string, unknown>>({}, { type: 'any' }, { type: 'null' }, { type: [] }, { enum: 'none' }, { minimum: 'low' }, { anyOf: [] }, { $ref: '#/definitions/none' }, { $ref: 'vscode://schemas/global' }),
    ) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('array'), items: tie('schema'), minItems: fc.nat(2), maxItems: fc.integer({ min: 1, max: 3 }), uniqueItems: fc.boolean() }, { requiredKeys: ['type', 'items'] }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('array'), contains: tie('schema'), minContains: fc.nat(2) }, { requiredKeys: ['contains'] }) },
    { weight: 1, arbitrary: fc.record({
      type: fc.constant('object'), properties: fc.dictionary(fc.constantFrom('a', 'b', 'some'), tie('schema'), { maxKeys: 3, noNullPrototype: true }),
      required: fc.subarray(['a', 'b']), additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      patternProperties: fc.dictionary(fc.constantFrom('^a', 'e$', '^x-'), tie('schema'), { maxKeys: 2, noNullPrototype: true }), minProperties: fc.nat(2), maxProperties: fc.integer({ min: 1, max: 3 }),
      propertyNames: fc.constant({ maxLength: 4 }),
    }, { requiredKeys: ['type'] }) },
    { weight: 1, arbitrary: fc.oneof(
      fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
      fc.record({ not: tie('schema') }),
      fc.record({ type: fc.constant('array'), items: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }), additionalItems: fc.oneof(fc.boolean(), tie('schema')) }, { requiredKeys: ['items'] }),
      fc.record({ definitions: fc.record({ part: tie('schema') }), items: fc.constant({ $ref: '#/definitions/part' }) }),
      fc.record({ if: tie('schema'), then: tie('schema'), else: tie('schema') }, { requiredKeys: ['if'] }),
    ) },
  ),
})).schema;

const setting = fc.tuple(schemas, fc.record({
  default: plain, description: text, markdownDescription: text, scope, order: fc.integer({ min: -5, max: 500 }), tags: fc.array(text, { maxLength: 2 }),
  examples: fc.array(plain, { maxLength: 2 }), deprecationMessage: text, editPresentation: fc.constant('multilineText'), defaultSnippets: fc.constant([{ label: 'x', body: '$1' }]),
  madeUp: plain, ignoreSync: fc.boolean(), policy: fc.constant({ name: 'Some', minimumVersion: '1.90' }),
}, { requiredKeys: [] })).map(([schema, rest]) => ({ ...rest, ...schema }));

/** A name with one to four parts; of a section among few, so that sections are shared. */
const name = fc.tuple(fc.constantFrom('app', 'app', 'app', 'other', '[x]'), fc.array(word, { maxLength: 3 })).map(([section, parts]) => [section, ...parts].join('.'));

const block = fc.record({ title: text, id: fc.constant('some'), order: fc.nat(9), type: fc.constant('object'), properties: fc.array(fc.tuple(name, setting), { maxLength: 8 }), madeUp: plain }, { requiredKeys: ['properties'] });

/** Without what is refused: the same name twice, and a name below another one. */
export const manifests: fc.Arbitrary<Shape['manifest']> = fc.tuple(fc.array(block, { maxLength: 4 }), fc.boolean()).map(([blocks, isOne]) => {
  const taken: string[] = [];
  const isFree = (each: string): boolean => !taken.some((other) => other === each || other.startsWith(`${each}.`) || each.startsWith(`${other}.`)) && taken.push(each) > 0;
  const made = blocks.map(({ properties, ...rest }) => ({ ...rest, properties: Object.fromEntries(properties.filter(([each]) => isFree(each))) }));
  return { contributes: { configuration: isOne && made[0] !== undefined ? made[0] : made } };
});
