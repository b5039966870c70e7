import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { foundSettings, type FoundSettings } from '../../../src/cli/found-settings.ts';
import { PackageFile } from '../../../src/cli/package-file.ts';
import { typesText } from '../../../src/cli/types-file.ts';
import { valueType } from '../../../src/cli/value-types.ts';
import fc from '../../fast-check.ts';
import { manifests } from '../../manifests/random.ts';
import { shapes } from '../../manifests/shapes.ts';
import { night } from '../../night.ts';
import { programOf } from '../../program-of.ts';
import { seed } from '../../seed.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const options: ts.CompilerOptions = {
  strict: true, noEmit: true, skipLibCheck: true, exactOptionalPropertyTypes: true, target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts'], types: ['node'], typeRoots: [path.join(root, 'node_modules/@types')],
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, allowImportingTsExtensions: true,
};

/** What the compiler says of each file. */
function errorsOf(texts: ReadonlyMap<string, string>): { readonly file: string; readonly line: string; readonly message: string }[] {
  const program = programOf(texts, options);
  return [...texts].flatMap(([file, text]) => {
    const source = program.getSourceFile(file)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start = 0, messageText }) => ({ file: path.basename(file), line: text.slice(text.lastIndexOf('\n', start) + 1, text.indexOf('\n', start)), message: ts.flattenDiagnosticMessageText(messageText, '\n') }));
  });
}

const at = (name: string): string => path.join(import.meta.dirname, name);

/** The types, all defaults, and for each setting something that is no JSON. */
function proof(found: FoundSettings): string {
  const defaults = found.settings.map(({ key, default: standard }) => `  ${JSON.stringify(key)}: ${JSON.stringify(standard)},`);
  const wrong = found.settings.map(({ key }) => `export const wrong${found.settings.findIndex((each) => each.key === key)}: Settings[${JSON.stringify(key)}] = none;`);
  return `${typesText(found)}export const defaults: Settings = {\n${defaults.join('\n')}\n};\ndeclare const none: unique symbol;\n${wrong.join('\n')}\n`;
}

