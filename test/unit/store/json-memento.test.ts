import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StoreError } from '../../../src/errors.ts';
import { jsonMemento } from '../../../src/store/json-memento.ts';

describe('jsonMemento', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-memento-'));
    file = path.join(folder, 'deep/memento.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps values for the next process, in a folder it makes', async () => {
    const memento = jsonMemento(file);
    expect(memento.get('key')).to.equal(undefined);
    await memento.update('key', { a: [1] });
    await memento.update('other', 'text');
    await memento.update('other', undefined);
    const next = jsonMemento(file);
    expect(next.get('key')).to.deep.equal({ a: [1] });
    expect(next.get('other')).to.equal(undefined);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({ key: { a: [1] } });
  });

  it('shows a value before it is stored, and never what its caller makes of it later (P32)', async () => {
    const memento = jsonMemento(file);
    const value = { a: 1 };
    const stored = memento.update('key', value);
    value.a = 2;
    expect(memento.get('key')).to.deep.equal({ a: 1 });
    await stored;
    expect(jsonMemento(file).get('key')).to.deep.equal({ a: 1 });
  });

  it('stores what was asked for together in its order (P23)', async () => {
    const memento = jsonMemento(file);
    await Promise.all(Array.from({ length: 20 }, (_, value) => memento.update(`key ${value % 3}`, value)));
    const next = jsonMemento(file);
    expect([0, 1, 2].map((key) => next.get(`key ${key}`))).to.deep.equal([18, 19, 17]);
    expect(readdirSync(path.dirname(file))).to.deep.equal(['memento.json']);
  });

  for (const [what, text] of [['cut off', '{"key": '], ['no object', '[1]'], ['null', 'null'], ['empty', '']] as const) {
    it(`counts a damaged file (${what}) as empty, and keeps it aside`, async () => {
      file = path.join(folder, 'memento.json');
      writeFileSync(file, text);
      const memento = jsonMemento(file);
      expect(memento.get('key')).to.equal(undefined);
      expect(readFileSync(`${file}.damaged`, 'utf8')).to.equal(text);
      await memento.update('key', 1);
      expect(jsonMemento(file).get('key')).to.equal(1);
    });
  }

  it('does not begin where a damaged file cannot be kept aside', () => {
    file = path.join(folder, 'memento.json');
    writeFileSync(file, '{');
    mkdirSync(path.join(`${file}.damaged`, 'full'), { recursive: true });
    expect(() => jsonMemento(file)).to.throw(StoreError).with.property('reason', 'invalid-file');
    expect(readFileSync(file, 'utf8')).to.equal('{');
  });

  it('writes through a link, and keeps the mode', async () => {
    const target = path.join(folder, 'target.json');
    writeFileSync(target, '{}', { mode: 0o600 });
    mkdirSync(path.dirname(file));
    symlinkSync('../target.json', file);
    await jsonMemento(file).update('key', 1);
    expect(JSON.parse(readFileSync(target, 'utf8'))).to.deep.equal({ key: 1 });
    expect(statSync(target).mode & 0o777).to.equal(0o600);
  });

  it('rejects what cannot be stored: circular data, a folder in the place of the file', async () => {
    const memento = jsonMemento(file);
    const circular: unknown[] = [];
    circular.push(circular);
    expect(await failureOf(memento.update('key', circular))).to.be.instanceOf(TypeError);
    mkdirSync(file, { recursive: true });
    expect(await failureOf(memento.update('key', 1))).to.be.instanceOf(StoreError).with.property('reason', 'invalid-file');
    expect(() => jsonMemento(file)).to.throw(StoreError).with.property('reason', 'invalid-file');
  });
});

const failureOf = (promise: PromiseLike<unknown>): Promise<unknown> => Promise.resolve(promise).then(() => expect.fail('it was not refused'), (error: unknown) => error);
