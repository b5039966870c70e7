import FakeTimers from '@sinonjs/fake-timers';
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.ts';
import { TimeoutError } from '../../../src/errors.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { Guard } from '../../../src/index.ts';
import type { GuardOptions } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { benchOfOneAttempt as bench } from './bench.ts';

const ended = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => value, (error: unknown) => error);
const hang = (): Promise<never> => new Promise<never>(() => undefined);
const fails = (): Promise<never> => Promise.reject(new Error('x'));
/** An operation that takes so long. */
const after = (clock: VirtualClock, milliseconds: number) => (): Promise<string> => new Promise((resolve) => {
  clock.setTimeout(() => resolve('done'), milliseconds);
});

const hour = 3_600_000;
/** The longest that JavaScript's own timers wait. */
const longest = 2 ** 31 - 1;

describe('A probe may take as long as any call (P3)', () => {
  const slow: readonly (readonly [string, Partial<GuardOptions>, takes: number])[] = [
    ['a timeout above it', { timeout: 60_000 }, 40_000],
    ['a timeout above it, and a budget without a limit', { timeout: 60_000, budget: Infinity }, 40_000],
    ['a `probeLimit` that is short', { timeout: 60_000, breaker: { probeLimit: 1_000 } }, 40_000],
    ['a budget above it, for a critical call', { budget: 90_000 }, 80_000],
  ];
  for (const [what, options, takes] of slow) {
    it(`F21: a call that takes long, with ${what}: it closes the breaker`, async () => {
      const { clock, guard } = bench(options);
      guard.trip();
      await clock.advance(60_000);
      const probe = guard.execute(after(clock, takes), { critical: takes > 60_000 });
      await clock.advance(takes - 1);
      expect(guard.breakerMode).to.equal('HALF_OPEN');
      await clock.advance(1);
      expect([await probe, guard.breakerMode]).to.deep.equal(['done', 'CLOSED']);
    });
  }

  it('F21: one that takes longer than any call may opens it again', async () => {
    const { clock, guard } = bench({ timeout: 60_000, breaker: { probeLimit: 1_000 } });
    guard.trip();
    guard.probe();
    const probe = ended(guard.execute(hang));
    await clock.advance(59_999);
    expect(guard.breakerMode).to.equal('HALF_OPEN');
    await clock.advance(1);
    expect(await probe).to.be.instanceOf(TimeoutError);
    expect(guard.breakerMode).to.equal('OPEN');
  });
});

