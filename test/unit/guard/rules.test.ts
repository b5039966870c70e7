import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { Guard } from '../../../src/index.ts';
import type { GuardOptions, GuardTuning, PersistedBreaker } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly guard: Guard;
}

function bench(options: Partial<GuardOptions> = {}, clock = new VirtualClock()): Bench {
  return { clock, guard: createGuard({ name: 'thing', clock, ...options }) };
}

const end = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => value, (error: unknown) => error);
const hang = (): Promise<never> => new Promise<never>(() => undefined);
const flaky = (): Promise<never> => Promise.reject(new StoreError('io', 'Try again.'));
const fail = ({ guard }: Bench): Promise<unknown> => end(guard.execute(() => Promise.reject(new StoreError('permission', 'Not allowed.'))));

/** When each attempt of a call that always fails begins, in milliseconds. */
async function attemptTimes({ clock, guard }: Bench): Promise<number[]> {
  const began = clock.now();
  const times: number[] = [];
  await clock.run(end(guard.execute(() => {
    times.push(clock.now() - began);
    return flaky();
  })));
  return times;
}

async function failuresUntilOpen(it: Bench): Promise<number> {
  for (let failures = 1; failures <= 20; failures++) {
    await fail(it);
    if (it.guard.breakerMode === 'OPEN') return failures;
  }
  throw new Error('It does not open.');
}

async function opensFor({ clock, guard }: Bench): Promise<number> {
  const began = clock.now();
  while (guard.breakerMode === 'OPEN') await clock.advance(500);
  return clock.now() - began;
}

