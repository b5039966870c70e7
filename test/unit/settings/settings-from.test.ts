import { expect } from 'chai';
import * as yup from 'yup';
import { createConfigurationService } from '../../../src/service/service.ts';
import { contributedConfiguration, restrictedConfigurations } from '../../../src/settings/manifest.ts';
import { settingsFrom, type ManifestOptions } from '../../../src/settings/settings-from.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import fc from '../../fast-check.ts';
import { manifests } from '../../manifests/random.ts';
import { propertiesOf, shapes } from '../../manifests/shapes.ts';
import { refusal } from './refusal.ts';

const manifestOf = (properties: object): { contributes: { configuration: object } } => ({ contributes: { configuration: { title: 'App', properties } } });

/** What VS Code takes for a default when there is none. */
function defaultIn({ default: given, type }: Record<string, unknown>): unknown {
  if (given !== undefined) return given;
  switch ([type].flat()[0]) {
    case 'boolean': return false;
    case 'number': case 'integer': return 0;
    case 'string': return '';
    case 'array': return [];
    case 'object': return {};
    default: return null;
  }
}

describe('settingsFrom', () => {
  it('knows 21 shapes', () => {
    expect(shapes).to.have.lengthOf(21);
  });

  for (const { name, manifest } of shapes) {
    it(`takes the manifest of ${name}: it comes back the same, and every setting has its default`, () => {
      const before = JSON.stringify(manifest);
      const definition = settingsFrom(manifest);
      expect(JSON.stringify(contributedConfiguration(definition))).to.equal(JSON.stringify(manifest.contributes.configuration));
      const properties = propertiesOf(manifest);
      expect(definition.keys.map((key) => (definition.section === '' ? key : `${definition.section}.${key}`))).to.deep.equal([...properties.keys()]);
      for (const [index, property] of [...properties.values()].entries()) {
        const key = definition.keys[index]!;
        expect(definition.defaults[key], key).to.deep.equal(defaultIn(property));
        expect(definition.check(key, structuredClone(definition.defaults[key])), key).to.deep.equal({ ok: true, value: definition.defaults[key] });
        expect(definition.validate(key, definition.defaults[key]), key).to.deep.equal(definition.defaults[key]);
      }
      expect(JSON.stringify(manifest), 'the manifest is left as it was').to.equal(before);
    });
  }

  it('says of a schema that refers to itself without end that it cannot be checked', () => {
    const definition = settingsFrom(manifestOf({ 'app.a': { default: 1, allOf: [{ $ref: '#' }] } }));
    expect(definition.check('a', 2)).to.deep.equal({ ok: false, problem: 'cannot be checked: its schema throws' });
  });

  it('takes any manifest: it comes back the same, and every setting has its default', () => {
    fc.assert(fc.property(manifests, (manifest) => {
      const definition = settingsFrom(manifest);
      expect(JSON.stringify(contributedConfiguration(definition))).to.equal(JSON.stringify(manifest.contributes.configuration));
      const properties = [...propertiesOf(manifest).values()];
      expect(definition.keys).to.have.lengthOf(properties.length);
      for (const [index, key] of definition.keys.entries()) {
        expect(definition.defaults[key]).to.deep.equal(defaultIn(properties[index]!));
        expect(definition.check(key, definition.defaults[key])).to.deep.equal({ ok: true, value: definition.defaults[key] });
      }
    }), { numRuns: 500 });
  });

  it('P32 gives a manifest of its own each time, and defaults that cannot be changed', () => {
    const manifest = manifestOf({ 'app.list': { type: 'array', default: ['a'] } });
    const definition = settingsFrom<{ list: string[] }>(manifest);
    (contributedConfiguration(definition) as { title: string }).title = 'Other';
    expect(contributedConfiguration(definition)).to.deep.equal(manifest.contributes.configuration);
    expect(() => definition.defaults.list.push('b')).to.throw(TypeError);
    expect(() => void ((definition.defaults as { list: string[] }).list = [])).to.throw(TypeError);
  });

  it('F15 refuses a setting below another one, in whichever block, and names both', () => {
    const block = (...names: string[]): object => ({ properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
    for (const configuration of [block('app.group', 'app.group.deep'), [block('app.group.deep.er'), block('x.y', 'app.group')], [block('app'), block('app.deep')]]) {
      const error = refusal(() => settingsFrom({ contributes: { configuration } }));
      expect(error.message).to.match(/^"app\.(group\.)?deep(\.er)?" cannot be a setting beside "app(\.group)?"/);
    }
    expect(settingsFrom({ contributes: { configuration: block('app.group', 'app.groups') } }).keys).to.have.lengthOf(2);
    expect(settingsFrom({ contributes: { configuration: block('app.group', 'app.group.deep') } }, { except: ['app.group.deep'] }).keys).to.deep.equal(['group']);
  });

  describe('refuses, with one error that names the place', () => {
    const cases: readonly (readonly [what: string, manifest: unknown, message: string | RegExp])[] = [
      ['no manifest', undefined, '"manifest" is missing.'],
      ['null', null, '"manifest" is null.'],
      ['a list', [], '"manifest" is a list, and must be an object.'],
      ['no contributes', {}, '"contributes" is missing.'],
      ['no configuration', { contributes: {} }, '"contributes.configuration" is missing.'],
      ['a text', { contributes: { configuration: 'x' } }, '"contributes.configuration" is "x", and must be an object.'],
      ['a list with null', { contributes: { configuration: [{}, null] } }, '"contributes.configuration[1]" is null.'],
      ['properties that are a list', { contributes: { configuration: [{ properties: [] }] } }, '"contributes.configuration[0].properties" is a list, and must be an object.'],
      ['a setting that is null', manifestOf({ 'app.a': null }), '"contributes.configuration.properties["app.a"]" is null.'],
      ['a setting that is a text', manifestOf({ 'app.a': 'string' }), '"contributes.configuration.properties["app.a"]" is "string", and must be an object.'],
      ['a name that is none', manifestOf({ 'app..a': {} }), '"contributes.configuration.properties["app..a"]" contains "..".'],
      ['the same key twice', { contributes: { configuration: [{ properties: { 'app.a': {} } }, { properties: { 'app.b': {}, 'app.a': {} } }] } },
        '"contributes.configuration[1].properties["app.a"]" is a setting for the second time: the first is contributes.configuration[0].properties["app.a"].'],
      ['an invalid pattern', manifestOf({ 'app.a': { type: 'string', pattern: '(' } }), /^"contributes\.configuration\.properties\["app\.a"\]\.pattern" is not a regular expression: .+\.$/],
      ['an invalid pattern deep inside', manifestOf({ 'app.a': { anyOf: [{}, { items: { additionalProperties: { pattern: '[' } } }] } }),
        /^"contributes\.configuration\.properties\["app\.a"\]\.anyOf\[1\]\.items\.additionalProperties\.pattern" is not a regular expression/],
      ['an invalid pattern of what no other keyword is about', manifestOf({ 'app.a': { unevaluatedProperties: { pattern: '(' } } }), /^"contributes\.configuration\.properties\["app\.a"\]\.unevaluatedProperties\.pattern" is not a regular expression/],
      ['an invalid pattern of names', manifestOf({ 'app.a': { patternProperties: { '*': {} } } }), /^"contributes\.configuration\.properties\["app\.a"\]\.patternProperties\["\*"\]" is not a regular expression/],
      ['F37 a scope that VS Code does not have', manifestOf({ 'app.a': { scope: 'Window' } }), '"contributes.configuration.properties["app.a"].scope" is declared with the scope "Window", which VS Code does not have.'],
      ['a default that is no plain data', manifestOf({ 'app.a': { default: JSON.parse('{ "__proto__": 1 }') as unknown } }), '"contributes.configuration.properties["app.a"].default" contains a member named "__proto__".'],
    ];
    for (const [what, manifest, message] of cases) {
      it(what, () => {
        const error = refusal(() => settingsFrom(manifest as never));
        if (typeof message === 'string') expect(error.message).to.equal(message);
        else expect(error.message).to.match(message);
      });
    }
  });

  describe('of sections', () => {
    const several = { contributes: { configuration: [{ properties: { 'app.a': { type: 'number', default: 1 }, 'app.b.c': { type: 'string' } } }, { properties: { other: { type: 'boolean' } } }] } };

    it('takes keys within the one section that there is, and whole names when there are several', () => {
      expect(settingsFrom(several)).to.deep.include({ section: '', keys: ['app.a', 'app.b.c', 'other'] });
      expect(settingsFrom(manifestOf({ 'app.a': {}, 'app.b.c': {} }))).to.deep.include({ section: 'app', keys: ['a', 'b.c'] });
      expect(settingsFrom(manifestOf({ app: {} })), 'a setting that is a section itself').to.deep.include({ section: '', keys: ['app'] });
      expect(settingsFrom(manifestOf({}))).to.deep.include({ section: '', keys: [] });
    });

    it('takes a key that begins with the name of its section, also for writing', async () => {
      const definition = settingsFrom(manifestOf({ 'app.app.deep': { type: 'string' }, 'app.b': {} }));
      expect(definition).to.deep.include({ section: 'app', keys: ['app.deep', 'b'] });
      expect([definition.validate('app.deep', 'x'), definition.sanitise('app.deep', 'x')]).to.deep.equal(['x', 'x']);
      expect(refusal(() => definition.validateKey('app.b')).message).to.equal('"app.b" repeats the section: leave out "app.".');
      const config = createConfigurationService(definition, { store: new MemoryStore() });
      await config.update('app.deep', 'stored');
      expect([config.get('app.deep'), config.section()]).to.deep.equal(['stored', { app: { deep: 'stored' }, b: null }]);
      await config.dispose();
    });

    it('takes one of several when it is asked for, or a part of one', () => {
      expect(settingsFrom(several, { section: 'app' })).to.deep.include({ section: 'app', keys: ['a', 'b.c'] });
      expect(settingsFrom(several, { section: 'app.b' })).to.deep.include({ section: 'app.b', keys: ['c'] });
      expect(refusal(() => settingsFrom(several, { section: 'nothing' })).message).to.equal('"nothing" is a section in which the manifest has no settings.');
      expect(refusal(() => settingsFrom(several).validateKey('app.x')).message).to.equal('"app.x" is not a setting of this definition.');
    });
  });

  it('says in words what each keyword asks for', () => {
    const few = { required: ['x', 'y'], additionalProperties: false, properties: { x: { type: 'boolean' } } };
    for (const [property, value, words] of [
      [{ type: ['string', 'null'], default: 'a' }, 5, 'must be a text or null'],
      [{ enum: ['a', 1], default: 'a' }, 'b', 'must be one of "a", 1'],
      [{ const: 1, default: 1 }, 2, 'must be 1'],
      [{ type: 'number', minimum: 1, default: 1 }, 0, 'must be at least 1'],
      [{ type: 'number', maximum: 1 }, 2, 'must be at most 1'],
      [{ type: 'number', exclusiveMinimum: 1, default: 2 }, 1, 'must be more than 1'],
      [{ type: 'number', exclusiveMaximum: 1 }, 1, 'must be less than 1'],
      [{ type: 'number', maximum: 1, exclusiveMaximum: true }, 1, 'must be less than 1'],
      [{ type: 'number', multipleOf: 2 }, 3, 'must be a multiple of 2'],
      [{ type: 'string', minLength: 2, default: 'ab' }, 'a', 'must have at least 2 characters'],
      [{ type: 'string', maxLength: 1 }, 'ab', 'must have at most 1 characters'],
      [{ type: 'array', minItems: 1, default: [1] }, [], 'must have at least 1 items'],
      [{ type: 'array', maxItems: 1 }, [1, 2], 'must have at most 1 items'],
      [{ type: 'array', uniqueItems: true }, [1, 1], 'must not have the same item twice'],
      [{ type: 'object', minProperties: 1, default: { a: 1 } }, {}, 'must have at least 1 members'],
      [{ type: 'object', maxProperties: 1 }, { a: 1, b: 2 }, 'must have at most 1 members'],
      [{ type: 'object', ...few, default: { x: true, y: 1 } }, {}, 'must have "x", "y"'],
      [{ type: 'object', properties: { x: { type: 'boolean' } } }, { x: 1 }, 'x must be true or false'],
      [{ type: 'object', properties: { x: false } }, { x: 1 }, 'x is not allowed'],
      [{ type: 'string', pattern: '^a', default: 'a' }, 'b', 'must match the pattern "^a"'],
      [{ type: 'string', pattern: '^a', patternErrorMessage: 'Begin with a.', default: 'a' }, 'b', 'Begin with a'],
      [{ type: 'string', format: 'date', default: '2026-01-01' }, 'never', 'must be written as "date"'],
      [{ type: 'number', maximum: 1, errorMessage: 'Too much.' }, 2, 'Too much'],
      [{ anyOf: [{ minimum: 5 }, { maximum: 1 }], default: 0 }, 3, 'has none of the forms that it may have'],
      [{ not: { type: 'string' }, default: 0 }, 'a', 'has a form that it must not have'],
    ] as const) {
      const definition = settingsFrom(manifestOf({ 'app.x': property }));
      expect(definition.check('x', value), JSON.stringify(property)).to.deep.equal({ ok: false, problem: words });
    }
  });

  it('says of a value that it fits several of the forms of which it may have one', () => {
    const definition = settingsFrom(manifestOf({ 'app.a': { oneOf: [{ type: 'number' }, { type: 'integer' }, { type: 'string' }] } }));
    expect(definition.check('a', 1)).to.deep.equal({ ok: false, problem: 'must have exactly one of the forms that it may have' });
    expect(definition.check('a', true)).to.deep.equal({ ok: false, problem: 'must be a number, a whole number or a text' });
  });

  describe('and what a manifest cannot say', () => {
    const manifest = {
      ...manifestOf({
        'app.names': { type: 'array', items: { type: 'string', pattern: '^[a-z]' }, default: ['x'] },
        'app.size': { type: 'integer', minimum: 1, default: 3 },
        'app.width': { type: 'integer', deprecationMessage: 'Gone.' },
        'app.tool': { type: 'string', scope: 'resource', policy: { name: 'Tool', minimumVersion: '1.90' }, markdownDescription: 'A *tool*.' },
      }),
      capabilities: { untrustedWorkspaces: { supported: 'limited', restrictedConfigurations: ['app.tool'] } },
    };
    interface Values { names: string[]; size: number; tool: string }
    const from = (settings: ManifestOptions<Values>['settings'] = {}): ReturnType<typeof settingsFrom<Values>> => settingsFrom<Values>(manifest, { settings });

    it('is taken from the manifest as far as it is there', () => {
      const { declarations } = from();
      expect(declarations['tool']).to.deep.include({ restricted: true, scope: 'resource', policy: 'Tool', description: 'A *tool*.' });
      expect(declarations['size']).to.deep.include({ restricted: false, scope: 'window' });
      expect(restrictedConfigurations(from())).to.deep.equal(['app.tool']);
      expect(from({ tool: { restricted: undefined as never } }).declarations['tool']).to.include({ restricted: true });
      expect(from({ tool: { restricted: false } }).declarations['tool']).to.include({ restricted: false });
    });

    it('F35 drops items that are invalid, by the manifest or by the author’s schema', () => {
      const short = yup.array(yup.string().max(3).defined()).defined();
      expect(from().accept('names', ['a', 5])).to.deep.equal({ ok: false, problem: '[1] must be a text' });
      expect(from({ names: { onInvalidItem: 'drop' } }).accept('names', ['a', 5, 'B', 'c'])).to.deep.equal({ ok: true, value: ['a', 'c'], dropped: { items: ['[1]', '[2]'], problem: '[1] must be a text' } });
      expect(from({ names: { onInvalidItem: 'drop', schema: short } }).accept('names', ['a', 5, 'long'])).to.deep.include({ ok: true, value: ['a'] });
    });

    it('asks the author’s schema of what the manifest allows', () => {
      const asked: unknown[] = [];
      const definition = from({ size: { schema: yup.number().test('even', 'must be odd', (size) => { asked.push(size); return size! % 2 === 1; }).defined() } });
      asked.length = 0;
      expect(definition.check('size', 0)).to.deep.equal({ ok: false, problem: 'must be at least 1' });
      expect(asked).to.deep.equal([]);
      expect(definition.check('size', 4)).to.deep.equal({ ok: false, problem: 'must be odd' });
      expect(definition.check('size', 5)).to.deep.equal({ ok: true, value: 5 });
      expect(refusal(() => from({ size: { schema: yup.number().min(4).defined() } })).message).to.match(/^"size" has a default its own schema refuses/);
    });

    it('P51 says nothing of a secret', () => {
      const definition = from({ tool: { secret: true } });
      expect(definition.isSecret('tool')).to.equal(true);
      expect(definition.check('tool', 5)).to.deep.equal({ ok: false, problem: 'is not a legal value' });
    });

    it('takes old keys for what they have become, whether the manifest still has them or not', () => {
      const definition = from({ size: { formerly: [{ key: 'width' }, { key: 'breadth' }] } });
      expect(definition.keys).to.deep.equal(['names', 'size', 'tool']);
      expect([...definition.formerKeys]).to.deep.equal([['width', 'size'], ['breadth', 'size']]);
      const { properties } = contributedConfiguration(definition) as { properties: Record<string, object> };
      const given = propertiesOf(manifest);
      expect(Object.keys(properties)).to.deep.equal([...given.keys(), 'app.breadth']);
      expect(properties['app.width']).to.deep.equal(given.get('app.width'));
      expect(properties['app.breadth']).to.have.property('markdownDeprecationMessage', 'This setting is called `#app.size#` now.');
    });

    it('is refused when it is not known, or not understood', () => {
      expect(refusal(() => from({ other: {} } as never)).message).to.equal('"other" has options, and is not a setting of the manifest.');
      expect(refusal(() => from({ size: { default: 1 } } as never)).message).to.equal('"size" has the option "default", which there is not.');
      expect(refusal(() => from({ size: { secret: 'yes' } } as never)).message).to.equal('"size" is declared with "secret", which must be true or false.');
      for (const size of [null, 5]) {
        expect(refusal(() => from({ size } as never)).message).to.equal('"size" has options that are not an object.');
      }
      expect(refusal(() => from({ size: { formerly: null } } as never)).message).to.match(/^"size" is declared with "formerly", which /);
      expect(refusal(() => from({ size: { schema: {} } } as never)).message).to.equal('"size" needs a schema of yup, or one that follows Standard Schema.');
    });
  });
});
