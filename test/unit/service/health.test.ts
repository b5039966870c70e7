import { expect } from 'chai';
import { HealthCache } from '../../../src/service/health.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, leavesNothing, unheard } from './support.ts';

describe('Service: health', () => {
  leavesNothing();

  it('P60 healthy, with the reasons', async () => {
    const { service, clock } = await bench();
    expect(await service.health()).to.deep.equal({
      status: 'healthy',
      checkedAt: clock.wallTime(),
      checks: {
        api: { status: 'healthy', detail: 'Live values are served.' },
        access: { status: 'healthy', detail: 'The settings can be written.' },
        breaker: { status: 'healthy', detail: 'Closed.' },
        resources: { status: 'healthy', detail: 'Writes waiting or under way: 0, of unknown outcome: 0.' },
      },
    });
  });

  it('says why other processes are not kept away from the file, and is healthy all the same', async () => {
    const { service, store } = await bench();
    let problem: string | undefined = 'so says the test';
    store.lockProblem = () => problem;
    expect(await service.health()).to.deep.include({ status: 'healthy' });
    expect((await service.health()).checks.access).to.deep.equal({
      status: 'healthy', detail: 'The settings can be written. Other processes are not kept from writing at the same moment: so says the test.',
    });
    problem = undefined;
    await service.update('count', 5);
    service.reset();
    service.hold();
    service.release();
    expect((await service.health()).checks.access.detail).to.equal('The settings can be written.');
  });

  it('P60 it never contradicts the breaker', async () => {
    const { service, store, openBreaker, clock, eventsOf } = await bench();
    await service.health();
    await openBreaker();
    expect(service.status).to.equal('unhealthy');
    expect(await clock.run(service.health())).to.deep.include({ status: 'unhealthy' });
    expect((await service.health()).checks.breaker).to.deep.equal({ status: 'unhealthy', detail: 'user settings: OPEN' });
    store.heal();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    service.probe();
    void unheard(service.update('count', 5));
    await clock.flush();
    expect(service.status).to.equal('degraded');
    expect((await service.health()).checks.breaker).to.deep.equal({ status: 'degraded', detail: 'user settings: HALF_OPEN' });
    await clock.advance(1_000);
    expect(service.status).to.equal('healthy');
    expect((await service.health()).status).to.equal('healthy');
    service.hold();
    expect((await service.health()).checks.breaker).to.deep.equal({ status: 'unhealthy', detail: 'user settings: held open' });
    service.reset();
    expect((await service.health()).status).to.equal('healthy');
    expect(eventsOf('health').map(({ health, before }) => [before, health])).to.deep.equal([
      ['degraded', 'healthy'], ['healthy', 'unhealthy'], ['unhealthy', 'degraded'], ['degraded', 'healthy'], ['healthy', 'unhealthy'], ['unhealthy', 'healthy'],
    ]);
  });

  it('P60 holding a breaker that is open already is told at once', async () => {
    const { service, openBreaker } = await bench();
    await openBreaker();
    await service.health();
    service.hold();
    expect((await service.health()).checks.breaker.detail).to.equal('user settings: held open');
  });

  it('F42, P60: it never contradicts the lifecycle, and says why the settings cannot be read', async () => {
    const { service, store, clock, outside } = await bench({ early: true, wrap: (inner) => (inner.hanging('load'), inner) });
    expect(service.status).to.equal('degraded');
    expect((await service.health()).checks.api.detail).to.include('loading');
    await clock.run(service.ready);
    store.heal();
    await clock.run(service.reload());
    expect((await service.health()).status).to.equal('healthy');
    store.failing('load');
    await service.reload();
    expect(service.status).to.equal('degraded');
    expect((await service.health()).checks.api).to.deep.equal({ status: 'degraded', detail: 'The settings cannot be read, and the last good values are served: Injected: io.' });
    store.heal();
    outside('count', 'garbage');
    await clock.flush();
    expect((await service.health()).checks.api).to.deep.equal({ status: 'degraded', detail: 'Not legal, and replaced: count.' });
    store.hanging('write');
    void service.update('count', 5).catch(() => undefined);
    const disposal = service.dispose();
    const { checks } = await clock.run(service.health());
    expect(checks.access).to.deep.equal({ status: 'degraded', detail: 'The service is disposing; writes are refused.' });
    await clock.run(disposal);
    expect((await service.health())).to.include({ status: 'unhealthy' });
    expect((await service.health()).checks.api.detail).to.include('disposed');
    expect((await service.health()).checks.access).to.deep.equal({ status: 'unhealthy', detail: 'The service is disposed; writes are refused.' });
  });

  it('P60 a change of state during a check: the report is of the state after it', async () => {
    const { service, store, openBreaker, clock } = await bench();
    store.hanging('probe');
    const report = service.health();
    await clock.flush();
    store.heal();
    await openBreaker();
    expect((await clock.run(report)).status).to.equal('unhealthy');
  });

  it('P60 the checks are at most thirty seconds old', async () => {
    const { service, store, clock } = await bench();
    const first = await service.health();
    const probes = store.calls.probe;
    await clock.advance(30_000);
    expect(await service.health()).to.equal(first);
    expect(store.calls.probe).to.equal(probes);
    await clock.advance(1);
    const second = await service.health();
    expect(second).not.to.equal(first);
    expect(second.checkedAt).to.equal(clock.wallTime());
    expect(store.calls.probe).to.equal(probes + 1);
  });

  it('P60 any change of state drops them', async () => {
    const { service, store, clock, outside } = await bench();
    await service.health();
    outside('count', 5);
    await clock.flush();
    const probes = store.calls.probe;
    await service.health();
    expect(store.calls.probe).to.equal(probes + 1);
  });

  it('P60 two that ask at once get one check', async () => {
    const { service, store } = await bench();
    const [first, second] = await Promise.all([service.health(), service.health()]);
    expect(first).to.equal(second);
    expect(store.calls.probe).to.equal(1);
  });

  it('the cache, alone', async () => {
    const clock = new VirtualClock();
    let checks = 0;
    const cache = new HealthCache(clock, async () => ({ status: 'healthy', checkedAt: ++checks, checks: {} as never }));
    await cache.get();
    await cache.get();
    expect(checks).to.equal(1);
    cache.forget();
    await cache.get();
    expect(checks).to.equal(2);
    clock.jumpWallClock(1e9);
    await cache.get();
    expect(checks, 'P10').to.equal(2);
  });

  it('whether the settings can be written is asked of the store, and costs the breaker nothing', async () => {
    const { service, store, clock, backend } = await bench();
    for (const error of [new Error('locked'), 'a text']) {
      store.failing('probe', () => error);
      service.reset();
      expect((await service.health()).checks.access).to.deep.equal({ status: 'degraded', detail: error instanceof Error ? 'locked' : 'a text' });
    }
    expect(service.status).to.equal('healthy');
    store.heal();
    store.hanging('probe');
    service.reset();
    expect((await clock.run(service.health())).checks.access.detail).to.include('did not answer');
    store.heal();
    store.defaultTarget = () => { throw new Error('no target'); };
    service.reset();
    expect((await service.health()).checks.access).to.deep.equal({ status: 'degraded', detail: 'no target' });
    expect(backend.listenerCount).to.equal(1);
  });

  it('a crowded queue degrades it', async () => {
    const { service, openBreaker, clock } = await bench({ capacity: 5 });
    await openBreaker();
    for (let i = 0; i < 5; i++) void unheard(service.update(i % 2 === 0 ? 'count' : 'name', (i % 2 === 0 ? i + 1 : 'x') as never, { park: true }));
    await clock.flush();
    expect((await service.health()).checks.resources).to.deep.equal({ status: 'degraded', detail: 'Writes waiting or under way: 5, of unknown outcome: 0.' });
  });
});