describe('The rules of a guard', () => {
  it('without options: five failures, a minute, three attempts after 1 s and 2 s less the jitter, 5 s for each, 30 s in all', async () => {
    const it = bench({ random: () => 0 });
    expect(await attemptTimes(it)).to.deep.equal([0, 1_000, 3_000]);
    expect(await attemptTimes(bench({ random: () => 0.5 }))).to.deep.equal([0, 900, 2_700]);
    const { clock, guard } = bench();
    const hanging = end(guard.execute(hang, { critical: true }));
    const began = clock.now();
    expect(await clock.run(hanging)).to.include({ code: 'TIMEOUT', timeout: 30_000 });
    expect(clock.now() - began).to.equal(30_000);
    const other = bench({ retry: { attempts: 1 } });
    expect(await other.clock.run(end(other.guard.execute(hang)))).to.include({ code: 'TIMEOUT', timeout: 5_000 });
    const broken = bench();
    expect(await failuresUntilOpen(broken)).to.equal(5);
    expect(broken.guard.retryAfter).to.equal(60_000);
    expect(await opensFor(broken)).to.equal(60_000);
  });

  it('what is given replaces what is usual, one by one', async () => {
    const it = bench({ retry: { attempts: 2, jitter: 0 }, breaker: { threshold: 2 }, timeout: 300, budget: 2_000 });
    expect(await attemptTimes(it)).to.deep.equal([0, 1_000]);
    it.guard.reset();
    expect(await failuresUntilOpen(it)).to.equal(2);
    expect(await opensFor(it)).to.equal(60_000);
    await it.guard.execute(() => 'done');
    const began = it.clock.now();
    expect(await it.clock.run(end(it.guard.execute(hang, { critical: true })))).to.include({ timeout: 2_000 });
    expect(it.clock.now() - began).to.equal(2_000);
  });

  it('a wait or an attempt that the budget has no room for is left out, or cut short', async () => {
    const { clock, guard } = bench({ retry: { attempts: 3, jitter: 0 }, timeout: 5_000, budget: 6_500 });
    await clock.advance(100_000);
    const began = clock.now();
    expect(await clock.run(end(guard.execute(hang)))).to.include({ code: 'TIMEOUT', timeout: 500 });
    expect(clock.now() - began).to.equal(6_500);
    const short = bench({ retry: { attempts: 3, jitter: 0 }, budget: 1_000 });
    expect(await attemptTimes(short)).to.deep.equal([0]);
  });

  it('they can be changed while it works: from the next count and the next wait on, and back', async () => {
    const it = bench({ retry: { jitter: 0 } });
    await fail(it);
    it.guard.configure({ breaker: { threshold: 3, openFor: 10_000 }, retry: { attempts: 2, initialDelay: 100 } });
    expect(await attemptTimes(it)).to.deep.equal([0, 100]);
    expect(await failuresUntilOpen(it)).to.equal(1);
    expect(it.guard.retryAfter).to.equal(10_000);
    it.guard.configure({ breaker: { threshold: 2 } });
    expect(it.guard.retryAfter, 'a wait that has begun').to.equal(10_000);
    expect(await opensFor(it)).to.equal(10_000);
    await it.guard.execute(() => 'done');
    expect(await failuresUntilOpen(it)).to.equal(2);
    expect(it.guard.retryAfter).to.equal(60_000);
    it.guard.reset();
    it.guard.configure({});
    expect(await attemptTimes(it)).to.deep.equal([0, 1_000, 3_000]);
    it.guard.reset();
    expect(await failuresUntilOpen(it)).to.equal(5);
  });

  it('only the time, or only the threshold, is news as well', async () => {
    const it = bench({ breaker: { threshold: 2 } });
    expect(await failuresUntilOpen(it)).to.equal(2);
    it.guard.reset();
    it.guard.configure({ breaker: { openFor: 7_000 } });
    await failuresUntilOpen(it);
    expect(it.guard.retryAfter).to.equal(7_000);
    it.guard.reset();
    it.guard.configure({ breaker: { threshold: 4, openFor: 7_000 } });
    expect(await failuresUntilOpen(it)).to.equal(4);
  });

  it('what `configure` refuses changes nothing', async () => {
    const it = bench({ retry: { jitter: 0 } });
    const impossible: readonly GuardTuning[] = [{ retry: { attempts: 1 }, breaker: { threshold: 0 } }, { breaker: { threshold: 1, openFor: -1 } }, { retry: { attempts: 2, initialDelay: -1 } }];
    for (const tuning of impossible) expect(() => it.guard.configure(tuning)).to.throw(RangeError);
    expect(await attemptTimes(it)).to.deep.equal([0, 1_000, 3_000]);
  });

  it('who classifies failures decides; one that throws is as good as none (P9)', async () => {
    const lenient = bench({ classify: () => 'caller' });
    for (let count = 0; count < 9; count++) await lenient.clock.run(end(lenient.guard.execute(flaky)));
    expect([lenient.guard.breakerMode, lenient.guard.consecutiveFailures]).to.deep.equal(['CLOSED', 0]);
    const broken = bench({ retry: { jitter: 0 }, classify: () => { throw new Error('It cannot tell.'); } });
    expect(await attemptTimes(broken)).to.deep.equal([0, 1_000, 3_000]);
  });

  it('a refusal has no stack, and errors after it do', async () => {
    const { guard } = bench();
    guard.hold();
    const limit = Error.stackTraceLimit;
    const { stack = '' } = await end(guard.execute(() => 'never')) as Error;
    expect(stack).not.to.include('\n    at ');
    expect(Error.stackTraceLimit).to.equal(limit);
  });

  it('there is one list of deadlines for each duration, as long as somebody is on it', async () => {
    const { clock, guard } = bench();
    expect(guard.deadlines(5_000)).to.equal(guard.attemptDeadlines);
    const list = guard.deadlines(30_000);
    expect(guard.deadlines(30_000)).to.equal(list);
    const calls = [end(guard.execute(hang, { critical: true })), end(guard.execute(hang, { critical: true }))];
    expect(guard.deadlines(30_000)).to.equal(list);
    await clock.run(Promise.all(calls));
    expect(guard.deadlines(30_000)).not.to.equal(list);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('disposal stops the timers of an open breaker', async () => {
    const it = bench();
    await failuresUntilOpen(it);
    it.guard.dispose();
    await it.clock.advance(5_000);
    expect(it.clock.pendingTimers()).to.deep.equal([]);
  });

  it('the least that can be is taken', () => {
    const { guard } = bench();
    guard.configure({ breaker: { threshold: 1, openFor: 0 }, retry: { attempts: 1, initialDelay: 0 } });
  });
});

describe('What a guard leaves for a later process (P11)', () => {
  const start = Date.UTC(2026, 0, 1);

  it('nothing while it is closed; the deadline while it is open; that it is held', async () => {
    const it = bench({ breaker: { threshold: 1 } });
    expect(it.guard.persisted()).to.equal(undefined);
    await fail(it);
    await it.clock.advance(10_000);
    expect(it.guard.persisted()).to.deep.equal({ mode: 'OPEN', until: start + 60_000 });
    expect(it.guard.isHeld).to.equal(false);
    it.guard.hold();
    expect(it.guard.persisted()).to.deep.equal({ mode: 'HELD' });
    expect([it.guard.isHeld, it.guard.retryAfter]).to.deep.equal([true, undefined]);
    it.guard.release();
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
    expect(it.guard.persisted(), 'half open: it probes at once').to.deep.equal({ mode: 'OPEN', until: start + 10_000 });
    it.guard.reset();
    expect(it.guard.persisted()).to.equal(undefined);
  });

  const cases: readonly (readonly [string, PersistedBreaker, mode: string, retryAfter: number | undefined, held: boolean])[] = [
    ['open for a while', { mode: 'OPEN', until: start + 20_000 }, 'OPEN', 20_000, false],
    ['open, by a clock that was wrong', { mode: 'OPEN', until: start + 900_000 }, 'OPEN', 60_000, false],
    ['held', { mode: 'HELD' }, 'OPEN', undefined, true],
  ];
  for (const [name, restore, mode, retryAfter, held] of cases) {
    it(name, () => {
      const { guard } = bench({ restore });
      expect([guard.breakerMode, guard.retryAfter, guard.isHeld]).to.deep.equal([mode, retryAfter, held]);
      guard.dispose();
    });
  }

  for (const restore of [{ mode: 'OPEN', until: start - 1 }, { mode: 'OPEN' }] as const) {
    it(`${JSON.stringify(restore)}: it probes at once`, async () => {
      const { guard, clock } = bench({ restore });
      await clock.advance(0);
      expect(guard.breakerMode).to.equal('HALF_OPEN');
      await guard.execute(() => 'done');
      expect(guard.breakerMode).to.equal('CLOSED');
    });
  }

  it('is taken once: what happens after it counts', async () => {
    const it = bench({ restore: { mode: 'HELD' }, breaker: { threshold: 2 } });
    it.guard.reset();
    expect([it.guard.breakerMode, it.guard.isHeld]).to.deep.equal(['CLOSED', false]);
    expect(await failuresUntilOpen(it)).to.equal(2);
  });
});
