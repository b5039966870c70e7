import { expect } from 'chai';
import { parse } from 'jsonc-parser';
import fs, { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StoreError } from '../../../src/errors.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import type { Change, Refusal, Scope, Store } from '../../../src/store/store.ts';
import { definition, effective, failing, failureOf, observed, Place } from './json-support.ts';

const { signal } = new AbortController();

const change = (key: string, value: unknown, scope: Scope = {}): Change => ({ key, value, target: 'user', scope });
const expecting = (key: string, value: unknown, expected: unknown): Change => ({ ...change(key, value), expected: { value: expected } });
const commit = (store: Store, ...changes: Change[]): Promise<readonly Refusal[]> => store.commit!(changes, { signal });

describe('Several values by one save: JsonStore', () => {
  const place = new Place();

  /** Counts how often the settings file is replaced, and lets something happen at each moment of it. */
  function onReplacement(act: (time: number) => void = () => undefined): () => number {
    let times = 0;
    place.patch(fs, 'renameSync', (rename) => (from: string, to: string) => {
      if (to === place.user) act(times++);
      rename(from, to);
    });
    return () => times;
  }

  it('the file is replaced once, its comments and other settings stay, and listeners are called once', async () => {
    const store = await place.loaded('{\n  // ours\n  "s.a": 1,\n  "other": true, // theirs\n  "s.b": [1]\n}\n');
    const replaced = onReplacement();
    const { calls } = observed(store);
    expect(await commit(store, change('a', 2), change('b', undefined), change('c', 'new'), change('d', {}), change('a', 'of ts', { languageId: 'ts' }))).to.deep.equal([]);
    expect(place.text()).to.equal(
      '{\n  // ours\n  "s.a": 2,\n  "other": true, // theirs\n  "s.c": "new",\n  "s.d": {},\n  "[ts]": {\n    "s.a": "of ts"\n  }\n}\n',
    );
    expect([replaced(), calls(), readdirSync(place.folder)]).to.deep.equal([1, 1, ['settings.json']]);
  });

  it('a file that holds all of it already is not touched', async () => {
    const store = await place.loaded('{"s.a": 1}');
    const replaced = onReplacement();
    expect(await commit(store, change('a', 1), change('b', undefined))).to.deep.equal([]);
    expect(replaced()).to.equal(0);
  });

  it('a file is made for all of it, or for none', async () => {
    const store = await place.loaded();
    expect((await failureOf(commit(store, change('a', 1), expecting('b', 1, 0)))).reason).to.equal('newer');
    expect(readdirSync(place.folder)).to.deep.equal([]);
    expect(await commit(store, change('a', 1), expecting('b', 1, undefined))).to.deep.equal([]);
    expect(parse(place.text())).to.deep.equal({ 's.a': 1, 's.b': 1 });
  });

  it('what the text has no room for is named, whichever of several it is, and nothing is stored; without it the others are', async () => {
    const text = '{"[ts]": 5, "s.a": 1, "s.deep": 3}';
    const store = await place.loaded(text);
    const hostile = { get x() { throw new Error('Looked at'); } };
    const changes = [change('a', 2), change('a', 2, { languageId: 'ts' }), change('b', 2), change('deep.in', 1)];
    const refusals = await commit(store, ...changes);
    expect(refusals.map(({ index, error }) => [index, (error as StoreError).reason])).to.deep.equal([[1, 'invalid-file'], [3, 'invalid-file']]);
    expect((await commit(store, ...changes, change('c', hostile))).map(({ index, error }) => [index, error.code])).to.deep.equal([[4, 'VALIDATION']]);
    expect(place.text()).to.equal(text);
    expect(await commit(store, changes[0]!, changes[2]!)).to.deep.equal([]);
    expect(parse(place.text())).to.deep.equal({ '[ts]': 5, 's.a': 2, 's.deep': 3, 's.b': 2 });
  });

  it('the settings of two files are refused together', async () => {
    const store = await place.loaded('{}', { workspace: place.in('workspace.json') });
    const places = [change('a', 1), { ...change('a', 1), target: 'workspace' as const }];
    expect((await failureOf(commit(store, ...places))).reason).to.equal('scope');
    expect((await failureOf(store.readBackAll!(places))).reason).to.equal('scope');
    expect([place.text(), readdirSync(place.folder)]).to.deep.equal(['{}', ['settings.json']]);
  });

  it('values are read back by one look', async () => {
    const store = await place.loaded('{"s.a": 1, "[ts]": {"s.a": 2}}');
    let looks = 0;
    place.patch(fs.promises, 'open', (open) => (...args: Parameters<typeof open>) => {
      looks++;
      return open(...args);
    });
    expect(await store.readBackAll!([change('b', 0), change('a', 0, { languageId: 'ts' }), change('a', 0)])).to.deep.equal([undefined, 2, 1]);
    expect(looks).to.equal(1);
  });

  describe('another program saves the file at the moment in which it is replaced:', () => {
    const begin = '{"s.a": 1, "s.b": 1, "other": 1}';

    /** Its text, at the first replacement. */
    const saving = (text: string): (() => number) => onReplacement((time) => {
      if (time === 0) writeFileSync(place.user, text);
    });

    it('the values are stored in its text', async () => {
      const store = await place.loaded(begin);
      const replaced = saving('{"s.a": 1, "s.b": 1, "other": "theirs"}');
      expect(await commit(store, expecting('a', 2, 1), change('b', 2))).to.deep.equal([]);
      expect([parse(place.text()), replaced()]).to.deep.equal([{ 's.a': 2, 's.b': 2, 'other': 'theirs' }, 2]);
    });

    it('its text stays as a whole where it holds the values already', async () => {
      const store = await place.loaded(begin);
      saving('{"s.a": 2, "s.b": 2, "other": "theirs"}');
      expect(await commit(store, change('a', 2), change('b', 2))).to.deep.equal([]);
      expect(place.text()).to.equal('{"s.a": 2, "s.b": 2, "other": "theirs"}');
    });

    it('its text is put back where it holds another value than is expected: newer', async () => {
      const store = await place.loaded(begin);
      saving('{"s.a": "theirs", "s.b": 1, "other": "theirs"}');
      expect((await failureOf(commit(store, expecting('a', 2, 1), change('b', 2)))).reason).to.equal('newer');
      expect(place.text()).to.equal('{"s.a": "theirs", "s.b": 1, "other": "theirs"}');
    });

    it('P28 and has saved it once more by the time it is put back, with what it has read of ours: stored, and computed once', async () => {
      const service = createConfigurationService(definition, { store: place.make() });
      place.undo(() => void service.dispose());
      writeFileSync(place.user, '{"s.a": 1, "other": 1}');
      await service.ready;
      saving('{"s.a": 1, "other": "theirs"}');
      let time = 0;
      place.beforeExchange(() => {
        if (++time === 2) writeFileSync(place.user, JSON.stringify({ ...parse(place.text()) as object, other: 'theirs again' }));
      });
      let calls = 0;
      await service.update('a', (value) => {
        calls++;
        return Number(value) + 1;
      });
      expect([parse(place.text()), calls, time]).to.deep.equal([{ 's.a': 2, 'other': 'theirs again' }, 1, 2]);
    });

    it('P28 and its text cannot be put back, as the file may not be written any more: stored, and no error says otherwise', async () => {
      const store = await place.loaded(begin);
      onReplacement(() => {
        writeFileSync(place.user, '{"s.a": 1, "s.b": 1, "other": "theirs"}');
        place.patch(fs.promises, 'access', () => failing('EACCES'));
      });
      expect(await commit(store, expecting('a', 2, 1), change('b', 2))).to.deep.equal([]);
      expect([parse(place.text()), effective(store, 'a'), readdirSync(place.folder)]).to.deep.equal([{ 's.a': 2, 's.b': 2, 'other': 1 }, 2, ['settings.json']]);
    });

    it('P21 its text is not lost when the attempt is given up at that moment', async () => {
      const store = await place.loaded(begin);
      const attempt = new AbortController();
      onReplacement((time) => {
        if (time > 0) return;
        writeFileSync(place.user, '{"s.a": 1, "s.b": 1, "other": "theirs"}');
        attempt.abort();
      });
      await store.commit!([change('a', 2), change('b', 2)], { signal: attempt.signal }).catch(() => undefined);
      expect(parse(place.text())).to.include({ other: 'theirs' });
    });

    it('its text is put back where it has no room for a value, which is named', async () => {
      const store = await place.loaded(begin);
      saving('\uFEFF{"[ts]": "theirs"}');
      expect((await commit(store, change('b', 2), change('a', 2, { languageId: 'ts' }))).map(({ index }) => index)).to.deep.equal([1]);
      expect([place.text(), readdirSync(place.folder)]).to.deep.equal(['\uFEFF{"[ts]": "theirs"}', ['settings.json']]);
      await store.load();
      expect(effective(store, 'b')).to.equal(undefined);
    });
  });

  it('nobody who looks at the file ever sees a part, however often it is replaced', async () => {
    const store = await place.loaded('{"s.a": 0, "s.b": 0}');
    const seen: unknown[] = [];
    const watcher = fs.watch(path.dirname(place.user), () => seen.push(parse(place.text())));
    for (let value = 1; value <= 20; value++) await commit(store, change('a', value), change('b', value));
    watcher.close();
    expect(seen).to.not.deep.equal([]);
    expect(seen.filter((each) => (each as { 's.a': unknown })['s.a'] !== (each as { 's.b': unknown })['s.b'])).to.deep.equal([]);
  });
});
