import { expect } from 'chai';
import { bench, leavesNothing } from './support.ts';

describe('Service: rules that change while it runs', () => {
  leavesNothing();

  it('a lower threshold opens the breaker sooner; what was counted stays counted', async () => {
    const { service, store, end } = await bench({ guard: { retry: { attempts: 1 } } });
    store.outage('io');
    await end(service.update('count', 1));
    await end(service.update('count', 2));
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 2 });
    service.configure({ breaker: { threshold: 3 } });
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 2 });
    await end(service.update('count', 3));
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
  });

  it('a wait that has begun stays as long as it was; the next one is of the new length', async () => {
    const { service, store, end, clock } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    store.outage('permission');
    await end(service.update('count', 1));
    service.configure({ breaker: { openFor: 10_000 } });
    expect(service.breakers()[0]?.retryAfter).to.equal(60_000);
    service.probe();
    await clock.advance(1);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
    expect(service.breakers()[0]?.retryAfter).to.be.within(9_000, 10_000);
  });

  it('they count for files written later, and for retries', async () => {
    const { service, store, end, eventsOf } = await bench();
    service.configure({ breaker: { threshold: 1 }, retry: { attempts: 1 } });
    store.outage('io');
    await end(service.update('count', 1));
    expect(eventsOf('attempt-failed')).to.have.lengthOf(1);
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
  });

  it('what is left out is again as the options say', async () => {
    const { service, store, end } = await bench({ guard: { breaker: { threshold: 2 }, retry: { attempts: 1 } } });
    service.configure({ breaker: { threshold: 1 } });
    service.configure({});
    store.outage('io');
    await end(service.update('count', 1));
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED' });
    await end(service.update('count', 2));
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
  });

  it('P42 a breaker that crashed goes on with the new rules', async () => {
    const { service, store, end } = await bench({ guard: { retry: { attempts: 1 } } });
    store.outage('io');
    await end(service.update('count', 1));
    service.configure({ breaker: { threshold: 2 } });
    const breaker = service.supervisor.getSnapshot().children['breaker:user settings']!;
    breaker.send(Object.defineProperty({ type: 'FAILURE' }, 'epoch', { get: () => { throw new Error('Injected: crash.'); } }) as never);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 1 });
    await end(service.update('count', 2));
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
  });

  it('rules that cannot be are refused, and change nothing', async () => {
    const { service, store, end } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    await end(service.update('count', 5));
    for (const tuning of [{ breaker: { threshold: 0 } }, { breaker: { openFor: Number.NaN } }, { retry: { attempts: -1 } }]) {
      expect(() => service.configure(tuning), JSON.stringify(tuning)).to.throw(RangeError);
    }
    store.outage('io');
    await end(service.update('count', 1));
    expect(service.breakers()[0]).to.include({ mode: 'OPEN' });
  });
});
