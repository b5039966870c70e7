import { expect } from 'chai';
import { bench, leavesNothing, unheard } from './support.ts';

const no = (): never => { throw new Error('thrown, not rejected'); };

describe('Service: hostile stores', () => {
  leavesNothing();

  it('P30 load that throws, or gives no promise', async () => {
    for (const [load, failures] of [[no, 1], [() => undefined, 0], [() => Promise.reject(undefined), 1]] as const) {
      const { service, clock, end, eventsOf } = await bench({ early: true, wrap: (inner) => Object.assign(inner, { load }) });
      await clock.run(service.ready);
      expect(service.get('count')).to.equal(3);
      expect(eventsOf('load-failed').length).to.equal(failures);
      expect((await end(service.update('count', 5))).ok).to.equal(true);
    }
  });

  it('P9 P26 write that throws is a failure like any other', async () => {
    const { service, store, error, end } = await bench();
    const { write } = store;
    store.write = no;
    expect(await error(service.update('count', 5))).to.include({ code: 'STORE', reason: 'unknown' });
    expect(await error(service.update('count', (now) => now + 1))).to.include({ code: 'STORE', reason: 'unknown' });
    store.write = write;
    expect((await end(service.update('count', 5))).ok).to.equal(true);
  });

  it('P24 write that throws during a rollback', async () => {
    const { service, store, error, stored } = await bench();
    store.writeFaults.push(undefined, { kind: 'fail', reason: 'dirty' });
    const { write } = store;
    let calls = 0;
    store.write = (...args) => (++calls > 2 ? no() : write.apply(store, args));
    expect(await error(service.updateAll({ count: 5, name: 'x' }))).to.deep.include({ code: 'TRANSACTION', rolledBack: [], notRestored: ['count'] });
    expect(stored('count')).to.equal(5);
  });

  it('P26 readBack that throws', async () => {
    const { service, store, error } = await bench();
    store.readBack = no;
    expect(await error(service.update('count', 5))).to.include({ code: 'STORE' });
    expect(await error(service.update('count', (now) => now + 1))).to.include({ code: 'STORE' });
    expect(await error(service.updateAll({ count: 5 }))).to.include({ code: 'STORE', reason: 'io' });
  });

  it('P16 probe that throws', async () => {
    const { service, store, openBreaker, clock } = await bench();
    await openBreaker();
    store.heal();
    store.probe = no;
    await clock.advance(100_000);
    expect((await service.health()).checks.access.detail).to.equal('thrown, not rejected');
    expect(service.status).to.be.oneOf(['unhealthy', 'degraded']);
  });

  it('fileOf and defaultTarget that throw refuse the update', async () => {
    const { service, store, end, error } = await bench();
    for (const method of ['fileOf', 'defaultTarget'] as const) {
      const original = store[method];
      store[method] = no;
      expect(await error(service.update('count', 5))).to.include({ code: 'STORE', reason: 'unknown' });
      expect(await error(service.updateAll({ count: 5 }))).to.include({ code: 'STORE', reason: 'unknown' });
      store[method] = original as never;
    }
    expect(service.metrics().queueDepth).to.equal(0);
    expect((await end(service.update('count', 5))).ok).to.equal(true);
  });

  it('P30 P26 read that gives nonsense', async () => {
    for (const nonsense of [null, undefined, 5, {}, { effective: 5 }, { effective: 5, layers: [] }]) {
      const { service, store, end } = await bench();
      store.read = (() => nonsense) as never;
      await service.reload();
      expect(service.get('count')).to.equal(3);
      expect(service.get('count', { languageId: 'go' })).to.equal(3);
      expect(service.inspect('count').value).to.equal(3);
      expect((await end(service.update('count', 5))).ok).to.equal(true);
    }
  });

  it('P29 read that throws for a file: a write for it is stored, and the last good value is served', async () => {
    const { service, store, end } = await bench();
    const { read } = store;
    store.read = (key, scope) => (scope.resource === undefined ? read.call(store, key, scope) : no());
    expect(await end(service.update('count', 5, { target: 'folder', resource: 'file:///a/b' }))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'folder', shadowedBy: 'last good value' } });
  });

  it('trusted that throws: the store cannot be read', async () => {
    const { service, store } = await bench();
    store.trusted = no;
    await service.reload();
    expect(service.status).to.equal('degraded');
    expect(service.get('count')).to.equal(3);
  });

  it('P33 onDidChange that fires at once, and while a value is being written', async () => {
    const { service, end, clock } = await bench({
      wrap: (inner) => {
        const { onDidChange, write } = inner;
        let tell: () => void = () => undefined;
        inner.onDidChange = (listener) => {
          tell = listener;
          listener();
          return onDidChange.call(inner, listener);
        };
        inner.write = (...args) => {
          tell();
          const written = write.apply(inner, args);
          tell();
          return written;
        };
        return inner;
      },
    });
    const heard: unknown[] = [];
    service.onDidChange('count', (now) => heard.push(now));
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    await clock.flush();
    expect(heard).to.deep.equal([5]);
  });

  it('P23 a store that updates the service from within its own write', async () => {
    let once = false;
    const made = await bench({
      wrap: (inner) => {
        const { write } = inner;
        inner.write = (...args) => {
          if (!once) void unheard(made.service.update('name', 'inner'));
          once = true;
          return write.apply(inner, args);
        };
        return inner;
      },
    });
    expect((await made.end(made.service.update('count', 5))).ok).to.equal(true);
    await made.clock.flush();
    expect([made.stored('count'), made.stored('name')]).to.deep.equal([5, 'inner']);
  });
});