describe('Times beyond what JavaScript’s own timers wait', () => {
  it('F22: no time and no number of a guard makes it turn faster than it should', async () => {
    const fake = FakeTimers.install({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const guards: Guard[] = [];
    try {
      for (const time of [2 ** 31, 2 ** 33, Infinity]) {
        for (const tuned of [false, true]) {
          const breaker = { threshold: 1, restFor: time, probeLimit: time, ...(tuned ? {} : { openFor: time }) };
          const guard = createGuard({ name: 'thing', timeout: time, retry: { attempts: 1 }, breaker });
          guards.push(guard);
          if (tuned) guard.configure({ breaker: { openFor: time } });
          const call = ended(guard.execute(hang));
          await ended(guard.execute(fails));
          expect(guard.breakerMode).to.equal('OPEN');
          await fake.tickAsync(100 * 24 * hour > time ? longest : 24 * hour);
          expect(guard.breakerMode, `${time} ms`).to.equal('OPEN');
          expect(fake.countTimers()).to.be.at.most(3);
          if (time < Infinity) {
            await fake.tickAsync(time);
            expect(guard.breakerMode).to.equal('HALF_OPEN');
            expect(await call).to.be.instanceOf(TimeoutError).and.include({ timeout: time });
          }
          guard.dispose();
          expect(fake.countTimers()).to.equal(0);
        }
      }
    } finally {
      for (const guard of guards) guard.dispose();
      fake.uninstall();
    }
  });

  it('F22: the clock waits as long as it is told to, can be stopped all the while, and never fires after Infinity', async () => {
    const fake = FakeTimers.install({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const fired: string[] = [];
      systemClock.setTimeout(() => fired.push('long'), 2 * longest + 10);
      const stopped = systemClock.setTimeout(() => fired.push('stopped'), longest + 10, true);
      const never = systemClock.setTimeout(() => fired.push('never'), Infinity);
      expect(fake.countTimers()).to.equal(2);
      await fake.tickAsync(longest + 5);
      expect([fired, fake.countTimers()]).to.deep.equal([[], 2]);
      systemClock.clearTimeout(stopped);
      systemClock.clearTimeout(never);
      await fake.tickAsync(longest + 4);
      expect(fired).to.deep.equal([]);
      await fake.tickAsync(1);
      expect([fired, fake.countTimers()]).to.deep.equal([['long'], 0]);
    } finally {
      fake.uninstall();
    }
  });

  it('F22: without a limit a call may take as long as it likes, and fail and be tried again', async () => {
    const { clock, guard, events } = bench({ timeout: Infinity, budget: Infinity, retry: { attempts: 2, jitter: 0 } });
    let calls = 0;
    const result = guard.execute(() => (calls++ === 0 ? after(clock, 1_000 * hour)().then(fails) : after(clock, hour)()));
    await clock.advance(1_000 * hour);
    expect(events).to.have.nested.property('[0].duration', 1_000 * hour);
    await clock.advance(1_000 + hour);
    expect(await result).to.equal('done');
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('F22: a breaker that never probes by itself says so, also to a later process', async () => {
    const { clock, guard } = bench({ breaker: { openFor: Infinity } });
    guard.trip();
    await clock.advance(1_000 * hour);
    expect([guard.breakerMode, guard.retryAfter]).to.deep.equal(['OPEN', undefined]);
    expect(await ended(guard.execute(hang))).to.have.property('message', 'The circuit breaker of thing is open.');
    const restore = JSON.parse(JSON.stringify(guard.persisted())) as { mode: 'OPEN'; until: number };
    expect(new Date(restore.until).getTime()).to.equal(restore.until);
    const later = bench({ breaker: { openFor: Infinity }, restore });
    await later.clock.advance(1_000 * hour);
    expect([later.guard.breakerMode, later.guard.retryAfter]).to.deep.equal(['OPEN', undefined]);
    const otherwise = bench({ restore });
    expect(otherwise.guard.retryAfter).to.equal(60_000);
    // What a crashed actor of it would be started with.
    expect(guard.breakerInput().restore).to.deep.equal({ mode: 'OPEN', remaining: Infinity });
    for (const each of [guard, later.guard, otherwise.guard]) each.dispose();
  });

  it('F22: waits that grow beyond all numbers are numbers', async () => {
    const { clock, guard } = bench({ retry: { attempts: 2_000, initialDelay: 0, factor: 10, maxDelay: Infinity } });
    let calls = 0;
    await clock.run(ended(guard.execute(() => {
      calls++;
      return fails();
    })));
    expect([calls, clock.now()]).to.deep.equal([2_000, 0]);
  });

  it('F22: an attempt never takes longer than the budget', async () => {
    const { clock, guard } = bench({ timeout: 5_000, budget: 1_000 });
    const result = ended(guard.execute(hang));
    await clock.advance(1_000);
    expect(await result).to.include({ code: 'TIMEOUT', timeout: 1_000 });
  });
});

describe('Time in which the process does not run (P10)', () => {
  it('F30: eight hours asleep with six calls in flight: none is given up, nothing is counted', async () => {
    const { clock, guard, events } = bench({ breaker: { threshold: 1 } });
    const ends: (() => void)[] = [];
    const calls: Promise<string>[] = [];
    for (let call = 0; call < 6; call++) {
      calls.push(guard.execute(() => new Promise<string>((resolve) => ends.push(() => resolve('done')))));
      await clock.advance(500);
    }
    await clock.sleep(8 * hour);
    await clock.advance(4_999);
    expect(events).to.deep.equal([]);
    for (const end of ends) end();
    expect(await Promise.all(calls)).to.deep.equal(Array.from({ length: 6 }, () => 'done'));
    expect(guard.breakerMode).to.equal('CLOSED');
    await clock.advance(5_000);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('F30: what hangs is given up, with its time again and no more than that', async () => {
    for (const asleep of [1_000, 5_000, 8 * hour]) {
      const { clock, guard, events } = bench();
      const first = ended(guard.execute(hang));
      await clock.advance(4_000);
      const second = ended(guard.execute(hang));
      await clock.advance(900);
      await clock.sleep(100 + asleep);
      const again = Math.min(asleep, 5_000);
      await clock.advance(again - 1);
      expect(events, `${asleep} ms`).to.deep.equal([]);
      await clock.advance(1);
      expect(await first).to.include({ code: 'TIMEOUT', timeout: 5_000 });
      await clock.advance(5_000);
      expect(await second).to.be.instanceOf(TimeoutError);
      expect(events.map((event) => event.type === 'attempt-failed' && event.duration)).to.deep.equal([5_000, 5_000]);
    }
  });

  it('F30: once: a process that never runs in time gives up all the same (P26)', async () => {
    const { clock, guard } = bench();
    const result = ended(guard.execute(hang));
    await clock.sleep(6_000);
    await clock.sleep(6_000);
    expect(await result).to.be.instanceOf(TimeoutError);
  });

  it('F30: one that began after the sleep has its own time, and its own sleep', async () => {
    const { clock, guard } = bench();
    const result = ended(guard.execute(hang));
    await clock.sleep(hour);
    await clock.advance(1);
    const later = guard.execute(after(clock, 6_000));
    await clock.advance(4_999);
    expect(await result).to.be.instanceOf(TimeoutError);
    await clock.sleep(hour);
    expect(await later).to.equal('done');
  });

  it('F30: a timer that is a little late is no sleep', async () => {
    const { clock, guard } = bench();
    const result = ended(guard.execute(hang));
    await clock.sleep(5_050);
    expect(await result).to.be.instanceOf(TimeoutError);
  });

  it('F30: asleep during the wait before a retry: the attempt has its full time', async () => {
    const { clock, guard, events } = bench({ retry: { attempts: 3, jitter: 0 } });
    let calls = 0;
    const result = guard.execute(() => (calls++ === 0 ? fails() : after(clock, 4_000)()));
    await clock.advance(500);
    await clock.sleep(8 * hour);
    await clock.advance(4_000);
    expect(await result).to.equal('done');
    expect(events.map(({ type }) => type)).to.deep.equal(['attempt-failed', 'retry']);
  });

  it('F30: asleep with a probe under way: it may close the breaker yet', async () => {
    const { clock, guard } = bench();
    guard.trip();
    await clock.advance(60_000);
    const probe = guard.execute(after(clock, 3_000));
    await clock.advance(1_000);
    await clock.sleep(8 * hour);
    expect([await probe, guard.breakerMode]).to.deep.equal(['done', 'CLOSED']);
    guard.trip();
    await clock.advance(60_000);
    let end = (): void => undefined;
    const another = guard.execute(() => new Promise<string>((resolve) => {
      end = () => resolve('done');
    }));
    await clock.sleep(8 * hour);
    expect(guard.breakerMode).to.equal('HALF_OPEN');
    end();
    expect([await another, guard.breakerMode]).to.deep.equal(['done', 'CLOSED']);
  });

  it('F30: asleep while the breaker is open: it probes when the machine is awake', async () => {
    const { clock, guard } = bench();
    guard.trip();
    await clock.sleep(8 * hour);
    expect(guard.breakerMode).to.equal('HALF_OPEN');
  });

  it('F54: a deadline that is cleared while a turn of the event loop is awaited does not come back', async () => {
    const clock = new VirtualClock();
    const turns: (() => void)[] = [];
    Object.assign(clock, { nextTurn: (callback: () => void) => void turns.push(callback) });
    const guard = createGuard({ name: 'thing', clock, retry: { attempts: 1 } });
    const first = ended(guard.execute(hang));
    await clock.advance(5_000);
    const second = ended(guard.execute(hang));
    expect([turns.length, clock.pendingTimers()]).to.deep.equal([1, []]);
    guard.attemptDeadlines.keepAlive();
    expect(clock.pendingTimers()).to.deep.equal([]);
    turns.shift()!();
    expect(await first).to.be.instanceOf(TimeoutError);
    await clock.advance(5_000);
    guard.dispose();
    expect(await second).to.include({ code: 'DISPOSED' });
    turns.shift()!();
    expect([turns.length, clock.pendingTimers()]).to.deep.equal([0, []]);
  });
});
