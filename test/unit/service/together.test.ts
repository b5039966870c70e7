import { expect } from 'chai';
import * as yup from 'yup';
import { StoreError } from '../../../src/errors.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import type { Change } from '../../../src/store/store.ts';
import { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, leavesNothing, plainRetry, unheard, type Bench, type BenchOptions } from './support.ts';

/** A bench whose store stores several values by one save, and the keys and values of each of its saves. */
async function together(options: BenchOptions = {}): Promise<Bench & { readonly saves: Record<string, unknown>[] }> {
  const saves: Record<string, unknown>[] = [];
  const note = (changes: readonly Pick<Change, 'key' | 'value'>[]): void => void saves.push(Object.fromEntries(changes.map(({ key, value }) => [key, value])));
  const made = await bench({
    together: true,
    guard: { retry: { jitter: 0, attempts: 1 } },
    ...options,
    wrap: (store) => {
      const { write, commit } = store;
      store.write = (request, those) => {
        note([request]);
        return write.call(store, request, those);
      };
      store.commit = (changes, those) => {
        note(changes);
        return commit!.call(store, changes, those);
      };
      return store;
    },
  });
  return Object.assign(made, { saves });
}

/** Keeps the store busy, so that everything that is asked for meanwhile waits for its turn. */
async function busy({ service, store, clock }: Bench): Promise<{ readonly first: Promise<unknown> }> {
  store.writeFaults.unshift({ kind: 'lag', delay: 1_000 });
  const first = service.update('tool', 'busy');
  await clock.flush();
  return { first };
}

