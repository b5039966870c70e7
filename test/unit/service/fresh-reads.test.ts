import { expect } from 'chai';
import { bench, leavesNothing } from './support.ts';

describe('Service: reads within the event of a store', () => {
  leavesNothing();

  it('F33 a listener that hears of the change after the service has reads the new value, for a folder as well', async () => {
    const { service, backend, outside, clock } = await bench();
    const folder = { resource: 'file:///work/one/main.ts' };
    const seen: unknown[] = [];
    const told: unknown[] = [];
    service.onDidChange('count', (now) => told.push(now));
    backend.onDidChange(() => seen.push([service.get('count'), service.get('count', folder)]));
    outside('count', 5);
    outside('count', 9, 'folder', folder);
    expect(seen).to.deep.equal([[5, 5], [5, 9]]);
    await clock.flush();
    expect(told, 'once').to.deep.equal([5]);
  });

  it('F33 an invalid value is told within it, too', async () => {
    const { service, outside } = await bench();
    outside('count', 'five');
    expect([service.get('count'), service.issues.length, service.status]).to.deep.equal([3, 1, 'degraded']);
  });

  it('F33 a store that has not been read yet, or cannot be read, is believed after the next load', async () => {
    const { service, outside, clock, store } = await bench({ early: true });
    outside('count', 5);
    expect(service.get('count')).to.equal(3);
    await clock.run(service.ready);
    expect(service.get('count')).to.equal(5);
    store.failing('load');
    await clock.run(service.reload());
    outside('count', 6);
    expect(service.get('count')).to.equal(5);
    store.heal();
    await clock.run(service.reload());
    expect(service.get('count')).to.equal(6);
  });

  it('F33 a store that cannot be read in the event fails as before: by the load', async () => {
    const { service, outside, clock, store, eventsOf } = await bench();
    store.failing('read');
    outside('count', 5);
    expect([service.get('count'), eventsOf('load-failed').length, service.status]).to.deep.equal([3, 0, 'healthy']);
    await clock.flush();
    expect([service.get('count'), service.status]).to.deep.equal([3, 'degraded']);
    store.heal();
    await clock.run(service.reload());
    expect(service.get('count')).to.equal(5);
  });

  it('F33 P24 what a transaction is writing stays as it was', async () => {
    const { service, backend, clock } = await bench();
    const seen: unknown[] = [];
    backend.onDidChange(() => seen.push([service.get('count'), service.get('name')]));
    await clock.run(service.updateAll({ count: 5, name: 'x' }));
    expect([seen.every((pair) => JSON.stringify(pair) === '[3,"none"]'), seen.length]).to.deep.equal([true, 2]);
    expect([service.get('count'), service.get('name')]).to.deep.equal([5, 'x']);
  });
});
