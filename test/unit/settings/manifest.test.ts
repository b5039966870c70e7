import '../../../tools/from-source.ts';
import { expect } from 'chai';
import * as yup from 'yup';
import { ValidationError } from '../../../src/errors.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { contributedConfiguration, restrictedConfigurations } from '../../../src/settings/manifest.ts';
import { pointer } from '../../../src/settings/json-schema-parts.ts';
import type { StandardSchema } from '../../../src/settings/schema.ts';
import { jsonSchema as schemaByHand } from '../../../src/settings/schema-of.ts';
import { exampleManifest, ownManifest } from '../../../tools/manifest.ts';

/** A schema that follows Standard Schema, whose parts throw when they are used. */
const throwing = {
  '~standard': {
    version: 1, vendor: 'test',
    validate: (value: unknown) => {
      if (value === 'anything else') throw new Error('Injected.');
      return { value };
    },
    jsonSchema: { input: () => { throw new Error('JSON Schema cannot say this.'); } },
  },
} as unknown as StandardSchema<string>;

/** What the manifest says of a setting with this schema, but for its default, description, scope and order. */
function jsonSchema(schema: yup.Schema, value: unknown): Record<string, unknown> {
  const definition = defineSettings('s', { key: { schema, default: value, description: 'd' } });
  const { properties } = contributedConfiguration(definition, 't') as { properties: Record<string, Record<string, unknown>> };
  const { default: _default, markdownDescription: _description, scope: _scope, order: _order, ...rest } = properties['s.key']!;
  return rest;
}

