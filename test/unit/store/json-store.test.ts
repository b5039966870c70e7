import { expect } from 'chai';
import { getNodeValue, parse, parseTree, visit, type ParseError } from 'jsonc-parser';
import { execFileSync } from 'node:child_process';
import fs, { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync, type FSWatcher } from 'node:fs';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../../../src/errors.ts';
import { JsonStore, type JsonPaths } from '../../../src/store/json-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { verifyStore } from '../../../src/testing/verify-store.ts';
import fc from '../../fast-check.ts';
import { limits, until } from '../../limits.ts';
import { skip } from '../../skip.ts';
import { failing, failureOf, observed, Place, readBack, write } from './json-support.ts';

const resource = 'file:///folder/a.txt';

describe('JsonStore', () => {
  const place = new Place();
  let folder: string;
  let user: string;
  beforeEach(() => ({ folder, user } = place));

  const make = (paths: Partial<JsonPaths> = {}): Store => place.make({ user, ...paths });
  const loaded = (text?: string | Buffer, paths: Partial<JsonPaths> = {}): Promise<Store> => place.loaded(text, { user, ...paths });
  const text = (file = user): string => place.text(file);

  describe('keeps the contract of a store:', () => {
    for (const [what, more] of [['user settings only', {}], ['user and workspace settings', { workspace: 'workspace.json' }]] as const) {
      it(what, async () => {
        let number = 0;
        const results = await verifyStore((settings) => {
          const own = path.join(folder, `${number++}`);
          const file = path.join(own, 'deep/user.json');
          const workspace = 'workspace' in more ? { workspace: path.join(own, more.workspace) } : {};
          return Promise.resolve({
            store: new JsonStore(settings, { user: file, ...workspace }),
            file: { read: () => text(file), save: (held) => (held === undefined ? rmSync(file) : writeFileSync(file, held)) },
            cleanUp: () => rmSync(own, { recursive: true, force: true }),
          });
        }, { deadline: limits.product });
        expect(results.filter(({ name }) => name.includes('F1')).length).to.equal(4);
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
        await edit(await loaded(before));
        expect(text()).to.equal(after);
      });
    }

    it('whatever the document and the edits: all comments and other keys stay (P22, P31)', async () => {
      await fc.assert(fc.asyncProperty(document, fc.array(edit, { minLength: 1, maxLength: 4 }), async (before, changes) => {
        const store = await loaded(before);
        for (const { key, value, languageId } of changes) {
          const old = text();
          const model = dataIn(old) as Record<string, unknown>;
          await write(store, key, value, languageId === undefined ? {} : { languageId });
          const place = languageId === undefined ? model : model[`[${languageId}]`] as Record<string, unknown> ?? {};
          if (value !== undefined) place[`s.${key}`] = value;
          else delete place[`s.${key}`];
          if (languageId !== undefined && Object.keys(place).length > 0) model[`[${languageId}]`] = place;
          const errors: ParseError[] = [];
          expect(dataIn(text(), errors), text()).to.deep.equal(model);
          expect(errors).to.deep.equal([]);
          expect(commentsIn(text())).to.deep.equal(commentsIn(old));
          expect(otherMembers(text())).to.deep.equal(otherMembers(old));
          const read = store.read(key, languageId === undefined ? {} : { languageId });
          expect(read.layers.get(languageId === undefined ? 'user' : 'user-language')).to.deep.equal(value);
        }
        store.dispose();
      }), { numRuns: 200, examples: [['{}', [{ key: 'a', value: JSON.parse('{"__proto__":{}}') as unknown, languageId: undefined }]]] });
    });

    it('what was added and is removed again leaves no trace', async () => {
      for (const before of ['{\n  "x": 1\n}\n', '{ "x": 1 }', '{\n\t"x": 1, // of x\n\t"y": 2 // of y\n}', '{\n  "x": 1,\n}']) {
        const store = await loaded(before);
        await write(store, 'a', { b: 1 });
        await write(store, 'a', undefined);
        expect(text()).to.equal(before);
      }
    });
  });

  describe('refuses, and destroys nothing:', () => {
    const invalid: readonly (readonly [string, string | Buffer, RegExp])[] = [
      ['a comma is missing', '{\n  "s.a": 1\n  "x": 2\n}', /not valid JSON: comma expected in line 3, column 3/],
      ['a value is missing', '{"s.a": }', /value expected in line 1, column 9/],
      ['with old line ends', '{\r\r"s.a" }', /colon expected in line 3/],
      ['it ends too early', '{"s.a": 1', /close brace expected in line 1/],
      ['an array', '\n [1]', /an object is expected in line 2, column 2/],
      ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8 text/],
      ['UTF-16', Buffer.from('{"s.a": 1}', 'utf16le'), /not valid JSON/],
      ['nested without end', '{"x":'.repeat(200_000), /nested too deeply/],
      ['a list in lists, too many of them to compare', `{"s.a": ${'['.repeat(4_000)}${']'.repeat(4_000)}}`, /nested too deeply/],
      ['objects in objects, too many of them to compare', `{"s": ${'{"a": '.repeat(3_500)}1${'}'.repeat(3_500)}}`, /nested too deeply/],
    ];
    for (const [what, content, message] of invalid) {
      it(`a file that is invalid: ${what} (P9)`, async () => {
        writeFileSync(user, content);
        const store = make();
        const slot = { key: 'a', target: 'user', scope: {} } as const;
        for (const call of [() => store.load(), () => write(store, 'a', 2), () => write(store, 'a', undefined), () => store.readBack(slot), () => store.probe('user', {})]) {
          const error = await failureOf(call());
          expect(error.reason).to.equal('invalid-file');
          expect(error.message).to.match(message).and.contain(user);
          expect(error.userAction).to.be.a('string');
        }
        expect(() => store.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
        expect(store.defaultTarget('a', {})).to.equal('user');
        expect(readFileSync(user).equals(Buffer.from(content as string))).to.be.true;
        expect(readdirSync(folder)).to.deep.equal(['settings.json']);
        writeFileSync(user, '{"s.a": 1}');
        await store.load();
        expect(store.read('a', {}).effective).to.equal(1);
      });
    }

    it('tells where the error is in its user action, and in its context (P9)', async () => {
      writeFileSync(user, '{\n  "s.a": 1\n  "x": 2\n}');
      const error = await failureOf(make().load());
      expect(error.userAction).to.equal(`Correct line 3, column 3 of ${user}, then try again.`);
      expect(error.context).to.include({ file: user, line: 3, column: 3 });
    });

    it('a language that is no object: it is read as nothing, and not overwritten', async () => {
      const store = await loaded('{"[ts]": 5, "s.a": 1}');
      expect(store.read('a', { languageId: 'ts' }).effective).to.equal(1);
      expect((await failureOf(write(store, 'a', 2, { languageId: 'ts' }))).reason).to.equal('invalid-file');
      expect(await store.readBack({ key: 'a', target: 'user', scope: { languageId: 'ts' } })).to.equal(undefined);
      expect(text()).to.equal('{"[ts]": 5, "s.a": 1}');
    });

    it('a folder in the place of the file, or a file in the place of its folder', async () => {
      mkdirSync(user);
      const store = make();
      for (const call of [() => store.load(), () => write(store, 'a', 1), () => store.probe('user', {})]) {
        const error = await failureOf(call());
        expect(error.reason).to.equal('invalid-file');
        expect(error.userAction).to.contain(`folder is in the place of ${user}`);
      }
      expect(() => store.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
      writeFileSync(path.join(folder, 'file'), '');
      const below = make({ user: path.join(folder, 'file/settings.json') });
      for (const call of [() => below.load(), () => write(below, 'a', 1), () => below.probe('user', {})]) expect((await failureOf(call())).reason).to.equal('invalid-file');
    });


    it('a file, or a folder, that must not be written: permission', () => {
      writeFileSync(user, '{}');
      const locked = path.join(folder, 'locked');
      mkdirSync(locked);
      writeFileSync(path.join(locked, 'settings.json'), '{}');
      chmodSync(user, 0o444);
      chmodSync(locked, 0o555);
      chmodSync(folder, 0o777);
      // Root may write everything: another process is not root.
      const script = `
        const { JsonStore } = await import(${JSON.stringify(pathToFileURL(path.resolve('src/store/json-store.ts')).href)});
        for (const user of [${JSON.stringify(user)}, ${JSON.stringify(path.join(locked, 'settings.json'))}, ${JSON.stringify(path.join(locked, 'new/settings.json'))}]) {
          const store = new JsonStore({ section: 's' }, { user });
          const request = { key: 'a', value: 1, target: 'user', scope: {} };
          const tell = (error) => console.log(error.reason, error.context.code);
          await store.write(request, { signal: new AbortController().signal }).then(() => console.log('stored'), tell);
          await store.probe('user', {}).then(() => console.log('writable'), tell);
        }`;
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}) });
      expect(said.trim().split('\n')).to.deep.equal(Array.from({ length: 6 }, () => 'permission EACCES'));
      expect(text()).to.equal('{}');
      expect(readdirSync(locked)).to.deep.equal(['settings.json']);
    });

    it('a full disk: no-space, and the file is as it was', async function () {
      const disk = place.in('disk');
      mkdirSync(disk);
      if (!place.mount(disk, '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs')) skip(this, 'It needs to mount a file system.');
      const file = path.join(disk, 'settings.json');
      writeFileSync(file, '{"s.a": 1}');
      const store = make({ user: file });
      await store.load();
      await store.probe('user', {});
      expect((await failureOf(write(store, 'a', 'x'.repeat(100_000)))).reason).to.equal('no-space');
      expect(readdirSync(disk)).to.deep.equal(['settings.json']);
      expect(() => writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(100_000))).to.throw('ENOSPC');
      const error = await failureOf(store.probe('user', {}));
      expect([error.reason, error.retryable]).to.deep.equal(['no-space', false]);
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('no-space');
      expect([text(file), store.read('a', {}).effective]).to.deep.equal(['{"s.a": 1}', 1]);
      rmSync(path.join(disk, 'ballast'));
      await store.probe('user', {});
      await write(store, 'a', 2);
      expect(text(file)).to.equal('{"s.a": 2}');
    });

    it('a read-only file system: read-only', async function () {
      const below = path.join(folder, 'below');
      mkdirSync(below);
      writeFileSync(path.join(below, 'settings.json'), '{"s.a": 1}');
      const disk = place.in('disk');
      mkdirSync(disk);
      if (!place.mount(disk, '--bind', below)) skip(this, 'It needs to mount a file system.');
      execFileSync('mount', ['-o', 'remount,bind,ro', disk]);
      for (const file of ['settings.json', 'new.json', 'new/settings.json']) {
        const store = make({ user: path.join(disk, file) });
        await store.load();
        expect((await failureOf(store.probe('user', {}))).reason).to.equal('read-only');
        expect((await failureOf(write(store, 'a', 2))).reason).to.equal('read-only');
      }
      expect(readdirSync(below)).to.deep.equal(['settings.json']);
    });

    it('what the file system says otherwise: io, and the cause is kept (P9)', async () => {
      const store = await loaded('{"s.a": 1}');
      place.patch(fs, 'renameSync', () => failing('EIO'));
      const error = await failureOf(write(store, 'a', 2));
      expect([error.reason, error.retryable, (error.cause as NodeJS.ErrnoException).code]).to.deep.equal(['io', true, 'EIO']);
      place.patch(fs, 'renameSync', () => () => {
        throw new Error('no code');
      });
      expect((await failureOf(write(store, 'a', 2))).context).to.include({ code: 'no code' });
      expect(readdirSync(folder)).to.deep.equal(['settings.json']);
      expect([text(), store.read('a', {}).effective]).to.deep.equal(['{"s.a": 1}', 1]);
    });

    it('says why it failed, even when its temporary file cannot be removed', async () => {
      const store = await loaded('{"s.a": 1}');
      place.patch(fs, 'renameSync', () => failing('EROFS'));
      place.patch(fsPromises, 'rm', () => () => Promise.reject(new Error('EIO')));
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('read-only');
    });
  });

  describe('replaces the file as a whole:', () => {
    it('mode and owner stay, and nothing else is left in the folder', async () => {
      const store = await loaded('{}');
      chmodSync(user, 0o640);
      const root = process.getuid?.() === 0;
      if (root) fs.chownSync(user, 65_534, 65_534);
      await write(store, 'a', 1);
      expect(statSync(user).mode & 0o7777).to.equal(0o640);
      if (root) expect([statSync(user).uid, statSync(user).gid]).to.deep.equal([65_534, 65_534]);
      expect(readdirSync(folder)).to.deep.equal(['settings.json']);
    });

    it('a link is written through: to its file, to another link, and to a file that is not there yet', async () => {
      mkdirSync(path.join(folder, 'real'));
      const real = path.join(folder, 'real/settings.json');
      symlinkSync('real/settings.json', path.join(folder, 'middle.json'));
      symlinkSync('middle.json', user);
      const store = await loaded();
      await write(store, 'a', 1);
      await write(store, 'a', 2);
      expect(parse(text(real))).to.deep.equal({ 's.a': 2 });
      for (const name of ['settings.json', 'middle.json']) expect(fs.lstatSync(path.join(folder, name)).isSymbolicLink()).to.be.true;
      expect(readdirSync(path.join(folder, 'real'))).to.deep.equal(['settings.json']);
      expect(store.fileOf('user', {})).to.equal(user);
    });

    it('a link to a file that is not there yet leads from where its folder really is (P20)', async () => {
      mkdirSync(path.join(folder, 'real/deep'), { recursive: true });
      symlinkSync('real/deep', path.join(folder, 'cur'));
      symlinkSync('../target.json', path.join(folder, 'real/deep/settings.json'));
      const store = await loaded(undefined, { user: path.join(folder, 'cur/settings.json') });
      await write(store, 'a', 1);
      expect([await readBack(store, 'a'), parse(text(path.join(folder, 'real/target.json')))]).to.deep.equal([1, { 's.a': 1 }]);
      expect(fs.existsSync(path.join(folder, 'target.json'))).to.be.false;
    });

    it('a reader never sees half of it (P20)', async () => {
      const store = await loaded('{}');
      let writing = true;
      const writes = (async () => {
        for (let n = 0; n < 30; n++) await write(store, 'a', `${n} `.repeat(20_000));
        writing = false;
      })();
      let reads = 0;
      while (writing) {
        const errors: never[] = [];
        parse(await fsPromises.readFile(user, 'utf8'), errors);
        expect(errors).to.deep.equal([]);
        reads++;
      }
      await writes;
      expect(reads).to.be.greaterThan(0);
    });

    it('stores of one process take turns, whichever name they know the file by (P21)', async () => {
      symlinkSync('settings.json', path.join(folder, 'alias.json'));
      const [one, other] = [await loaded('{}'), make({ user: path.join(folder, 'alias.json') })];
      await Promise.all(Array.from({ length: 20 }, (_, n) => write(n % 2 === 0 ? one : other, `key${n}`, n)));
      expect(Object.keys(parse(text()) as object)).to.have.length(20);
    });

    it('a failed write does not hold up the next (P26)', async () => {
      const store = await loaded('{}');
      const [failed, next] = [write(store, 'a', 1, {}, 'user', { expected: { value: 0 } }), write(store, 'a', 2)];
      expect((await failureOf(failed)).reason).to.equal('newer');
      await next;
      expect(store.read('a', {}).effective).to.equal(2);
    });

    it('a change from outside between reading and replacing is not overwritten: newer (P28)', async () => {
      for (const [before, change] of [
        ['{"s.a": 1}', () => writeFileSync(user, '{"s.a": 5, "x": 1}')],
        ['{"s.a": 1}', () => rmSync(user)],
        [undefined, () => writeFileSync(user, '{"s.a": 5}')],
      ] as const) {
        rmSync(user, { force: true });
        const store = await loaded(before);
        const restore = place.beforeExchange(change);
        const error = await failureOf(write(store, 'a', 2));
        restore();
        expect([error.reason, error.retryable]).to.deep.equal(['newer', true]);
        expect(readdirSync(folder).filter((name) => name !== 'settings.json')).to.deep.equal([]);
        if (fs.existsSync(user)) expect(text()).to.contain('5');
        await write(store, 'a', 3);
        expect(text()).to.contain('3');
      }
    });

    it('an attempt given up before the rename stores nothing (P5, P29)', async () => {
      const store = await loaded('{"s.a": 1}');
      expect((await failureOf(write(store, 'a', 2, {}, 'user', { signal: AbortSignal.abort() }))).reason).to.equal('io');
      const abort = new AbortController();
      const restore = place.beforeExchange(() => abort.abort());
      expect((await failureOf(write(store, 'a', 2, {}, 'user', { signal: abort.signal }))).message).to.contain('given up');
      restore();
      expect(readdirSync(folder)).to.deep.equal(['settings.json']);
      expect([text(), store.read('a', {}).effective]).to.deep.equal(['{"s.a": 1}', 1]);
    });

  });

  describe('notices what others do:', () => {
    it('a change in place, an atomic replacement, a removal, and a new file; once each (P33)', async () => {
      const store = await loaded('{"s.a": 1}');
      const changes = observed(store);
      const steps: readonly (readonly [() => void, unknown])[] = [
        [() => writeFileSync(user, '{"s.a": 2}'), 2],
        [() => {
          writeFileSync(`${user}.new`, '{"s.a": 3}');
          renameSync(`${user}.new`, user);
        }, 3],
        [() => rmSync(user), undefined],
        [() => writeFileSync(user, '{"s.a": 4}'), 4],
        [() => writeFileSync(user, ''), undefined],
      ];
      for (const [index, [step, expected]] of steps.entries()) {
        step();
        await changes.count(index + 1);
        expect(store.read('a', {}).effective).to.equal(expected);
      }
    });

    it('a file that is saved again and again, without a pause (P33)', async () => {
      const store = await loaded('{"s.a": 0}');
      const changes = observed(store);
      let saved = 0;
      const saving = setInterval(() => writeFileSync(user, JSON.stringify({ 's.a': ++saved })), 10);
      place.undo(() => clearInterval(saving));
      await changes.count(1);
      expect(store.read('a', {}).effective).to.be.greaterThan(0);
      clearInterval(saving);
      await until('the last one is read', () => store.read('a', {}).effective === saved);
    });

    it('a folder that comes, goes, and comes again', async () => {
      const file = path.join(folder, 'a/b/settings.json');
      const store = make({ user: file });
      await store.load();
      const changes = observed(store);
      for (const [index, value] of [1, 2].entries()) {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, JSON.stringify({ 's.a': value }));
        await changes.count(2 * index + 1);
        expect(store.read('a', {}).effective).to.equal(value);
        rmSync(path.join(folder, 'a'), { recursive: true });
        await changes.count(2 * index + 2);
        expect(store.read('a', {}).effective).to.equal(undefined);
      }
    });

    it('the file behind a link', async () => {
      mkdirSync(path.join(folder, 'real'));
      writeFileSync(path.join(folder, 'real/settings.json'), '{"s.a": 1}');
      symlinkSync('real/settings.json', user);
      const store = await loaded();
      const changes = observed(store);
      writeFileSync(path.join(folder, 'real/settings.json'), '{"s.a": 2}');
      await changes.count(1);
      expect(store.read('a', {}).effective).to.equal(2);
    });

    it('that a file became invalid, and that it was mended (P30)', async () => {
      const store = await loaded('{"s.a": 1}');
      const changes = observed(store);
      writeFileSync(user, '{"s.a": ');
      await changes.count(1);
      expect(() => store.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
      writeFileSync(user, '{"s.a": 1}');
      await changes.count(2);
      expect(store.read('a', {}).effective).to.equal(1);
    });

    it('says nothing when our values are the same: another section, layout, an unrelated file (P33)', async () => {
      const workspace = path.join(folder, 'workspace.json');
      const store = await loaded('{"s.a": {"x": 1, "y": 2}}', { workspace });
      const changes = observed(store);
      for (const [index, same] of ['{"s.a": {"y": 2, "x": 1}, "other.b": 1}', '// c\n{"s.a": {"x":1,"y":2}}', '{"s.a": {"x": 1, "y": 2}}'].entries()) {
        writeFileSync(user, same);
        writeFileSync(path.join(folder, 'unrelated.json'), same);
        // What is watched later is told later.
        await watched(user);
        writeFileSync(workspace, JSON.stringify({ 's.b': index }));
        await changes.count(index + 1);
      }
      expect(changes.calls()).to.equal(3);
    });

    it('its own write once, before the write resolves (P33)', async () => {
      const store = await loaded('{}');
      const changes = observed(store);
      await write(store, 'a', 1);
      expect(changes.calls()).to.equal(1);
      await write(store, 'a', 1);
      await watched(user);
      writeFileSync(user, '{"s.a": 2}');
      await changes.count(2);
      expect(changes.calls()).to.equal(2);
    });

    it('a write of another store in this process', async () => {
      const [one, other] = [await loaded('{}'), make()];
      await other.load();
      const changes = observed(other);
      await write(one, 'a', 1);
      await changes.count(1);
      expect(other.read('a', {}).effective).to.equal(1);
    });

    it('a listener that throws changes no outcome, and keeps nothing from the others (P12)', async () => {
      const store = await loaded('{}');
      store.onDidChange(() => {
        throw new Error('listener');
      });
      const changes = observed(store);
      await write(store, 'a', 1);
      expect(changes.calls()).to.equal(1);
    });

    it('a watcher that fails is replaced, and crashes nothing', async () => {
      const watchers: FSWatcher[] = [];
      place.patch(fs, 'watch', (real) => (...args: Parameters<typeof fs.watch>) => {
        const watcher = real(...args);
        watchers.push(watcher);
        return watcher;
      });
      const store = await loaded('{"s.a": 1}');
      const changes = observed(store);
      const before = watchers.length;
      watchers.at(-1)!.emit('error', Object.assign(new Error('EPERM'), { code: 'EPERM' }));
      await until('the watcher is replaced', () => watchers.length > before);
      writeFileSync(user, '{"s.a": 2}');
      await changes.count(1);
    });

    it('where nothing can be watched, reads, writes and loads go on', async () => {
      place.patch(fs, 'watch', () => () => {
        throw Object.assign(new Error('ENOSPC: no inotify watches left'), { code: 'ENOSPC' });
      });
      const store = await loaded('{"s.a": 1}');
      await write(store, 'a', 2);
      writeFileSync(user, '{"s.a": 3}');
      expect(store.read('a', {}).effective).to.equal(2);
      await store.load();
      expect(store.read('a', {}).effective).to.equal(3);
    });

    it('nothing after dispose; no watcher or timer is left (P40, P43)', async () => {
      const open = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
      const before = open();
      const store = await loaded('{"s.a": 1}', { folder: () => path.join(folder, 'f/settings.json') });
      store.read('a', { resource });
      const changes = observed(store);
      writeFileSync(user, '{"s.a": 2}');
      await watched(user);
      store.dispose();
      store.dispose();
      await until('no watcher is left', () => open() === before);
      await write(store, 'a', 3);
      await store.load();
      expect(store.read('a', { resource: 'file:///never/seen' }).effective).to.equal(3);
      expect([changes.calls(), open()]).to.deep.equal([0, before]);
    });

    it('does not keep a process alive (P43)', () => {
      writeFileSync(user, '{}');
      const script = `
        const { JsonStore } = await import(${JSON.stringify(pathToFileURL(path.resolve('src/store/json-store.ts')).href)});
        await new JsonStore({ section: 's' }, { user: ${JSON.stringify(user)} }).load();
        console.log('done');`;
      expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: limits.condition }).trim()).to.equal('done');
    });
  });

  describe('resolves targets and layers:', () => {
    const folderOf = (name: string): string | undefined => (name.startsWith('file:///folder/') ? path.join(folder, 'f/settings.json') : undefined);

    it('narrower wins, a language wins over all, objects merge (P34)', async () => {
      const workspace = path.join(folder, 'workspace.json');
      const store = await loaded('{"s.a": {"u": 1}, "[ts]": {"s.a": {"ul": 1}}, "[ts]": {"s.a": {"last": 1}}, "[md]": {"s.a": 2}}', { workspace, folder: folderOf });
      writeFileSync(workspace, '{"s.a": {"w": 1}}');
      await store.load();
      await write(store, 'a', { f: 1 }, { resource }, 'folder');
      await write(store, 'a', { fl: 1 }, { resource, languageId: 'ts' }, 'folder');
      const read = store.read('a', { resource, languageId: 'ts' });
      expect(read.effective).to.deep.equal({ u: 1, w: 1, f: 1, last: 1, fl: 1 });
      expect([...read.layers.keys()]).to.deep.equal(['user', 'workspace', 'folder', 'user-language', 'folder-language']);
      expect(store.read('a', { resource: 'file:///elsewhere' }).effective).to.deep.equal({ u: 1, w: 1 });
      expect(store.read('a', { languageId: 'md' }).effective).to.equal(2);
      expect(store.read('b', {})).to.deep.equal({ effective: undefined, layers: new Map() });
      expect(store.trusted()).to.be.true;
      expect(store.name).to.equal('settings.json');
    });

    it('a value is written where the narrowest is, by default', async () => {
      const store = await loaded('{"s.a": 1}', { workspace: path.join(folder, 'w.json'), folder: folderOf });
      expect([store.defaultTarget('a', { resource }), store.defaultTarget('b', { resource })]).to.deep.equal(['user', 'user']);
      await write(store, 'a', 1, {}, 'workspace');
      expect(store.defaultTarget('a', { resource })).to.equal('workspace');
      await write(store, 'a', 1, { resource }, 'folder');
      expect([store.defaultTarget('a', { resource }), store.defaultTarget('a', {})]).to.deep.equal(['folder', 'workspace']);
    });

    it('a target without a file is refused: no-workspace, or scope', async () => {
      const store = await loaded('{}');
      for (const target of ['workspace', 'folder'] as const) {
        expect(() => store.fileOf(target, { resource })).to.throw(StoreError).with.property('reason', 'no-workspace');
        for (const call of [() => write(store, 'a', 1, { resource }, target), () => store.readBack({ key: 'a', target, scope: {} }), () => store.probe(target, {})]) {
          expect((await failureOf(call())).reason).to.equal('no-workspace');
        }
      }
      const folders = make({ folder: folderOf });
      for (const scope of [{}, { resource: 'file:///elsewhere' }]) expect(() => folders.fileOf('folder', scope)).to.throw(StoreError).with.property('reason', 'scope');
      expect(folders.fileOf('folder', { resource })).to.equal(path.join(folder, 'f/settings.json'));
    });

    it('a folder is read when it is first asked for, and watched from then on', async () => {
      mkdirSync(path.join(folder, 'f'));
      writeFileSync(path.join(folder, 'f/settings.json'), '{"s.a": 1}');
      const store = await loaded('{}', { folder: folderOf });
      const changes = observed(store);
      expect(store.read('a', { resource }).effective).to.equal(1);
      writeFileSync(path.join(folder, 'f/settings.json'), '{"s.a": 2}');
      await changes.count(1);
      expect(store.read('a', { resource }).effective).to.equal(2);
    });

    it('an invalid folder file is a matter of its folder alone, until the next load (P31)', async () => {
      mkdirSync(path.join(folder, 'f'));
      writeFileSync(path.join(folder, 'f/settings.json'), '{');
      const store = await loaded('{"s.a": 1}', { folder: folderOf });
      expect(() => store.read('a', { resource })).to.throw(StoreError);
      expect(store.read('a', {}).effective).to.equal(1);
      expect((await failureOf(store.load())).reason).to.equal('invalid-file');
    });

    it('readBack and expectations look at the file, not at memory (P20, P28)', async () => {
      const store = await loaded('{"s.a": 1, "[ts]": {"s.a": 2}}');
      writeFileSync(user, '{"s.a": {"b": 3}, "[ts]": {"s.a": 4}}');
      expect(await store.readBack({ key: 'a', target: 'user', scope: {} })).to.deep.equal({ b: 3 });
      expect(await store.readBack({ key: 'a', target: 'user', scope: { languageId: 'ts' } })).to.equal(4);
      expect(await store.readBack({ key: 'a', target: 'user', scope: { languageId: 'md' } })).to.equal(undefined);
      expect((await failureOf(write(store, 'a', 5, {}, 'user', { expected: { value: 1 } }))).reason).to.equal('newer');
      await write(store, 'a', 5, {}, 'user', { expected: { value: { b: 3 } } });
      expect(store.read('a', { languageId: 'ts' }).effective).to.equal(4);
    });

    it('a probe of a file that is not there makes nothing', async () => {
      await make({ user: path.join(folder, 'a/b/c.json') }).probe('user', {});
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  });
});

// --- arbitraries and small words ---

/** Resolves when the system has told a change that was made in the folder of a file before. */
function watched(file: string): Promise<void> {
  const mark = path.join(path.dirname(file), 'mark');
  return new Promise((resolve) => {
    const watcher = fs.watch(path.dirname(file), (_event, name) => {
      if (name !== 'mark') return;
      watcher.close();
      resolve();
    });
    writeFileSync(mark, '');
    rmSync(mark);
  });
}

/** What a document says. A member `__proto__` is a member like any other here, and not so for `parse`. */
const dataIn = (text: string, errors: ParseError[] = []): unknown => getNodeValue(parseTree(text, errors, { allowTrailingComma: true })!);

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
const other = fc.tuple(fc.constantFrom('"x"', '"y.z"', '"//"'), trivia, fc.constant(':'), trivia, value).map((parts) => parts.join(''));

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
  // Through text: there is no -0 in JSON.
  value: fc.oneof(fc.constant(undefined), value.map((each) => JSON.parse(each) as unknown)),
  languageId: fc.constantFrom(undefined, 'ts'),
});
