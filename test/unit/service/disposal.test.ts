import { expect } from 'chai';
import { bench, leavesNothing, unheard, type Bench } from './support.ts';

const refusedByDisposal = async ({ service, error }: Bench): Promise<void> => {
  expect((await error(service.update('count', 5))).code).to.equal('DISPOSED');
  expect((await error(service.update('count', (now) => now))).code).to.equal('DISPOSED');
  expect((await error(service.updateAll({ count: 5 }))).code).to.equal('DISPOSED');
  expect((await error(service.restoreDefaults())).code).to.equal('DISPOSED');
};

describe('Service: disposal', () => {
  leavesNothing();

  it('P40 nothing is left: no timer, no listener, no actor', async () => {
    const made = await bench();
    const { service, clock, backend, events } = made;
    service.onDidChange('count', () => undefined);
    service.onDidChange('count', () => undefined, { languageId: 'go' });
    await made.end(service.update('count', 5));
    expect(backend.listenerCount).to.equal(1);
    await clock.run(service.dispose());
    expect(clock.pendingTimers()).to.deep.equal([]);
    expect(backend.listenerCount).to.equal(0);
    const { children, status, value } = service.supervisor.getSnapshot();
    expect(Object.values(children).filter((child) => child?.getSnapshot().status === 'active')).to.deep.equal([]);
    expect([status, value.phase]).to.deep.equal(['stopped', 'stopped']);
    expect(events.at(-1)).to.deep.equal({ type: 'disposed', unsettled: 0 });
    await refusedByDisposal(made);
    expect(service.status).to.equal('unhealthy');
  });

  it('P40 it can be called twice, also at once', async () => {
    const { service, clock, eventsOf } = await bench();
    const first = service.dispose();
    expect(service.dispose()).to.equal(first);
    await clock.run(first);
    await clock.run(service.dispose());
    expect(eventsOf('disposed').length).to.equal(1);
  });

  it('P40 what waits is finished first', async () => {
    const { service, store, clock, end, stored } = await bench();
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const all = [service.update('count', 1), service.update('name', 'a'), service.update('count', 2)];
    await clock.advance(100);
    const disposal = service.dispose();
    expect((await end(Promise.all(all))).ok).to.equal(true);
    await clock.run(disposal);
    expect(clock.now()).to.equal(3_000);
    expect([stored('count'), stored('name')]).to.deep.equal([2, 'a']);
    expect(service.values).to.deep.include({ count: 2, name: 'a' });
  });

  it('P26 P40 with everything pending it ends within five seconds, and every promise settles', async () => {
    const made = await bench({ guard: { breaker: { threshold: 1 } } });
    const { service, store, clock, end, events } = made;
    store.outage('permission');
    await made.error(service.update('name', 'x', { target: 'workspace' }));
    const parked = unheard(service.update('name', 'y', { target: 'workspace', park: true }));
    store.heal();
    for (const operation of ['write', 'probe', 'load', 'readBack'] as const) store.hanging(operation);
    const pending = [
      service.update('count', 1), service.update('name', 'a'), service.update('count', (now) => now + 1), service.updateAll({ count: 4, name: 'b' }),
      service.update('count', 1, { signal: new AbortController().signal, critical: true }), service.update('count', 7, { languageId: 'go' }),
      service.update('count', 1, { target: 'folder', resource: 'file:///w/x' }), service.updateAll({ count: 4 }, { languageId: 'go' }),
    ].map(unheard);
    const others = [service.health(), service.reload()];
    await clock.advance(2_000);
    const at = clock.now();
    const disposal = service.dispose();
    const codes: string[] = [];
    for (const each of [parked, ...pending]) {
      const ended = await end(each);
      codes.push(ended.ok ? 'stored' : ended.error.code);
    }
    expect(codes.every((code) => code === 'DISPOSED'), codes.join()).to.equal(true);
    await clock.run(disposal);
    await Promise.all(others);
    expect(clock.now() - at).to.equal(5_000);
    expect(clock.pendingTimers()).to.deep.equal([]);
    expect(events.at(-1)).to.deep.equal({ type: 'disposed', unsettled: 8 });
    expect(service.metrics()).to.include({ queueDepth: 0, operationCount: 10, errorCount: 10 });
    await refusedByDisposal(made);
  });

  it('P29 P40 what was under way says that nobody knows, what waited says nothing was stored', async () => {
    const { service, store, clock, error } = await bench();
    store.hanging('write');
    const [running, waiting] = [unheard(service.update('count', 1)), unheard(service.update('name', 'a'))];
    await clock.advance(100);
    const disposal = service.dispose();
    expect((await error(running)).context).to.deep.equal({ outcome: 'unknown' });
    expect((await error(waiting)).context).to.deep.equal({});
    await clock.run(disposal);
  });

  it('P24 P40 a transaction that disposal ends half-way says what was not restored', async () => {
    const { service, store, clock, error, stored } = await bench();
    store.writeFaults.push(undefined, { kind: 'hang' });
    const all = unheard(service.updateAll({ count: 4, name: 'b', list: ['c'] }));
    await clock.advance(100);
    const disposal = service.dispose();
    const seen = await error(all);
    expect(seen).to.deep.include({ code: 'TRANSACTION', rolledBack: [], notRestored: ['count', 'name'] });
    expect(seen.cause).to.include({ code: 'DISPOSED' });
    await clock.run(disposal);
    const after = store.asked.length;
    await clock.advance(100_000);
    expect(store.asked.length).to.equal(after);
    expect([stored('count'), stored('list')]).to.deep.equal([4, undefined]);
  });

  it('P24 P40 and one that is being rolled back', async () => {
    const { service, store, clock, error } = await bench();
    store.writeFaults.push(undefined, undefined, { kind: 'fail', reason: 'dirty' }, undefined, { kind: 'hang' });
    const all = unheard(service.updateAll({ count: 4, name: 'b', list: ['c'] }));
    await clock.advance(100);
    const disposal = service.dispose();
    expect(await error(all)).to.deep.include({ code: 'TRANSACTION', rolledBack: ['name', 'count'], notRestored: [] });
    await clock.run(disposal);

    const other = await bench();
    other.store.writeFaults.push(undefined, undefined, { kind: 'fail', reason: 'dirty' }, undefined, { kind: 'hang' }, { kind: 'hang' });
    const failing = unheard(other.service.updateAll({ count: 4, name: 'b', list: ['c'] }));
    await other.clock.advance(1_000);
    const ending = other.service.dispose();
    await other.clock.run(ending);
    expect(await other.error(failing)).to.deep.include({ code: 'TRANSACTION', rolledBack: ['name'], notRestored: ['count'] });
    const after = other.store.asked.length;
    await other.clock.advance(100_000);
    expect(other.store.asked.length).to.equal(after);
  });

  it('P27 a write that fails while the queue is drained is not parked', async () => {
    const { service, store, clock, error } = await bench({ guard: { breaker: { threshold: 1 } } });
    const { write } = store;
    store.write = async (...args) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 1_000));
      return write.apply(store, args);
    };
    store.writeFaults.push({ kind: 'fail', reason: 'permission' });
    const [running, waiting] = [unheard(service.update('count', 1, { park: true })), unheard(service.update('name', 'a', { park: true }))];
    await clock.advance(100);
    const disposal = service.dispose();
    expect((await error(running)).reason).to.equal('permission');
    expect((await error(waiting)).code).to.equal('DISPOSED');
    await clock.run(disposal);
    expect(clock.now()).to.equal(1_000);
  });

  it('P40 before it is ready', async () => {
    const { service, store, clock } = await bench({ early: true });
    store.hanging('load');
    await clock.run(service.dispose());
    await clock.run(service.ready);
    expect(clock.now()).to.equal(0);
    expect(service.get('count')).to.equal(3);
  });

  it('P40 in the turn in which it was made', async () => {
    const made = await bench({ early: true });
    const update = unheard(made.service.update('count', 5));
    await made.clock.run(made.service.dispose());
    const ended = await made.end(update);
    expect(ended.ok || ended.error.code === 'DISPOSED').to.equal(true);
    await refusedByDisposal(made);
  });

  it('P40 while HALF_OPEN, while probing, with late writes', async () => {
    const { service, store, clock, openBreaker, error } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'lag', delay: 100_000 });
    await error(service.update('count', 1));
    await openBreaker();
    store.heal();
    store.hanging('probe');
    service.probe();
    await clock.advance(100);
    await clock.run(service.dispose());
    expect(clock.pendingTimers().filter(({ due }) => due < 100_000)).to.deep.equal([]);
    await clock.advance(200_000);
  });

  it('P40 while a late write is being looked at, and while the newest value is being restored', async () => {
    for (const hangs of ['readBack', 'write'] as const) {
      const { service, store, clock, error, end } = await bench({ guard: { retry: { attempts: 1 } } });
      store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 });
      await error(service.update('count', 1));
      await end(service.update('count', 2));
      store.hanging(hangs);
      await clock.advance(6_000);
      const at = clock.now();
      await clock.run(service.dispose());
      // The lane's own attempt is given up after 5 s, of which one is over.
      expect(clock.now() - at).to.equal(hangs === 'write' ? 4_000 : 0);
    }
  });

  it('P40 while the probe that looks for evidence hangs', async () => {
    const { service, store, clock, openBreaker } = await bench();
    await openBreaker();
    store.heal();
    store.hanging('probe');
    await clock.advance(6_000);
    await clock.run(service.dispose());
    expect(clock.now()).to.equal(6_000);
  });

  it('P40 a memento that hangs does not hold it up for longer than five seconds', async () => {
    const hanging = { get: () => undefined, update: () => new Promise<void>(() => undefined) };
    const { service, clock, end } = await bench({ memento: hanging });
    await end(service.update('count', 5));
    const at = clock.now();
    await clock.run(service.dispose());
    expect(clock.now() - at).to.equal(5_000);
  });

  it('P40 the journal and the last good values are handed over before it ends', async () => {
    const kept = new Map<string, unknown>();
    const slow = {
      get: (key: string) => kept.get(key),
      update: (key: string, value: unknown) => new Promise<void>((resolve) => {
        clock.setTimeout(() => {
          kept.set(key, value);
          resolve();
        }, 1_000);
      }),
    };
    const made = await bench({ memento: slow });
    const { service, clock, end } = made;
    await end(service.update('count', 5));
    await clock.run(service.dispose());
    expect(kept.get('holdfast.test.lastGood')).to.include('"count":5');
    expect(kept.get('holdfast.test.journal')).to.equal(undefined);
  });

  it('P12 P40 F45 a store whose disposal throws', async () => {
    for (const part of ['subscription', 'store'] as const) {
      let disposals = 0;
      const { service, clock, eventsOf } = await bench({
        wrap: (inner) => {
          const { onDidChange, dispose } = inner;
          inner.dispose = () => {
            disposals++;
            if (part === 'store') throw new Error('no');
            dispose.call(inner);
          };
          if (part === 'store') return inner;
          inner.onDidChange = (listener) => ({ ...onDidChange.call(inner, listener), dispose: () => { throw new Error('no'); } });
          return inner;
        },
      });
      await clock.run(service.dispose());
      expect(eventsOf('warning').length).to.equal(1);
      expect(disposals).to.equal(1);
    }
  });

  it('P40 P30 afterwards: reads go on, nobody is called, nothing is started', async () => {
    const { service, clock, outside, store } = await bench();
    outside('count', 5);
    await clock.flush();
    await clock.run(service.dispose());
    const heard: unknown[] = [];
    service.onEvent((event) => heard.push(event));
    service.onDidChange('count', (now) => heard.push(now));
    service.onDidChange('count', (now) => heard.push(now), { languageId: 'go' });
    outside('count', 6);
    await service.reload();
    service.resetMetrics();
    expect(service.get('count')).to.equal(5);
    expect(service.inspect('count').value).to.equal(5);
    expect(service.issues).to.deep.equal([]);
    const calls = { ...store.calls, read: 0 };
    expect(await service.health()).to.include({ status: 'unhealthy' });
    expect({ ...store.calls, read: 0 }).to.deep.equal(calls);
    expect(heard).to.deep.equal([]);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P26 P40 a supervisor that is stopped by hand takes the service with it', async () => {
    const made = await bench();
    const { service, store, clock, end, error } = made;
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const running = service.update('count', 5);
    await clock.flush();
    service.supervisor.send({ type: 'DISPOSE' });
    const late = unheard(service.update('name', 'x'));
    expect((await end(running)).ok).to.equal(true);
    expect((await error(late)).code).to.equal('DISPOSED');
    await refusedByDisposal(made);
    expect(made.events.at(-1)!.type).to.equal('disposed');
  });

  it('P40 the time for draining can be chosen', async () => {
    const { service, store, clock, error } = await bench({ lifecycle: { drainLimit: 500 } });
    store.hanging('write');
    const running = unheard(service.update('count', 1));
    await clock.flush();
    const disposal = service.dispose();
    expect((await error(running)).code).to.equal('DISPOSED');
    await clock.run(disposal);
    expect(clock.now()).to.equal(500);
  });

  it('P43 idle costs nothing: no timer while healthy', async () => {
    const { service, clock, end, outside } = await bench();
    expect(clock.pendingTimers()).to.deep.equal([]);
    await end(service.update('count', 5));
    outside('count', 6);
    await service.health();
    await clock.advance(5_000);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P43 while a write is on its way the process stays alive, and not after', async () => {
    const { service, store, clock, openBreaker, end } = await bench();
    await openBreaker();
    const waiting = service.update('count', 5, { park: true });
    await clock.advance(300_000);
    expect(clock.pendingTimers().some(({ background }) => !background)).to.equal(true);
    store.heal();
    await end(waiting);
    expect(clock.pendingTimers().every(({ background }) => background)).to.equal(true);
  });

  it('P41 subscribing and unsubscribing a thousand times grows nothing', async () => {
    const { service, outside, clock, backend } = await bench();
    let heard = 0;
    for (let i = 0; i < 1_000; i++) {
      const subscriptions = [
        service.onDidChange('count', () => heard++), service.onDidChange('count', () => heard++, { languageId: 'go' }), service.onEvent(() => heard++),
      ];
      for (const subscription of subscriptions) subscription.dispose();
      for (const subscription of subscriptions) subscription.dispose();
    }
    outside('count', 5);
    await clock.flush();
    expect(heard).to.equal(0);
    expect(backend.listenerCount).to.equal(1);
    expect((await service.health()).status).to.equal('healthy');
  });
});