describe('The generated manifest', () => {
  it('of the NofX example has not drifted from its definition (else: npm run manifest)', async () => {
    const { found, expected } = await exampleManifest();
    expect(found).to.equal(expected);
  });

  it('of Holdfast has not drifted from its definition (else: npm run manifest)', async () => {
    const { found, expected } = await ownManifest();
    expect(found).to.equal(expected);
  });

  it('declares a policy; a whole number that a policy may decide is a number of a kind that VS Code takes', () => {
    const definition = defineSettings('s', {
      some: { schema: yup.number().integer().min(1).nullable().defined(), default: 1, description: 'd', policy: 'SSome' },
      text: { schema: yup.string().defined(), default: '', description: 'd', policy: 'SText' },
    });
    const { properties } = contributedConfiguration(definition, 't') as { properties: Record<string, Record<string, unknown>> };
    expect(properties['s.some']).to.deep.include({ type: ['number', 'null'], multipleOf: 1, minimum: 1, policy: { name: 'SSome', minimumVersion: '1.100' } });
    expect(properties['s.text']).to.deep.include({ type: 'string', policy: { name: 'SText', minimumVersion: '1.100' } });
  });

  it('says everything VS Code wants to know of a setting', () => {
    const definition = defineSettings('s', {
      mode: {
        schema: yup.string().oneOf(['a', 'b']).defined(),
        default: 'a',
        description: 'A `mode`.',
        scope: 'machine-overridable',
        enumDescriptions: ['first', 'second'],
        deprecationMessage: 'Use another.',
        restricted: true,
      },
      plain: { schema: yup.boolean().defined(), default: false, description: 'Yes or no.' },
    });
    expect(contributedConfiguration(definition, 'Title')).to.deep.equal({
      title: 'Title',
      properties: {
        's.mode': {
          type: 'string',
          enum: ['a', 'b'],
          default: 'a',
          markdownDescription: 'A `mode`.',
          scope: 'machine-overridable',
          enumDescriptions: ['first', 'second'],
          deprecationMessage: 'Use another.',
          order: 0,
        },
        's.plain': { type: 'boolean', default: false, markdownDescription: 'Yes or no.', scope: 'window', order: 1 },
      },
    });
    expect(restrictedConfigurations(definition)).to.deep.equal(['s.mode']);
  });

  it('F38 hands on what VS Code knows of how a setting is presented', () => {
    const presented = {
      enumDescriptions: ['Up.', 'Down.'],
      markdownEnumDescriptions: ['*Up.*', '*Down.*'],
      enumItemLabels: ['Up', 'Down'],
      deprecationMessage: 'Use another.',
      markdownDeprecationMessage: 'Use `another`.',
      tags: ['experimental'],
      keywords: ['direction'],
      editPresentation: 'multilineText' as const,
      ignoreSync: true,
      order: 7,
    };
    const definition = defineSettings('s', {
      way: { schema: yup.string().oneOf(['up', 'down'] as const).defined(), default: 'up', description: 'Where to.', markdownDescription: '*Where* to.', ...presented },
    });
    const { properties } = contributedConfiguration(definition, 't') as { properties: Record<string, unknown> };
    expect(properties['s.way']).to.deep.equal({
      type: 'string', enum: ['up', 'down'], default: 'up', scope: 'window', description: 'Where to.', markdownDescription: '*Where* to.', ...presented,
    });
  });

  it('contributes the keys of earlier versions, so that VS Code tells where they have a value', () => {
    const schema = yup.number().defined();
    const definition = defineSettings('s', {
      wait: { schema, default: 1, description: 'Now.', scope: 'resource', restricted: true, formerly: [{ key: 'pause' }, { key: 'delay', deprecationMessage: 'Gone.' }, { convert: Number }] },
    });
    const { properties } = contributedConfiguration(definition, 't') as { properties: Record<string, unknown> };
    expect(Object.keys(properties)).to.deep.equal(['s.wait', 's.pause', 's.delay']);
    expect(properties['s.pause']).to.deep.equal({ default: null, scope: 'resource', markdownDeprecationMessage: 'This setting is called `#s.wait#` now.' });
    expect(properties['s.delay']).to.deep.include({ markdownDeprecationMessage: 'Gone.' });
    expect(restrictedConfigurations(definition), 'P52').to.deep.equal(['s.wait', 's.pause', 's.delay']);
  });

  it('has a JSON schema for what JSON Schema can say', () => {
    const cases: [yup.Schema, unknown, Record<string, unknown>][] = [
      [yup.number().min(1).max(5).defined(), 1, { type: 'number', minimum: 1, maximum: 5 }],
      [yup.number().moreThan(0).lessThan(5).defined(), 1, { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 5 }],
      [yup.number().integer().defined(), 1, { type: 'integer' }],
      [yup.number().integer().nullable().defined(), null, { type: ['integer', 'null'] }],
      [yup.string().min(1).max(5).defined(), 'a', { type: 'string', minLength: 1, maxLength: 5 }],
      [yup.string().length(2).defined(), 'ab', { type: 'string', minLength: 2, maxLength: 2 }],
      [yup.string().matches(/^a+$/u).defined(), 'a', { type: 'string', pattern: '^a+$' }],
      [yup.string().nullable().defined(), null, { type: ['string', 'null'] }],
      [yup.array().of(yup.string().defined()).min(1).max(3).defined(), ['a'], { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 }],
      [yup.array().length(2).defined(), [1, 2], { type: 'array', minItems: 2, maxItems: 2 }],
      [yup.tuple([yup.string().defined(), yup.number().defined()]).defined(), ['a', 1], { type: 'array', items: [{ type: 'string' }, { type: 'number' }] }],
      [yup.object({ host: yup.string().required() }).defined(), { host: 'h' }, { type: 'object', properties: { host: { type: 'string' } } }],
      [yup.object().defined(), {}, { type: 'object' }],
      [yup.mixed().defined(), 'a', {}],
    ];
    for (const [schema, value, expected] of cases) expect(jsonSchema(schema, value)).to.deep.equal(expected);
  });

  it('is silent where JSON Schema would say something else', () => {
    expect(jsonSchema(yup.string().matches(/^a+$/i).defined(), 'A'), 'a pattern has no flags').to.deep.equal({ type: 'string' });
    expect(jsonSchema(yup.string().email().defined(), 'a@b.c'), 'a test of its own').to.deep.equal({ type: 'string' });
    const fields = yup.object({
      low: yup.number().defined(),
      high: yup.number().min(yup.ref('low')).defined(),
      same: yup.number().oneOf([yup.ref('low')]).defined(),
      late: yup.lazy(() => yup.string().defined()),
    });
    expect(jsonSchema(fields.defined(), { low: 1, high: 2, same: 1, late: '' }), 'references and late schemas').to.deep.equal({
      type: 'object',
      properties: { low: { type: 'number' }, high: { type: 'number' }, same: { type: 'number' }, late: {} },
    });
  });

  it('has the titled blocks that its declarations name, in the order in which they come first', () => {
    const schema = yup.boolean().defined();
    const definition = defineSettings('s', {
      'a': { schema, default: true, description: 'd', block: { title: 'Editor', id: 'editor', order: 2 } },
      'b': { schema, default: true, description: 'd' },
      'c.d': { schema, default: true, description: 'd', block: 'Editor', formerly: [{ key: 'old' }] },
    });
    const blocks = contributedConfiguration(definition, 'General') as { properties: object }[];
    expect(blocks.map(({ properties, ...head }) => [head, Object.keys(properties)])).to.deep.equal([
      [{ title: 'Editor', id: 'editor', order: 2 }, ['s.a', 's.c.d', 's.old']],
      [{ title: 'General' }, ['s.b']],
    ]);
    expect((contributedConfiguration(definition) as { title: string }[])[1]!.title, 'the section, when no title is given').to.equal('s');
  });

  it('takes what a declaration has for the manifest as it is, in place of what would be derived', () => {
    const manifest = { additionalProperties: { type: 'string' }, defaultSnippets: [{ label: '%snippet%', body: { $1: '$2' } }], order: -1, markdownDescription: '%s.table%' };
    const definition = defineSettings('s', { table: { schema: yup.object().defined(), default: {}, description: 'd', examples: [{ a: 'b' }], patternErrorMessage: 'No.', manifest } });
    expect((contributedConfiguration(definition, 't') as { properties: object }).properties).to.deep.equal({
      's.table': { type: 'object', default: {}, scope: 'window', examples: [{ a: 'b' }], patternErrorMessage: 'No.', ...manifest },
    });
  });

  it('says of members which there may be, which there must be, and what they are', () => {
    const rule = yup.object({
      name: yup.string().defined().meta({ description: 'What it is called.', ours: true }),
      level: yup.number().default(1),
      note: yup.string(),
    });
    const properties = { name: { type: 'string', description: 'What it is called.' }, level: { type: 'number', default: 1 }, note: { type: 'string' } };
    expect(jsonSchema(yup.array(rule.noUnknown().defined()).defined(), [])).to.deep.equal({
      type: 'array', items: { type: 'object', properties, required: ['name'], additionalProperties: false },
    });
    expect(jsonSchema(rule.defined(), { name: 'n' }), 'VS Code merges it with the default').to.deep.equal({ type: 'object', properties });
  });

  it('is what a JSON Schema says that is the schema: tables and unions', () => {
    const aliases = schemaByHand<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } });
    const width = schemaByHand<number | 'auto'>({ anyOf: [{ type: 'number', minimum: 1 }, { const: 'auto' }] });
    const definition = defineSettings('s', {
      aliases: { schema: aliases, default: {}, description: 'd', onInvalidItem: 'drop' },
      width: { schema: width, default: 'auto', description: 'd' },
    });
    const { properties } = contributedConfiguration(definition, 't') as { properties: Record<string, object> };
    expect(properties['s.aliases']).to.deep.include({ type: 'object', additionalProperties: { type: 'string' } });
    expect(properties['s.width']).to.deep.include({ anyOf: [{ type: 'number', minimum: 1 }, { const: 'auto' }] });
    const found: number | 'auto' = definition.defaults.width;
    expect(found).to.equal('auto');
    expect([5, 'auto', 0, 'wide'].map((value) => definition.check('width', value).ok)).to.deep.equal([true, true, false, false]);
    expect(definition.check('aliases', { a: 5 })).to.deep.equal({ ok: false, problem: 'a must be a text' });
    expect(definition.accept('aliases', { a: 5, b: 'x' })).to.deep.include({ ok: true, value: { b: 'x' } });
    // @ts-expect-error the default is of another type
    expect(() => defineSettings('s', { width: { schema: width, default: 'wide', description: '' } })).to.throw(ValidationError);
  });
});

describe('What a schema does when it is used', () => {
  const definition = defineSettings('s', { key: { schema: throwing, default: 'd', description: 'A text' } });

  it('P30 one that throws makes no value valid, and says nothing in the manifest', () => {
    expect(definition.check('key', 'anything else').ok).to.equal(false);
    expect(definition.check('key', 'd')).to.deep.include({ ok: true, value: 'd' });
    expect(contributedConfiguration(definition, 't')).to.deep.include({ properties: { 's.key': { default: 'd', markdownDescription: 'A text', scope: 'window', order: 0 } } });
  });

  it('a pointer that is no URI is a name as it stands', () => {
    expect(pointer('/a~1b/c%20d/%E0%A4%A')).to.deep.equal(['a/b', 'c d', '%E0%A4%A']);
  });
});