describe('Service: loading', () => {
  leavesNothing();

  it('P30 a store that cannot be read: degraded, and read again every ten seconds', async () => {
    const { service, store, clock, outside, eventsOf } = await bench({ early: true, wrap: (inner) => (inner.failing('load', () => 'a text'), inner) });
    await clock.run(service.ready);
    expect(service.status).to.equal('degraded');
    outside('count', 5);
    await clock.flush();
    expect(service.get('count')).to.equal(3);
    expect(eventsOf('load-failed').length).to.equal(2);
    await clock.advance(20_000);
    expect(eventsOf('load-failed').length).to.equal(4);
    store.heal();
    await clock.advance(10_000);
    expect(service.status).to.equal('healthy');
    expect(service.get('count')).to.equal(5);
    await clock.advance(600_000);
    expect(clock.pendingTimers(), 'P43').to.deep.equal([]);
  });

  it('P30 a load that hangs: ready after five seconds, degraded, and read again', async () => {
    const { service, store, clock, eventsOf, outside } = await bench({ early: true, wrap: (inner) => (inner.hanging('load'), inner) });
    outside('count', 5);
    await clock.run(service.ready);
    expect(clock.now()).to.equal(5_000);
    expect(service.status).to.equal('degraded');
    expect(eventsOf('load-failed')[0]!.error).to.include({ code: 'STORE', reason: 'not-ready' });
    store.heal();
    await clock.advance(10_000);
    expect(service.status).to.equal('healthy');
    expect(service.get('count')).to.equal(5);
  });

  it('P30 a reload that hangs degrades, and is repeated', async () => {
    const { service, store, clock, outside } = await bench();
    store.hanging('load');
    outside('count', 5);
    await clock.advance(4_999);
    expect(service.status).to.equal('healthy');
    await clock.advance(1);
    expect(service.status).to.equal('degraded');
    store.heal();
    await clock.advance(10_000);
    expect(service.get('count')).to.equal(5);
  });

  it('P30 a load that is slower than that is taken over when it ends', async () => {
    const ends: (() => void)[] = [];
    const { service, clock } = await bench({ early: true, wrap: (inner) => Object.assign(inner, { load: () => new Promise<void>((resolve) => ends.push(resolve)) }) });
    await clock.run(service.ready);
    await clock.advance(1_000);
    expect([ends.length, service.status]).to.deep.equal([1, 'degraded']);
    ends[0]!();
    await clock.flush();
    expect(service.status).to.equal('healthy');
    await clock.advance(600_000);
    expect(ends.length).to.equal(1);
  });

  it('a slow load that fails in the end changes nothing more', async () => {
    let fail: (error: unknown) => void = () => undefined;
    const { service, clock, eventsOf } = await bench({ early: true, wrap: (inner) => Object.assign(inner, { load: () => new Promise<void>((_, reject) => (fail = reject)) }) });
    await clock.run(service.ready);
    const { length } = eventsOf('load-failed');
    fail(new Error('late'));
    await clock.flush();
    expect(eventsOf('load-failed').length).to.equal(length);
  });

  it('loads that are asked for while one is under way are one load after it', async () => {
    let ends: (() => void)[] = [];
    const { service, clock, outside } = await bench({ wrap: (inner) => Object.assign(inner, { load: () => new Promise<void>((resolve) => ends.push(resolve)) }), early: true });
    for (let i = 0; i < 20; i++) outside('count', i + 1);
    await clock.flush();
    expect(ends.length).to.equal(1);
    ends.splice(0).forEach((end) => end());
    await clock.flush();
    expect(ends.length).to.equal(1);
    ends.splice(0).forEach((end) => end());
    await clock.flush();
    expect(ends.length).to.equal(0);
    expect(service.get('count')).to.equal(20);
    ends = [];
  });

  it('reload waits for a load that began after it was called', async () => {
    const ends: (() => void)[] = [];
    const { service, clock } = await bench({ wrap: (inner) => Object.assign(inner, { load: () => new Promise<void>((resolve) => ends.push(resolve)) }), early: true });
    await clock.flush();
    let done = false;
    void service.reload().then(() => (done = true));
    ends.splice(0).forEach((end) => end());
    await clock.flush();
    expect([done, ends.length]).to.deep.equal([false, 1]);
    ends.splice(0).forEach((end) => end());
    await clock.flush();
    expect(done).to.equal(true);
  });

  it('the time for the first load can be chosen', async () => {
    const { service, clock } = await bench({ early: true, lifecycle: { loadLimit: 100 }, wrap: (inner) => (inner.hanging('load'), inner) });
    await clock.run(service.ready);
    expect(clock.now()).to.equal(100);
  });

  it('P20 an acknowledged write shows through an outage of reading, once that is over', async () => {
    const { service, store, end, clock } = await bench();
    store.failing('load');
    await service.reload();
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect(service.get('count')).to.equal(5);
    store.heal();
    await clock.advance(10_000);
    expect(service.get('count')).to.equal(5);
  });
});
