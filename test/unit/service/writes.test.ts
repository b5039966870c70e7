import { expect } from 'chai';
import type { UpdateOptions } from '../../../src/service/options.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import type { Target } from '../../../src/store/store.ts';
import { bench, leavesNothing, type Key } from './support.ts';

describe('Service: writes', () => {
  leavesNothing();

  it('P20 a resolved update is stored, and seen by get, inspect and a fresh reader', async () => {
    const { service, end, stored, backend, eventsOf } = await bench();
    expect(await end(service.update('count', 5))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(service.get('count')).to.equal(5);
    expect(service.inspect('count')).to.deep.equal({ key: 'count', value: 5, origin: 'user', layers: { user: 5 }, ignored: [] });
    expect(stored('count')).to.equal(5);
    expect(new MemoryStore(backend).read('count', {}).effective).to.equal(5);
    expect(eventsOf('stored')).to.deep.equal([{ type: 'stored', keys: ['count'], file: 'user settings', latency: 0 }]);
  });

  it('P20 to every target, in every scope', async () => {
    const { service, end, backend } = await bench();
    const resource = 'file:///work/one/x.ts';
    const places: UpdateOptions[] = [
      { target: 'user' }, { target: 'workspace' }, { target: 'folder', resource }, { target: 'user', languageId: 'c++' }, { target: 'folder', resource, languageId: 'go' },
    ];
    for (const [i, place] of places.entries()) {
      const { target, ...scope } = place as UpdateOptions & { target: Target };
      expect((await end(service.update('count', 10 + i, place))).ok).to.equal(true);
      expect(backend.get({ key: 'count', target, scope })).to.equal(10 + i);
      expect(service.get('count', scope)).to.equal(10 + i);
    }
  });

  it('P20 an update works before loading has ended', async () => {
    const { service, store, end } = await bench({ early: true });
    store.hanging('load');
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect(service.get('count')).to.equal(5);
  });

  it('P20 an update to where the value is already', async () => {
    const { service, end, store } = await bench();
    await end(service.update('count', 5));
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect(store.asked.length).to.equal(2);
  });

  it('P22 undefined resets the setting', async () => {
    const { service, end, stored } = await bench();
    await end(service.update('count', 5));
    expect(await end(service.update('count', undefined))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(stored('count')).to.equal(undefined);
    expect(service.get('count')).to.equal(3);
  });

  it('P22 a value is written as asked or refused, never a substitute', async () => {
    const { service, error, end, store, stored } = await bench();
    await end(service.update('name', 'old'));
    for (const value of [' new ', 'NEW', 5, null, true, ['new'], 'x'.repeat(51)]) {
      expect(await error(service.update('name', value as string))).to.include({ code: 'VALIDATION', field: 'name' });
    }
    expect(await error(service.update('count', '5' as never))).to.include({ code: 'VALIDATION' });
    expect(stored('name')).to.equal('old');
    expect(store.asked.length).to.equal(1);
  });

  it('P22 restoreDefaults removes what is stored at the target, and touches nothing else', async () => {
    const { service, end, stored, store } = await bench();
    await end(service.updateAll({ count: 5, name: 'ann' }));
    await end(service.update('count', 6, { target: 'workspace' }));
    const before = store.asked.length;
    expect((await end(service.restoreDefaults())).ok).to.equal(true);
    expect([stored('count'), stored('name'), stored('count', 'workspace')]).to.deep.equal([undefined, undefined, 6]);
    expect(store.asked.slice(before).map(({ key }) => key)).to.deep.equal(['count', 'name']);
    store.failing('read');
    expect((await end(service.restoreDefaults({ target: 'workspace' }))).ok, 'by what is stored, not by what is known').to.equal(true);
    expect(stored('count', 'workspace')).to.equal(undefined);
  });

  it('P23 writes to one file are applied in the order they were asked for, one at a time', async () => {
    const { service, store, end } = await bench();
    for (let i = 0; i < 12; i++) store.writeFaults.push({ kind: 'lag', delay: 100 * (12 - i) });
    const keys: Key[] = ['count', 'name'];
    const all = Array.from({ length: 12 }, (_, i) => service.update(keys[i % 2]!, (i % 2 === 0 ? i + 1 : `n${i}`) as never));
    await end(Promise.all(all));
    expect(store.asked.map(({ value }) => value)).to.deep.equal(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? i + 1 : `n${i}`)));
    expect(service.values).to.deep.include({ count: 11, name: 'n11' });
  });

  it('P23 files do not wait for each other', async () => {
    const { service, store, end, clock } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 3_000 });
    const slow = service.update('count', 5, { target: 'workspace' });
    await clock.flush();
    await end(service.update('count', 6, { target: 'user' }));
    expect(clock.now()).to.equal(0);
    expect((await end(slow)).ok).to.equal(true);
    expect(clock.now()).to.equal(3_000);
  });

  it('P23 waiting writes to one place merge: the last value wins, and everyone is told the truth', async () => {
    const { service, end, store } = await bench();
    const results = await end(Promise.all(Array.from({ length: 20 }, (_, i) => service.update('count', i + 1))));
    expect(results.ok && results.value.map(({ outcome }) => outcome)).to.deep.equal([...Array.from({ length: 19 }, () => 'superseded'), 'stored']);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([20]);
    expect(service.metrics()).to.include({ operationCount: 20, successCount: 20 });
  });

  it('P23 what is being written does not merge, what waits behind it does', async () => {
    const { service, end, store, clock } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    const first = service.update('count', 1);
    await clock.flush();
    const rest = [2, 3, 4].map((value) => service.update('count', value));
    expect((await end(first))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    await end(Promise.all(rest));
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 4]);
  });

  it('P23 only alike writes to one place merge', async () => {
    const { service, end, store } = await bench();
    const { signal } = new AbortController();
    const variants: UpdateOptions[] = [{}, { park: true }, { critical: true }, { languageId: 'go' }, { signal }, {}, {}];
    await end(Promise.all(variants.map((options, i) => service.update('count', 10 + i, options))));
    expect(store.asked.map(({ value }) => value)).to.deep.equal([10, 11, 12, 13, 14, 16]);
    store.asked.length = 0;
    await end(Promise.all([service.update('count', 1), service.update('name', 'x'), service.update('count', 2), service.update('count', (now) => now + 1), service.update('count', 9)]));
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 'x', 2, 3, 9]);
  });

  it('P23 a merged write that fails fails for all its callers', async () => {
    const { service, store, end } = await bench();
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    const ends = await Promise.all([service.update('count', 1), service.update('count', 2)].map((each) => end(each)));
    for (const each of ends) expect(each.ok ? undefined : each.error.reason).to.equal('dirty');
  });

  it('P25 the queue is bounded: what exceeds it is refused at once', async () => {
    const { service, store, end, error, clock } = await bench({ capacity: 5 });
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    // One under way and five that wait: no two of them merge.
    const accepted = Array.from({ length: 6 }, (_, i) => service.update(i % 2 === 0 ? 'count' : 'name', (i % 2 === 0 ? i + 1 : `n${i}`) as never));
    expect(await error(service.update('count', 50))).to.include({ code: 'QUEUE_FULL', capacity: 5, retryable: true });
    expect(clock.now()).to.equal(0);
    expect(service.metrics()).to.include({ queueDepth: 6, rejectionCount: 1 });
    await end(Promise.all(accepted));
    expect(service.values).to.deep.include({ count: 5, name: 'n5' });
    expect(service.metrics().queueDepth).to.equal(0);
    expect((await end(service.update('count', 51))).ok).to.equal(true);
  });

  it('P25 a full queue takes as many again as have left it', async () => {
    const { service, store, end, error, clock } = await bench({ capacity: 2 });
    for (let i = 0; i < 4; i++) store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = [service.update('count', 1), service.update('name', 'a'), service.update('count', 2)];
    await clock.advance(100);
    all.push(service.update('name', 'b'));
    expect((await error(service.update('count', 3))).code).to.equal('QUEUE_FULL');
    expect((await end(Promise.all(all))).ok).to.equal(true);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 'a', 2, 'b']);
  });

  it('P29 stored but shadowed by a higher layer: both are said', async () => {
    const { service, end, outside, eventsOf } = await bench();
    outside('count', 9, 'workspace');
    expect(await end(service.update('count', 5, { target: 'user' }))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user', shadowedBy: 'workspace' } });
    expect(service.get('count')).to.equal(9);
    expect(eventsOf('stored')[0]).to.include({ shadowedBy: 'workspace' });
    outside('count', 'garbage', 'workspace');
    expect(await end(service.update('count', 6, { target: 'user' }))).to.have.nested.property('value.shadowedBy', 'workspace');
    expect(await end(service.updateAll({ name: 'x', count: 7 }, { target: 'user' }))).to.have.nested.property('value.shadowedBy', 'workspace');
    expect(await end(service.update('count', 7, { target: 'user', languageId: 'go' }))).to.deep.include({ ok: true, value: { outcome: 'stored', target: 'user' } });
  });

  it('P29 a reset that lets a lower layer show through is not shadowed; one below a higher layer is', async () => {
    const { service, end, outside } = await bench();
    outside('count', 9, 'workspace');
    outside('count', 5);
    expect(await end(service.update('count', undefined, { target: 'workspace' }))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'workspace' } });
    expect(service.get('count')).to.equal(5);
    outside('count', 9, 'workspace');
    expect(await end(service.update('count', undefined, { target: 'user' }))).to.have.nested.property('value.shadowedBy', 'workspace');
  });

  it('F14 P29 an object whose members a lower layer holds as well is stored, and the answer says which', async () => {
    const { service, end, outside, stored } = await bench();
    expect(await end(service.update('tree', { a: 1, b: 2 }))).to.have.nested.property('value').that.deep.equals({ outcome: 'stored', target: 'user' });
    expect(await end(service.update('tree', {}, { target: 'workspace' }))).to.have.nested.property('value.shadowedBy', 'user');
    expect([stored('tree', 'workspace'), service.get('tree')]).to.deep.equal([{}, { a: 1, b: 2 }]);
    expect(await end(service.update('tree', ({ a }) => ({ a: a ?? 5 }), { target: 'workspace' })), 'b shows through').to.have.nested.property('value.shadowedBy', 'user');
    expect(await end(service.update('tree', { a: 7, b: 8 }, { target: 'workspace' })), 'nothing shows through').to.not.have.nested.property('value.shadowedBy');
    outside('tree', { a: 1 }, 'user', { languageId: 'go' });
    expect(await end(service.update('tree', { b: 3 }, { target: 'workspace', languageId: 'go' }))).to.have.nested.property('value.shadowedBy', 'user-language');
  });

  it('P29 stored, but not seen by get, because the store cannot be read: both are said', async () => {
    const { service, end, store, stored } = await bench();
    store.failing('read');
    expect(await end(service.update('count', 5))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user', shadowedBy: 'last good value' } });
    expect([stored('count'), service.get('count')]).to.deep.equal([5, 3]);
  });

  it('the target is, by default, what the store says', async () => {
    const { service, end, outside, stored } = await bench();
    outside('count', 9, 'workspace');
    expect(await end(service.update('count', 5))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'workspace' } });
    expect(stored('count', 'workspace')).to.equal(5);
  });
});
