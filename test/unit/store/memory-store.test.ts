import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { MemoryBackend, MemoryStore, merged } from '../../../src/store/memory-store.ts';
import type { Scope, Target } from '../../../src/store/store.ts';

const resource = 'file:///folder/a.txt';
const { signal } = new AbortController();

const failureOf = (promise: Promise<unknown>): Promise<StoreError> => promise.then(() => expect.fail('it was not refused'), (error: unknown) => error as StoreError);

describe('MemoryStore', () => {
  it('resolves layers as VS Code does: narrower wins, and any language value wins over every plain one (P34)', async () => {
    const store = new MemoryStore(new MemoryBackend(), { key: 'default' });
    const scope = { resource, languageId: 'ts' };
    const steps: [Target, Scope][] = [
      ['user', {}], ['workspace', {}], ['folder', { resource }],
      ['user', { languageId: 'ts' }], ['workspace', { languageId: 'ts' }], ['folder', scope],
    ];
    expect(store.read('key', scope).effective).to.equal('default');
    for (const [index, [target, where]] of steps.entries()) {
      await store.write({ key: 'key', value: index, target, scope: where }, { signal });
      expect(store.read('key', scope).effective).to.equal(index);
    }
    expect([...store.read('key', scope).layers.keys()]).to.deep.equal(['default', 'user', 'workspace', 'folder', 'user-language', 'workspace-language', 'folder-language']);
    expect(store.read('key', {}).effective).to.equal(1);
    expect(store.read('key', { resource: 'file:///other/a.txt' }).effective).to.equal(1);
  });

  it('merges objects of several layers member by member (P34)', () => {
    const backend = new MemoryBackend();
    const store = new MemoryStore(backend, { key: { a: 1, deep: { x: 1, y: 1 } } });
    backend.set({ key: 'key', target: 'user', scope: {} }, { b: 2, deep: { y: 2 } });
    expect(store.read('key', {}).effective).to.deep.equal({ a: 1, b: 2, deep: { x: 1, y: 2 } });
    expect(merged({ a: 1 }, [1])).to.deep.equal([1]);
    expect(merged([1], { a: 1 })).to.deep.equal({ a: 1 });
    expect(merged({ a: 1 }, null)).to.equal(null);
    // A layer that is illegal must not be taken for one that is empty (P30).
    expect(Object.keys(merged({ a: 1 }, JSON.parse('{"__proto__":5}')) as object)).to.deep.equal(['a', '__proto__']);
  });

  it('refuses a write that expects another value (P28), and one that was given up (P5)', async () => {
    const store = new MemoryStore();
    const request = { key: 'key', value: 1, target: 'user', scope: {} } as const;
    expect((await failureOf(store.write(request, { signal, expected: { value: 0 } }))).reason).to.equal('newer');
    expect((await failureOf(store.write(request, { signal: AbortSignal.abort() }))).reason).to.equal('io');
    expect(await store.readBack(request)).to.equal(undefined);
    await store.write(request, { signal, expected: { value: undefined } });
    expect(await store.readBack(request)).to.equal(1);
  });

  it('without a workspace has user settings only; folder settings need a resource', async () => {
    const store = new MemoryStore();
    expect(store.fileOf('folder', { resource })).to.equal('settings of file:///folder/');
    expect(() => store.fileOf('folder', {})).to.throw(StoreError).with.property('reason', 'scope');
    store.backend.workspaceOpen = false;
    expect(store.fileOf('user', {})).to.equal('user settings');
    expect(() => store.fileOf('workspace', {})).to.throw(StoreError).with.property('reason', 'no-workspace');
    expect((await failureOf(store.probe('folder', { resource }))).reason).to.equal('no-workspace');
  });

  it('writes where the narrowest value is, by default', () => {
    const backend = new MemoryBackend();
    const store = new MemoryStore(backend);
    expect(store.defaultTarget('key', { resource })).to.equal('user');
    backend.set({ key: 'key', target: 'workspace', scope: {} }, 1);
    expect(store.defaultTarget('key', { resource })).to.equal('workspace');
    backend.set({ key: 'key', target: 'folder', scope: { resource } }, 1);
    expect(store.defaultTarget('key', { resource })).to.equal('folder');
    expect(store.defaultTarget('key', {})).to.equal('workspace');
  });

  it('is one of several windows on one backend, and leaves nothing behind (P40, P41)', async () => {
    const backend = new MemoryBackend();
    const [one, other] = [new MemoryStore(backend), new MemoryStore(backend)];
    let told = 0;
    other.onDidChange(() => void told++);
    const subscription = other.onDidChange(() => void told++);
    await one.write({ key: 'key', value: 1, target: 'user', scope: {} }, { signal });
    expect([told, other.read('key', {}).effective, backend.listenerCount]).to.deep.equal([2, 1, 2]);
    subscription.dispose();
    expect(backend.listenerCount).to.equal(1);
    other.dispose();
    expect(backend.listenerCount).to.equal(0);
    backend.trusted = false;
    expect(one.trusted()).to.be.false;
  });
});

describe('memoryMemento', () => {
  it('keeps values, and forgets what is set to undefined', async () => {
    const memento = memoryMemento();
    await memento.update('key', 1);
    expect(memento.get('key')).to.equal(1);
    await memento.update('key', undefined);
    expect(memento.get('key')).to.equal(undefined);
  });
});