describe('Service: writes that are stored together', () => {
  leavesNothing();

  it('P9 a store that throws when it is asked whether it can takes one at a time', async () => {
    const made = await bench({ together: true });
    made.store.canCommit = () => { throw new Error('Injected.'); };
    await made.clock.run(Promise.all([made.service.update('count', 5), made.service.update('name', 'x')]));
    expect([made.stored('count'), made.stored('name'), made.store.calls.write]).to.deep.equal([5, 'x', 2]);
  });

  it('P9 a store that refuses a change that it was not asked for has failed', async () => {
    const made = await bench({
      together: true,
      guard: { retry: { attempts: 1 } },
      wrap: (store) => {
        store.commit = () => Promise.resolve([{ index: 7, error: new StoreError('scope', 'Injected.') }]);
        return store;
      },
    });
    const { first } = await busy(made);
    const both = [made.service.update('count', 5), made.service.update('name', 'x')].map(unheard);
    await made.clock.run(first);
    for (const each of both) expect(await made.error(each)).to.include({ code: 'STORE', reason: 'unknown' });
    expect(made.stored('count')).to.equal(undefined);
  });

  it('P5 one whose caller leaves during the last look is answered at once', async () => {
    const made = await bench({ guard: { retry: { attempts: 1 } } });
    const caller = new AbortController();
    made.store.writeFaults.push({ kind: 'hang' });
    const leaving = unheard(made.service.update('count', 5, { signal: caller.signal }));
    await made.clock.advance(4_999);
    made.store.hanging('readBack');
    await made.clock.advance(2);
    caller.abort();
    const { code, outcome } = await made.error(leaving);
    expect([code, outcome]).to.deep.equal(['ABORTED', 'unknown']);
    made.store.heal();
  });

  it('twenty settings at once are one save, also as a transaction', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    const definition = defineSettings('many', Object.fromEntries(keys.map((key) => [key, { schema: yup.number(), default: 0, description: 'A number' }])));
    const clock = new VirtualClock();
    const store = new FaultyStore(new MemoryStore(), clock);
    const service = new ConfigurationService(definition, { store, clock });
    await clock.run(service.ready);
    await clock.run(Promise.all(keys.map((key, index) => service.update(key, index + 1))));
    expect([store.calls.write, store.asked.length]).to.deep.equal([1, 20]);
    expect(keys.map((key) => service.get(key))).to.deep.equal(keys.map((_, index) => index + 1));
    await clock.run(service.updateAll(Object.fromEntries(keys.map((key) => [key, 50]))));
    expect([store.calls.write, store.asked.length]).to.deep.equal([2, 40]);
    await clock.run(service.dispose());
  });

  it('P23 P28 functions run in order, on what the file holds at that moment', async () => {
    const made = await together();
    const { service, end, outside, stored, saves } = made;
    const { first } = await busy(made);
    const all = [
      service.update('list', (list) => [...list, 'a']),
      service.update('count', 10),
      service.update('list', (list) => [...list, 'b']),
      service.update('count', (count) => count + 1),
      service.update('list', (list) => [...list, 'c']),
    ];
    outside('list', ['outside']);
    for (const each of [first, ...all]) expect((await end(each)).ok).to.equal(true);
    expect([stored('list'), stored('count')]).to.deep.equal([['outside', 'a', 'b', 'c'], 11]);
    expect(saves).to.deep.equal([{ tool: 'busy' }, { list: ['outside', 'a', 'b', 'c'], count: 11 }]);
  });

  it('P28 after a removal in the same save a function begins with the default', async () => {
    const { service, end, stored } = await together();
    await end(service.update('list', ['old']));
    const all = [service.update('list', undefined), service.update('list', (list) => [...list, 'new'])];
    for (const each of all) expect((await end(each)).ok).to.equal(true);
    expect(stored('list')).to.deep.equal(['new']);
  });

  it('P28 a function for a language is given what was asked for before it, also where it is stored elsewhere in the file', async () => {
    const { service, end, stored } = await together();
    const all = [service.update('list', ['plain']), service.update('list', (list) => [...list, 'ts'], { languageId: 'ts' })];
    for (const each of all) expect((await end(each)).ok).to.equal(true);
    expect(stored('list', 'user', { languageId: 'ts' })).to.deep.equal(['plain', 'ts']);
  });

  it('a function that throws is answered alone, and the others are stored without it', async () => {
    const { service, end, error, stored, saves } = await together();
    const thrown = new Error('Not today.');
    const all = [
      service.update('count', 5),
      unheard(service.update('list', () => { throw thrown; })),
      unheard(service.update('tree', () => ({ a: 'no number' }) as never)),
      service.update('name', 'x'),
    ] as const;
    expect(await error(all[1])).to.include({ code: 'VALIDATION', cause: thrown });
    expect(await error(all[2])).to.include({ code: 'VALIDATION' });
    for (const each of [all[0], all[3]]) expect(await end(each)).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect([stored('count'), stored('list'), stored('tree'), stored('name')]).to.deep.equal([5, undefined, undefined, 'x']);
    expect(saves).to.deep.equal([{ count: 5, name: 'x' }]);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
  });

  it('a setting that the store refuses is answered alone, and the others are saved again without it', async () => {
    const { service, store, end, error, stored, saves } = await together();
    store.writeFaults.push(undefined, { kind: 'refuse', reason: 'policy' });
    const all = [service.update('count', 5), unheard(service.update('name', 'x')), service.update('list', ['y'])] as const;
    expect(await error(all[1])).to.include({ code: 'STORE', reason: 'policy' });
    for (const each of [all[0], all[2]]) expect((await end(each)).ok).to.equal(true);
    expect([stored('count'), stored('name'), stored('list')]).to.deep.equal([5, undefined, ['y']]);
    expect(saves).to.deep.equal([{ count: 5, name: 'x', list: ['y'] }, { count: 5, list: ['y'] }]);
    expect(service.metrics()).to.deep.include({ operationCount: 3, successCount: 2, errorCount: 1, errors: { STORE: 1 } });
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
  });

  it('P24 a transaction of which the store refuses one setting is not stored at all, and the others are', async () => {
    const { service, store, end, error, stored } = await together();
    store.writeFaults.push(undefined, { kind: 'refuse', reason: 'policy' });
    const all = [unheard(service.updateAll({ count: 5, name: 'x' })), service.update('list', ['y'])] as const;
    expect(await error(all[0])).to.include({ code: 'STORE', reason: 'policy' });
    expect((await end(all[1])).ok).to.equal(true);
    expect([stored('count'), stored('name'), stored('list')]).to.deep.equal([undefined, undefined, ['y']]);
  });

  it('P1 P61 a save that fails is one failure of the file, and each write of it is counted once', async () => {
    const { service, store, error, clock } = await together({ guard: { retry: { jitter: 0, attempts: 1 }, breaker: { threshold: 3 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    const all = [unheard(service.update('count', 5)), unheard(service.update('name', 'x')), unheard(service.updateAll({ list: ['y'], tree: { a: 1 } })), unheard(service.update('tool', 't'))];
    const errors = await clock.run(Promise.all(all.map((each) => error(each))));
    for (const each of errors) expect(each.code === 'TRANSACTION' ? each.cause : each).to.include({ code: 'STORE', reason: 'io' });
    expect(new Set(errors).size, 'an error of its own for each').to.equal(4);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 1 });
    expect(service.metrics()).to.deep.include({ operationCount: 4, successCount: 0, errorCount: 4, errors: { STORE: 3, TRANSACTION: 1 }, retryCount: 0 });
  });

  it('P1 it is tried again as one, and what has failed is told to each', async () => {
    const { service, store, end, saves, eventsOf, clock } = await together({ guard: { retry: { jitter: 0 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    for (const each of [service.update('count', 5), service.update('name', 'x')]) expect((await end(each)).ok).to.equal(true);
    expect(saves).to.deep.equal([{ count: 5, name: 'x' }, { count: 5, name: 'x' }]);
    expect(clock.now()).to.equal(1_000);
    expect(service.metrics()).to.deep.include({ operationCount: 2, successCount: 2, retryCount: 1 });
    expect(eventsOf('stored').map(({ keys, attempts }) => [keys, attempts?.length])).to.deep.equal([[['count'], 1], [['name'], 1]]);
  });

  it('P5 P6 one of several in flight that is aborted is answered at once, and the others go on', async () => {
    const { service, store, end, error, stored, clock, eventsOf } = await together();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const controller = new AbortController();
    const all = [service.update('count', 5), unheard(service.update('name', 'x', { signal: controller.signal })), service.update('list', ['y'])] as const;
    await clock.flush();
    controller.abort('why');
    expect(await error(all[1])).to.include({ code: 'ABORTED', outcome: 'unknown', cause: 'why' });
    expect(clock.now()).to.equal(0);
    for (const each of [all[0], all[2]]) expect((await end(each)).ok).to.equal(true);
    expect(clock.now()).to.equal(1_000);
    expect([stored('count'), stored('name'), stored('list')]).to.deep.equal([5, 'x', ['y']]);
    expect(eventsOf('late').map(({ key, outcome }) => [key, outcome]), 'P29').to.deep.equal([['name', 'stored']]);
  });

  it('P5 aborted before it was sent it is never written, and the others are', async () => {
    const made = await together();
    const { service, end, error, saves, clock } = made;
    const { first } = await busy(made);
    const controller = new AbortController();
    const all = [service.update('count', 5), unheard(service.update('name', 'x', { signal: controller.signal })), service.update('list', ['y'])] as const;
    controller.abort();
    expect(await error(all[1])).to.include({ code: 'ABORTED', outcome: 'not stored' });
    expect(clock.now()).to.equal(0);
    for (const each of [first, all[0], all[2]]) expect((await end(each)).ok).to.equal(true);
    expect(saves.at(-1)).to.deep.equal({ count: 5, list: ['y'] });
  });

  it('P5 when all have left the save is given up', async () => {
    const { service, store, error, clock, stored } = await together();
    store.writeFaults.push({ kind: 'hang' });
    const controller = new AbortController();
    const { signal } = controller;
    const all = [unheard(service.update('count', 5, { signal })), unheard(service.update('name', 'x', { signal }))];
    await clock.flush();
    controller.abort();
    for (const each of all) expect(await error(each)).to.include({ code: 'ABORTED', outcome: 'unknown' });
    expect(clock.now()).to.equal(0);
    expect(service.breakers()[0], 'P7').to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
    expect(stored('count')).to.equal(undefined);
  });

  it('P24 a transaction is one save, in which nothing is ever half there', async () => {
    const { service, end, backend, saves } = await together();
    await end(service.updateAll({ count: 1, name: 'one' }));
    const seen: unknown[] = [];
    backend.onDidChange(() => seen.push(['count', 'name'].map((key) => backend.get({ key, target: 'user', scope: {} }))));
    await end(Promise.all([service.update('list', ['x']), service.updateAll({ count: 2, name: 'two' }), service.updateAll({ count: 3, name: 'three' })]));
    expect(seen).to.deep.equal([[2, 'two'], [3, 'three']]);
    expect(saves).to.deep.equal([{ count: 1, name: 'one' }, { list: ['x'], count: 2, name: 'two' }, { count: 3, name: 'three' }]);
  });

  it('P24 what a store has made of a transaction is undone by one save as well', async () => {
    const { service, store, end, error, backend } = await together();
    await end(service.updateAll({ count: 1, name: 'one' }));
    const seen: unknown[] = [];
    backend.onDidChange(() => seen.push(['count', 'name'].map((key) => backend.get({ key, target: 'user', scope: {} }))));
    store.writeFaults.push(undefined, { kind: 'corrupt', value: { garbage: true } });
    expect(await error(service.updateAll({ count: 2, name: 'two' }))).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count', 'name'], notRestored: [] });
    expect(seen).to.deep.equal([[2, { garbage: true }], [1, 'one']]);
  });

  for (const [what, before, faults] of [
    ['of which one setting alone has come through', {}, [undefined, { kind: 'lose' }]],
    ['of which one setting was there already', { count: 2 }, [{ kind: 'fail', reason: 'io' }]],
  ] as const) {
    it(`P24 a transaction ${what} is tried again as a whole, over what others have stored meanwhile`, async () => {
      const { service, store, end, backend, clock, saves, outside } = await together({ guard: plainRetry });
      for (const [key, value] of Object.entries(before)) outside(key as 'count', value);
      store.writeFaults.push(...faults);
      const stored = service.updateAll({ count: 2, name: 'two' });
      await clock.advance(500);
      outside('count', 3);
      outside('name', 'three');
      const seen: unknown[] = [];
      backend.onDidChange(() => seen.push(['count', 'name'].map((key) => backend.get({ key, target: 'user', scope: {} }))));
      expect((await end(stored)).ok).to.equal(true);
      expect(seen).to.deep.equal([[2, 'two']]);
      expect(saves.at(-1)).to.deep.equal({ count: 2, name: 'two' });
    });
  }

  it('P24 what is still there of a transaction that is tried again is not sent again', async () => {
    const made = await together({ guard: plainRetry });
    const { service, store, end, saves } = made;
    const { first } = await busy(made);
    const all = [service.update('count', (count) => count + 1), service.updateAll({ count: 2, name: 'two' })];
    store.writeFaults.push(undefined, { kind: 'lose' });
    for (const each of [first, ...all]) expect((await end(each)).ok).to.equal(true);
    expect(saves.slice(1)).to.deep.equal([{ count: 2, name: 'two' }, { name: 'two' }]);
  });

  it('P24 of a transaction that has come through in part, and is given up, that part is undone', async () => {
    const { service, store, end, error, stored } = await together();
    await end(service.updateAll({ count: 1, name: 'one' }));
    store.writeFaults.push(undefined, { kind: 'lose' });
    const seen = await error(service.updateAll({ count: 2, name: 'two' }));
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: ['name', 'count'], notRestored: [] });
    expect([stored('count'), stored('name')]).to.deep.equal([1, 'one']);
  });

  it('P20 P23 what a newer value of the same setting takes the place of in the save is superseded; what is computed from is stored', async () => {
    const made = await together();
    const { service, end, stored, saves } = made;
    const { first } = await busy(made);
    const { signal } = new AbortController();
    const all = [
      service.update('count', 5, { signal }),
      service.update('list', ['a']),
      service.update('count', 6, { signal }),
      service.update('list', (list) => [...list, 'b']),
      service.update('list', (list) => [...list, 'c']),
    ];
    const outcomes = (await end(Promise.all(all)) as { readonly value: readonly { readonly outcome: string }[] }).value.map(({ outcome }) => outcome);
    expect(outcomes).to.deep.equal(['superseded', 'superseded', 'stored', 'stored', 'stored']);
    expect([stored('count'), stored('list')]).to.deep.equal([6, ['a', 'b', 'c']]);
    expect(saves.at(-1)).to.deep.equal({ count: 6, list: ['a', 'b', 'c'] });
    await end(first);
  });

  it('P20 what has superseded another, and leaves while it is sent, does not leave the other told that its own value is stored', async () => {
    const { service, store, end, error, stored, clock } = await together();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const controller = new AbortController();
    const { signal } = new AbortController();
    const older = service.update('count', 5, { signal });
    const newer = unheard(service.update('count', 6, { signal: controller.signal }));
    await clock.flush();
    controller.abort();
    expect(await error(newer)).to.include({ code: 'ABORTED', outcome: 'unknown' });
    const { value } = await end(older) as { readonly value: { readonly outcome: string } };
    expect([value.outcome, stored('count')]).to.be.deep.oneOf([['superseded', 6], ['stored', 5]]);
  });

  it('critical and ordinary writes do not share a save', async () => {
    const made = await together();
    const { service, end, saves } = made;
    const { first } = await busy(made);
    const all = [
      service.update('count', 5), service.update('name', 'a'),
      service.update('list', ['x'], { critical: true }), service.update('tree', { a: 1 }, { critical: true }),
      service.update('token', 't'),
    ];
    for (const each of [first, ...all]) expect((await end(each)).ok).to.equal(true);
    expect(saves.slice(1)).to.deep.equal([{ count: 5, name: 'a' }, { list: ['x'], tree: { a: 1 } }, { token: 't' }]);
  });

  it('P25 what waits for a broken file is never more than its capacity, however often its turn has failed', async () => {
    const { service, store, clock, stored } = await together({ capacity: 3, guard: { retry: { jitter: 0, attempts: 1 }, breaker: { threshold: 1 } } });
    store.hanging('write');
    const ends: Promise<unknown>[] = [];
    for (let turn = 0; turn < 30; turn++) {
      for (let i = 0; i < 4; i++) ends.push(unheard(service.update('list', (list) => [...list, `${turn}.${i}`], { park: true })));
      await clock.advance(3_000);
      expect(service.metrics().queueDepth, `turn ${turn}`).to.be.at.most(3 + 1);
    }
    store.heal();
    await clock.run(Promise.allSettled(ends));
    expect(stored('list')).to.have.length.within(1, 4);
  });

  it('P9 P26 a store that refuses for no reason has failed, and the queue goes on', async () => {
    for (const given of [undefined, 'no', new Error('no')]) {
      let isRefusing = true;
      const { service, error, end } = await bench({ together: true, wrap: (store) => {
        const commit = store.commit!.bind(store);
        store.commit = async (...args) => (isRefusing ? [{ index: 0, error: given as never }] : commit(...args));
        return store;
      } });
      expect(await error(service.updateAll({ count: 5, name: 'x' }))).to.be.instanceOf(StoreError);
      isRefusing = false;
      expect((await end(service.update('count', 6))).ok).to.equal(true);
    }
  });

  it('P12 P26 a value that a store reads back may throw when it is looked at: the caller gets an error, and the queue goes on', async () => {
    const { service, error, end } = await bench({ wrap: (store) => {
      const readBack = store.readBack.bind(store);
      store.readBack = (slot) => (slot.key === 'tree' ? Promise.resolve({ get a() { throw new Error('Injected.'); } }) : readBack(slot));
      return store;
    } });
    expect(await error(service.update('tree', { a: 1 }))).to.be.instanceOf(StoreError);
    expect((await end(service.update('count', 6))).ok).to.equal(true);
  });
});
