import { expect } from 'chai';
import fc from 'fast-check';
import { parse, parseTree, visit } from 'jsonc-parser';
import { execFileSync } from 'node:child_process';
import fs, { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync, type FSWatcher } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as yup from 'yup';
import { StoreError } from '../../../src/errors.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { jsonStore, JsonStore, type JsonPaths } from '../../../src/store/json-store.ts';
import type { Scope, Store, Target, WriteOptions } from '../../../src/store/store.ts';
import { verifyStore } from '../../../src/testing/verify-store.ts';

const definition = defineSettings('s', { a: { schema: yup.mixed(), default: 0, description: 'Anything' } });
const resource = 'file:///folder/a.txt';

describe('JsonStore', () => {
  let folder: string;
  let user: string;
  const stores: Store[] = [];
  const undo: (() => void)[] = [];

  beforeEach(() => {
    folder = fs.realpathSync(mkdtempSync(path.join(tmpdir(), 'holdfast-json-')));
    user = path.join(folder, 'settings.json');
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.dispose();
    for (const step of undo.splice(0).reverse()) step();
    rmSync(folder, { recursive: true, force: true });
  });

  function make(paths: Partial<JsonPaths> = {}): Store {
    const store = jsonStore({ user, ...paths })(definition);
    stores.push(store);
    return store;
  }

  async function loaded(text?: string | Buffer, paths: Partial<JsonPaths> = {}): Promise<Store> {
    if (text !== undefined) writeFileSync(user, text);
    const store = make(paths);
    await store.load();
    return store;
  }

  const text = (file = user): string => readFileSync(file, 'utf8');

  describe('keeps the contract of a store:', () => {
    for (const [what, more] of [['user settings only', {}], ['user and workspace settings', { workspace: 'workspace.json' }]] as const) {
      it(what, async () => {
        let number = 0;
        const results = await verifyStore((settings) => {
          const own = path.join(folder, `${number++}`);
          const workspace = 'workspace' in more ? { workspace: path.join(own, more.workspace) } : {};
          return Promise.resolve({ store: new JsonStore(settings, { user: path.join(own, 'deep/user.json'), ...workspace }), cleanUp: () => rmSync(own, { recursive: true, force: true }) });
        });
        expect(results.filter(({ ok }) => !ok)).to.deep.equal([]);
      });
    }
  });

  describe('edits the text as a person would:', () => {
    it('a new file, with its folders', async () => {
      user = path.join(folder, 'a/b/settings.json');
      const store = await loaded();
      await write(store, 'a', { list: [1] });
      expect(text()).to.equal('{\n    "s.a": {\n        "list": [\n            1\n        ]\n    }\n}\n');
      expect(readdirSync(path.dirname(user))).to.deep.equal(['settings.json']);
    });

    it('removing from a file that is not there makes none', async () => {
      await write(await loaded(), 'a', undefined);
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    const edits: readonly (readonly [string, string, (store: Store) => Promise<void>, string])[] = [
      ['an empty file', '', (s) => write(s, 'a', 1), '{\n    "s.a": 1\n}\n'],
      ['a file of comments alone', '// mine', (s) => write(s, 'a', 1), '// mine\n{\n    "s.a": 1\n}\n'],
      ['nothing to remove in a file of comments', '// mine', (s) => write(s, 'a', undefined), '// mine'],
      ['an empty object', '{}', (s) => write(s, 'a', 1), '{\n    "s.a": 1\n}'],
      ['an object that holds a comment', '{ // mine\n}\n', (s) => write(s, 'a', 1), '{\n    "s.a": 1 // mine\n}\n'],
      ['indentation by tabs, and CRLF', '{\r\n\t"x": 1\r\n}\r\n', (s) => write(s, 'a', [1]), '{\r\n\t"x": 1,\r\n\t"s.a": [\r\n\t\t1\r\n\t]\r\n}\r\n'],
      ['indentation by two', '{\n  "x": 1\n}', (s) => write(s, 'a', [1]), '{\n  "x": 1,\n  "s.a": [\n    1\n  ]\n}'],
      ['indentation told below a comment', '{\n  // mine\n  "x": 1\n}', (s) => write(s, 'a', [1]), '{\n  // mine\n  "x": 1,\n  "s.a": [\n    1\n  ]\n}'],
      ['a comment behind the last value stays with it', '{\n  "x": 1 // of x\n}', (s) => write(s, 'a', 1), '{\n  "x": 1, // of x\n  "s.a": 1\n}'],
      ['a trailing comma stays', '{\n  "x": 1, // of x\n}', (s) => write(s, 'a', 1), '{\n  "x": 1, // of x\n  "s.a": 1,\n}'],
      ['all on one line', '{ "x": 1 }', (s) => write(s, 'a', { b: [1] }), '{ "x": 1, "s.a": {"b":[1]} }'],
      ['one value is exchanged', '{\n  "s.a": /* was */ 1, // of a\n  "x": [1,2]\n}', (s) => write(s, 'a', 'new'), '{\n  "s.a": /* was */ "new", // of a\n  "x": [1,2]\n}'],
      ['the value that is there is left as it is written', '{ "s.a": [1,   2 /* two */] }', (s) => write(s, 'a', [1, 2]), '{ "s.a": [1,   2 /* two */] }'],
      ['of a name that is there twice, the last counts', '{\n  "s.a": 1,\n  "s.a": 2\n}', (s) => write(s, 'a', 3), '{\n  "s.a": 1,\n  "s.a": 3\n}'],
      ['of a name that is there twice, both are removed', '{\n  "s.a": 1,\n  "x": 0,\n  "s.a": 2\n}', (s) => write(s, 'a', undefined), '{\n  "x": 0\n}'],
      ['the first is removed', '{\n  "s.a": 1,\n  "x": 2\n}', (s) => write(s, 'a', undefined), '{\n  "x": 2\n}'],
      ['the last is removed', '{\n  "x": 2, // of x\n  "s.a": 1\n}', (s) => write(s, 'a', undefined), '{\n  "x": 2 // of x\n}'],
      ['the last with a trailing comma is removed', '{\n  "x": 2,\n  "s.a": 1,\n}', (s) => write(s, 'a', undefined), '{\n  "x": 2,\n}'],
      ['the only one is removed', '{\n  "s.a": 1\n}', (s) => write(s, 'a', undefined), '{\n}'],
      ['its comments stay', '{\n  // above\n  "s.a": 1, // beside\n  "x": 2\n}', (s) => write(s, 'a', undefined), '{\n  // above\n  // beside\n  "x": 2\n}'],
      ['one of those on a line is removed', '{ "x": 1, "s.a": 2, "y": 3 }', (s) => write(s, 'a', undefined), '{ "x": 1, "y": 3 }'],
      ['the last of those on a line is removed', '{ "x": 1, "s.a": 2 }', (s) => write(s, 'a', undefined), '{ "x": 1 }'],
      ['a language', '{\n  "x": 1\n}', (s) => write(s, 'a', 1, { languageId: 'ts' }), '{\n  "x": 1,\n  "[ts]": {\n    "s.a": 1\n  }\n}'],
      ['into a language', '{\n  "[ts]": {\n    "x": 1\n  }\n}', (s) => write(s, 'a', 1, { languageId: 'ts' }), '{\n  "[ts]": {\n    "x": 1,\n    "s.a": 1\n  }\n}'],
      ['into an empty language', '{\n  "[ts]": {}\n}', (s) => write(s, 'a', 1, { languageId: 'ts' }), '{\n  "[ts]": {\n    "s.a": 1\n  }\n}'],
      ['nothing to remove in a language', '{\n  "[ts]": {}\n}', (s) => write(s, 'a', undefined, { languageId: 'ts' }), '{\n  "[ts]": {}\n}'],
      ['a byte order mark stays', '\uFEFF{\n  "x": 1\n}', (s) => write(s, 'a', 1), '\uFEFF{\n  "x": 1,\n  "s.a": 1\n}'],
    ];
    for (const [what, before, edit, after] of edits) {
      it(`${what} (P22)`, async () => {
        await edit(await loaded(before), );
        expect(text()).to.equal(after);
      });
    }

    it('whatever the document and the edits: all comments and other keys stay (P22, P31)', async function () {
      this.timeout(60_000);
      await fc.assert(fc.asyncProperty(document, fc.array(edit, { minLength: 1, maxLength: 4 }), async (before, changes) => {
        const store = await loaded(before);
        for (const { key, value, languageId } of changes) {
          const old = text();
          const model = parse(old) as Record<string, unknown>;
          await write(store, key, value, languageId === undefined ? {} : { languageId });
          const place = languageId === undefined ? model : model[`[${languageId}]`] as Record<string, unknown> ?? {};
          if (value !== undefined) place[`s.${key}`] = value;
          else delete place[`s.${key}`];
          if (languageId !== undefined && Object.keys(place).length > 0) model[`[${languageId}]`] = place;
          const errors: never[] = [];
          expect(parse(text(), errors, { allowTrailingComma: true }), text()).to.deep.equal(model);
          expect(errors).to.deep.equal([]);
          expect(commentsIn(text())).to.deep.equal(commentsIn(old));
          expect(otherMembers(text())).to.deep.equal(otherMembers(old));
          const read = store.read(key, languageId === undefined ? {} : { languageId });
          expect(read.layers.get(languageId === undefined ? 'user' : 'user-language')).to.deep.equal(value);
        }
        store.dispose();
      }), { numRuns: 200 });
    });

    it('what was added and is removed again leaves no trace', async () => {
      for (const before of ['{\n  "x": 1\n}\n', '{ "x": 1 }', '{\n\t"x": 1, // of x\n\t"y": 2 // of y\n}', '{\n  "x": 1,\n}']) {
        const store = await loaded(before);
        await write(store, 'a', { b: 1 });
        await write(store, 'a', undefined);
        expect(text()).to.equal(before);
      }
    });

    it('10 MB are read and written', async function () {
      this.timeout(60_000);
      const items = Array.from({ length: 100_000 }, (_, i) => `  "other.${i}": { "text": "${'x'.repeat(70)}", "n": ${i} }, // ${i}\n`);
      const store = await loaded(`{\n${items.join('')}  "s.a": 1\n}\n`);
      expect(statSync(user).size).to.be.greaterThan(10_000_000);
      await write(store, 'a', 2);
      expect(store.read('a', {}).effective).to.equal(2);
      expect(text()).to.equal(`{\n${items.join('')}  "s.a": 2\n}\n`);
    });
  });
});

// --- arbitraries and small words ---

const never = new AbortController().signal;

function write(store: Store, key: string, value: unknown, scope: Scope = {}, target: Target = 'user', options: Partial<WriteOptions> = {}): Promise<void> {
  return store.write({ key, value, target, scope }, { signal: never, ...options });
}

function commentsIn(text: string): string[] {
  const found: string[] = [];
  visit(text, { onComment: (offset, length) => void found.push(text.slice(offset, offset + length)) });
  return found.sort();
}

/** The members that are not of our section nor a language's, as they are written. */
function otherMembers(text: string): string[] {
  return (parseTree(text)?.children ?? [])
    .filter(({ children }) => !/^(s\.|\[)/.test(children![0]!.value as string))
    .map(({ offset, length }) => text.slice(offset, offset + length));
}

const comment = fc.nat(99).chain((n) => fc.constantFrom(`/* ${n} , { */`, `// ${n} , " }\n`, `/* ${n}\n ] */`));
const space = fc.constantFrom('', ' ', '\n', '\n  ', '\t', '\r\n');
const trivia = fc.array(fc.oneof({ weight: 3, arbitrary: space }, { weight: 1, arbitrary: comment }), { maxLength: 3 }).map((parts) => parts.join(''));
const value = fc.jsonValue({ maxDepth: 2 }).map((each) => JSON.stringify(each));
const ours = fc.tuple(fc.constantFrom('"s.a": ', '"s.b" :'), value).map((parts) => parts.join(''));
const other = fc.tuple(fc.constantFrom('"x"', '"y.z"', '"//"'), trivia, fc.constant(':'), trivia, value, ).map((parts) => parts.join(''));

function objectOf(member: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(fc.array(fc.tuple(trivia, member, trivia), { maxLength: 4 }), trivia, fc.boolean()).map(([members, last, trailing]) => {
    const inside = members.map((parts) => parts.join('')).join(',');
    return `{${inside}${trailing && members.length > 0 ? ',' : ''}${last}}`;
  });
}

const language = objectOf(fc.oneof(ours, other)).map((inside) => `"[ts]": ${inside}`);
const document = fc.tuple(trivia, fc.oneof(objectOf(fc.oneof(ours, other, language)), fc.constant('{}')), trivia).map((parts) => parts.join(''));
const edit = fc.record({
  key: fc.constantFrom('a', 'b'),
  value: fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 })),
  languageId: fc.constantFrom(undefined, 'ts'),
});
