import { expect } from 'chai';
import { AbortedError, CircuitOpenError, DisposedError, StoreError, TimeoutError, ValidationError } from '../../../src/errors.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { GuardEvent } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, type Bench } from './bench.ts';

const hang = (): Promise<never> => new Promise<never>(() => undefined);
const broken = (): never => {
  throw new StoreError('permission', 'Not allowed.');
};
const flaky = (): never => {
  throw new StoreError('io', 'Try again.');
};

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail.');
}

async function open({ guard }: Bench): Promise<void> {
  for (let i = 0; i < 5; i++) await failure(guard.execute(broken));
  expect(guard.breakerMode).to.equal('OPEN');
}

describe('Guard', () => {
  it('gives back what the operation gives, whatever that is', async () => {
    const { guard } = bench();
    for (const value of [undefined, null, 0, 'x', { then: 5 }]) expect(await guard.execute(() => value)).to.equal(value);
    expect(await guard.execute(() => ({ then: (resolve: (value: number) => void) => resolve(7) }) as PromiseLike<number>)).to.equal(7);
  });

  it('P1 the failure count is consecutive: one success clears it', async () => {
    const { guard } = bench();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await failure(guard.execute(broken));
      expect(guard.consecutiveFailures).to.equal(4);
      await guard.execute(() => 1);
      expect(guard.consecutiveFailures).to.equal(0);
    }
    expect(guard.breakerMode).to.equal('CLOSED');
  });

  it('P2 HALF_OPEN admits exactly its probes; every other caller is rejected at once', async () => {
    const it = bench({ breaker: { probes: 2 } });
    await open(it);
    await it.clock.advance(60_000);
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
    let calls = 0;
    const ends: ((value: string) => void)[] = [];
    const results = Promise.allSettled(Array.from({ length: 100 }, () => it.guard.execute(() => {
      calls++;
      return new Promise<string>((resolve) => ends.push(resolve));
    })));
    expect(calls).to.equal(2);
    expect(it.guard.permits()).to.equal(false);
    ends[0]!('ok');
    await it.clock.flush();
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
    ends[1]!('ok');
    const rejected = (await results).filter(({ status }) => status === 'rejected');
    expect(rejected).to.have.length(98);
    for (const result of rejected) expect((result as PromiseRejectedResult).reason).to.be.instanceOf(CircuitOpenError);
    expect(it.guard.breakerMode).to.equal('CLOSED');
  });

  it('P3 a hung probe cannot hold HALF_OPEN for ever', async () => {
    const it = bench({ timeout: Infinity, budget: Infinity, breaker: { probeLimit: 10_000 } });
    await open(it);
    await it.clock.advance(60_000);
    void it.guard.execute(hang).catch(() => undefined);
    await it.clock.advance(9_999);
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
    await it.clock.advance(1);
    expect(it.guard.breakerMode).to.equal('OPEN');
    it.guard.dispose();
  });

  it('P4 a late result from an earlier epoch changes nothing, in either direction', async () => {
    const it = bench({ timeout: 1_000_000, budget: 1_000_000 });
    const ends: { resolve: () => void; reject: (error: unknown) => void }[] = [];
    const late = Array.from({ length: 12 }, () => it.guard.execute(() => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))).catch(() => undefined));
    await open(it);
    ends.slice(0, 6).forEach(({ resolve }) => resolve());
    await it.clock.flush();
    expect(it.guard.breakerMode).to.equal('OPEN');
    it.guard.reset();
    ends.slice(6).forEach(({ reject }) => reject(new StoreError('permission', 'Late.')));
    await Promise.all(late);
    expect(it.guard.breakerMode).to.equal('CLOSED');
    expect(it.guard.consecutiveFailures).to.equal(0);
  });

  it('P5 abort during a backoff settles at once, and the operation is not called again', async () => {
    const { guard, clock } = bench();
    const controller = new AbortController();
    let calls = 0;
    const call = failure(guard.execute(() => {
      calls++;
      return flaky();
    }, { signal: controller.signal }));
    await clock.advance(500);
    controller.abort(new Error('enough'));
    const error = await call;
    expect(error).to.be.instanceOf(AbortedError);
    expect((error as AbortedError).outcome).to.equal('not stored');
    expect((error as AbortedError).cause).to.have.property('message', 'enough');
    await clock.advance(100_000);
    expect(calls).to.equal(1);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P6 a user’s abort is an abort and not a timeout; before the call it makes none', async () => {
    const { guard } = bench();
    const controller = new AbortController();
    const call = failure(guard.execute((attempt) => new Promise((_, reject) => attempt.signal.addEventListener('abort', () => reject(new Error('inner')))), { signal: controller.signal }));
    controller.abort();
    const error = await call;
    expect(error).to.be.instanceOf(AbortedError);
    expect((error as AbortedError).outcome).to.equal('unknown');
    let called = false;
    expect(await failure(guard.execute(() => (called = true), { signal: controller.signal }))).to.be.instanceOf(AbortedError);
    expect(called).to.equal(false);
  });

  it('P7 validation errors, aborts, disposal and rejections never count', async () => {
    const { guard } = bench();
    for (let i = 0; i < 20; i++) {
      await failure(guard.execute(() => {
        throw new ValidationError('x', 'is wrong');
      }));
      const controller = new AbortController();
      const call = failure(guard.execute(hang, { signal: controller.signal }));
      controller.abort();
      await call;
    }
    expect(guard.consecutiveFailures).to.equal(0);
  });

  it('P7 a probe that says nothing about the dependency leaves its place to another', async () => {
    const it = bench();
    await open(it);
    it.guard.probe();
    await failure(it.guard.execute(() => {
      throw new ValidationError('x', 'is wrong');
    }));
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
    expect(it.guard.permits()).to.equal(true);
    const controller = new AbortController();
    const aborted = failure(it.guard.execute(hang, { signal: controller.signal }));
    expect(it.guard.permits()).to.equal(false);
    controller.abort();
    await aborted;
    await it.guard.execute(() => 1);
    expect(it.guard.breakerMode).to.equal('CLOSED');
  });

  it('P8 permanent errors are not retried; transient ones after 1 s and 2 s, three attempts in all', async () => {
    const { guard, clock } = bench();
    const at: number[] = [];
    const call = failure(guard.execute((attempt) => {
      at.push(clock.now());
      expect(attempt.number).to.equal(at.length);
      return flaky();
    }));
    await clock.advance(10_000);
    await call;
    expect(at).to.deep.equal([0, 1_000, 3_000]);
    at.length = 0;
    await failure(guard.execute(() => {
      at.push(clock.now());
      return broken();
    }));
    expect(at).to.have.length(1);
  });

  it('P9 the error is the real cause with its type; the attempts are attached, to foreign errors too', async () => {
    const { guard, clock } = bench();
    for (const thrown of [new TypeError('first'), new StoreError('io', 'x'), Object.freeze(new Error('frozen')), 'a text', undefined]) {
      const call = failure(guard.execute(() => {
        throw thrown;
      }));
      await clock.advance(10_000);
      expect(await call).to.equal(thrown);
      if (thrown instanceof Error && Object.isExtensible(thrown)) expect(thrown).to.have.property('attempts').with.length(3);
      guard.reset();
    }
  });

  it('P9 a classifier that throws is as good as none', async () => {
    const { guard } = bench({ classify: () => { throw new Error('of its own'); } });
    expect(await failure(guard.execute(broken))).to.be.instanceOf(StoreError);
    expect(guard.consecutiveFailures).to.equal(1);
  });

  it('P10 a wall clock that jumps changes nothing', async () => {
    const it = bench();
    await open(it);
    it.clock.jumpWallClock(-86_400_000);
    await it.clock.advance(59_999);
    expect(it.guard.breakerMode).to.equal('OPEN');
    it.clock.jumpWallClock(2 * 86_400_000);
    expect(it.guard.retryAfter).to.equal(1);
    await it.clock.advance(1);
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
  });

  it('P11 what was open stays open until its original deadline; what was held can be released', async () => {
    const it = bench();
    await open(it);
    await it.clock.advance(20_000);
    const persisted = it.guard.persisted()!;
    it.guard.dispose();
    for (const [jump, left] of [[10_000, 30_000], [-1_000_000, 60_000], [1_000_000, 0]] as const) {
      const clock = new VirtualClock();
      clock.jumpWallClock(20_000 + jump);
      const guard = createGuard({ name: 'thing', clock, restore: persisted });
      if (left > 0) expect(guard.retryAfter).to.equal(left);
      await clock.advance(left);
      expect(guard.breakerMode).to.equal('HALF_OPEN');
      guard.dispose();
    }
    const held = bench({ restore: { mode: 'HELD' } });
    expect(held.guard.isHeld).to.equal(true);
    expect((await failure(held.guard.execute(() => 1)) as CircuitOpenError).userAction).to.match(/release/);
    await held.clock.advance(1_000_000);
    expect(held.guard.breakerMode).to.equal('OPEN');
    expect(held.guard.persisted()).to.deep.equal({ mode: 'HELD' });
    held.guard.release();
    await held.guard.execute(() => 1);
    expect(held.guard.breakerMode).to.equal('CLOSED');
    expect(held.guard.persisted()).to.equal(undefined);
  });

  it('P12 a listener that throws changes no outcome', async () => {
    const { guard } = bench({ onEvent: () => { throw new Error('listener'); } });
    expect(await guard.execute(() => 1)).to.equal(1);
    for (let i = 0; i < 5; i++) expect(await failure(guard.execute(broken))).to.be.instanceOf(StoreError);
    expect(await failure(guard.execute(() => 1))).to.be.instanceOf(CircuitOpenError);
  });

  it('P13 one call’s timeout never aborts another call', async () => {
    const { guard, clock } = bench({ retry: { attempts: 1 } });
    const first = failure(guard.execute(hang));
    await clock.advance(3_000);
    let signal: AbortSignal | undefined;
    const second = guard.execute((attempt) => {
      signal = attempt.signal;
      return new Promise((resolve) => clock.setTimeout(() => resolve('ok'), 4_000));
    });
    await clock.advance(2_500);
    expect(await first).to.be.instanceOf(TimeoutError);
    expect(signal!.aborted).to.equal(false);
    await clock.advance(2_000);
    expect(await second).to.equal('ok');
  });

  it('P13 an attempt that was given up has an aborted signal, also when that is first read later', async () => {
    const { guard, clock } = bench({ retry: { attempts: 1 } });
    const attempts: { signal: AbortSignal }[] = [];
    const call = failure(guard.execute((attempt) => {
      attempts.push(attempt);
      return hang();
    }));
    await clock.advance(5_000);
    expect(await call).to.include({ outcome: 'unknown', timeout: 5_000 });
    expect(attempts[0]!.signal.aborted).to.equal(true);
  });

  it('P14 10,000 calls in flight need one timer, and a signal they share gets no warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const { guard, clock } = bench({ retry: { attempts: 1 } });
    const controller = new AbortController();
    const calls = Array.from({ length: 10_000 }, () => failure(guard.execute(hang, { signal: controller.signal })));
    expect(clock.pendingTimers()).to.have.length(1);
    controller.abort();
    for (const error of await Promise.all(calls)) expect(error).to.be.instanceOf(AbortedError);
    await clock.flush();
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
    await clock.advance(5_000);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P15 the cost of a failure does not depend on how much happened before', async () => {
    /** Counts what the guard asks of the clock, which is all the work that could grow. */
    class CountingClock extends VirtualClock {
      calls = 0;
      override now(): number {
        this.calls++;
        return super.now();
      }
      override setTimeout(...timer: Parameters<VirtualClock['setTimeout']>): ReturnType<VirtualClock['setTimeout']> {
        this.calls++;
        return super.setTimeout(...timer);
      }
      override clearTimeout(...handle: Parameters<VirtualClock['clearTimeout']>): void {
        this.calls++;
        super.clearTimeout(...handle);
      }
    }
    const clock = new CountingClock();
    const events: GuardEvent[] = [];
    const guard = createGuard({ name: 'thing', clock, breaker: { threshold: Infinity }, onEvent: (event) => events.push(event) });
    const cost = async (): Promise<[number, number]> => {
      const before = [clock.calls, events.length] as const;
      await failure(guard.execute(broken));
      return [clock.calls - before[0], events.length - before[1]];
    };
    await cost();
    const early = await cost();
    for (let i = 0; i < 10_000; i++) await failure(guard.execute(broken));
    expect(await cost()).to.deep.equal(early);
    expect(clock.pendingTimers().length).to.be.lessThan(2);
    guard.dispose();
  });

  it('P16 evidence of recovery lets it probe early, but not within the first second', async () => {
    const it = bench();
    it.guard.evidence();
    await open(it);
    it.guard.evidence();
    expect(it.guard.breakerMode).to.equal('OPEN');
    await it.clock.advance(1_000);
    expect(it.guard.breakerMode).to.equal('HALF_OPEN');
  });

  it('P26 every promise settles on dispose: in an attempt, in a backoff, and afterwards', async () => {
    const { guard, clock } = bench();
    const running = failure(guard.execute(hang));
    const critical = failure(guard.execute(hang, { critical: true }));
    const backingOff = failure(guard.execute(flaky));
    await clock.flush();
    guard.dispose();
    guard.dispose();
    for (const error of await Promise.all([running, critical, backingOff, failure(guard.execute(() => 1))])) expect(error).to.be.instanceOf(DisposedError);
    guard.reset();
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('a critical call may take the whole budget, and no longer', async () => {
    const { guard, clock } = bench();
    const call = failure(guard.execute(hang, { critical: true }));
    await clock.advance(29_999);
    let settled = false;
    void call.then(() => (settled = true));
    await clock.flush();
    expect(settled).to.equal(false);
    await clock.advance(1);
    expect(await call).to.include({ timeout: 30_000 });
    expect(clock.pendingTimers().filter(({ background }) => !background)).to.deep.equal([]);
  });

  it('a breaker that opens meanwhile ends a backoff with its real cause', async () => {
    const it = bench();
    let calls = 0;
    const call = failure(it.guard.execute(() => {
      calls++;
      return flaky();
    }));
    await it.clock.flush();
    await open(it);
    await it.clock.advance(5_000);
    expect(await call).to.include({ reason: 'io' });
    expect(calls).to.equal(1);
  });

  it('P42 a crashed breaker actor is started again and goes on', async () => {
    const { guard } = bench();
    for (let i = 0; i < 4; i++) await failure(guard.execute(broken));
    guard.tell({ type: 'FAILURE', get epoch(): number { throw new Error('crash'); } });
    expect(guard.consecutiveFailures).to.equal(4);
    await failure(guard.execute(broken));
    expect(guard.breakerMode).to.equal('OPEN');
  });
});