describe('npx holdfast types', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-types-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const found = (manifest: object): FoundSettings => {
    const file = path.join(folder, 'package.json');
    writeFileSync(file, JSON.stringify(manifest));
    return foundSettings(new PackageFile(file));
  };

  function judged(all: readonly FoundSettings[]): void {
    const errors = errorsOf(new Map(all.map((each, index) => [at(`proof-${index}.ts`), proof(each)])));
    expect(errors.filter(({ line }) => !line.startsWith('export const wrong'))).to.deep.equal([]);
    const known = all.flatMap(({ settings }) => settings.filter(({ property, default: standard }) => valueType(property, standard) !== 'unknown'));
    expect(errors, 'nothing but JSON of its type is accepted').to.have.lengthOf(known.length);
    expect(known.length).to.be.greaterThan(0);
  }

  night.it('what it writes for the 21 shapes compiles, and accepts each default and nothing but values', () => {
    judged(shapes.map(({ manifest }) => found(manifest)));
  });

  night.it('the same for manifests as nobody has written them', () => {
    const random = fc.sample(manifests, { seed, numRuns: 300 }).filter(({ contributes: { configuration } }) => [configuration].flat().some((block) => Object.keys((block as { properties: object }).properties).length > 0));
    judged(random.map(found));
  });

  const cases: readonly (readonly [schema: Record<string, unknown>, standard: unknown, type: string])[] = [
    [{ type: 'integer', minimum: 1 }, 3, 'number'],
    [{ type: ['string', 'null'], enum: ['a', 'b', null] }, 'a', '\'a\' | \'b\' | null'],
    [{ type: 'string' }, null, 'string | null'],
    [{ type: 'string', enum: ['it\'s', 'say "hi"', '\\'] }, 'it\'s', '\'it\\\'s\' | \'say "hi"\' | \'\\\\\''],
    [{ type: 'array', items: { type: ['string', 'number'] } }, [], 'readonly (string | number)[]'],
    [{ type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false, minItems: 1 }, ['a'], 'readonly [string, number?]'],
    [{ type: 'object', properties: { a: { type: 'string' }, 'b-c': { type: 'number' } }, required: ['a'], additionalProperties: false }, { a: '' }, '{ readonly a: string; readonly \'b-c\'?: number }'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, {}, '{ readonly [name: string]: boolean }'],
    [{ anyOf: [{ type: 'string' }, { const: false }] }, false, 'string | false'],
    [{ type: 'object', allOf: [{ properties: { a: { type: 'string' } }, type: 'object', additionalProperties: false }, { $ref: '#/definitions/b' }], definitions: { b: { type: 'object', required: ['b'] } } }, { b: 1 }, '{ readonly [name: string]: unknown } & { readonly a?: string } | { readonly b: 1 }'],
    [{ type: 'object', patternProperties: { '^[\\w-.]+$': { type: 'string' } }, additionalProperties: false }, {}, '{ readonly [name: string]: unknown }'],
    [{ type: 'object', patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false }, {}, '{ readonly [name: string]: string }'],
    [{ type: 'array', items: [], additionalItems: false }, [1], 'readonly [...unknown[]]'],
    [{ type: 'toString' }, null, 'unknown'],
    [{ $ref: '#' }, null, 'unknown'],
    [{ description: 'Anything.' }, null, 'unknown'],
  ];
  for (const [schema, standard, type] of cases) {
    it(`${JSON.stringify(schema)} is ${type}`, () => {
      expect(valueType(schema, standard as never)).to.equal(type);
    });
  }

  it('a schema that refers to itself in many places has a type of a size that can be used, as deep as that allows', () => {
    const part = (members: number): object => ({ type: 'object', properties: Object.fromEntries(Array.from({ length: members }, (_, index) => [`m${index}`, { $ref: '#/definitions/part' }])) });
    const typeOfParts = (members: number): string => valueType({ $ref: '#/definitions/part', definitions: { part: part(members) } }, null);
    const deep = (levels: number): string => (levels === 0 ? 'unknown' : `{ readonly m0?: ${deep(levels - 1)}; readonly [name: string]: unknown }`);
    expect(typeOfParts(1)).to.equal(`${deep(6)} | null`);
    for (const members of [2, 10, 100]) {
      const type = typeOfParts(members);
      expect(type, `${members} members`).to.have.length.below(50_000);
      expect(type).to.match(/^\{ readonly m0\?: \S.*m1\?: /);
    }
  });

  night.it('the types of 462 settings cost the compiler at most 50,000 instantiations over an empty project', () => {
    const properties = shapes.flatMap(({ manifest }) => [manifest.contributes.configuration].flat().flatMap((block) => Object.values((block as { properties?: Record<string, object> }).properties ?? {}))).slice(0, 462);
    const many = found({ contributes: { configuration: { properties: Object.fromEntries(properties.map((property, index) => [`app.group${index % 40}.setting${index}`, property])) } } });
    expect(many.settings).to.have.lengthOf(462);
    const library = path.join(root, 'src/index.ts');
    const head = `import { createConfigurationService, settingsFrom, type Store } from '${library.replaceAll('\\', '/')}';\ndeclare const store: Store;\nexport { createConfigurationService, settingsFrom, store };\n`;
    const use = `${head}import type { Settings } from './many.ts';\nconst config = createConfigurationService(settingsFrom<Settings>({}), { store });\n`
      + many.settings.map(({ key }, index) => `export const value${index}: Settings['${key}'] = config.get('${key}');\n`).join('')
      + "export const group = config.get('group0');\nexport const all = config.section().group39;\nconfig.onDidChangeAny((change) => change.affects('group1'));\n";
    const texts = new Map([[at('many.ts'), typesText(many)], [at('use.ts'), use], [at('empty.ts'), head]]);
    const cost = (file: string): number => {
      const program = programOf(texts, options, [at(file)]);
      const source = program.getSourceFile(at(file));
      expect(program.getSemanticDiagnostics(source)).to.deep.equal([]);
      return program.getInstantiationCount();
    };
    const empty = cost('empty.ts');
    expect(cost('use.ts') - empty).to.be.within(1, 50_000);
  });
});
