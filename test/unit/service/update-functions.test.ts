import { expect } from 'chai';
import { bench, leavesNothing, type Values } from './support.ts';

type Updater<K extends keyof Values> = (now: Values[K]) => Values[K] | undefined;

describe('Service: update functions', () => {
  leavesNothing();

  it('P28 nothing is lost between reading and writing, among the callers of a service', async () => {
    const { service, end, stored } = await bench();
    const all = Array.from({ length: 20 }, (_, i) => service.update('list', (list) => [...list, `item ${i}`]));
    expect((await end(Promise.all(all))).ok).to.equal(true);
    expect(stored('list')).to.deep.equal(Array.from({ length: 20 }, (_, i) => `item ${i}`));
  });

  it('P28 nor between two services on one backend', async () => {
    const one = await bench();
    const two = await bench({ backend: one.backend, clock: one.clock });
    for (const { store } of [one, two]) for (let i = 0; i < 10; i++) store.writeFaults.push({ kind: 'lag', delay: 70 + 13 * i });
    const all = Array.from({ length: 6 }, (_, i) => [one, two][i % 2]!.service.update('list', (list) => [...list, `item ${i}`]));
    const ends = await Promise.all(all.map((each) => one.end(each)));
    expect(ends.every(({ ok }) => ok)).to.equal(true);
    expect([...one.stored('list') as string[]].sort()).to.deep.equal(Array.from({ length: 6 }, (_, i) => `item ${i}`));
  });

  it('P28 a retry recomputes from the value as it is then', async () => {
    const { service, store, end, outside, clock, stored } = await bench();
    const seen: number[] = [];
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    const updating = service.update('count', (now) => {
      seen.push(now);
      return now + 1;
    });
    await clock.advance(500);
    outside('count', 40);
    expect((await end(updating)).ok).to.equal(true);
    expect(seen).to.deep.equal([3, 40]);
    expect(stored('count')).to.equal(41);
  });

  it('P28 an outside change between reading and writing is merged by recomputing, not overwritten', async () => {
    const made = await bench({
      wrap: (inner) => {
        const { write } = inner;
        let done = false;
        inner.write = (request, options) => {
          if (!done) made.outside('list', ['outside']);
          done = true;
          return write.call(inner, request, options);
        };
        return inner;
      },
    });
    const { service, end, stored, clock } = made;
    expect((await end(service.update('list', (list) => [...list, 'ours']))).ok).to.equal(true);
    expect(stored('list')).to.deep.equal(['outside', 'ours']);
    expect(clock.now(), 'at once').to.equal(1);
  });

  it('P28 an attempt that landed although it was given up is not computed again', async () => {
    for (const fault of [{ kind: 'hang-and-land', delay: 100 }, { kind: 'lag', delay: 5_500 }] as const) {
      const { service, store, end, stored } = await bench();
      store.writeFaults.push(fault);
      expect((await end(service.update('list', (list) => [...list, 'once']))).ok).to.equal(true);
      expect(stored('list')).to.deep.equal(['once']);
    }
  });

  it('P28 P29 while an attempt may still land nothing is computed anew: the outcome is unknown', async () => {
    const { service, store, error, clock, stored, eventsOf } = await bench();
    store.writeFaults.push({ kind: 'hang-and-land', delay: 60_000 });
    const seen = await error(service.update('list', (list) => [...list, 'once']));
    expect(seen).to.include({ code: 'TIMEOUT', outcome: 'unknown', retryable: false });
    expect(clock.now()).to.equal(6_000);
    await clock.advance(60_000);
    expect(stored('list')).to.deep.equal(['once']);
    expect(eventsOf('late').map(({ outcome }) => outcome)).to.deep.equal(['stored']);
    expect(service.metrics()).to.include({ retryCount: 1 });
  });

  it('P28 P29 what somebody has built on right away is not computed again: nobody can tell that from a store that stores something else', async () => {
    const made = await bench({
      wrap: (inner) => {
        const { write } = inner;
        inner.write = async (request, options) => {
          await write.call(inner, request, options);
          made.outside('list', [...made.stored('list') as string[], 'outside']);
        };
        return inner;
      },
    });
    const { service, store, error, stored, clock } = made;
    const seen = await error(service.update('list', (list) => [...list, 'ours']));
    expect(seen).to.include({ code: 'STORE', reason: 'not-verified', retryable: false });
    expect(seen.context.outcome).to.equal('unknown');
    expect(stored('list')).to.deep.equal(['ours', 'outside']);
    expect([store.asked.length, clock.now()]).to.deep.equal([1, 0]);
  });

  it('P28 what was lost is computed again', async () => {
    const { service, store, end, stored } = await bench();
    store.writeFaults.push({ kind: 'lose' });
    expect((await end(service.update('list', (list) => [...list, 'ours']))).ok).to.equal(true);
    expect(stored('list')).to.deep.equal(['ours']);
  });

  it('P27 P28 a parked update whose refused attempt has landed before its next turn is done', async () => {
    const { service, store, end, clock, stored } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'land-late', delay: 1_000 });
    store.failing('probe');
    const waiting = service.update('list', (list) => [...list, 'once'], { park: true });
    await clock.advance(500);
    expect(service.metrics().queueDepth).to.equal(1);
    expect((await end(waiting)).ok).to.equal(true);
    expect(stored('list')).to.deep.equal(['once']);
    expect(store.asked.length).to.equal(1);
  });

  it('P28 a function is given the stored value of the target; what is served, when nothing legal is stored', async () => {
    const { service, end, outside, stored } = await bench();
    const seen: unknown[] = [];
    const see: Updater<'count'> = (now) => {
      seen.push(now);
      return 30;
    };
    outside('count', 10);
    await end(service.update('count', see, { target: 'workspace' }));
    outside('count', 20, 'workspace');
    await end(service.update('count', see, { target: 'user' }));
    outside('count', 'garbage');
    await end(service.update('count', see, { target: 'user' }));
    outside('name', ' Mixed ');
    await end(service.update('name', (now) => {
      seen.push(now);
      return `${now}!`;
    }));
    expect(seen).to.deep.equal([10, 10, 20, 'mixed']);
    expect(stored('name')).to.equal('mixed!');
  });

  it('P22 undefined from a function resets; the value that is there already is not written again', async () => {
    const { service, end, stored, store } = await bench();
    await end(service.update('count', 5));
    expect(await end(service.update('count', (now) => now))).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(store.asked.length).to.equal(1);
    await end(service.update('count', () => undefined));
    expect(stored('count')).to.equal(undefined);
  });

  it('P28 what a function is given is frozen', async () => {
    const { service, error, outside } = await bench();
    outside('list', ['a']);
    const seen = await error(service.update('list', (list) => {
      (list).push('b');
      return list;
    }));
    expect(seen.cause).to.be.instanceOf(TypeError);
  });

  const broken: [string, Updater<'count'>, string][] = [
    ['throws', () => { throw new RangeError('no'); }, 'its update function threw'],
    ['throws undefined', () => { throw undefined; }, 'its update function threw'],
    ['returns a promise', (async () => 5) as never, 'asynchronous'],
    ['returns a promise that is rejected', (async () => { throw new Error('nobody hears this'); }) as never, 'asynchronous'],
    ['returns a text', (() => '5') as never, 'type'],
    ['returns what is out of range', () => 0, 'greater than'],
    ['returns what is not data', (() => Symbol('s')) as never, 'symbol'],
    ['returns a function', (() => () => 5) as never, 'function'],
  ];
  for (const [what, updater, problem] of broken) {
    it(`P7 P22 P50 a function that ${what} is a ValidationError, not retried, and no failure of the store`, async () => {
      const { service, store, error, clock } = await bench();
      for (let i = 0; i < 6; i++) {
        const seen = await error(service.update('count', updater));
        expect(seen).to.include({ code: 'VALIDATION', field: 'count' });
        expect(seen.message).to.include(problem);
      }
      expect(store.asked).to.deep.equal([]);
      expect(clock.now()).to.equal(0);
      expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
    });
  }

  it('P9 a function that fails at the second attempt', async () => {
    const { service, store, error } = await bench();
    store.writeFaults.push({ kind: 'fail', reason: 'io' });
    let calls = 0;
    const seen = await error(service.update('count', (now) => {
      if (++calls > 1) throw new Error('second thoughts');
      return now + 1;
    }));
    expect(seen).to.include({ code: 'VALIDATION' });
    expect(seen.attempts.map(({ error }) => (error as { code: string }).code)).to.deep.equal(['STORE', 'VALIDATION']);
  });

  it('P12 a function may use the service', async () => {
    const { service, end, stored } = await bench();
    let inner: Promise<unknown> | undefined;
    await end(service.update('count', (now) => {
      inner ??= service.update('name', 'inner');
      return now + service.get('count');
    }));
    expect((await end(inner!)).ok).to.equal(true);
    expect([stored('count'), stored('name')]).to.deep.equal([6, 'inner']);
  });
});
