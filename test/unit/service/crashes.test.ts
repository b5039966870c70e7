import { expect } from 'chai';
import { bench, leavesNothing, unheard, type Bench } from './support.ts';

/** Crashes an actor: it is sent an event that cannot be looked at. */
function crash({ service }: Bench, id: string): void {
  const hostile = Object.defineProperty({ type: 'HOSTILE' }, 'type', { get: () => { throw new Error(`crash of ${id}`); } });
  const actor = id === 'supervisor' ? service.supervisor : service.supervisor.getSnapshot().children[id];
  expect(actor, id).not.to.equal(undefined);
  actor!.send(hostile as never);
}

const queue = 'queue:user settings';
const breaker = 'breaker:user settings';

describe('Service: crashes', () => {
  leavesNothing();

  it('P42 the lifecycle is restarted, and reads the store again', async () => {
    const made = await bench();
    const { service, outside, clock, eventsOf } = made;
    outside('count', 5);
    await clock.flush();
    crash(made, 'lifecycle');
    expect(service.get('count')).to.equal(5);
    await clock.flush();
    expect(service.status).to.equal('healthy');
    expect(eventsOf('crash')).to.deep.equal([{ type: 'crash', actor: 'lifecycle', error: eventsOf('crash')[0]!.error, givenUp: false }]);
    outside('count', 6);
    await clock.flush();
    expect(service.get('count')).to.equal(6);
    expect(service.metrics().crashCount).to.equal(1);
  });

  it('P42 the lifecycle, while loading', async () => {
    const made = await bench({ early: true });
    const { service, store, clock, outside } = made;
    crash(made, 'lifecycle');
    outside('count', 5);
    await clock.run(service.ready);
    await clock.flush();
    expect(service.status).to.equal('healthy');
    expect(service.get('count')).to.equal(5);
    expect(store.calls.load).to.be.at.most(3);
  });

  it('P42 the breaker goes on from where it was: CLOSED with its count', async () => {
    const made = await bench();
    const { service, store, error } = made;
    for (let i = 0; i < 4; i++) store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    for (let i = 0; i < 4; i++) await error(service.update('count', 5));
    crash(made, breaker);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 4 });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    await error(service.update('count', 5));
    expect(service.breakers()[0]!.mode).to.equal('OPEN');
  });

  it('P42 P11 OPEN with its deadline, HALF_OPEN, and held', async () => {
    const made = await bench({ probeEvery: 1e9 });
    const { service, store, openBreaker, clock, end } = made;
    await openBreaker();
    await clock.advance(20_000);
    crash(made, breaker);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN', retryAfter: 40_000 });
    store.heal();
    store.hanging('probe');
    await clock.advance(40_000);
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    crash(made, breaker);
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    store.heal();
    await clock.advance(5_000);
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
    service.hold();
    crash(made, breaker);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN', held: true });
    service.release();
    await clock.flush();
    expect((await end(service.update('count', 6))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P42 the breaker, while a write is the probe', async () => {
    const made = await bench();
    const { service, store, openBreaker, clock, end } = made;
    await openBreaker();
    store.heal();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    service.probe();
    const probe = service.update('count', 5);
    await clock.advance(500);
    crash(made, breaker);
    expect((await end(probe)).ok).to.equal(true);
    await clock.flush();
    expect(service.breakers()[0]!.mode, 'of the write before the crash nothing is known').to.equal('HALF_OPEN');
    expect((await end(service.update('count', 6))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P42 P23 a queue crash while writes run and wait: order kept, nothing lost, one at a time', async () => {
    const made = await bench();
    const { service, store, clock, end, stored } = made;
    let running = 0;
    const { write } = store;
    store.write = async (...args) => {
      expect(++running).to.equal(1);
      await write.apply(store, args).finally(() => running--);
    };
    for (let i = 0; i < 5; i++) store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const all = [service.update('count', 1), service.update('name', 'a'), service.update('count', 2), service.updateAll({ list: ['b'], tree: { a: 1 } })];
    await clock.advance(500);
    crash(made, queue);
    all.push(service.update('name', 'c'));
    await clock.advance(1_000);
    crash(made, queue);
    expect((await end(Promise.all(all))).ok).to.equal(true);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 'a', 2, ['b'], { a: 1 }, 'c']);
    expect([stored('count'), stored('name')]).to.deep.equal([2, 'c']);
    expect(service.metrics().queueDepth).to.equal(0);
  });

  it('P42 in the turn in which the writes were asked for', async () => {
    const made = await bench();
    const { service, store, end } = made;
    const all = [service.update('count', 1), service.update('name', 'a'), service.update('count', 2)];
    crash(made, queue);
    crash(made, queue);
    expect((await end(Promise.all(all))).ok).to.equal(true);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 'a', 2]);
  });

  it('P42 P27 a queue crash while a parked write fails: it waits again, first in line', async () => {
    const made = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    const { service, store, end, clock } = made;
    let refuse: (error: Error) => void = () => undefined;
    const { write } = store;
    store.write = (request) => {
      store.asked.push(request);
      store.write = write;
      store.outage('permission');
      return new Promise((_, reject) => (refuse = reject));
    };
    const all = [service.update('count', 1, { park: true }), service.update('name', 'a', { park: true })];
    await clock.advance(100);
    crash(made, queue);
    refuse(new Error('no'));
    await clock.advance(100);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN', queueDepth: 2 });
    crash(made, queue);
    store.heal();
    expect((await end(Promise.all(all))).ok).to.equal(true);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 1, 'a']);
  });

  it('P42 a retry sequencer: its write ends with the last error, the others notice nothing', async () => {
    const made = await bench();
    const { service, store, clock, error, end } = made;
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    const failing = unheard(service.update('count', 5));
    const other = service.update('name', 'x');
    await clock.advance(500);
    crash(made, 'retry:1');
    expect(await error(failing)).to.include({ code: 'STORE', reason: 'io' });
    expect((await end(other)).ok).to.equal(true);
  });

  it('P42 siblings notice nothing, whoever crashes', async () => {
    for (const id of ['lifecycle', breaker, queue]) {
      const made = await bench();
      const { service, end } = made;
      await end(service.update('count', 1));
      const before = { ...service.supervisor.getSnapshot().children };
      crash(made, id);
      const after = service.supervisor.getSnapshot().children;
      for (const child of Object.keys(before)) {
        if (child === id) expect(after[child]).not.to.equal(before[child]);
        else expect(after[child], child).to.equal(before[child]);
      }
      expect((await end(service.update('count', 2))).ok).to.equal(true);
    }
  });

  it('P42 more than three crashes in a minute: writes are refused, reads are served, until a reset', async () => {
    const made = await bench();
    const { service, store, error, end, clock, eventsOf, outside } = made;
    await end(service.update('count', 7));
    for (let i = 0; i < 3; i++) crash(made, queue);
    expect((await end(service.update('count', 8))).ok).to.equal(true);
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const [running, waiting] = [unheard(service.update('count', 9)), unheard(service.update('name', 'x', { park: true }))];
    await clock.flush();
    crash(made, 'lifecycle');
    expect((await error(waiting)).code).to.equal('SUPERVISION');
    expect((await end(running)).ok, 'what runs goes on').to.equal(true);
    expect((await error(service.update('count', 10))).code).to.equal('SUPERVISION');
    expect((await error(service.updateAll({ count: 10 }))).code).to.equal('SUPERVISION');
    expect(service.get('count')).to.equal(9);
    expect(service.status).to.equal('unhealthy');
    const report = await service.health();
    expect(report).to.include({ status: 'unhealthy' });
    expect(report.checks.api.detail).to.include('lifecycle');
    expect(report.checks.access).to.deep.equal({ status: 'unhealthy', detail: 'The service has given up; writes are refused.' });
    expect(eventsOf('crash').map(({ givenUp }) => givenUp)).to.deep.equal([false, false, false, true]);
    expect(clock.pendingTimers().every(({ background }) => background)).to.equal(true);
    await clock.run(service.reload());
    service.reset();
    await clock.flush();
    expect(service.status).to.equal('healthy');
    expect((await end(service.update('count', 11))).ok).to.equal(true);
    outside('count', 12);
    await clock.flush();
    expect(service.get('count')).to.equal(12);
  });

  it('P42 crashes more than a minute apart are forgiven', async () => {
    const made = await bench();
    const { service, end, clock } = made;
    await end(service.update('count', 7));
    for (let i = 0; i < 12; i++) {
      crash(made, [queue, breaker, 'lifecycle'][i % 3]!);
      await clock.advance(21_000);
    }
    expect(service.status).to.equal('healthy');
    expect((await end(service.update('count', 8))).ok).to.equal(true);
  });

  it('P26 P42 given up while a write waits to be tried again: its promise settles', async () => {
    const made = await bench();
    const { service, store, clock, error } = made;
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    const failing = unheard(service.update('count', 5));
    await clock.advance(500);
    for (let i = 0; i < 4; i++) crash(made, queue);
    expect((await error(failing)).code).to.equal('STORE');
    expect(clock.now()).to.be.at.most(30_000);
  });

  it('P42 a write that runs when the supervisor gives up goes on', async () => {
    const made = await bench();
    const { service, store, clock, end } = made;
    store.writeFaults.push({ kind: 'lag', delay: 3_000 });
    const running = service.update('count', 5);
    await clock.advance(100);
    for (let i = 0; i < 4; i++) crash(made, queue);
    await clock.advance(100);
    expect((await end(running)).ok).to.equal(true);
    service.reset();
    expect((await end(service.update('count', 6))).ok).to.equal(true);
  });

  it('P42 a further attempt that runs when the supervisor gives up goes on, and is the last', async () => {
    for (const fault of [undefined, { kind: 'fail', reason: 'not-ready' }] as const) {
      const made = await bench();
      const { service, store, clock, end } = made;
      store.writeFaults.push({ kind: 'fail', reason: 'io' });
      const { write } = store;
      store.write = async (...args) => {
        if (store.asked.length === 1) await new Promise<void>((resolve) => clock.setTimeout(resolve, 1_000));
        return write.apply(store, args);
      };
      store.writeFaults.push(fault);
      const running = unheard(service.update('count', 5));
      await clock.advance(1_500);
      for (let i = 0; i < 4; i++) crash(made, queue);
      const ended = await end(running);
      expect(ended.ok ? 'stored' : ended.error.reason).to.equal(fault?.reason ?? 'stored');
      expect([clock.now(), store.asked.length]).to.deep.equal([2_000, 2]);
    }
  });

  it('P42 P27 a parked write whose attempt fails after the supervisor gave up is told so', async () => {
    const made = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    const { service, store, clock, error } = made;
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const running = unheard(service.update('count', 5, { park: true }));
    await clock.advance(100);
    for (let i = 0; i < 4; i++) crash(made, queue);
    store.failing('readBack');
    expect((await error(running)).code).to.equal('STORE');
    expect(service.metrics().queueDepth).to.equal(0);
  });

  it('P42 P27 a parked write that is the probe when the supervisor gives up does not wait for a breaker that is gone', async () => {
    const made = await bench();
    const { service, store, clock, openBreaker, error } = made;
    await openBreaker();
    const waiting = unheard(service.update('name', 'x', { park: true }));
    store.heal();
    store.writeFaults.push({ kind: 'hang' });
    service.probe();
    await clock.advance(1_000);
    expect(service.breakers()[0]).to.include({ mode: 'HALF_OPEN', queueDepth: 1 });
    for (let i = 0; i < 4; i++) crash(made, 'lifecycle');
    expect(await error(waiting)).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
    expect(service.metrics().queueDepth).to.equal(0);
    await clock.advance(600_000);
    service.reset();
    await clock.flush();
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P42 reset while the write that ran when the supervisor gave up still runs: one at a time', async () => {
    const made = await bench();
    const { service, store, clock, end } = made;
    store.writeFaults.push({ kind: 'lag', delay: 3_000 });
    const first = service.update('count', 5);
    await clock.advance(100);
    for (let i = 0; i < 4; i++) crash(made, queue);
    service.reset();
    const second = service.update('count', 6);
    await clock.advance(100);
    expect(store.asked.length).to.equal(1);
    expect((await end(Promise.all([first, second]))).ok).to.equal(true);
    expect(made.stored('count')).to.equal(6);
  });

  it('P42 the supervisor gives up while loading: ready all the same', async () => {
    const made = await bench({ early: true });
    const { service, store, clock } = made;
    store.hanging('load');
    for (let i = 0; i < 4; i++) crash(made, 'lifecycle');
    await clock.run(service.ready);
    expect(clock.now()).to.equal(0);
    expect(service.get('count')).to.equal(3);
  });

  it('P42 the supervisor itself crashes: reads are served, writes are refused, nothing is left running', async () => {
    for (const early of [true, false]) {
      const made = await bench({ early });
      const { service, store, clock, error, eventsOf, openBreaker } = made;
      let waiting: Promise<unknown> | undefined;
      if (!early) {
        await openBreaker();
        waiting = unheard(service.update('count', 5, { park: true }));
      }
      crash(made, 'supervisor');
      await clock.run(service.ready);
      expect(eventsOf('crash').at(-1)).to.include({ actor: 'supervisor', givenUp: true });
      if (waiting !== undefined) expect((await error(waiting)).code).to.equal('SUPERVISION');
      expect((await error(service.update('count', 5))).code).to.equal('SUPERVISION');
      expect(service.get('count')).to.equal(3);
      expect(service.status).to.equal('unhealthy');
      expect((await service.health()).checks.api.detail).to.include('supervisor');
      store.heal();
      service.reset();
      expect((await error(service.update('count', 5))).code).to.equal('SUPERVISION');
      await clock.run(service.reload());
      await clock.advance(600_000);
      expect(service.status).to.equal('unhealthy');
      await clock.run(service.dispose());
      expect((await error(service.update('count', 5))).code).to.equal('DISPOSED');
    }
  });

  it('P42 an event that means nothing is ignored', async () => {
    const { service, end } = await bench();
    await end(service.update('count', 1));
    service.supervisor.send({ type: 'NOTHING' } as never);
    for (const child of Object.values(service.supervisor.getSnapshot().children)) child!.send({ type: 'NOTHING' } as never);
    expect(service.status).to.equal('healthy');
  });

  it('P40 P42 crashes during disposal', async () => {
    for (const id of ['lifecycle', breaker, queue]) {
      const made = await bench();
      const { service, store, clock, end } = made;
      store.writeFaults.push({ kind: 'lag', delay: 1_000 });
      const running = unheard(service.update('count', 1));
      const waiting = unheard(service.update('name', 'x'));
      await clock.advance(100);
      const disposal = service.dispose();
      crash(made, id);
      await clock.run(disposal);
      expect(clock.now()).to.be.at.most(5_100);
      for (const each of [running, waiting]) {
        const ended = await end(each);
        expect(ended.ok || ended.error.code === 'DISPOSED').to.equal(true);
      }
    }
  });
});
