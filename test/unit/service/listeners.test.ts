import { expect } from 'chai';
import { Emitter } from '../../../src/service/emitter.ts';
import { bench, leavesNothing, unheard } from './support.ts';

describe('Service: listeners', () => {
  leavesNothing();

  const broken: [string, () => unknown][] = [
    ['throws', () => { throw new Error('no'); }], ['throws undefined', () => { throw undefined; }],
    ['is asynchronous and rejects', async () => { throw new Error('no'); }], ['is asynchronous and rejects with nothing', () => Promise.reject(undefined)],
  ];
  for (const [what, listener] of broken) {
    it(`P12 a listener that ${what} changes no outcome, and the others are called`, async () => {
      const { service, outside, clock, end, error, eventsOf, openBreaker } = await bench();
      const heard: unknown[] = [];
      service.onEvent(listener);
      service.onDidChange('count', listener);
      service.onDidChange('count', listener, { languageId: 'go' });
      service.onDidChange('count', (now) => heard.push(now));
      service.onDidChange('count', (now) => heard.push(now), { languageId: 'go' });
      const events: unknown[] = [];
      service.onEvent((event) => events.push(event.type));
      outside('count', 5);
      await clock.flush();
      expect(heard).to.deep.equal([5, 5]);
      expect((await end(service.update('count', 6))).ok).to.equal(true);
      expect(heard).to.deep.equal([5, 5, 6, 6]);
      expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
      await openBreaker();
      expect((await error(service.update('count', 7))).code).to.equal('CIRCUIT_OPEN');
      expect(eventsOf('warning').length).to.equal(4);
      expect(events.length).to.be.greaterThan(5);
    });
  }

  it('P12 a listener of the supervisor that throws', async () => {
    const { service, outside, clock, end } = await bench();
    const subscription = service.supervisor.subscribe({ next: () => undefined });
    outside('count', 5);
    await clock.flush();
    subscription.unsubscribe();
    expect((await end(service.update('count', 6))).ok).to.equal(true);
  });

  it('P12 P33 a listener that updates', async () => {
    const { service, outside, clock, stored } = await bench();
    const heard: unknown[] = [];
    service.onDidChange('count', (now) => {
      heard.push(now);
      if (now < 10) void service.update('count', now + 1);
    });
    outside('count', 7);
    await clock.flush();
    expect(heard).to.deep.equal([7, 8, 9, 10]);
    expect(stored('count')).to.equal(10);
  });

  it('P12 an event listener that updates, reads, operates', async () => {
    const { service, store, end, clock } = await bench({ guard: { breaker: { threshold: 1 } } });
    let times = 0;
    service.onEvent(() => {
      if (times++ > 50) return;
      service.get('count');
      service.inspect('count');
      service.metrics();
      service.breakers();
      void service.health();
      void service.reload();
      service.evidence();
      service.onDidChange('count', () => undefined).dispose();
      service.onEvent(() => undefined).dispose();
      void unheard(service.update('name', `n${times}`));
    });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    await end(service.update('count', 5));
    await clock.advance(100_000);
    expect((await end(service.update('count', 6))).ok).to.equal(true);
    expect(service.status).to.equal('healthy');
    expect(service.metrics().queueDepth).to.equal(0);
  });

  it('P12 a function that is asked what a write belongs to, and throws, changes no outcome; the others are asked', async () => {
    const { service, end, eventsOf } = await bench();
    service.onWrite(() => { throw new Error('no'); });
    const capture = (): string => 'span 1';
    service.onWrite(capture);
    expect((await end(service.update('count', 5))).ok).to.equal(true);
    expect(eventsOf('stored').map(({ origin }) => [...origin!])).to.deep.equal([[[capture, 'span 1']]]);
  });

  it('P12 P40 a listener that disposes: of itself, of another, of the service', async () => {
    const { service, outside, clock, backend } = await bench();
    const heard: unknown[] = [];
    const itself = service.onDidChange('count', (now) => {
      heard.push(['itself', now]);
      itself.dispose();
      other.dispose();
    });
    const other = service.onDidChange('count', (now) => heard.push(['other', now]));
    service.onDidChange('count', (now) => {
      heard.push(['last', now]);
      if (now === 6) void service.dispose();
    });
    service.onDidChange('count', (now) => heard.push(['after', now]));
    outside('count', 5);
    await clock.flush();
    expect(heard).to.deep.equal([['itself', 5], ['last', 5], ['after', 5]]);
    outside('count', 6);
    await clock.flush();
    await clock.run(service.dispose());
    expect(heard.slice(3)).to.deep.equal([['last', 6], ['after', 6]]);
    expect(backend.listenerCount).to.equal(0);
  });

  it('P12 P40 an event listener that disposes of the service, whatever the event', async () => {
    for (const type of ['health', 'loaded', 'stored', 'failed', 'parked', 'breaker', 'attempt-failed', 'invalid', 'crash', 'late', 'disposed'] as const) {
      const { service, store, outside, clock, end } = await bench({ early: true, guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
      service.onEvent((event) => {
        if (event.type === type) void service.dispose();
      });
      await clock.run(service.ready);
      store.writeFaults.push({ kind: 'lag', delay: 6_000 }, undefined, { kind: 'fail', reason: 'permission' });
      const all = [service.update('count', 1), service.update('name', 'x', { park: true }), service.update('name', 'y'), service.update('list', ['z'], { park: true })].map(unheard);
      outside('tree', 'garbage');
      await clock.advance(10_000);
      service.supervisor.getSnapshot().children['lifecycle']?.send(Object.defineProperty({}, 'type', { get: () => { throw new Error('no'); } }) as never);
      for (const each of all) await end(each);
      await clock.run(service.dispose());
      expect(service.metrics()).to.include({ operationCount: 4, queueDepth: 0 });
    }
  });

  it('P12 P40 one that disposes when it hears that a write is parked, or aborted', async () => {
    for (const type of ['parked', 'failed'] as const) {
      const { service, error, clock } = await bench();
      service.hold();
      service.onEvent((event) => {
        if (event.type === type) void service.dispose();
      });
      const controller = new AbortController();
      const all = ['count', 'name'].map((key) => unheard(service.update(key as 'count', (key === 'count' ? 5 : 'x') as 5, { park: true, signal: controller.signal })));
      controller.abort();
      expect((await error(all[0]!)).code).to.equal(type === 'parked' ? 'DISPOSED' : 'ABORTED');
      expect((await error(all[1]!)).code).to.equal('DISPOSED');
      await clock.run(service.dispose());
    }
  });

  it('P12 a caller’s own continuation sees everything settled', async () => {
    const { service, clock } = await bench();
    const seen: unknown[] = [];
    void service.update('count', 5).then(() => seen.push(service.get('count'), service.metrics().queueDepth));
    await clock.flush();
    expect(seen).to.deep.equal([5, 0]);
  });

  it('the same function twice is two subscriptions', () => {
    const emitter = new Emitter<number>(() => undefined);
    let sum = 0;
    const add = (value: number): void => void (sum += value);
    const first = emitter.on(add);
    emitter.on(add);
    emitter.emit(1);
    first.dispose();
    emitter.emit(10);
    expect([sum, emitter.size]).to.deep.equal([12, 1]);
    emitter.clear();
    emitter.emit(100);
    emitter.on(add);
    emitter.close();
    emitter.on(add);
    emitter.emit(1_000);
    expect([sum, emitter.size]).to.deep.equal([12, 0]);
  });
});
