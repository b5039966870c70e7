import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { SettingsChange } from '../../../src/service/reads/settings-change.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Scope, Store } from '../../../src/store/store.ts';
import { bench, definition, leavesNothing, type Bench, type Key } from './support.ts';

const one: Scope = { resource: 'file:///work/one/main.ts' };
const folderOne = { resource: 'file:///work/one/' };
const two: Scope = { resource: 'file:///work/two/main.ts' };
const go: Scope = { languageId: 'go' };
const goInOne: Scope = { ...one, ...go };

describe('Service: folders and languages', () => {
  leavesNothing();

  const places: readonly (readonly [string, Scope, 'user' | 'folder', object])[] = [
    ['a folder', one, 'folder', { layer: 'folder', scope: folderOne }],
    ['a language', go, 'user', { layer: 'user-language', scope: go }],
    ['a language in a folder', goInOne, 'folder', { layer: 'folder-language', scope: { ...folderOne, ...go } }],
  ];
  for (const [what, scope, target, where] of places) {
    it(`F34 a valid value of ${what} that becomes an invalid one: the last good value of that scope is served, with an issue and in the health report`, async () => {
      const { service, outside, clock, eventsOf } = await bench();
      outside('count', 4);
      outside('count', 9, target, scope);
      await clock.flush();
      expect(service.get('count', scope)).to.equal(9);
      outside('count', 'nine', target, scope);
      await clock.flush();
      expect([service.get('count', scope), service.get('count')]).to.deep.equal([9, 4]);
      expect(service.issues).to.deep.equal([{ key: 'count', problem: 'must be a `number` type', served: 'last good value', ...where }]);
      expect(eventsOf('invalid').map(({ issue }) => issue)).to.deep.equal(service.issues);
      expect(service.inspect('count', scope)).to.deep.include({ value: 9, origin: 'last good value', problem: 'must be a `number` type' });
      expect(service.status).to.equal('degraded');
      const { api } = (await clock.run(service.health())).checks;
      expect(api.status).to.equal('degraded');
      expect(api.detail).to.match(/^Not legal, and replaced: count \(.+\)\.$/);
      outside('count', 11, target, scope);
      await clock.flush();
      expect([service.get('count', scope), service.issues, service.status]).to.deep.equal([11, [], 'healthy']);
      expect(eventsOf('mended')).to.deep.equal([{ type: 'mended', key: 'count', scope: (where as { scope: Scope }).scope }]);
    });
  }

  it('F34 what was never valid for a folder is the window’s value, and an issue as soon as it is read', async () => {
    const { service, outside, clock, eventsOf } = await bench();
    outside('count', 4);
    outside('count', 'nine', 'folder', one);
    await clock.flush();
    expect(service.get('count', one)).to.equal(4);
    expect(service.issues.map(({ key, served, scope }) => [key, served, scope])).to.deep.equal([['count', 'last good value', folderOne]]);
    expect(eventsOf('invalid').length).to.equal(1);
    expect(service.status).to.equal('degraded');
    outside('count', 5);
    await clock.flush();
    expect(service.get('count', one)).to.equal(5);
  });

  it('F34 an invalid value is one issue, for however many files and languages it is read', async () => {
    const { service, outside, clock, eventsOf } = await bench();
    outside('count', 'nine', 'folder', one);
    outside('name', 5);
    await clock.flush();
    for (const name of ['a.ts', 'b.ts', 'c.ts']) {
      for (const scope of [{}, { languageId: 'go' }, { languageId: 'css' }]) {
        const file = { resource: `file:///work/one/${name}`, ...scope };
        expect([service.get('count', file), service.get('name', file)]).to.deep.equal([3, 'none']);
      }
    }
    expect(service.issues.map(({ key, layer, scope }) => [key, layer, scope])).to.deep.equal([['name', 'user', undefined], ['count', 'folder', folderOne]]);
    expect(eventsOf('invalid').length).to.equal(2);
    expect((await clock.run(service.health())).checks.api.detail).to.equal('Not legal, and replaced: name, count (file:///work/one/).');
  });

  it('F34 folders and languages do not answer for each other', async () => {
    const { service, outside, clock } = await bench();
    outside('count', 9, 'folder', one);
    outside('count', 12, 'folder', two);
    outside('count', 15, 'user', go);
    await clock.flush();
    const all = (): unknown[] => [one, two, go, undefined].map((scope) => service.get('count', scope));
    expect(all()).to.deep.equal([9, 12, 15, 3]);
    outside('count', 'x', 'folder', one);
    outside('count', 'y', 'user', go);
    await clock.flush();
    expect(all()).to.deep.equal([9, 12, 15, 3]);
    outside('count', undefined, 'folder', two);
    await clock.flush();
    expect(all()).to.deep.equal([9, 3, 15, 3]);
    expect(service.issues.map(({ scope }) => scope)).to.deep.equal([folderOne, go]);
  });

  it('F34 a file that was never asked for before has the last good value of its folder', async () => {
    const { service, outside, clock } = await bench();
    outside('count', 9, 'folder', one);
    await clock.flush();
    expect(service.get('count', one)).to.equal(9);
    outside('count', 'nine', 'folder', one);
    await clock.flush();
    expect(service.get('count', { resource: 'file:///work/one/new.ts' })).to.equal(9);
  });

  it('F34 a language in a folder that was never asked for before has the last good value of the language, or of the folder', async () => {
    const { service, outside, clock } = await bench();
    outside('count', 9, 'folder', one);
    outside('count', 15, 'user', go);
    await clock.flush();
    expect([service.get('count', one), service.get('count', go)]).to.deep.equal([9, 15]);
    outside('count', 'nine', 'folder', one);
    outside('count', 'fifteen', 'user', go);
    await clock.flush();
    expect(service.get('count', goInOne)).to.equal(15);
    expect(service.get('count', { ...one, languageId: 'css' })).to.equal(9);
    outside('count', 4);
    await clock.flush();
    expect([service.get('count', goInOne), service.get('count', { ...one, languageId: 'css' })]).to.deep.equal([15, 9]);
    expect(service.issues.map(({ served, scope }) => [served, scope])).to.deep.equal([['last good value', folderOne], ['last good value', go]]);
  });

  it('F34 the last good values of folders and languages outlive the process; no secret does', async () => {
    const first = await bench();
    first.outside('count', 9, 'folder', one);
    first.outside('token', 'hidden', 'folder', one);
    first.outside('name', 'gopher', 'user', go);
    await first.clock.flush();
    expect([first.service.get('count', one), first.service.get('token', one), first.service.get('name', go)]).to.deep.equal([9, 'hidden', 'gopher']);
    await first.clock.run(first.service.dispose());
    expect(first.memento.get('holdfast.test.scopedLastGood')).to.include('gopher').and.not.include('hidden');
    first.outside('count', 'nine', 'folder', one);
    first.outside('token', 5, 'folder', one);
    first.outside('name', 5, 'user', go);
    const { service, clock, issues } = await restarted(first);
    expect([service.get('count', one), service.get('token', one), service.get('name', go)]).to.deep.equal([9, '', 'gopher']);
    expect(issues()).to.deep.equal(['count', 'name', 'token']);
    await clock.run(service.dispose());
    const third = await restarted(first, { early: true });
    expect(third.service.get('count', one), 'before the store has been read').to.equal(9);
  });

  it('F34 what an earlier process has kept of a folder that is none any more is forgotten', async () => {
    const memento = memoryMemento();
    await memento.update('holdfast.test.scopedLastGood', JSON.stringify({ json: [{ scope: one, values: { count: 9 } }, { scope: {}, values: { count: 8 } }, { scope: go, values: { count: 7 } }] }));
    const { service } = await bench({ early: true, memento, wrap: (inner) => Object.assign(inner, { settingsScope: (scope: Scope) => { if (scope.resource !== undefined) throw new Error('no'); return scope; } }) });
    expect([service.get('count', one), service.get('count'), service.get('count', go)]).to.deep.equal([3, 3, 7]);
  });

  it('F34 P40 after the disposal a folder that was never read is read, and nothing is kept or told', async () => {
    const { service, outside, clock, memento, eventsOf } = await bench();
    await clock.run(service.dispose());
    outside('count', 'nine', 'folder', one);
    expect([service.get('count', one), service.status]).to.deep.equal([3, 'unhealthy']);
    await clock.flush();
    expect([eventsOf('invalid').length, memento.get('holdfast.test.scopedLastGood')]).to.deep.equal([0, undefined]);
  });

  it('F34 of what an earlier process has kept, only what is sound is used', async () => {
    const kept = [null, 5, { scope: 5, values: { count: 5 } }, { scope: { resource: 5 }, values: { count: 5 } }, { scope: go }, { scope: one, values: { count: 'x', name: 'ok', tool: 'evil' } }];
    const memento = memoryMemento();
    await memento.update('holdfast.test.scopedLastGood', JSON.stringify({ json: kept }));
    const backend = new MemoryBackend();
    backend.trusted = false;
    const { service } = await bench({ early: true, memento, backend });
    expect([service.get('count', one), service.get('name', one), service.get('tool', one)]).to.deep.equal([3, 'ok', '']);
    for (const text of ['{', '5', JSON.stringify({ json: { scope: go } })]) {
      await memento.update('holdfast.test.scopedLastGood', text);
      expect((await bench({ early: true, memento })).service.get('count', go)).to.equal(3);
    }
  });

  it('F34 a store that says nothing of folders: each file stands for itself, and is an issue when it is read', async () => {
    const backend = new MemoryBackend();
    const plain: Store = Object.assign(new MemoryStore(backend), { settingsScope: undefined, scopes: undefined, fileOf: () => { throw new Error('no'); } });
    const { service, outside, clock, eventsOf } = await bench({ backend, wrap: () => plain });
    const other = { resource: 'file:///work/one/other.ts' };
    outside('name', 5, 'folder', one);
    outside('count', 9, 'folder', one);
    await clock.flush();
    expect([service.issues, service.get('name', other), service.issues.map(({ key, scope }) => [key, scope])]).to.deep.equal([[], 'none', [['name', other]]]);
    expect([eventsOf('invalid').length, service.status]).to.deep.equal([1, 'degraded']);
    outside('name', undefined, 'folder', one);
    await clock.flush();
    expect([service.get('count', one), service.get('count', other)]).to.deep.equal([9, 9]);
    outside('count', 'nine', 'folder', one);
    await clock.flush();
    expect([service.get('count', one), service.get('count', other)]).to.deep.equal([9, 9]);
    expect(service.issues.map(({ scope }) => scope)).to.have.deep.members([one, other]);
  });

  it('F34 settingsScope of a JsonStore: the first file of each folder, and the window where there is no folder', () => {
    const store = new JsonStore(definition, { user: '/none/user.json', folder: (resource) => /^(.*\/work\/\w+)\//.exec(resource)?.[1] });
    try {
      expect(store.settingsScope(one)).to.deep.equal(one);
      expect(store.settingsScope({ resource: 'file:///work/one/b.ts', languageId: 'go' })).to.deep.equal(goInOne);
      expect(store.settingsScope({ resource: 'file:///elsewhere/b.ts' })).to.deep.equal({});
      expect(store.settingsScope({ resource: 'file:///elsewhere/b.ts', ...go })).to.deep.equal(go);
    } finally {
      store.dispose();
    }
  });

  describe('a change anywhere', () => {
    /** What is told of changes, without values. */
    function heard({ service }: Bench): { changes: SettingsChange<Key>[]; places(): unknown[] } {
      const changes: SettingsChange<Key>[] = [];
      service.onDidChangeAny((change) => changes.push(change));
      return { changes, places: () => changes.map((change) => change.changes.map(({ key, scope, before, now }) => [key, scope, before, now])) };
    }

    for (const [what, scope, target, { scope: where }] of places as readonly (readonly [string, Scope, 'user' | 'folder', { scope: Scope }])[]) {
      it(`F32 in ${what}, for which nobody listens and nothing was read, is told with what and where`, async () => {
        const made = await bench();
        const { outside, clock, eventsOf } = made;
        const { changes, places: told } = heard(made);
        outside('count', 9, target, scope);
        await clock.flush();
        expect(told()).to.deep.equal([[['count', where, 3, 9]]]);
        expect(changes[0]!.keys).to.deep.equal(['count']);
        expect(eventsOf('loaded').flatMap(({ changed }) => changed)).to.deep.equal(['count']);
        outside('count', 10, target, scope);
        await clock.flush();
        outside('count', undefined, target, scope);
        await clock.flush();
        expect(told().slice(1)).to.deep.equal([[['count', where, 9, 10]], [['count', where, 10, 3]]]);
      });
    }

    it('F32 affects tells for a file, a language and the window whether `get` gives another value', async () => {
      const made = await bench();
      const { outside, clock, service } = made;
      const { changes } = heard(made);
      outside('count', 9, 'folder', one);
      await clock.flush();
      const [change] = changes;
      const affected = (key: Key, scope?: Scope): boolean => change!.affects(key, scope);
      expect([affected('count'), affected('count', {}), affected('count', one), affected('count', { resource: 'file:///work/one/new.ts' })]).to.deep.equal([true, false, true, true]);
      expect([affected('count', two), affected('count', go), affected('name'), affected('name', one), affected('none' as Key, one)]).to.deep.equal([false, false, false, false, false]);
      expect(affected('count', goInOne), 'what was never read: the folder shows through').to.equal(true);
      outside('count', 15, 'user', go);
      await clock.flush();
      expect([changes[1]!.affects('count', { ...two, ...go }), changes[1]!.affects('count', { languageId: 'css' }), changes[1]!.affects('count', two)]).to.deep.equal([true, false, false]);
      expect(() => affected('count', null as never)).to.throw().with.property('code', 'VALIDATION');
      expect([service.get('count', goInOne), service.get('count', two), affected('count', two), affected('count', goInOne)]).to.deep.equal([15, 3, false, true]);
    });

    it('F32 a folder that hides the change of the window is not affected; others are, once for all that changes together', async () => {
      const made = await bench();
      const { outside, clock, service, end } = made;
      outside('count', 9, 'folder', one);
      await clock.flush();
      const { changes, places: told } = heard(made);
      const order: unknown[] = [];
      service.onDidChange('name', (now) => order.push(now));
      service.onDidChangeAny(({ keys }) => order.push(keys, service.get('count')));
      await end(service.updateAll({ count: 5, name: 'x' }));
      expect(told()).to.deep.equal([[['count', {}, 3, 5], ['name', {}, 'none', 'x']]]);
      expect([changes[0]!.affects('count', one), changes[0]!.affects('count', two), changes[0]!.affects('name', one)]).to.deep.equal([false, true, true]);
      expect(order).to.deep.equal(['x', ['count', 'name'], 5]);
    });

    it('F32 what shows through is what there was: a language in a folder that gets a value', async () => {
      const made = await bench();
      const { outside, clock } = made;
      outside('count', 9, 'folder', one);
      outside('count', 15, 'user', go);
      await clock.flush();
      const { places: told } = heard(made);
      outside('count', 15, 'folder', goInOne);
      await clock.flush();
      expect(told()).to.deep.equal([]);
      outside('count', 16, 'folder', goInOne);
      await clock.flush();
      expect(told()).to.deep.equal([[['count', { ...folderOne, ...go }, 15, 16]]]);
    });

    it('F32 nothing is told where nothing changes: an invalid value, the same value, an unrelated setting', async () => {
      const made = await bench();
      const { outside, clock, backend, service } = made;
      outside('count', 9, 'folder', one);
      await clock.flush();
      const { changes } = heard(made);
      outside('count', 'nine', 'folder', one);
      outside('count', 9, 'folder', one);
      outside('other' as Key, 5, 'folder', one);
      backend.changed();
      await service.reload();
      await clock.flush();
      expect(changes).to.deep.equal([]);
    });

    it('F32 P12 P40 a listener that throws disturbs nobody, one that was disposed of hears nothing, and what is no function is refused', async () => {
      const made = await bench();
      const { outside, clock, service, eventsOf } = made;
      service.onDidChangeAny(() => { throw new Error('no'); });
      const { changes } = heard(made);
      service.onDidChangeAny(() => { throw new Error('not disposed of'); }).dispose();
      expect(() => service.onDidChangeAny(null as never)).to.throw().with.property('code', 'VALIDATION');
      outside('count', 9, 'folder', one);
      await clock.flush();
      expect([changes.length, eventsOf('warning').length]).to.deep.equal([1, 1]);
      await clock.run(service.dispose());
      service.onDidChangeAny(() => changes.push(changes[0]!));
      outside('count', 10, 'folder', one);
      await clock.flush();
      expect(changes.length).to.equal(1);
    });

    it('F32 a store that says nothing of folders, or fails to: those that were read are watched', async () => {
      const no = (): never => { throw new Error('no'); };
      const settingsScope = ({ resource }: Scope): Scope => (resource === 'none' ? no() : { resource: folderOne.resource });
      for (const faulty of [{ scopes: undefined }, { scopes: no }, { scopes: () => [{ resource: 'none' }], settingsScope }]) {
        const backend = new MemoryBackend();
        const made = await bench({ backend, wrap: () => Object.assign(new MemoryStore(backend), faulty) });
        const { outside, clock, service } = made;
        expect(service.get('count', one)).to.equal(3);
        const { places: told } = heard(made);
        outside('count', 9, 'folder', one);
        await clock.flush();
        outside('count', 9, 'folder', two);
        await clock.flush();
        expect(told()).to.deep.equal([[['count', folderOne, 3, 9]]]);
      }
    });

    it('F32 a JsonStore: folders that something was read for, and languages', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-scopes-'));
      const file = path.join(folder, 'user.json');
      const ofFolder = path.join(folder, 'folder.json');
      writeFileSync(file, '{ "[go][css]": { "test.count": 4 } }');
      writeFileSync(ofFolder, '{ "[go]": { "test.count": 5 } }');
      const store = new JsonStore(definition, { user: file, folder: (resource) => (resource.startsWith('file:///work/one/') ? ofFolder : undefined) });
      try {
        await store.load();
        expect(store.scopes()).to.deep.equal([{}, go, { languageId: 'css' }]);
        const asked = store.settingsScope(one);
        store.read('count', asked);
        expect(store.scopes().slice(3)).to.deep.equal([one, goInOne]);
      } finally {
        store.dispose();
        rmSync(folder, { recursive: true });
      }
    });
  });

  async function restarted({ backend, memento, clock }: Bench, options = {}): Promise<Bench & { issues(): string[] }> {
    const next = await bench({ backend, memento, clock, ...options });
    return { ...next, issues: () => next.service.issues.map(({ key }) => key).sort() };
  }
});
