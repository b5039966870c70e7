import { expect } from 'chai';
import superjson from 'superjson';
import { apply, type Moment } from '../../../src/inspect/history.ts';
import { Recorder, type InspectedActor } from '../../../src/inspect/recorder.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, leavesNothing, unheard } from './support.ts';

const parked = { park: true } as const;

describe('Service: what looks at a settings file are good for', () => {
  leavesNothing();

  it('F41 P16 a file that looks well and cannot be written: writes are let through ever more seldom, and health never says healthy', async () => {
    const { service, store, openBreaker, clock, eventsOf } = await bench();
    await openBreaker();
    store.heal();
    store.failing('write');
    const before = store.asked.length;
    const seen = new Set<string>();
    for (let second = 0; second < 300; second++) {
      void unheard(service.update('count', second + 1));
      await clock.advance(1_000);
      seen.add(service.status);
    }
    // After 1, 5, 10, 20, 40, and then 60 s each.
    expect(store.asked.length - before, 'calls of the store in 300 s').to.be.within(5, 9);
    expect(eventsOf('breaker').map(({ to }) => to)).not.to.include('CLOSED');
    expect(seen).not.to.include('healthy');
  });

  it('F41 P16 once it can be written again, the next write is let through within the configured wait, and the wait is short again', async () => {
    const { service, store, openBreaker, clock, end } = await bench();
    await openBreaker();
    store.heal();
    store.failing('write');
    const waiting = service.update('count', 5, parked);
    await clock.advance(300_000);
    store.heal();
    const healed = clock.now();
    expect((await end(waiting)).ok).to.equal(true);
    expect(clock.now() - healed).to.be.at.most(60_000);
    await openBreaker();
    store.heal();
    const again = service.update('count', 6, parked);
    const opened = clock.now();
    expect((await end(again)).ok).to.equal(true);
    expect(clock.now() - opened).to.be.at.most(1_000);
  });

  it('F41 P16 where a look sees the cause go away, the next write is let through at once, however often it has failed', async () => {
    const { service, store, openBreaker, clock, end } = await bench();
    await openBreaker();
    store.heal();
    store.failing('write');
    const waiting = service.update('count', 5, parked);
    await clock.advance(100_000);
    store.failing('probe');
    await clock.advance(2_000);
    store.heal();
    const healed = clock.now();
    expect((await end(waiting)).ok).to.equal(true);
    expect(clock.now() - healed).to.be.at.most(1_000);
  });

  it('F41 a write that fails for a cause that a look then sees makes no wait longer', async () => {
    const { service, store, openBreaker, clock, end } = await bench();
    await openBreaker();
    const waiting = service.update('count', 5, parked);
    for (let round = 0; round < 5; round++) {
      // It looks well, until a write has been let through.
      store.heal();
      store.failing('write');
      await clock.advance(1_000);
      store.failing('probe');
      await clock.advance(1_000);
    }
    store.heal();
    const healed = clock.now();
    expect((await end(waiting)).ok).to.equal(true);
    expect(clock.now() - healed).to.be.at.most(1_000);
  });

  it('F41 P16 changes that are told after each failed write let nothing through earlier', async () => {
    const { service, store, backend, openBreaker, clock } = await bench();
    await openBreaker();
    store.heal();
    store.failing('write');
    const before = store.asked.length;
    void unheard(service.update('count', 5, parked));
    for (let second = 0; second < 60; second++) {
      backend.changed();
      await clock.advance(1_000);
    }
    expect(store.asked.length - before).to.be.at.most(5);
  });

  it('F41 P2 a write that is asked for while the file is looked at waits for that, and the look decides', async () => {
    for (const well of [true, false]) {
      const { service, store, openBreaker, clock, end, stored } = await bench();
      await openBreaker();
      store.heal();
      let looksWell = (): void => undefined;
      store.probe = () => new Promise((resolve) => (looksWell = resolve));
      service.probe();
      await clock.flush();
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      const asked = store.asked.length;
      const update = unheard(service.update('count', 5));
      await clock.advance(1_000);
      expect(store.asked.length).to.equal(asked);
      expect(await end(service.update('name', 'x')), 'a second one').to.have.nested.property('error.code', 'CIRCUIT_OPEN');
      // A look that hangs is given up, and has seen nothing good.
      if (well) looksWell();
      const ended = await end(update);
      expect([ended.ok, stored('count')]).to.deep.equal(well ? [true, 5] : [false, undefined]);
      expect(service.breakers()[0]!.mode).to.equal(well ? 'CLOSED' : 'OPEN');
    }
  });

  it('F41 P11 what 0.1.0 has stored of an open breaker is honoured', async () => {
    const clock = new VirtualClock();
    for (const breaker of [{ mode: 'OPEN', until: clock.wallTime() + 20_000 }, { mode: 'HELD' }]) {
      const memento = memoryMemento();
      await memento.update('holdfast.test.breakers', superjson.stringify([{ file: 'user settings', target: 'user', scope: {}, breaker }]));
      const { service, error, end } = await bench({ memento, clock, probeEvery: 1e9 });
      expect(service.breakers()[0]).to.include({ mode: 'OPEN', held: breaker.mode === 'HELD' });
      expect((await error(service.update('count', 5))).code).to.equal('CIRCUIT_OPEN');
      if (breaker.mode === 'HELD') service.release();
      else await clock.advance(20_000);
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      await clock.flush();
      expect((await end(service.update('count', 5))).ok).to.equal(true);
      expect(service.breakers()[0]!.mode).to.equal('CLOSED');
    }
  });

  it('the State Inspector shows when the file is looked at, and that the cause was seen, also to one that comes later', async () => {
    const { service, openBreaker, clock, store } = await bench();
    /** What is shown of it, by an inspector that comes now. */
    const shown = async (happens: () => Promise<unknown>): Promise<readonly string[] | undefined> => {
      const recorder = new Recorder(1_000, () => clock.wallTime());
      const attached = recorder.attach('test', service.supervisor as unknown as InspectedActor);
      await happens();
      attached.dispose();
      const moment: Moment = new Map();
      for (const record of recorder.history.records()) apply(moment, record);
      return [...moment.values()].find(({ name }) => name === 'recovery:user settings')?.states;
    };
    expect(await shown(openBreaker)).to.include('recovery.open.watched.cause.unseen');
    expect(await shown(() => clock.advance(1_000))).to.include('recovery.open.watched.cause.seen');
    store.heal();
    expect(await shown(() => clock.advance(60_000))).to.deep.equal(['recovery', 'recovery.probing', 'recovery.probing.byWrite']);
  });
});
