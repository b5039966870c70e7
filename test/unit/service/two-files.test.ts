import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import type { WaitingWrite } from '../../../src/service/writes/awaiting-user.ts';
import type { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { bench, leavesNothing, unheard, type Bench } from './support.ts';

/** As a remote window of VS Code: some of the user settings are kept in another file. */
function inTwoFiles(store: FaultyStore): FaultyStore {
  const fileOf = store.fileOf.bind(store);
  store.fileOf = (target, scope, key) => (target === 'user' && (key === 'name' || key === 'list') ? 'another file' : fileOf(target, scope, key));
  return store;
}

const twoFiles = (): Promise<Bench> => bench({ wrap: inTwoFiles });

const modes = ({ service }: Bench): Record<string, string> => Object.fromEntries(service.breakers().map(({ file, mode }) => [file, mode]));

describe('Service: a target that is kept in two files', () => {
  leavesNothing();

  it('F8 P24 a transaction stores in both: all', async () => {
    const made = await twoFiles();
    const { service, end, stored, eventsOf } = made;
    expect(await end(service.updateAll({ count: 5, name: 'x', list: ['a'] }))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect([stored('count'), stored('name'), stored('list')]).to.deep.equal([5, 'x', ['a']]);
    expect(eventsOf('stored')).to.have.lengthOf(1);
    expect(modes(made)).to.deep.equal({ 'another file': 'CLOSED', 'user settings': 'CLOSED' });
    expect(service.metrics().queueDepth).to.equal(0);
  });

  it('F8 P24 or none, whichever of them fails; its breaker alone counts that', async () => {
    for (const [values, failing] of [[{ count: 5, name: 'x' }, 'another file'], [{ name: 'x', count: 5 }, 'user settings']] as const) {
      const { service, store, error, stored } = await twoFiles();
      store.writeFaults.push(undefined, { kind: 'fail', reason: 'dirty' });
      expect(await error(service.updateAll(values))).to.deep.include({ code: 'TRANSACTION', rolledBack: [Object.keys(values)[0]], notRestored: [] });
      expect([stored('count'), stored('name')]).to.deep.equal([undefined, undefined]);
      for (const { file, consecutiveFailures } of service.breakers()) expect(consecutiveFailures, file).to.equal(file === failing ? 1 : 0);
    }
  });

  it('F8 P23 while it runs nothing else is written to either, and what is asked for later comes later', async () => {
    const { service, store, end, clock } = await twoFiles();
    for (let i = 0; i < 2; i++) store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const all = [service.updateAll({ count: 5, name: 'x' }), service.update('name', 'later'), service.update('count', 6)];
    await clock.advance(1_500);
    expect(store.asked.map(({ key, value }) => [key, value])).to.deep.equal([['count', 5], ['name', 'x']]);
    for (const each of all) await end(each);
    expect(store.asked.map(({ key, value }) => [key, value])).to.have.deep.members([['count', 5], ['name', 'x'], ['name', 'later'], ['count', 6]]);
    expect([service.get('count'), service.get('name')]).to.deep.equal([6, 'later']);
  });

  it('F8 P26 transactions that want both files in another order do not wait for each other', async () => {
    const { service, store, end, stored } = await twoFiles();
    for (let i = 0; i < 20; i++) store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = [1, 2, 3, 4].map((number) => service.updateAll(number % 2 === 0 ? { count: number, name: `n${number}` } : { name: `n${number}`, count: number }));
    for (const each of all) expect((await end(each)).ok).to.equal(true);
    expect([stored('count'), stored('name')]).to.deep.equal([4, 'n4']);
  });

  it('F8 P2 P27 it is refused where the other file is broken, before anything is stored', async () => {
    for (const park of [false, true]) {
      const made = await twoFiles();
      const { service, store, error, end, stored } = made;
      store.outage('permission');
      for (let i = 0; i < 5; i++) await end(service.update('count', 100 + i));
      expect(modes(made)).to.deep.equal({ 'user settings': 'OPEN' });
      store.failing('write');
      const asked = store.asked.length;
      expect((await error(service.updateAll({ count: 5, name: 'x' }, { park }))).code).to.equal('CIRCUIT_OPEN');
      expect([store.asked.length, stored('name')]).to.deep.equal([asked, undefined]);
      store.heal();
      expect((await end(service.update('name', 'y'))).ok, 'the queue goes on').to.equal(true);
    }
  });

  it('F8 P5 P29 aborted while it looks for the last time at the second, whose attempts have failed, it ends by that', async () => {
    const { service, store, error, clock, stored } = await twoFiles();
    const { write } = store;
    let attempts = 0;
    store.write = (request, options) => {
      if (request.key === 'name') {
        store.writeFaults.push({ kind: 'fail', reason: 'io' });
        if (++attempts === 3) store.hanging('readBack');
      }
      return write.call(store, request, options);
    };
    const controller = new AbortController();
    const update = unheard(service.updateAll({ count: 5, name: 'x' }, { signal: controller.signal }));
    await clock.advance(3_000);
    expect(attempts).to.equal(3);
    store.heal();
    controller.abort('why');
    const seen = await error(update);
    expect(seen).to.include({ code: 'TRANSACTION' });
    expect(seen['cause']).to.include({ code: 'ABORTED', outcome: 'unknown', cause: 'why' });
    expect(clock.now()).to.equal(3_000);
    expect(stored('count')).to.equal(undefined);
  });

  it('F8 P5 aborted while it waits for its turn in the second, it ends at once', async () => {
    const { service, store, end, error, clock } = await twoFiles();
    store.writeFaults.push({ kind: 'lag', delay: 3_000 });
    const first = service.update('count', 4);
    await clock.flush();
    const controller = new AbortController();
    const waiting = unheard(service.updateAll({ name: 'x', count: 5 }, { signal: controller.signal }));
    await clock.advance(1_000);
    const at = clock.now();
    controller.abort();
    expect((await error(waiting)).code).to.equal('ABORTED');
    expect(clock.now()).to.equal(at);
    expect((await end(first)).ok).to.equal(true);
    expect((await end(service.updateAll({ name: 'y', count: 6 }))).ok).to.equal(true);
    expect(store.asked.map(({ key }) => key)).to.deep.equal(['count', 'name', 'count']);
  });

  it('F8 P40 disposed of while it waits for its turn in the second, it ends', async () => {
    const { service, store, error, clock } = await twoFiles();
    store.hanging('write');
    void unheard(service.update('count', 4));
    await clock.flush();
    const waiting = unheard(service.updateAll({ name: 'x', count: 5 }));
    await clock.flush();
    await clock.run(service.dispose());
    expect((await error(waiting)).code).to.equal('DISPOSED');
  });

  it('P24 what is in one of them is taken back by one save, where the store can do that: nobody sees a part', async () => {
    const { service, store, backend, error, stored } = await bench({ wrap: inTwoFiles, together: true });
    const seen: unknown[] = [];
    backend.onDidChange(() => void seen.push([stored('count'), stored('tool')]));
    store.writeFaults.push(undefined, undefined, ...Array.from({ length: 3 }, () => ({ kind: 'fail', reason: 'io' }) as const));
    expect(await error(service.updateAll({ count: 5, tool: 't', name: 'x' }))).to.include({ code: 'TRANSACTION' });
    expect(seen).to.deep.equal([[5, 't'], [undefined, undefined]]);
  });

  it('a transaction that one of them refuses waits for a person at that one, and is tried again when it can be written', async () => {
    const { service, store, clock, end, stored } = await bench({
      wrap: (faulty) => {
        const [write, probe] = [faulty.write.bind(faulty), faulty.probe.bind(faulty)];
        const refusal = new StoreError('permission', 'Injected.');
        faulty.write = (request, options) => (isLocked && request.key === 'name' ? Promise.reject(refusal) : write(request, options));
        faulty.probe = (target, scope, key) => (isLocked && key === 'name' ? Promise.reject(refusal) : probe(target, scope, key));
        return inTwoFiles(faulty);
      },
    });
    let isLocked = true;
    const waits: WaitingWrite[] = [];
    service.rescueWith({ patience: 600_000, onWaiting: (write) => waits.push(write) });
    const update = unheard(service.updateAll({ count: 5, name: 'x' }));
    await clock.advance(60_000);
    expect(waits.map(({ file }) => file)).to.deep.equal(['another file']);
    expect(store.asked.filter(({ key, value }) => key === 'count' && value === 5)).to.have.lengthOf(1);
    isLocked = false;
    expect(await end(update)).to.deep.include({ ok: true });
    expect([stored('count'), stored('name')]).to.deep.equal([5, 'x']);
  });
});
