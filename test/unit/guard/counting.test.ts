import { expect } from 'chai';
import { createGuard, failingResults, growing, slidingWindow, type GuardOptions, type PersistedBreaker } from '../../../src/index.ts';
import { SlidingWindow } from '../../../src/guard/sliding-window.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import fc from '../../fast-check.ts';
import { bench } from './bench.ts';

const end = async (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => error);
const down = new Error('down');
const once = { retry: { attempts: 1 } } satisfies Partial<GuardOptions>;

/** Runs calls one after the other: `x` fails, `.` succeeds, `s` succeeds slowly, after 300 ms. */
async function run({ guard, clock }: ReturnType<typeof bench>, calls: string): Promise<void> {
  for (const each of calls) {
    const call = guard.execute(() => {
      if (each === 'x') throw down;
      return each === '.' ? 1 : new Promise((resolve) => clock.setTimeout(() => resolve(1), 300));
    }).catch(() => undefined);
    if (each === 's') await clock.advance(300);
    await call;
  }
}

describe('Ways of counting', () => {
  describe('a share of failures', () => {
    it('P74 opens at the share, once there are enough calls', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 10, failureShare: 0.5, minimum: 6 }) });
      await run(it, 'xx...');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await run(it, 'x');
      expect(it.guard.breakerMode).to.equal('OPEN');
    });

    it('P74 failures in a row do not open it as long as the share is low', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 100, failureShare: 0.5 }) });
      await run(it, `${'.'.repeat(50)}xxxxxxxx`);
      expect([it.guard.breakerMode, it.guard.consecutiveFailures]).to.deep.equal(['CLOSED', 8]);
    });

    it('P74 what is older than the window is forgotten, by calls', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 5, minimum: 5, failureShare: 0.6 }) });
      await run(it, 'xx........xx');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await run(it, 'x');
      expect(it.guard.breakerMode).to.equal('OPEN');
    });

    it('P74 and by time; an empty window has no timer (P43)', async () => {
      const it = bench({ ...once, counting: slidingWindow({ over: 10_000, minimum: 4, failureShare: 0.5 }), timeout: Infinity });
      await run(it, 'xxx');
      await it.clock.advance(10_000);
      expect(it.clock.pendingTimers()).to.deep.equal([]);
      await run(it, 'x..');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await it.clock.advance(5_000);
      await run(it, 'x');
      expect(it.guard.breakerMode).to.equal('OPEN');
      it.guard.reset();
      await it.clock.advance(20_000);
      expect(it.clock.pendingTimers()).to.deep.equal([]);
    });

    it('P10 a machine that slept past the window has forgotten all of it', async () => {
      const it = bench({ ...once, counting: slidingWindow({ over: 10_000, minimum: 2, failureShare: 0.5 }) });
      await run(it, 'x');
      await it.clock.sleep(3_600_000);
      await it.clock.flush();
      await run(it, '.');
      expect(it.guard.breakerMode).to.equal('CLOSED');
    });

    it('P4 a result of an earlier epoch is not counted', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 4, minimum: 1, failureShare: 1 }), timeout: Infinity });
      let fail: (error: Error) => void = () => undefined;
      const old = end(it.guard.execute(() => new Promise((_, reject) => (fail = reject))));
      await run(it, 'x');
      it.guard.reset();
      fail(down);
      await old;
      expect(it.guard.breakerMode).to.equal('CLOSED');
    });

    it('P7 aborts and refusals are not counted', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 4, minimum: 1, failureShare: 1 }) });
      const controller = new AbortController();
      const left = end(it.guard.execute(() => new Promise(() => undefined), { signal: controller.signal }));
      controller.abort();
      expect(await left).to.include({ code: 'ABORTED' });
      expect(it.guard.breakerMode).to.equal('CLOSED');
    });

    it('closed again, it begins with an empty window', async () => {
      const it = bench({ ...once, counting: slidingWindow({ calls: 4, minimum: 2, failureShare: 0.5 }) });
      await run(it, '.x');
      expect(it.guard.breakerMode).to.equal('OPEN');
      await it.clock.advance(60_000);
      await run(it, '.');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await run(it, 'x');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await run(it, 'x');
      expect(it.guard.breakerMode).to.equal('OPEN');
    });
  });

  describe('a share of slow calls', () => {
    const slow = { calls: 10, minimum: 4, slowAfter: 200, slowShare: 0.5 };

    it('P74 opens though no call fails', async () => {
      const it = bench({ ...once, counting: slidingWindow(slow) });
      await run(it, '..s');
      expect(it.guard.breakerMode).to.equal('CLOSED');
      await run(it, 's');
      expect(it.guard.breakerMode).to.equal('OPEN');
    });

    it('those that end in time are not slow, however many run beside them', async () => {
      const it = bench({ ...once, counting: slidingWindow({ ...slow, calls: 1_000 }) });
      const ends: (() => void)[] = [];
      const begin = (): void => void it.guard.execute(() => new Promise<void>((resolve) => ends.push(resolve)));
      for (let i = 0; i < 20; i++) {
        begin();
        await it.clock.advance(20);
      }
      // The first eleven are slow by now, those after them are not.
      for (const each of ends.slice(11)) each();
      await it.clock.flush();
      expect(it.guard.breakerMode).to.equal('CLOSED');
      for (const each of ends.slice(0, 11)) each();
      await it.clock.flush();
      expect(it.guard.breakerMode).to.equal('OPEN');
    });

    it('P10 time in which the process did not run makes no call slow', async () => {
      const it = bench({ ...once, counting: slidingWindow({ ...slow, minimum: 1 }), timeout: Infinity });
      let resolve: (value: number) => void = () => undefined;
      const call = it.guard.execute(() => new Promise<number>((settle) => (resolve = settle)));
      await it.clock.sleep(3_600_000);
      resolve(1);
      await call;
      expect(it.guard.breakerMode).to.equal('CLOSED');
    });

    it('P40 a disposed guard leaves no timer', async () => {
      const it = bench({ ...once, counting: slidingWindow({ over: 60_000, slowAfter: 200 }) });
      await run(it, '.');
      void end(it.guard.execute(() => new Promise(() => undefined)));
      it.guard.dispose();
      expect(it.clock.pendingTimers()).to.deep.equal([]);
    });
  });

  describe('open time that grows', () => {
    it('P75 twice as long each time a probe fails, up to a limit; anew when it has closed', async () => {
      const it = bench({ ...once, breaker: { threshold: 1, openFor: 1_000 }, growth: growing({ factor: 2, upTo: 3_000 }) });
      const waits: (number | undefined)[] = [];
      for (let round = 0; round < 4; round++) {
        await run(it, 'x');
        waits.push(it.guard.retryAfter);
        await it.clock.advance(it.guard.retryAfter!);
      }
      await run(it, '.x');
      waits.push(it.guard.retryAfter);
      expect(waits).to.deep.equal([1_000, 2_000, 3_000, 3_000, 1_000]);
    });

    it('P11 a longer wait outlives the process; what 0.1.0 has stored is restored', async () => {
      const it = bench({ ...once, breaker: { threshold: 1, openFor: 1_000 }, growth: growing({ factor: 10 }) });
      await run(it, 'x');
      await it.clock.advance(1_000);
      await run(it, 'x');
      const stored = JSON.parse(JSON.stringify(it.guard.persisted())) as PersistedBreaker;
      expect(stored).to.deep.equal({ mode: 'OPEN', until: it.clock.wallTime() + 10_000, wait: 10_000 });
      const next = createGuard({ name: 'next', clock: it.clock, breaker: { openFor: 1_000 }, restore: stored });
      expect(next.retryAfter).to.equal(10_000);
      const old = createGuard({ name: 'old', clock: it.clock, breaker: { openFor: 1_000 }, restore: { mode: 'OPEN', until: it.clock.wallTime() + 10_000 } });
      expect(old.retryAfter).to.equal(1_000);
      for (const restore of [{ mode: 'HELD' }, { mode: 'OPEN' }] as const) {
        expect(createGuard({ name: 'old', restore }).breakerMode).to.equal('OPEN');
        expect(createGuard({ name: 'old', restore, counting: slidingWindow() }).breakerMode).to.equal('OPEN');
      }
    });

    for (const [options, message] of [
      [{ factor: 0.5 }, 'growth.factor must be at least 1, and not Infinity; it is 0.5.'],
      [{ upTo: 0 }, 'growth.upTo must be more than 0 ms, or Infinity; it is 0.'],
    ] as const) it(message, () => expect(() => growing(options)).to.throw(RangeError, message));
  });

  describe('several probes judged by their share', () => {
    it('P76 closes when enough have succeeded, opens when too many have failed', async () => {
      const probes = async (calls: string): Promise<string> => {
        const it = bench({ ...once, breaker: { threshold: 1, openFor: 1_000, probes: 4, probeShare: 0.5 } });
        await run(it, 'x');
        await it.clock.advance(1_000);
        await run(it, calls);
        return it.guard.breakerMode;
      };
      expect(await Promise.all(['.x.', 'xx.', '..', 'xxx', 'x.x.', 'x.xx'].map(probes)))
        .to.deep.equal(['CLOSED', 'HALF_OPEN', 'CLOSED', 'OPEN', 'CLOSED', 'OPEN']);
    });

    it('a share that is none', () => {
      expect(() => createGuard({ name: 'x', breaker: { probeShare: 0 } })).to.throw(RangeError, 'breaker.probeShare must be above 0 and up to 1; it is 0.');
    });
  });

  describe('results that are failures', () => {
    it('P77 are tried again and counted; the caller gets the result all the same', async () => {
      const it = bench({ retry: { attempts: 2, jitter: 0 }, breaker: { threshold: 2 } });
      let calls = 0;
      const policy = failingResults<number>((status) => status >= 500);
      const ask = async (...statuses: number[]): Promise<unknown> => {
        const answer = end(it.guard.execute(() => {
          calls++;
          return statuses.shift()!;
        }, { with: policy }));
        await it.clock.advance(1_000);
        return answer;
      };
      expect(await ask(503, 200)).to.deep.equal({ value: 200 });
      expect([calls, it.guard.consecutiveFailures]).to.deep.equal([2, 0]);
      expect(await ask(503, 502)).to.deep.equal({ value: 502 });
      expect([calls, it.guard.consecutiveFailures]).to.deep.equal([4, 1]);
      expect(await ask(404)).to.deep.equal({ value: 404 });
      await ask(500, 500);
      await ask(500, 500);
      expect(it.guard.breakerMode).to.equal('OPEN');
      expect(await ask(200)).to.include({ code: 'CIRCUIT_OPEN' });
    });

    it('P8 and P9: what cannot heal is not tried again, and an error stays what it is', async () => {
      const { guard } = bench();
      let calls = 0;
      expect(await guard.execute(() => ++calls, { with: failingResults(() => 'permanent') })).to.equal(1);
      expect(guard.consecutiveFailures).to.equal(1);
      expect(await guard.execute(() => ++calls, { with: failingResults(() => 'caller') })).to.equal(2);
      expect(guard.consecutiveFailures).to.equal(1);
      const cause = Object.assign(new Error('gone'), { code: 'ENOENT' });
      expect(await end(guard.execute(() => Promise.reject(cause), { with: failingResults(() => true) }))).to.equal(cause);
    });
  });

  describe('options', () => {
    for (const [options, message] of [
      [{ calls: 0 }, 'counting.calls must be a whole number of at least 1; it is 0.'],
      [{ over: Infinity }, 'counting.over must be more than 0 ms, and not Infinity; it is Infinity.'],
      [{ failureShare: 0 }, 'counting.failureShare must be above 0 and up to 1; it is 0.'],
      [{ slowShare: 1.5 }, 'counting.slowShare must be above 0 and up to 1; it is 1.5.'],
      [{ slowAfter: -1 }, 'counting.slowAfter must be more than 0 ms, or Infinity; it is -1.'],
      [{ calls: 5, minimum: 6 }, 'counting.minimum must be at most counting.calls, which is 5; it is 6.'],
    ] as const) it(message, () => expect(() => slidingWindow(options)).to.throw(RangeError, message));

    it('both kinds of window at once', () => {
      expect(() => slidingWindow({ calls: 5, over: 5 })).to.throw(TypeError, 'counting.over must be left out where counting.calls is given; it is 5.');
      expect(() => createGuard({ name: 'x', counting: 5 as never })).to.throw(TypeError, 'counting must be an object; it is 5.');
      expect(() => createGuard({ name: 'x', growth: 5 as never })).to.throw(TypeError, 'growth must be a function; it is 5.');
    });
  });

  it('P15 a window costs the same however many calls it holds: it has ten parts at most', () => {
    for (const calls of [1, 10, 1_000, 1_000_000]) {
      const window = new SlidingWindow({ failureShare: 1, slowShare: 1, slowAfter: 1, minimum: 1 }, Math.min(10, calls), Math.ceil(calls / 10));
      expect(window.parts.length).to.be.at.most(10);
    }
  });

  it('a guard whose actor is watched says the same as one that counts by itself, after any history', () => fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom<string | number>('x', 'x', '.', '.', 's', 'trip', 'reset', 100, 1_000, 6_000, 60_000), { maxLength: 40 }),
    fc.constantFrom<Parameters<typeof slidingWindow>[0]>(
      { calls: 4, minimum: 2, slowAfter: 200, slowShare: 0.5 }, { calls: 30, minimum: 3 }, { over: 10_000, minimum: 3, slowAfter: 200 }, { over: 1_000, minimum: 2 },
    ),
    async (steps, options) => {
      const clock = new VirtualClock();
      const guards = [1, 2].map(() => createGuard({ name: 'thing', clock, ...once, counting: slidingWindow(options), growth: growing() }));
      guards[1]!.breaker.watched = true;
      guards[1]!.breaker.start();
      for (const step of steps) {
        if (typeof step === 'number') await clock.advance(step);
        else if (step === 'trip' || step === 'reset') for (const guard of guards) guard[step]();
        else {
          for (const guard of guards) {
            guard.execute(() => {
              if (step === 'x') throw down;
              return step === '.' ? 1 : new Promise((resolve) => clock.setTimeout(() => resolve(1), 300));
            }).catch(() => undefined);
          }
          await clock.advance(step === 's' ? 300 : 0);
        }
        await clock.flush();
        const [alone, watched] = guards.map((guard) => [guard.breakerMode, guard.consecutiveFailures, guard.retryAfter, guard.permits()]);
        expect(alone).to.deep.equal(watched);
      }
      for (const guard of guards) guard.dispose();
      expect(clock.pendingTimers()).to.deep.equal([]);
    },
  ), { numRuns: 300 }));
});
