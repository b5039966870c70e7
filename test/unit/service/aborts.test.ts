import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { bench, leavesNothing, unheard } from './support.ts';

describe('Service: aborts', () => {
  leavesNothing();

  it('P6 P26 a signal that is aborted already refuses at once', async () => {
    const { service, store, error } = await bench();
    const seen = await error(service.update('count', 5, { signal: AbortSignal.abort('why') }));
    expect(seen).to.include({ code: 'ABORTED', outcome: 'not stored', cause: 'why' });
    expect((await error(service.updateAll({ count: 5 }, { signal: AbortSignal.abort() }))).code).to.equal('ABORTED');
    expect(store.asked).to.deep.equal([]);
    expect(service.breakers()).to.deep.equal([]);
  });

  it('P6 while it waits: at once, and it is never written', async () => {
    const { service, store, error, end, clock, stored } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const first = service.update('count', 5);
    await clock.flush();
    const controller = new AbortController();
    const second = service.update('name', 'x', { signal: controller.signal });
    controller.abort(new Error('reason'));
    expect(await error(second)).to.include({ code: 'ABORTED', outcome: 'not stored' });
    expect(clock.now()).to.equal(0);
    expect((await end(first)).ok).to.equal(true);
    await clock.advance(10_000);
    expect(stored('name')).to.equal(undefined);
  });

  it('P6 in the very turn it was asked for', async () => {
    const { service, error, store, clock } = await bench();
    const controller = new AbortController();
    const update = service.update('count', 5, { signal: controller.signal });
    controller.abort();
    expect(await error(update)).to.include({ code: 'ABORTED', outcome: 'not stored' });
    await clock.advance(1_000);
    expect(store.asked).to.deep.equal([]);
    expect(service.metrics()).to.include({ operationCount: 1, queueDepth: 0 });
  });

  it('P6 P29 while it runs: at once; whether it is stored is not known, and told later', async () => {
    const { service, store, error, clock, eventsOf } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const controller = new AbortController();
    const update = service.update('count', 5, { signal: controller.signal });
    await clock.flush();
    controller.abort('why');
    expect(await error(update)).to.include({ code: 'ABORTED', outcome: 'unknown', cause: 'why' });
    expect(clock.now()).to.equal(0);
    await clock.advance(1_000);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'stored', reasserted: false }]);
    expect(service.get('count')).to.equal(5);
    expect(service.breakers()[0]!.consecutiveFailures, 'P7').to.equal(0);
  });

  it('P29 while it looks whether the value is stored: the store tells at once', async () => {
    const { service, store, error, clock, eventsOf } = await bench();
    store.hanging('readBack');
    const controller = new AbortController();
    const update = service.update('count', 5, { signal: controller.signal });
    await clock.flush();
    store.heal();
    controller.abort();
    expect(await error(update)).to.include({ code: 'ABORTED', outcome: 'unknown' });
    await clock.flush();
    expect(eventsOf('late').map(({ outcome }) => outcome)).to.deep.equal(['stored']);
    expect(clock.now()).to.equal(0);
  });

  it('P5 P29 while it looks for the last time, after its attempts have failed: at once', async () => {
    const { service, store, error, clock } = await bench();
    const { write } = store;
    let attempts = 0;
    store.write = (...args) => {
      store.writeFaults.push({ kind: 'fail', reason: 'io' });
      if (++attempts === 3) store.hanging('readBack');
      return write.apply(store, args);
    };
    const controller = new AbortController();
    const update = service.update('count', 5, { signal: controller.signal });
    await clock.advance(3_000);
    expect(attempts).to.equal(3);
    controller.abort('why');
    expect(await error(update)).to.include({ code: 'ABORTED', outcome: 'unknown', cause: 'why' });
    expect(clock.now()).to.equal(3_000);
    store.heal();
  });

  it('P5 P27 during a backoff: at once, the outcome is the one of the attempt, and nothing is sent again', async () => {
    for (const [fault, outcome] of [[{ kind: 'fail', reason: 'not-ready' }, 'not stored'], [{ kind: 'hang' }, 'unknown']] as const) {
      const { service, store, error, clock } = await bench();
      store.writeFaults.push(fault);
      const controller = new AbortController();
      const update = service.update('count', 5, { signal: controller.signal });
      await clock.advance(fault.kind === 'hang' ? 5_500 : 500);
      controller.abort();
      const at = clock.now();
      expect(await error(update)).to.include({ code: 'ABORTED', outcome });
      expect(clock.now()).to.equal(at);
      await clock.advance(60_000);
      expect(store.asked.length).to.equal(1);
    }
  });

  it('P28 while an update function waits for the stored value: it is not called any more', async () => {
    const { service, store, error, clock } = await bench();
    let answer: () => void = () => undefined;
    const { readBack } = store;
    store.readBack = (request) => new Promise((resolve) => (answer = () => resolve(readBack.call(store, request))));
    let calls = 0;
    const controller = new AbortController();
    const update = service.update('count', (now) => {
      calls++;
      return now + 1;
    }, { signal: controller.signal });
    await clock.flush();
    controller.abort();
    expect(await error(update)).to.include({ code: 'ABORTED', outcome: 'not stored' });
    answer();
    await clock.advance(1_000);
    expect([calls, store.asked.length]).to.deep.equal([0, 0]);
  });

  it('P28 a function that aborts its own update', async () => {
    const { service, store, error, clock } = await bench();
    const controller = new AbortController();
    expect(await error(service.update('count', (now) => {
      controller.abort();
      return now + 1;
    }, { signal: controller.signal }))).to.include({ code: 'ABORTED', outcome: 'not stored' });
    await clock.advance(1_000);
    expect(store.asked).to.deep.equal([]);
  });

  it('P13 P14 a signal shared by many updates has one listener, and none when they are answered', async () => {
    const { service, store, end, clock } = await bench({ capacity: 1_000 });
    const { signal } = new AbortController();
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    const all = Array.from({ length: 200 }, (_, i) => service.update('count', i + 1, { signal }));
    await clock.flush();
    expect(getEventListeners(signal, 'abort').length).to.equal(1);
    await end(Promise.all(all));
    expect(getEventListeners(signal, 'abort').length).to.equal(0);
  });

  it('P41 a refused update leaves no listener at its signal', async () => {
    const { service, openBreaker, error, end, clock, store } = await bench({ capacity: 1 });
    const { signal } = new AbortController();
    await error(service.update('count', -1, { signal }));
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    const running = [service.update('count', 1), service.update('name', 'x')];
    await error(service.update('count', 2, { signal }));
    await end(Promise.all(running));
    await openBreaker();
    await error(service.update('count', 2, { signal }));
    const disposal = service.dispose();
    await error(service.update('count', 2, { signal }));
    await clock.run(disposal);
    expect(getEventListeners(signal, 'abort').length).to.equal(0);
  });

  it('P50 a signal that is none is refused', async () => {
    const { service, error, store } = await bench();
    for (const signal of [null, {}, 'x']) expect(await error(service.update('count', 5, { signal: signal as never }))).to.include({ code: 'VALIDATION', field: 'signal' });
    expect(store.asked).to.deep.equal([]);
  });

  it('P29 aborted by who hears that its value is there: the error does not say that it is not stored', async () => {
    for (const others of [0, 1]) {
      const { service, error, stored } = await bench({ together: true });
      const caller = new AbortController();
      service.onDidChange('count', () => caller.abort());
      const leaving = unheard(service.update('count', 5, { signal: caller.signal }));
      for (let i = 0; i < others; i++) void unheard(service.update('name', 'x'));
      expect(await error(leaving)).to.include({ code: 'ABORTED', outcome: 'unknown' });
      expect(stored('count')).to.equal(5);
    }
  });

  it('P27 P28 aborted by an update function that is stored with it, its own or another: nobody else fails, and what is stored is not denied', async () => {
    const { service, end, error, stored, eventsOf } = await bench({ together: true });
    const callers = [new AbortController(), new AbortController()] as const;
    const first = unheard(service.update('name', 'x', { signal: callers[0].signal }));
    const second = unheard(service.update('count', () => {
      for (const caller of callers) caller.abort();
      return 7;
    }, { signal: callers[1].signal }));
    const third = unheard(service.update('count', (count) => count + 1));
    expect(await end(third)).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    for (const each of [first, second]) expect(await error(each)).to.include({ code: 'ABORTED', outcome: 'unknown' });
    expect([stored('name'), stored('count')]).to.deep.equal(['x', 8]);
    expect(eventsOf('attempt-failed')).to.deep.equal([]);
  });

  it('P50 P27 a signal that cannot be listened to: nothing is stored, also beside others', async () => {
    for (const signal of [
      { aborted: false, addEventListener() { throw new Error('Injected.'); }, removeEventListener: () => undefined },
      { isCancellationRequested: false, onCancellationRequested() { throw new Error('Injected.'); } },
    ]) {
      const { service, end, error, stored } = await bench({ together: true });
      const other = service.update('name', 'x');
      expect(await error(service.update('count', 5, { signal: signal as never }))).to.include({ code: 'VALIDATION', field: 'options' });
      expect((await end(other)).ok).to.equal(true);
      expect([stored('count'), stored('name'), service.metrics().queueDepth]).to.deep.equal([undefined, 'x', 0]);
    }
  });
});
