import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { bench, leavesNothing, unheard, type Bench } from './support.ts';

const parked = { park: true } as const;

describe('Service: the open breaker, and writes that wait for it', () => {
  leavesNothing();

  it('P2 an open breaker refuses at once, and says when it probes', async () => {
    const { service, store, error, openBreaker, clock, eventsOf } = await bench();
    await openBreaker();
    const before = store.asked.length;
    const at = clock.now();
    const seen = await error(service.update('count', 5));
    expect(seen).to.include({ code: 'CIRCUIT_OPEN', retryable: true, retryAfter: 60_000 });
    expect(clock.now()).to.equal(at);
    expect(store.asked.length).to.equal(before);
    expect(service.status).to.equal('unhealthy');
    expect(eventsOf('breaker')).to.deep.equal([{ type: 'breaker', file: 'user settings', from: 'CLOSED', to: 'OPEN' }]);
    expect(eventsOf('failed').at(-1)).to.deep.include({ keys: ['count'], file: 'user settings' });
    expect(service.metrics().rejectionCount).to.equal(1);
    expect((await error(service.updateAll({ count: 5 }))).code).to.equal('CIRCUIT_OPEN');
  });

  it('P1 one breaker a file: the others go on', async () => {
    const { service, store, end, openBreaker } = await bench();
    await openBreaker();
    store.heal();
    expect((await end(service.update('count', 5, { target: 'workspace' }))).ok).to.equal(true);
    expect(service.breakers().map(({ file, mode }) => [file, mode])).to.deep.equal([['user settings', 'OPEN'], ['workspace settings', 'CLOSED']]);
  });

  it('P7 what the caller is to blame for opens nothing', async () => {
    const { service, store, error } = await bench();
    for (let i = 0; i < 20; i++) {
      await error(service.update('count', -1));
      await error(service.update('count', 5, { signal: AbortSignal.abort() }));
      store.writeFaults.push({ kind: 'fail', reason: 'scope' });
      await error(service.update('count', 5));
    }
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
    expect(service.status).to.equal('healthy');
  });

  it('P1 failures count when they are consecutive', async () => {
    const { service, store, error, end } = await bench();
    for (let i = 0; i < 4; i++) store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    for (let i = 0; i < 4; i++) await error(service.update('count', 5));
    expect(service.breakers()[0]!.consecutiveFailures).to.equal(4);
    await end(service.update('count', 5));
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    await error(service.update('count', 6));
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 1 });
  });

  it('P16 P27 a parked write lands when the store has healed, within a second', async () => {
    const { service, store, end, openBreaker, clock, stored, eventsOf } = await bench();
    await openBreaker();
    const waiting = service.update('count', 5, parked);
    expect(eventsOf('parked')).to.deep.equal([{ type: 'parked', keys: ['count'], file: 'user settings' }]);
    await clock.advance(22_000);
    store.heal();
    const healed = clock.now();
    expect(await end(waiting)).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(clock.now() - healed).to.be.at.most(1_000);
    expect(stored('count')).to.equal(5);
    expect(service.status).to.equal('healthy');
  });

  it('P16 without any write it half opens within a second, by looking at the file; the next write closes it', async () => {
    const { service, store, openBreaker, clock, end } = await bench();
    await openBreaker();
    await clock.advance(200_000);
    expect(service.status).to.equal('unhealthy');
    store.heal();
    await clock.advance(1_000);
    expect([service.breakers()[0]!.mode, service.status]).to.deep.equal(['HALF_OPEN', 'degraded']);
    const looks = store.calls.probe;
    await clock.advance(600_000);
    expect([service.breakers()[0]!.mode, service.status]).to.deep.equal(['HALF_OPEN', 'degraded']);
    expect(store.calls.probe, 'P43 a file that looks well is not looked at again').to.equal(looks);
    expect(clock.pendingTimers().length, 'P43').to.equal(0);
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect([service.breakers()[0]!.mode, service.status]).to.deep.equal(['CLOSED', 'healthy']);
  });

  it('P16 a breaker that wants several probes gets them, from writes', async () => {
    const { service, store, openBreaker, clock, end } = await bench({ guard: { breaker: { probes: 3 } } });
    await openBreaker();
    store.heal();
    await clock.advance(5_000);
    for (const count of [5, 6, 7]) {
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      expect((await end(service.update('count', count))).ok).to.equal(true);
    }
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P16 evidence lets it probe at once: a change of the store, or a word from the extension', async () => {
    for (const show of [({ outside }: Bench) => outside('name', 'x'), ({ service }: Bench) => service.evidence()]) {
      const made = await bench({ probeEvery: 1e9 });
      await made.openBreaker();
      made.store.heal();
      await made.clock.advance(2_000);
      expect(made.service.breakers()[0]!.mode).to.equal('OPEN');
      show(made);
      await made.clock.flush();
      expect(made.service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    }
  });

  it('P16 F41 after a write that failed as the probe of a file that looks well, no other is let through for five seconds', async () => {
    const { service, store, end, openBreaker, clock } = await bench();
    await openBreaker();
    store.heal();
    store.failing('write');
    const before = store.asked.length;
    const waiting = service.update('count', 5, parked);
    await clock.advance(1_000);
    expect(store.asked.length).to.equal(before + 1);
    await clock.advance(4_999);
    expect(store.asked.length).to.equal(before + 1);
    await clock.advance(1);
    expect(store.asked.length).to.equal(before + 2);
    store.heal();
    expect((await end(waiting)).ok).to.equal(true);
  });

  it('P27 a parked write outlasts probes and attempts that fail', async () => {
    const { service, store, end, openBreaker, clock } = await bench();
    await openBreaker();
    // Probes pass, writes fail: each attempt of the parked write opens the breaker again.
    store.heal();
    store.failing('write');
    const waiting = service.update('count', 5, parked);
    await clock.advance(300_000);
    expect(store.asked.length).to.be.greaterThan(5 + 3);
    expect(service.metrics().queueDepth).to.equal(1);
    store.heal();
    expect((await end(waiting)).ok).to.equal(true);
  });

  it('P27 a write that opens the breaker itself is parked when it asked to be', async () => {
    const { service, store, end, clock, eventsOf } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.outage('permission');
    const waiting = service.update('count', 5, parked);
    await clock.advance(1_000);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN', queueDepth: 1 });
    expect(eventsOf('parked').length).to.equal(1);
    store.heal();
    expect((await end(waiting)).ok).to.equal(true);
  });

  it('P27 when a write opens the breaker, those behind it are refused, but for the parked', async () => {
    const { service, store, end, error, clock } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    const [first, second, third] = [unheard(service.update('count', 1)), unheard(service.update('name', 'x')), service.update('list', ['y'], parked)];
    expect((await error(first)).reason).to.equal('dirty');
    expect((await error(second)).code).to.equal('CIRCUIT_OPEN');
    expect((await end(third)).ok).to.equal(true);
    expect(store.asked.map(({ key }) => key)).to.deep.equal(['count', 'list']);
    expect(clock.now()).to.be.at.most(5_000);
  });

  it('P27 a permanent failure ends a parked write', async () => {
    const { service, store, error, clock } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'read-only' });
    expect(await error(service.update('count', 5, parked))).to.include({ code: 'STORE', reason: 'read-only' });
    await clock.advance(60_000);
    expect(store.asked.length).to.equal(1);
  });

  it('P23 P27 parked writes land in order, and merge', async () => {
    const { service, store, end, openBreaker } = await bench();
    await openBreaker();
    store.asked.length = 0;
    const all = [
      service.update('count', 1, parked), service.update('name', 'a', parked), service.update('name', 'b', parked),
      service.update('count', (now) => now + 1, parked), service.updateAll({ list: ['c'], tree: { a: 1 } }, parked),
    ];
    store.heal();
    const ended = await end(Promise.all(all));
    expect(ended.ok && ended.value.map(({ outcome }) => outcome)).to.deep.equal(['stored', 'superseded', 'stored', 'stored', 'stored']);
    expect(store.asked.map(({ key, value }) => [key, value])).to.deep.equal([['count', 1], ['name', 'b'], ['count', 2], ['list', ['c']], ['tree', { a: 1 }]]);
  });

  it('P27 P28 a parked update function whose attempt may still land is not computed again', async () => {
    const { service, store, error, clock, stored } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 30_000 });
    const seen = await error(service.update('list', (list) => [...list, 'once'], parked));
    expect(seen).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
    await clock.advance(100_000);
    expect(stored('list')).to.deep.equal(['once']);
    expect(store.asked.length).to.equal(1);
  });

  it('P28 one that was definitely refused is', async () => {
    const { service, store, end } = await bench({ guard: { breaker: { threshold: 1 } } });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    expect((await end(service.update('list', (list) => [...list, 'once'], parked))).ok).to.equal(true);
    expect(store.asked.length).to.equal(2);
  });

  it('P27 a parked write that is aborted is never applied, and says whether it may be stored', async () => {
    const { service, store, error, openBreaker, clock, stored } = await bench();
    await openBreaker();
    const controller = new AbortController();
    const waiting = unheard(service.update('name', 'x', { park: true, signal: controller.signal }));
    await clock.advance(1_000);
    controller.abort();
    expect(await error(waiting)).to.include({ code: 'ABORTED', outcome: 'not stored' });
    store.heal();
    await clock.advance(60_000);
    expect(stored('name')).to.equal(undefined);
  });

  it('P27 P29 aborted after an attempt that may still land: unknown, and told when it lands', async () => {
    const { service, store, error, clock, eventsOf } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 30_000 });
    store.failing('probe');
    const controller = new AbortController();
    const waiting = unheard(service.update('name', 'x', { park: true, signal: controller.signal }));
    await clock.advance(12_000);
    expect(service.metrics().queueDepth).to.equal(1);
    controller.abort();
    expect(await error(waiting)).to.include({ code: 'ABORTED', outcome: 'unknown' });
    await clock.advance(30_000);
    // The attempt itself never answers; but its value is seen.
    expect(service.get('name')).to.equal('x');
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'name', file: 'user settings', outcome: 'stored', reasserted: false }]);
  });

  it('P27 a parked write that is disposed of is refused, and never applied', async () => {
    const { service, store, error, openBreaker, clock, stored } = await bench();
    await openBreaker();
    const waiting = unheard(service.update('name', 'x', parked));
    await clock.run(service.dispose());
    expect((await error(waiting)).code).to.equal('DISPOSED');
    store.heal();
    await clock.advance(100_000);
    expect(stored('name')).to.equal(undefined);
  });

  /** Of `count`: three attempts that are refused when they are given up, and after that `refusal`, or it is stored. */
  async function doubtful(refusal: StoreError | undefined, probe: () => Promise<void>): Promise<Bench> {
    let attempts = 0;
    const made = await bench({ wrap: (store) => {
      const write = store.write.bind(store);
      store.write = (request, options) => {
        if (request.key !== 'count' || (attempts >= 3 && refusal === undefined)) return write(request, options);
        if (attempts++ >= 3) return Promise.reject(refusal!);
        return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(new StoreError('io', 'Given up.'))));
      };
      store.probe = probe;
      return store;
    } });
    for (let i = 0; i < 4; i++) {
      made.store.writeFaults.push({ kind: 'fail', reason: 'no-space' });
      await made.end(made.service.update('tool', `t${i}`));
    }
    return made;
  }

  it('P29 what became of an attempt of a parked write is told once, when the write has ended; then the journal is empty', async () => {
    const ill = (): Promise<void> => Promise.reject(new StoreError('io', 'Injected.'));
    const { service, clock, error, eventsOf, memento } = await doubtful(new StoreError('policy', 'Injected.'), ill);
    const update = unheard(service.update('count', 5, parked));
    await clock.advance(30_000);
    expect(eventsOf('late')).to.deep.equal([]);
    service.probe();
    expect(await error(update)).to.include({ reason: 'policy' });
    await clock.advance(1_000);
    expect(eventsOf('late').map(({ key, outcome }) => [key, outcome])).to.deep.equal([['count', 'not stored']]);
    expect(memento.get('holdfast.test.journal')).to.equal(undefined);
  });

  it('P29 nothing is told of the earlier attempts of one that was stored at last', async () => {
    const { service, clock, end, eventsOf } = await doubtful(undefined, () => Promise.resolve());
    expect(await end(service.update('count', 5, parked))).to.deep.include({ ok: true });
    await clock.advance(600_000);
    expect(eventsOf('late')).to.deep.equal([]);
    expect((await service.health()).status).to.equal('healthy');
  });

  it('P21 a parked write whose earlier attempt lands after a newer value was merged into it', async () => {
    const { service, store, end, clock, stored } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 60_000 });
    const first = service.update('count', 10, parked);
    await clock.advance(5_500);
    const second = service.update('count', 11, parked);
    expect((await end(Promise.all([first, second]))).ok).to.equal(true);
    expect(store.asked.map(({ value }) => value)).to.deep.equal([10, 11]);
    await clock.advance(100_000);
    expect(stored('count')).to.equal(11);
  });

  it('P25 P27 parked writes are bounded too', async () => {
    const { service, error, end, store, openBreaker } = await bench({ capacity: 3 });
    await openBreaker();
    const all = [service.update('count', 1, parked), service.update('name', 'a', parked), service.update('list', ['b'], parked)];
    expect((await error(service.update('count', 2, parked))).code).to.equal('QUEUE_FULL');
    store.heal();
    expect((await end(Promise.all(all))).ok).to.equal(true);
  });

  it('P2 HALF_OPEN admits one write as the probe, and refuses the others at once', async () => {
    const { service, store, end, error, openBreaker, clock } = await bench();
    await openBreaker();
    store.heal();
    store.writeFaults.push({ kind: 'lag', delay: 2_000 });
    const before = store.asked.length;
    service.probe();
    const probe = service.update('count', 5);
    const others = Array.from({ length: 10 }, (_, i) => unheard(service.update(i % 2 === 0 ? 'name' : 'count', (i % 2 === 0 ? `n${i}` : i) as never)));
    for (const other of others.filter((_, i) => i % 2 === 0)) expect(await error(other)).to.include({ code: 'CIRCUIT_OPEN' });
    await clock.flush();
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    expect(service.status).to.equal('degraded');
    expect((await error(service.update('tree', { a: 1 }))).code).to.equal('CIRCUIT_OPEN');
    expect((await end(probe)).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
    expect(store.asked.length).to.equal(before + 1);
    for (const other of others.filter((_, i) => i % 2 === 1)) await end(other);
  });

  it('P3 P26 a write parked while the file is being probed waits for the end of the probe', async () => {
    for (const heals of [true, false]) {
      const { service, store, end, openBreaker, clock } = await bench();
      await openBreaker();
      store.heal();
      store.hanging('probe');
      service.probe();
      await clock.flush();
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      const waiting = service.update('count', 5, parked);
      await clock.flush();
      if (heals) store.heal();
      await clock.advance(1_000);
      expect(service.metrics().queueDepth).to.equal(1);
      store.heal();
      expect((await end(waiting)).ok).to.equal(true);
      expect(clock.now()).to.be.at.most(15_000);
    }
  });

  it('P16 a probe that fails for a reason the store is not to blame for leaves the breaker half open, for the next write', async () => {
    const { service, store, end, openBreaker, clock } = await bench();
    await openBreaker();
    store.heal();
    store.failing('probe', () => new StoreError('no-workspace', 'Closed meanwhile.'));
    service.probe();
    await clock.advance(100);
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    expect((await end(service.update('count', 5, parked))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P16 a write admitted as the probe and aborted before its turn leaves its place to the next', async () => {
    const { service, store, error, openBreaker, clock, end } = await bench();
    await openBreaker();
    store.heal();
    service.probe();
    const controller = new AbortController();
    const probe = unheard(service.update('count', 5, { signal: controller.signal }));
    controller.abort();
    expect((await error(probe)).code).to.equal('ABORTED');
    await clock.flush();
    expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
    expect((await end(service.update('count', 6))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P16 a parked write that is aborted in HALF_OPEN while it waits behind nothing', async () => {
    const { service, store, openBreaker, clock, error, end } = await bench();
    await openBreaker();
    const controller = new AbortController();
    const waiting = unheard(service.update('count', 5, { park: true, signal: controller.signal }));
    store.heal();
    store.hanging('write');
    await clock.advance(5_500);
    controller.abort();
    expect((await error(waiting)).code).to.equal('ABORTED');
    store.heal();
    await clock.advance(1_000);
    expect((await end(service.update('count', 6, parked))).ok).to.equal(true);
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  describe('by hand', () => {
    it('F69 a parked write that is held up in the last moment waits for the release', async () => {
      const { service, end, clock, stored } = await bench();
      const waiting = unheard(service.update('count', 5, parked));
      service.hold();
      await clock.advance(600_000);
      expect(service.metrics().queueDepth).to.equal(1);
      service.release();
      expect((await end(waiting)).ok).to.equal(true);
      expect(stored('count')).to.equal(5);
    });

    it('hold refuses writes until release, also of a file never written so far', async () => {
      const { service, end, error, clock, openBreaker } = await bench();
      service.hold();
      expect(service.breakers()).to.deep.include({ file: 'user settings', mode: 'OPEN', held: true, consecutiveFailures: 0, retryAfter: undefined, queueDepth: 0 });
      const seen = await error(service.update('count', 5));
      expect(seen).to.include({ code: 'CIRCUIT_OPEN' });
      expect(seen.retryAfter).to.equal(undefined);
      await clock.advance(600_000);
      expect(service.breakers()[0]!.mode).to.equal('OPEN');
      expect(clock.pendingTimers().length, 'P43').to.equal(0);
      service.release();
      expect((await end(service.update('count', 5))).ok).to.equal(true);
      await openBreaker();
      service.hold();
      service.evidence();
      await clock.advance(600_000);
      expect(service.breakers()[0]).to.include({ mode: 'OPEN', held: true });
      service.reset();
      expect(service.breakers()[0]).to.include({ mode: 'CLOSED', held: false });
    });

    it('P27 a parked write whose turn it is, in the turn in which the breaker is held, waits', async () => {
      const { service, store, end, error, clock } = await bench();
      const [first, second] = [service.update('count', 5, parked), unheard(service.update('name', 'x'))];
      service.hold();
      expect((await error(second)).code).to.equal('CIRCUIT_OPEN');
      await clock.advance(1_000);
      expect([store.asked.length, service.metrics().queueDepth]).to.deep.equal([0, 1]);
      service.release();
      expect((await end(first)).ok).to.equal(true);
    });

    it('P27 a parked write waits for the release', async () => {
      const { service, end, clock } = await bench();
      service.hold();
      const waiting = service.update('count', 5, parked);
      await clock.advance(300_000);
      expect(service.metrics().queueDepth).to.equal(1);
      service.release();
      expect((await end(waiting)).ok).to.equal(true);
    });

    it('one file, or all', async () => {
      const { service, end, error } = await bench();
      await end(service.update('count', 1, { target: 'user' }));
      await end(service.update('count', 1, { target: 'workspace' }));
      service.hold('workspace settings');
      expect(service.breakers().map(({ held }) => held)).to.deep.equal([false, true]);
      service.hold('no such file');
      service.release('workspace settings');
      service.reset('workspace settings');
      service.probe('no such file');
      expect(service.breakers().map(({ mode }) => mode)).to.deep.equal(['CLOSED', 'CLOSED']);
      service.hold();
      expect(service.breakers().map(({ held }) => held)).to.deep.equal([true, true]);
      const folder = { target: 'folder', resource: 'file:///w/x' } as const;
      expect((await error(service.update('count', 1, folder))).code, 'a file never written before').to.equal('CIRCUIT_OPEN');
      service.release();
      expect((await end(service.update('count', 1, folder))).ok).to.equal(true);
    });

    it('probe lets the next write through, or opens again where the file shows why not; reset closes it', async () => {
      const { service, store, openBreaker, clock, end } = await bench();
      await openBreaker();
      const { length } = store.asked;
      service.probe();
      await clock.flush();
      expect([service.breakers()[0]!.mode, store.asked.length]).to.deep.equal(['OPEN', length]);
      store.heal();
      service.probe();
      await clock.flush();
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      expect((await end(service.update('count', 5))).ok).to.equal(true);
      expect(service.breakers()[0]!.mode).to.equal('CLOSED');
      await openBreaker();
      service.reset();
      expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
    });

    it('P40 after disposal nothing is made or done', async () => {
      const { service, clock } = await bench();
      await clock.run(service.dispose());
      service.hold();
      service.release();
      service.probe();
      service.reset();
      service.evidence();
      expect(service.breakers()).to.deep.equal([]);
    });
  });
});
