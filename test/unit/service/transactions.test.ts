import { expect } from 'chai';
import type { WriteFault } from '../../../src/testing/faulty-store.ts';
import type { Disposable } from '../../../src/store/store.ts';
import { bench, leavesNothing, unheard, type Key, type Values } from './support.ts';

const values = { count: 10, name: 'ten', list: ['ten'] };
const keys = Object.keys(values) as Key[];
const refused: WriteFault = { kind: 'fail', reason: 'dirty' };

describe('Service: transactions', () => {
  leavesNothing();

  it('P24 all or none: all', async () => {
    const { service, end, stored, eventsOf } = await bench();
    expect(await end(service.updateAll(values))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(keys.map((key) => stored(key))).to.deep.equal([10, 'ten', ['ten']]);
    expect(service.values).to.deep.include(values);
    expect(eventsOf('stored')).to.deep.equal([{ type: 'stored', keys, file: 'user settings', latency: 0 }]);
    expect(service.metrics(), 'P61').to.include({ operationCount: 1, successCount: 1, queueDepth: 0 });
  });

  for (const [position, key] of keys.entries()) {
    it(`P24 failure at position ${position}: every setting is as it was, and the error says so`, async () => {
      const { service, store, end, error, stored } = await bench();
      await end(service.updateAll({ count: 1, name: 'one', list: ['one'] }));
      for (let i = 0; i < position; i++) store.writeFaults.push(undefined);
      store.writeFaults.push(refused);
      const seen = await error(service.updateAll(values));
      expect(keys.map((each) => stored(each))).to.deep.equal([1, 'one', ['one']]);
      expect(service.values).to.deep.include({ count: 1, name: 'one', list: ['one'] });
      if (position === 0) {
        expect(seen, 'nothing has happened').to.include({ code: 'STORE', reason: 'dirty' });
      } else {
        expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: keys.slice(0, position).reverse(), notRestored: [] });
        expect(seen.context).to.include({ failedKey: key });
        expect(seen.cause).to.include({ code: 'STORE', reason: 'dirty' });
        expect(seen.userAction).to.equal('Save the settings file, then try again.');
      }
    });

    it(`P24 a fault that leaves doubt at position ${position}: what may have been stored is undone as well`, async () => {
      const { service, store, end, error, stored } = await bench({ guard: { retry: { attempts: 1 } } });
      await end(service.updateAll({ count: 1, name: 'one', list: ['one'] }));
      for (let i = 0; i < position; i++) store.writeFaults.push(undefined);
      store.writeFaults.push({ kind: 'corrupt', value: { garbage: true } });
      const seen = await error(service.updateAll(values));
      expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: keys.slice(0, position + 1).reverse(), notRestored: [] });
      expect(keys.map((each) => stored(each))).to.deep.equal([1, 'one', ['one']]);
    });
  }

  it('P24 what cannot be restored is named', async () => {
    const { service, store, error, stored } = await bench();
    store.writeFaults.push(undefined, undefined, refused, refused, refused);
    const seen = await error(service.updateAll(values));
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'], notRestored: ['name'] });
    expect(seen.message).to.include('Not restored: name');
    expect(stored('name')).to.equal('ten');
    expect(service.get('name')).to.equal('ten');
  });

  it('P24 a rollback that hangs ends in time', async () => {
    const { service, store, error, clock } = await bench();
    store.writeFaults.push(undefined, undefined, refused, { kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' });
    const seen = await error(service.updateAll(values));
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: [], notRestored: ['count', 'name'] });
    expect(clock.now()).to.be.at.most(35_000);
  });

  it('P24 P26 a rollback is not tried for ever, however many settings there are', async () => {
    const { service, store, error, clock } = await bench();
    store.writeFaults.push(undefined, undefined, undefined, undefined, undefined, refused);
    let writes = 0;
    const { write } = store;
    store.write = (...args) => {
      if (++writes === 6) {
        store.hanging('readBack');
        queueMicrotask(() => store.hanging('write'));
      }
      return write.apply(store, args);
    };
    const seen = await error(service.updateAll({ ...values, tree: { a: 1 }, token: 't', tool: 'x' }));
    expect(seen).to.include({ code: 'TRANSACTION' });
    expect(seen.notRestored).to.deep.equal(['count', 'name', 'list', 'tree', 'token']);
    expect(clock.now()).to.be.at.most(65_000);
  });

  it('P24 a rollback that is refused with doubt is tried again', async () => {
    const { service, store, error, stored } = await bench();
    store.writeFaults.push(undefined, refused, { kind: 'fail', reason: 'io' });
    expect(await error(service.updateAll(values))).to.deep.include({ rolledBack: ['count'], notRestored: [] });
    expect(stored('count')).to.equal(undefined);
  });

  it('P24 an open breaker does not keep what was half done from being undone', async () => {
    const { service, store, error, stored } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push(undefined, refused);
    const seen = await error(service.updateAll(values));
    expect(service.breakers()[0]!.mode).to.equal('OPEN');
    expect(seen).to.deep.include({ rolledBack: ['count'], notRestored: [] });
    expect(stored('count')).to.equal(undefined);
  });

  it('P24 P21 a key that may still land is named, and undone when it lands', async () => {
    const { service, store, error, stored, clock, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push(undefined, { kind: 'hang-and-land', delay: 30_000 });
    const seen = await error(service.updateAll(values));
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'], notRestored: ['name'] });
    expect(seen.context).to.include({ outcome: 'unknown' });
    await clock.advance(60_000);
    expect(stored('name')).to.equal(undefined);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'name', file: 'user settings', outcome: 'stored', reasserted: true }]);
  });

  it('P24 P21 what somebody else has changed meanwhile is not undone', async () => {
    const { service, store, error, stored, outside, clock } = await bench();
    store.writeFaults.push(undefined, { kind: 'lag', delay: 1_000 }, refused);
    const failing = unheard(service.updateAll(values));
    await clock.advance(500);
    outside('count', 77);
    const seen = await error(failing);
    expect(seen).to.deep.include({ rolledBack: ['name', 'count'], notRestored: [] });
    expect([stored('count'), stored('name')]).to.deep.equal([77, undefined]);
  });

  it('P24 P21 nor is what somebody else has stored where an attempt was refused', async () => {
    const { service, store, error, stored, outside, clock } = await bench();
    store.writeFaults.push(undefined, { kind: 'fail', reason: 'io' }, { kind: 'land-late', delay: 20_000 }, { kind: 'fail', reason: 'io' });
    const failing = unheard(service.updateAll(values));
    await clock.advance(500);
    outside('name', 'outside');
    expect(await error(failing)).to.deep.include({ rolledBack: ['name', 'count'], notRestored: [] });
    expect([stored('count'), stored('name')]).to.deep.equal([undefined, 'outside']);
    await clock.advance(60_000);
    expect(stored('name')).to.equal('outside');
  });

  it('P24 P33 readers see all of it or nothing, once', async () => {
    const { service, store, end, outside, clock } = await bench();
    const heard: unknown[] = [];
    for (const key of keys) service.onDidChange(key, () => heard.push(service.values));
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = service.updateAll(values);
    await clock.advance(250);
    expect(service.values).to.deep.include({ count: 3, name: 'none', list: [] });
    expect(service.get('count', { languageId: 'go' }), 'not asked for before').to.equal(3);
    outside('tree', { a: 1 });
    await clock.flush();
    expect(service.get('tree'), 'the others are live').to.deep.equal({ a: 1 });
    await end(all);
    expect(heard).to.deep.equal([service.values, service.values, service.values]);
  });

  it('P33 of one that fails nobody sees anything', async () => {
    const { service, store, error } = await bench();
    const heard: unknown[] = [];
    for (const key of keys) service.onDidChange(key, (now) => heard.push(now));
    store.writeFaults.push(undefined, undefined, refused);
    await error(service.updateAll(values));
    expect(heard).to.deep.equal([]);
  });

  it('P33 a scope asked for before sees nothing of one under way either', async () => {
    const { service, store, end, clock } = await bench();
    const scope = { languageId: 'go' };
    service.get('count', scope);
    service.get('tree', scope);
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = service.updateAll(values);
    await clock.advance(250);
    expect(service.get('count', scope)).to.equal(3);
    await end(all);
    expect(service.get('count', scope)).to.equal(10);
  });

  it('P33 two of them at once, in two files', async () => {
    const { service, store, end, clock } = await bench();
    for (let i = 0; i < 4; i++) store.writeFaults.push({ kind: 'lag', delay: 100 * (i + 1) });
    const one = service.updateAll({ count: 10, name: 'ten' }, { target: 'user' });
    const two = service.updateAll({ count: 20, name: 'twenty' }, { target: 'workspace' });
    await clock.advance(450);
    expect(service.values).to.deep.include({ count: 3, name: 'none' });
    expect(await end(one)).to.deep.include({ ok: true });
    expect((await end(two)).ok).to.equal(true);
    expect(service.values).to.deep.include({ count: 20, name: 'twenty' });
  });

  it('P33 while one waits, changes from outside are seen', async () => {
    const { service, clock, outside, openBreaker } = await bench();
    await openBreaker();
    void unheard(service.updateAll(values, { park: true }));
    outside('count', 44);
    await clock.flush();
    expect(service.get('count')).to.equal(44);
  });

  it('P27 a parked one waits for the breaker and is then stored whole', async () => {
    const { service, end, store, clock, openBreaker, stored } = await bench();
    await openBreaker();
    const waiting = service.updateAll(values, { park: true });
    await clock.advance(20_000);
    expect(stored('count')).to.equal(undefined);
    store.heal();
    expect((await end(waiting)).ok).to.equal(true);
    expect(service.values).to.deep.include(values);
  });

  it('P27 one that failed half-way is rolled back and told, not parked', async () => {
    const { service, store, error, stored } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push(undefined, { kind: 'fail', reason: 'no-space' });
    expect(await error(service.updateAll(values, { park: true }))).to.include({ code: 'TRANSACTION' });
    expect(stored('count')).to.equal(undefined);
    expect(service.metrics().queueDepth).to.equal(0);
  });

  it('P24 a scope that nobody has read before shows nothing of a transaction either', async () => {
    const { service, store, clock, end } = await bench();
    store.writeFaults.push(undefined, { kind: 'lag', delay: 1_000 });
    const written = service.updateAll({ name: 'new', count: 5 }, { languageId: 'ts' });
    await clock.advance(500);
    expect(service.get('name', { languageId: 'ts' })).to.equal('none');
    await end(written);
    expect(service.get('name', { languageId: 'ts' })).to.equal('new');
    expect(service.get('count', { languageId: 'ts' })).to.equal(5);
  });

  it('P24 an abort half-way rolls back', async () => {
    const { service, store, error, stored, clock } = await bench();
    store.writeFaults.push(undefined, { kind: 'hang' });
    const controller = new AbortController();
    const all = unheard(service.updateAll(values, { signal: controller.signal }));
    await clock.advance(100);
    controller.abort();
    const seen = await error(all);
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'], notRestored: ['name'] });
    expect(seen.cause).to.include({ code: 'ABORTED' });
    expect(stored('count')).to.equal(undefined);
  });

  it('P24 an abort before anything was stored is an abort', async () => {
    const { service, store, error, clock } = await bench();
    store.hanging('readBack');
    const controller = new AbortController();
    const all = unheard(service.updateAll(values, { signal: controller.signal }));
    await clock.flush();
    controller.abort();
    expect((await error(all)).code).to.equal('ABORTED');
    expect(store.asked).to.deep.equal([]);
  });

  it('P24 what is stored already is not written', async () => {
    const { service, store, end, outside, error, stored } = await bench();
    outside('count', 10);
    expect((await end(service.updateAll(values))).ok).to.equal(true);
    expect(store.asked.map(({ key }) => key)).to.deep.equal(['name', 'list']);
    store.writeFaults.push(refused);
    expect(await error(service.updateAll({ count: 10, name: 'new' })), 'nothing has happened').to.include({ code: 'STORE', reason: 'dirty' });
    expect(stored('name')).to.equal('ten');
  });

  it('P24 what cannot be read cannot be rolled back, and is not begun', async () => {
    const { service, store, error, stored } = await bench();
    store.failing('readBack');
    expect(await error(service.updateAll(values))).to.include({ code: 'STORE', reason: 'io' });
    expect(store.asked).to.deep.equal([]);
    store.heal();
    const { readBack } = store;
    let reads = 0;
    store.readBack = (request) => (request.key === 'name' && ++reads === 1 ? Promise.reject(new Error('unreadable')) : readBack.call(store, request));
    const seen = await error(service.updateAll(values));
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'], notRestored: [] });
    expect(stored('count')).to.equal(undefined);
  });

  it('F5 P24 takes its turn at the file to roll back, too; what is given up meanwhile writes nothing, and holds up nobody', async () => {
    let held = 0;
    let taken = 0;
    const { clock, store, error, service, stored } = await bench({
      wrap: (inner) => Object.assign(inner, {
        lock: (): Promise<Disposable> => {
          held++;
          taken++;
          let isHeld = true;
          return Promise.resolve({ dispose: () => {
            if (isHeld) held--;
            isHeld = false;
          } });
        },
      }),
    });
    const { write } = store;
    const unlocked: unknown[] = [];
    store.write = (request, options) => {
      if (held !== 1) unlocked.push(request);
      return write.call(store, request, options);
    };
    store.writeFaults.push(undefined, refused);
    expect(await error(service.updateAll(values))).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'] });
    expect([unlocked, taken, held, stored('count')]).to.deep.equal([[], 3, 0, undefined]);
    store.writeFaults.push(undefined, refused, { kind: 'hang' });
    expect(await error(service.updateAll(values))).to.deep.include({ code: 'TRANSACTION', rolledBack: ['count'] });
    expect([unlocked, held, stored('count')]).to.deep.equal([[], 0, undefined]);
    // Another has the file for longer than a rollback looks and writes.
    let wrote = 0;
    store.writeFaults.push(undefined, refused);
    const lock = store.lock!;
    store.lock = (request, signal) => (++wrote < 3 ? lock(request, signal) : new Promise((resolve) => signal.addEventListener('abort', () => void lock(request, signal).then(resolve))));
    expect(await error(service.updateAll(values))).to.deep.include({ code: 'TRANSACTION', notRestored: ['count'] });
    expect([unlocked, held, stored('count')]).to.deep.equal([[], 0, 10]);
    await clock.flush();
  });

  it('P50 nothing is begun unless everything is legal', async () => {
    const { service, store, error } = await bench();
    const hostile: [unknown, string][] = [
      [{}, '(nothing)'], [null, '(nothing)'], [5, '(nothing)'],
      [{ ...values, count: -1 }, 'count'], [{ ...values, nothing: 1 }, 'nothing'], [{ ...values, count: () => 5 }, 'count'],
      [{ ...values, get tree() { throw new Error('no'); } }, 'tree'], [{ ...values, [Symbol('s')]: 1 }, '(symbol)'],
      [new Proxy({}, { ownKeys() { throw new Error('no'); } }), '(nothing)'], [JSON.parse('{"__proto__": {"count": 5}}'), '__proto__'],
    ];
    for (const [given, field] of hostile) expect(await error(service.updateAll(given as Partial<Values>))).to.include({ code: 'VALIDATION', field });
    expect(await error(service.updateAll(values, { target: 'nowhere' as never }))).to.include({ code: 'VALIDATION', field: 'target' });
    expect(store.asked).to.deep.equal([]);
    expect(service.metrics()).to.include({ errorCount: hostile.length + 1, rejectionCount: hostile.length + 1 });
  });
});
