import { expect } from 'chai';
import { contributedConfiguration } from '../../src/settings/manifest.ts';
import { settingsFrom } from '../../src/settings/settings-from.ts';
import fc from '../fast-check.ts';
import { schemas } from '../manifests/random.ts';
import { propertiesOf, shapes } from '../manifests/shapes.ts';
import { seed } from '../seed.ts';
import { judged, type Draft } from './judge.ts';
import { valuesFor } from './values.ts';

type Schema = Readonly<Record<string, unknown>>;

/** One value of which Holdfast and VS Code do not say the same. */
interface Difference {
  readonly schema: Schema;
  readonly value: unknown;
  readonly holdfast: string;
  readonly vscode: readonly string[];
}

/** Why Holdfast judges otherwise than VS Code does: each where it applies, and nowhere else. */
const reasons: Readonly<Record<string, (difference: Difference, standard: unknown) => boolean>> = {
  'A default is valid even if its own schema refuses it: it is served, and whoever writes what is served must not be refused.': ({ value, holdfast }, standard) => (
    holdfast === 'valid' && JSON.stringify(value) === JSON.stringify(standard)
  ),
  'VS Code complains of a $ref that leads nowhere, and then judges nothing by the schema; Holdfast goes by the rest of it.': ({ schema, vscode }) => (
    vscode.length === 0 && (/"\$ref":"(vscode:|#\/definitions\/none)/.test(JSON.stringify(schema)) || (/"\$ref"/.test(JSON.stringify(schema)) && schema['definitions'] === undefined))
  ),
};

const values = 200;

/** What Holdfast and VS Code say of values for a setting; how many are valid, and of which they do not say the same. */
async function compared(schema: Schema, index: number, draft: Draft): Promise<{ readonly valid: number; readonly differences: readonly Difference[]; readonly explained: ReadonlySet<string> }> {
  const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': schema } } } });
  const all = valuesFor(schema, values, seed * 10_000 + index);
  const said = await judged(all, schema, draft);
  const explained = new Set<string>();
  let valid = 0;
  const differences = all.flatMap((value, at): Difference[] => {
    const checked = definition.check('it', value);
    if (checked.ok) valid++;
    if (checked.ok === (said[at]!.length === 0)) return [];
    const difference = { schema, value, holdfast: checked.ok ? 'valid' : checked.problem, vscode: said[at]! };
    const reason = Object.keys(reasons).find((each) => reasons[each]!(difference, definition.defaults['it']));
    if (reason === undefined) return [difference];
    explained.add(reason);
    return [];
  });
  expect(JSON.stringify(contributedConfiguration(definition))).to.equal(JSON.stringify({ properties: { 'app.it': schema } }));
  return { valid, differences, explained };
}

describe('Values of settings are judged as VS Code judges them', () => {
  const explained = new Set<string>();

  for (const { name, manifest } of shapes) {
    it(`${values} for each setting of ${name}`, async () => {
      let valid = 0;
      const properties = [...propertiesOf(manifest).values()];
      for (const [index, property] of properties.entries()) {
        const found = await compared(property, index, 'as VS Code');
        expect(found.differences).to.deep.equal([]);
        valid += found.valid;
        found.explained.forEach((reason) => explained.add(reason));
      }
      const share = valid / (properties.length * values);
      expect(share, 'some are valid, and some are not').to.be.within(0.2, 0.9);
    });
  }

  it(`${values} for each of many schemas that nobody has written`, async () => {
    let index = 0;
    for (const schema of fc.sample(schemas, { seed, numRuns: 400 })) {
      // Without a draft VS Code takes no notice of the items of a tuple. Holdfast does: its author has said what they are.
      const found = await compared(schema, index++, 'draft 7');
      expect(found.differences).to.deep.equal([]);
      found.explained.forEach((reason) => explained.add(reason));
    }
  });

  it('for each reason why not, there is a case', () => {
    expect([...explained]).to.have.members(Object.keys(reasons));
  });

  it('the items of a tuple are judged as their author has said, where VS Code takes no notice of them', async () => {
    const schema = { type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false };
    const tried = [['a', 1], [1, 'a'], ['a', 1, 2]];
    const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': schema } } } });
    expect(await judged(tried, schema, 'as VS Code')).to.deep.equal([[], [], []]);
    expect((await judged(tried, schema, 'draft 7')).map((said) => said.length === 0)).to.deep.equal([true, false, false]);
    expect(tried.map((value) => definition.check('it', value))).to.deep.equal([
      { ok: true, value: ['a', 1] }, { ok: false, problem: '[0] must be a text' }, { ok: false, problem: '[2] is not allowed' },
    ]);
  });

  it('members of an object that it shares with its default are valid, as the default is: VS Code merges the two', async () => {
    const schema = { type: 'object', properties: { tool: { type: 'string' }, level: { type: 'number' } }, default: { tool: null, level: 1 } };
    const tried = [{ tool: null, level: 2 }, { tool: null, level: 'high' }, { tool: 5, level: 1 }];
    const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': schema } } } });
    expect((await judged(tried, schema, 'as VS Code')).map((said) => said.length)).to.deep.equal([1, 2, 1]);
    expect(tried.map((value) => definition.check('it', value))).to.deep.equal([
      { ok: true, value: tried[0] }, { ok: false, problem: 'level must be a number' }, { ok: false, problem: 'tool must be a text' },
    ]);
  });

  it('items of a list are judged also where they are as in its default: VS Code does not merge lists', async () => {
    const list = { type: 'array', items: { type: 'string' } };
    const cases: readonly (readonly [schema: Schema, tried: readonly unknown[], isValid: readonly boolean[]])[] = [
      [{ ...list, default: [null] }, [[null], [null, 'a'], ['a']], [true, false, true]],
      [{ type: 'object', properties: { list }, default: { list: [5] } }, [{ list: [5], other: 1 }, { list: [5, 'a'] }, { list: ['a'] }], [true, false, true]],
    ];
    for (const [schema, tried, isValid] of cases) {
      const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': schema } } } });
      expect((await judged(tried, schema, 'as VS Code')).map((said) => said.length)).to.deep.equal([1, 1, 0]);
      expect(tried.map((value) => definition.check('it', value).ok)).to.deep.equal(isValid);
    }
  });

  it('what a schema refers to, wherever it stands in the setting, and what depends on a member, whatever its name is', async () => {
    const definitions = { group: { 'a/b': { type: 'string' } }, id: { type: 'string' }, chain: { $ref: '#/definitions/id' } };
    const cases: readonly (readonly [schema: Schema, tried: readonly unknown[]])[] = [
      ...['group/a~1b', 'id', 'chain'].map((name) => [{ type: 'array', items: { $ref: `#/definitions/${name}` }, definitions }, [['a'], [5]]] as const),
      [{ type: 'object', dependencies: { id: ['name'], type: { properties: { name: { $ref: '#/definitions/id' } } } }, definitions }, [{ id: 1 }, { id: 1, name: 5 }, { type: 1, name: 5 }, { type: 1, name: 'a' }]],
      [{ type: 'object', dependentRequired: { id: ['name'], other: 5 }, dependentSchemas: { type: { required: ['name'] } } }, [{ id: 1 }, { type: 1 }, { other: 1 }, { id: 1, type: 1, name: 1 }]],
      [{ type: 'object', properties: { a: 'none' }, additionalProperties: false }, [{ a: 1 }, { b: 1 }]],
    ];
    for (const [schema, tried] of cases) {
      const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': schema } } } });
      const said = await judged(tried, schema, 'as VS Code');
      expect(tried.map((value) => definition.check('it', value).ok), JSON.stringify(schema)).to.deep.equal(said.map((each) => each.length === 0));
    }
  });

  it('numbers as they are, where VS Code goes by how they are written', async () => {
    const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': { type: 'integer' } } } } });
    expect(await judged([1e-7, 1.5], { type: 'integer' }, 'as VS Code')).to.deep.equal([[], ['Incorrect type. Expected "integer".']]);
    expect([1e-7, 1.5, 1e21].map((value) => definition.check('it', value).ok)).to.deep.equal([false, false, true]);
  });

  it('what is no plain data is refused before any schema is asked', async () => {
    const value = JSON.parse('{ "__proto__": { "a": 1 } }') as unknown;
    const definition = settingsFrom({ contributes: { configuration: { properties: { 'app.it': {} } } } });
    expect(await judged([value], {}, 'as VS Code')).to.deep.equal([[]]);
    expect(definition.check('it', value)).to.deep.equal({ ok: false, problem: 'contains a member named "__proto__"' });
  });
});
