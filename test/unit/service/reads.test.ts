import { expect } from 'chai';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Layer, RawSetting, Scope, Target } from '../../../src/store/store.ts';
import { bench, definition, leavesNothing, type Key } from './support.ts';

const folder: Scope = { resource: 'file:///work/one/main.ts' };

describe('Service: reads', () => {
  leavesNothing();

  it('P30 get gives the defaults before loading, and what is stored after it', async () => {
    const { service, clock, backend } = await bench({ early: true });
    backend.set({ key: 'count', target: 'user', scope: {} }, 7);
    expect(service.get('count')).to.equal(3);
    expect(service.values).to.deep.equal({ ...definition.defaults });
    await clock.run(service.ready);
    expect(service.get('count')).to.equal(7);
  });

  it('P30 get goes on through an outage, garbage and disposal, and is always legal', async () => {
    const { service, store, outside, clock } = await bench();
    outside('count', 8);
    await clock.flush();
    store.failing('read');
    store.failing('load');
    await service.reload();
    expect(service.get('count')).to.equal(8);
    expect(service.status).to.equal('degraded');
    store.heal();
    for (const garbage of ['8', -1, 1.5, null, {}, [], true, Number.NaN]) {
      outside('count', garbage);
      await clock.flush();
      expect(service.get('count')).to.equal(8);
      expect(definition.check('count', service.get('count')).ok).to.equal(true);
    }
    await clock.run(service.dispose());
    expect(service.get('count')).to.equal(8);
    expect(service.values.count).to.equal(8);
  });

  it('P30 get never throws, whatever it is asked', async () => {
    const { service, store } = await bench();
    const hostile: unknown[] = [
      '', '__proto__', 'constructor', 'toString', 'nothing', 5, null, undefined, Symbol('s'), {},
      { toString() { throw new Error('no'); } }, new Proxy({}, { get() { throw new Error('no'); } }),
    ];
    for (const key of hostile) {
      expect(service.get(key as Key)).to.equal(undefined);
      expect(service.get(key as Key, folder)).to.equal(undefined);
    }
    const scopes: unknown[] = [null, 5, 'x', { get resource() { throw new Error('no'); } }, { languageId: Symbol('s') }];
    for (const scope of scopes) expect(service.get('count', scope as Scope)).to.equal(3);
    store.failing('read', () => 'not even an error');
    expect(service.get('count', folder)).to.equal(3);
    expect(service.inspect('count')).to.deep.include({ value: 3, origin: 'last good value', problem: 'the store cannot be read' });
  });

  it('P30 while the store cannot be read, a scope never asked for before gets the value of the window', async () => {
    const { service, store, outside, clock } = await bench();
    outside('count', 4);
    outside('count', 9, 'folder', folder);
    await clock.flush();
    expect(service.get('count', folder)).to.equal(9);
    store.failing('load');
    await service.reload();
    outside('count', 10, 'folder', folder);
    expect(service.get('count', folder)).to.equal(9);
    expect(service.get('count', { resource: 'file:///work/two/x.ts' })).to.equal(4);
  });

  it('P31 one bad field falls back alone: to the last good value, or the default, and is reported', async () => {
    const { service, outside, clock, eventsOf } = await bench();
    outside('count', 5);
    outside('name', 'ann');
    await clock.flush();
    outside('count', 'five');
    outside('list', [1, 2]);
    outside('name', ' Bob ');
    await clock.flush();
    expect(service.values).to.deep.include({ count: 5, list: [], name: 'bob' });
    expect(service.issues).to.deep.equal([
      { key: 'count', problem: 'must be a `number` type', layer: 'user', served: 'last good value' },
      { key: 'list', problem: service.issues[1]!.problem, layer: 'user', served: 'default' },
    ]);
    expect(service.inspect('count')).to.deep.include({ value: 5, origin: 'last good value', layers: { user: 'five' }, problem: 'must be a `number` type' });
    expect(service.inspect('list').origin).to.equal('default');
    expect(eventsOf('invalid').map(({ issue }) => issue.key)).to.deep.equal(['count', 'list']);
    expect(service.status).to.equal('degraded');
    outside('count', 6);
    outside('list', undefined);
    await clock.flush();
    expect(eventsOf('mended').map(({ key }) => key).sort()).to.deep.equal(['count', 'list']);
    expect(service.issues).to.deep.equal([]);
    expect(service.status).to.equal('healthy');
  });

  it('P31 the same problem is told once, another one anew', async () => {
    const { service, outside, clock, eventsOf } = await bench();
    outside('count', 'five');
    await clock.flush();
    await service.reload();
    expect(eventsOf('invalid').length).to.equal(1);
    outside('count', -5);
    await clock.flush();
    expect(eventsOf('invalid').length).to.equal(2);
  });

  it('P32 what get returns cannot be mutated to affect others', async () => {
    const { service, outside, clock } = await bench();
    const raw = ['a', 'b'];
    outside('list', raw);
    outside('tree', { a: 1 });
    await clock.flush();
    const list = service.get('list');
    expect(() => (list).push('c')).to.throw(TypeError);
    expect(() => Object.assign(service.get('tree'), { a: 2 })).to.throw(TypeError);
    expect(() => Object.assign(service.values, { count: 9 })).to.throw(TypeError);
    raw.push('c');
    expect(service.get('list')).to.deep.equal(['a', 'b']);
    expect(Object.isFrozen(service.get('list', folder))).to.equal(true);
    expect(() => (definition.defaults.list).push('x')).to.throw(TypeError);
  });

  it('P33 onDidChange fires once per real change, with old and new value, after get shows the new one', async () => {
    const { service, outside, backend, clock, end } = await bench();
    const heard: unknown[] = [];
    service.onDidChange('count', (now, before) => heard.push([now, before, service.get('count')]));
    service.onDidChange('name', (now) => heard.push(now));
    outside('count', 5);
    await clock.flush();
    expect(heard).to.deep.equal([[5, 3, 5]]);
    outside('count', 5);
    backend.changed();
    await service.reload();
    expect(heard.length).to.equal(1);
    await end(service.update('count', 6));
    expect(heard).to.deep.equal([[5, 3, 5], [6, 5, 6]]);
    outside('count', 'garbage');
    await clock.flush();
    expect(heard.length).to.equal(2);
    outside('count', undefined);
    await clock.flush();
    expect(heard[2]).to.deep.equal([3, 6, 3]);
  });

  it('P33 never for an unchanged value, even when it is an object written anew', async () => {
    const { service, outside, clock } = await bench();
    outside('tree', { a: 1, b: 2 });
    await clock.flush();
    const before = service.get('tree');
    const heard: unknown[] = [];
    service.onDidChange('tree', (now) => heard.push(now));
    service.onDidChange('tree', (now) => heard.push(now), folder);
    outside('tree', { b: 2, a: 1 });
    await clock.flush();
    expect(heard).to.deep.equal([]);
    expect(service.get('tree')).to.equal(before);
  });

  it('P33 a scope has changes of its own', async () => {
    const { service, outside, clock } = await bench();
    const heard: unknown[] = [];
    const subscription = service.onDidChange('count', (now, before) => heard.push([now, before]), folder);
    service.onDidChange('count', (now) => heard.push(now));
    outside('count', 9, 'folder', folder);
    await clock.flush();
    expect(heard).to.deep.equal([[9, 3]]);
    outside('count', 4);
    await clock.flush();
    expect(heard).to.deep.equal([[9, 3], 4]);
    subscription.dispose();
    outside('count', 10, 'folder', folder);
    await clock.flush();
    expect(heard.length).to.equal(2);
  });

  it('P34 layers resolve as in VS Code: any language value before every plain one, then folder, workspace, user, default', async () => {
    const { service, backend, clock } = await bench();
    const scope: Scope = { ...folder, languageId: 'typescript' };
    const slots: { layer: Layer; target: Target; languageId?: string }[] = [
      { layer: 'user', target: 'user' }, { layer: 'workspace', target: 'workspace' }, { layer: 'folder', target: 'folder' },
      { layer: 'user-language', target: 'user', languageId: 'typescript' }, { layer: 'workspace-language', target: 'workspace', languageId: 'typescript' },
      { layer: 'folder-language', target: 'folder', languageId: 'typescript' },
    ];
    // Every set of layers: the highest one decides, in the scope and in the window.
    for (let set = 0; set < 2 ** slots.length; set++) {
      slots.forEach(({ target, languageId }, i) => {
        const at = { resource: folder.resource!, ...(languageId === undefined ? {} : { languageId }) };
        backend.set({ key: 'count', target, scope: at }, (set >> i) % 2 === 1 ? 10 + i : undefined);
      });
      await clock.flush();
      const highest = (among: number[]): number | undefined => among.filter((i) => (set >> i) % 2 === 1).at(-1);
      for (const [read, among] of [[scope, [0, 1, 2, 3, 4, 5]], [folder, [0, 1, 2]], [{ languageId: 'typescript' }, [0, 1, 3, 4]], [undefined, [0, 1]]] as const) {
        const top = highest([...among]);
        expect(service.get('count', read), `${set} in ${JSON.stringify(read)}`).to.equal(top === undefined ? 3 : 10 + top);
        expect(service.inspect('count', read).origin).to.equal(top === undefined ? 'default' : slots[top]!.layer);
      }
    }
  });

  it('P34 objects merge member by member over the layers', async () => {
    const { service, outside, clock } = await bench();
    outside('tree', { a: 1 });
    outside('tree', { b: 2 }, 'workspace');
    await clock.flush();
    expect(service.get('tree')).to.deep.equal({ a: 1, b: 2 });
  });

  it('inspect refuses what is not a setting', async () => {
    const { service } = await bench();
    for (const key of ['nothing', '__proto__', '', 5]) expect(() => service.inspect(key as Key)).to.throw().with.property('code', 'VALIDATION');
    expect(() => service.onDidChange('nothing' as Key, () => undefined)).to.throw().with.property('code', 'VALIDATION');
  });

  it('a policy is known by its deeds: another default, which wins over what a layer says', async () => {
    const backend = new MemoryBackend();
    /** As VS Code shows a policy to an extension. */
    class ManagedStore extends MemoryStore {
      override read(key: string, scope: Scope): RawSetting {
        const raw = super.read(key, scope);
        return key === 'count' ? { ...raw, effective: raw.layers.get('default') } : raw;
      }
    }
    const { service, outside, clock } = await bench({ backend, wrap: () => new ManagedStore(backend, { count: 9, name: 'other' }) });
    expect(service.inspect('count'), 'nothing says otherwise: it may be another extension’s default').to.include({ value: 9, origin: 'default' });
    outside('count', 4);
    outside('name', 'mine');
    await clock.flush();
    expect(service.inspect('count')).to.deep.include({ value: 9, origin: 'policy', layers: { default: 9, user: 4 } });
    expect(service.inspect('name')).to.include({ value: 'mine', origin: 'user' });
  });
});
