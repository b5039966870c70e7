import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import { createActor } from 'xstate';
import { bulkhead } from '../../../machines/bulkhead.ts';
import { actorClock } from '../../../src/clock.ts';
import { Bulkhead } from '../../../src/guard/bulkhead.ts';
import { concurrency, createGuard, type Priority } from '../../../src/index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import fc from '../../fast-check.ts';
import { bench } from './bench.ts';

/** Operations that go on until they are told to end. */
function gate(): { readonly operation: () => Promise<number>; readonly open: ((value: number) => void)[] } {
  const open: ((value: number) => void)[] = [];
  return { open, operation: () => new Promise((resolve) => open.push(resolve)) };
}

const end = async (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => error);

/** One operation of so many milliseconds. */
const job = (clock: VirtualClock, ms: number) => (): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));

describe('Limit of concurrency', () => {
  it('P70 no more calls run than there are slots; the others begin in turn', async () => {
    const { guard, clock } = bench({ limit: concurrency({ limit: 2, reserve: 0 }) });
    const { operation, open } = gate();
    const calls = [1, 2, 3, 4].map(() => guard.execute(operation));
    expect(open).to.have.lengthOf(2);
    open[0]!(1);
    await clock.flush();
    expect(open).to.have.lengthOf(3);
    open[1]!(2);
    open[2]!(3);
    await clock.flush();
    open[3]!(4);
    expect(await Promise.all(calls)).to.deep.equal([1, 2, 3, 4]);
  });

  it('P70 a full queue refuses at once, with a typed error and an event', async () => {
    const { guard, events } = bench({ limit: concurrency({ limit: 1, queue: 1 }) });
    const { operation, open } = gate();
    const first = guard.execute(operation);
    const second = guard.execute(operation);
    const refused = await end(guard.execute(operation));
    expect(refused).to.include({ code: 'QUEUE_FULL', capacity: 1, retryable: true, message: '1 calls of thing are waiting already.' });
    expect(events).to.deep.equal([{ type: 'queue-full' }]);
    expect(guard.consecutiveFailures).to.equal(0);
    open[0]!(1);
    await first;
    open[1]!(2);
    expect(await second).to.equal(2);
  });

  it('the reserve is for interactive calls', async () => {
    const limit = concurrency({ limit: 3 });
    expect(limit.options).to.deep.equal({ limit: 3, reserve: 1, queue: 500, slowAfter: 5_000, overtakes: 8 });
    const { guard } = bench({ limit });
    const { operation, open } = gate();
    for (let i = 0; i < 4; i++) void guard.execute(operation, { priority: 'background' });
    expect([open.length, limit.running, limit.waiting]).to.deep.equal([2, 2, 2]);
    void guard.execute(operation, { priority: 'interactive' });
    expect([open.length, limit.running, limit.waiting]).to.deep.equal([3, 3, 2]);
    guard.dispose();
  });

  it('P71 background calls get their turn however many interactive ones come', async () => {
    const clock = new VirtualClock();
    const guard = createGuard({ name: 'git', clock, limit: concurrency({ limit: 1, overtakes: 8 }) });
    const begun: string[] = [];
    let stop = false;
    const run = (priority: Priority): void => {
      guard.execute(() => {
        begun.push(priority);
        // Each interactive call is followed by another one, for ever.
        if (priority === 'interactive' && !stop) run('interactive');
        return job(clock, 10)();
      }, { priority }).catch(() => undefined);
    };
    run('interactive');
    for (let i = 0; i < 10; i++) run('background');
    await clock.advance(10 * 9 * 10 + 10);
    stop = true;
    expect(begun.filter((each) => each === 'background')).to.have.lengthOf(10);
    expect(begun.lastIndexOf('background')).to.be.at.most(9 * 10 + 1);
    guard.dispose();
  });

  it('P72 beside 500 background calls of 100 ms on 7 slots, interactive ones wait less than 50 ms at p99', async () => {
    const clock = new VirtualClock();
    const random = seededRandom(18);
    const guard = createGuard({ name: 'git', clock, limit: concurrency({ limit: 7, reserve: 2 }) });
    for (let i = 0; i < 500; i++) void guard.execute(job(clock, 100), { priority: 'background' });
    const waits: number[] = [];
    const calls: Promise<void>[] = [];
    // A person at work: something every 120 ms, of 20 to 60 ms.
    for (let i = 0; i < 80; i++) {
      await clock.advance(120);
      const asked = clock.now();
      calls.push(guard.execute(() => {
        waits.push(clock.now() - asked);
        return job(clock, 20 + random() * 40)();
      }, { priority: 'interactive' }));
    }
    await clock.advance(20_000);
    await Promise.all(calls);
    const p99 = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)];
    expect(p99).to.be.below(50);
    guard.dispose();
  });

  it('P5 an aborted call leaves the queue, and its operation is not called', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard } = bench({ limit });
    const { operation, open } = gate();
    const first = guard.execute(operation);
    const controller = new AbortController();
    const second = end(guard.execute(() => expect.fail('called'), { signal: controller.signal }));
    controller.abort(new Error('no longer wanted'));
    expect(await second).to.include({ code: 'ABORTED', outcome: 'not stored' });
    expect(limit.waiting).to.equal(0);
    open[0]!(1);
    expect(await first).to.equal(1);
  });

  it('P70 calls that share a signal end together: none of those that wait begins in the place of one that runs', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard } = bench({ limit });
    const { operation, open } = gate();
    const caller = new AbortController();
    const calls = [1, 2, 3].map(() => end(guard.execute(operation, { signal: caller.signal })));
    caller.abort();
    for (const call of calls) expect(await call).to.include({ code: 'ABORTED' });
    expect(open).to.have.lengthOf(1);
    expect(limit).to.include({ running: 0, waiting: 0 });
  });

  it('a breaker that opens refuses those that wait, at once; a disposed guard as well', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard, clock } = bench({ limit, retry: { attempts: 1 }, breaker: { threshold: 1 } });
    const failing = end(guard.execute(() => new Promise((_, reject) => clock.setTimeout(() => reject(new Error('down')), 10))));
    const waiting = [1, 2, 3].map(() => end(guard.execute(() => expect.fail('called'))));
    await clock.advance(10);
    expect(await failing).to.have.property('message', 'down');
    for (const each of waiting) expect(await each).to.include({ code: 'CIRCUIT_OPEN' });
    expect([limit.running, limit.waiting]).to.deep.equal([0, 0]);
    guard.reset();
    const { operation } = gate();
    const calls = [end(guard.execute(operation)), end(guard.execute(operation))];
    guard.dispose();
    for (const each of calls) expect(await each).to.include({ code: 'DISPOSED' });
    expect([limit.running, limit.waiting]).to.deep.equal([0, 0]);
  });

  it('P2 half open, one of those that waited is the probe, and the others are refused', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard, clock } = bench({ limit, retry: { attempts: 1 } });
    guard.hold();
    guard.release();
    const { operation, open } = gate();
    const probe = guard.execute(operation);
    expect(await end(guard.execute(operation))).to.include({ code: 'CIRCUIT_OPEN' });
    open[0]!(1);
    expect(await probe).to.equal(1);
    await clock.flush();
    expect([guard.breakerMode, limit.running]).to.deep.equal(['CLOSED', 0]);
  });

  it('guards that are given the same limit share its slots', async () => {
    const limit = concurrency({ limit: 1 });
    const one = bench({ limit });
    const other = createGuard({ name: 'other', clock: one.clock, limit });
    const { operation, open } = gate();
    const first = one.guard.execute(operation);
    const second = other.execute(operation);
    expect(open).to.have.lengthOf(1);
    // The slot of a guard that is gone is free.
    one.guard.dispose();
    expect(await end(first)).to.include({ code: 'DISPOSED' });
    expect(open).to.have.lengthOf(2);
    open[1]!(2);
    expect(await second).to.equal(2);
    other.dispose();
  });

  it('a slot is held until the call ends, through its retries, timeouts and aborts', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard, clock } = bench({ limit, timeout: 100, retry: { attempts: 2, jitter: 0, initialDelay: 50 } });
    const hanging = end(guard.execute(() => new Promise(() => undefined)));
    for (const [ms, running] of [[100, 1], [50, 1], [99, 1], [1, 0]] as const) {
      await clock.advance(ms);
      expect(limit.running, `${clock.now()}`).to.equal(running);
    }
    expect(await hanging).to.include({ code: 'TIMEOUT' });
    const controller = new AbortController();
    const left = end(guard.execute(() => new Promise(() => undefined), { signal: controller.signal }));
    expect(limit.running).to.equal(1);
    controller.abort();
    expect(await left).to.include({ code: 'ABORTED' });
    expect(limit.running).to.equal(0);
  });

  it('a signal that throws when it is listened to takes no slot', async () => {
    const limit = concurrency({ limit: 1 });
    const { guard } = bench({ limit });
    const broken = { aborted: false, addEventListener: () => { throw new Error('broken'); }, removeEventListener: () => undefined };
    expect(await end(guard.execute(() => expect.fail('called'), { signal: broken }))).to.have.property('message', 'broken');
    expect(limit.running).to.equal(0);
    const { operation, open } = gate();
    const first = guard.execute(operation);
    expect(await end(guard.execute(() => expect.fail('called'), { signal: { ...broken } }))).to.have.property('message', 'broken');
    expect(limit.waiting).to.equal(0);
    open[0]!(1);
    expect(await first).to.equal(1);
  });

  it('a call that waited begins in the async context of its caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { guard } = bench({ limit: concurrency({ limit: 1 }) });
    const { operation, open } = gate();
    const first = storage.run('first', () => guard.execute(operation));
    const second = storage.run('second', () => guard.execute(() => storage.getStore()));
    open[0]!(1);
    await first;
    expect(await second).to.equal('second');
  });

  it('the queue is slow once, when a call has waited long enough', async () => {
    const { guard, clock, events } = bench({ limit: concurrency({ limit: 1, slowAfter: 1_000 }), timeout: Infinity });
    const { operation, open } = gate();
    void guard.execute(operation);
    const second = guard.execute(operation);
    await clock.advance(400);
    void end(guard.execute(operation));
    await clock.advance(599);
    expect(events).to.deep.equal([]);
    await clock.advance(1);
    expect(events).to.deep.equal([{ type: 'queue-slow', waiting: 2, waited: 1_000 }]);
    open[0]!(1);
    await clock.advance(5_000);
    open[1]!(2);
    await second;
    await clock.flush();
    expect(events).to.have.lengthOf(1);
    expect(clock.pendingTimers()).to.deep.equal([]);
    guard.dispose();
  });

  it('P12 what a listener throws when the queue is slow or full changes nothing', async () => {
    const { guard, clock } = bench({ limit: concurrency({ limit: 1, queue: 1, slowAfter: 10 }), onEvent: () => { throw new Error('listener'); } });
    const { operation, open } = gate();
    const calls = [guard.execute(operation), guard.execute(operation)];
    expect(await end(guard.execute(operation))).to.include({ code: 'QUEUE_FULL' });
    await clock.advance(20);
    open[0]!(1);
    await clock.flush();
    open[1]!(2);
    expect(await Promise.all(calls)).to.deep.equal([1, 2]);
  });

  it('P14 100,000 calls that wait begin one after the other, without a stack that grows', async () => {
    const limit = concurrency({ limit: 1, queue: 100_000 });
    const { guard } = bench({ limit, retry: { attempts: 1 } });
    let count = 0;
    const calls: Promise<number>[] = [];
    for (let i = 0; i < 100_000; i++) calls.push(guard.execute(() => ++count));
    // All are refused in one go as well.
    expect(await calls.at(-1)).to.equal(100_000);
    expect([limit.running, limit.waiting]).to.deep.equal([0, 0]);
  });

  describe('options', () => {
    for (const [options, message] of [
      [{ limit: 0 }, 'limit.limit must be a whole number of at least 1; it is 0.'],
      [{ limit: Infinity }, 'limit.limit must be a whole number of at least 1; it is Infinity.'],
      [{ limit: 2, reserve: 2 }, 'limit.reserve must be less than limit.limit, which is 2; it is 2.'],
      [{ limit: 1, reserve: 1 }, 'limit.reserve must be less than limit.limit, which is 1; it is 1.'],
      [{ limit: 2, reserve: -1 }, 'limit.reserve must be a whole number of at least 0; it is -1.'],
      [{ limit: 2, queue: 0.5 }, 'limit.queue must be a whole number of at least 0; it is 0.5.'],
      [{ limit: 2, slowAfter: NaN }, 'limit.slowAfter must be at least 0 ms, or Infinity; it is NaN.'],
      [{ limit: 2, overtakes: 0 }, 'limit.overtakes must be a whole number of at least 1, or Infinity; it is 0.'],
    ] as const) {
      it(message, () => expect(() => concurrency(options)).to.throw(RangeError, message));
    }

    it('what is no number, no object, no priority', async () => {
      expect(() => concurrency({} as never)).to.throw(TypeError, 'limit.limit must be a whole number of at least 1; it is undefined.');
      expect(() => concurrency({ limit: '7' } as never)).to.throw(TypeError, 'limit.limit must be a number');
      expect(() => concurrency(null as never)).to.throw(TypeError, 'limit must be an object; it is null.');
      expect(() => createGuard({ name: 'x', limit: 7 as never })).to.throw(TypeError, 'limit must be an object; it is 7.');
      const { guard } = bench({ limit: concurrency({ limit: 1 }) });
      expect(await end(guard.execute(() => 1, { priority: 'urgent' as never }))).to.have.property('message', 'priority must be "interactive", "normal" or "background"; it is "urgent".');
    });
  });

  describe('Mirror = machine', () => {
    type Step = { readonly arrive: Priority } | { readonly abort: number } | { readonly end: number } | { readonly wait: number } | 'trip' | 'reset';

    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Priority>('interactive', 'normal', 'background').map((arrive): Step => ({ arrive })) },
      { weight: 4, arbitrary: fc.nat(20).map((number): Step => ({ end: number })) },
      { weight: 2, arbitrary: fc.nat(20).map((number): Step => ({ abort: number })) },
      { weight: 1, arbitrary: fc.constantFrom(1, 400, 1_000, 5_000).map((ms): Step => ({ wait: ms })) },
      { weight: 1, arbitrary: fc.constantFrom<Step>('trip', 'reset') },
    );
    const rules = fc.record({
      limit: fc.integer({ min: 1, max: 4 }), queue: fc.nat(6), overtakes: fc.integer({ min: 1, max: 3 }), slowAfter: fc.constantFrom(400, 1_000, Infinity),
    }).chain((all) => fc.nat(all.limit - 1).map((reserve) => ({ ...all, reserve })));

    it('P70 P71 after any history the actor beside it says the same', () => fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), rules, async (steps, options) => {
      const clock = new VirtualClock();
      const limit = new Bulkhead(options);
      let slow = 0;
      const guard = createGuard({ name: 'both', clock, limit, timeout: Infinity, retry: { attempts: 1 }, onEvent: ({ type }) => type === 'queue-slow' && slow++ });
      let told = 0;
      const actor = createActor(bulkhead, { input: { ...limit.input(clock), tellSlow: () => told++ }, clock: actorClock(clock) }).start();
      limit.watch((event) => actor.send(event));
      const { operation, open } = gate();
      const controllers: AbortController[] = [];
      for (const each of steps) {
        if (typeof each === 'string') guard[each]();
        else if ('arrive' in each) {
          const controller = new AbortController();
          controllers.push(controller);
          guard.execute(operation, { priority: each.arrive, signal: controller.signal }).catch(() => undefined);
        } else if ('end' in each) open[each.end % Math.max(1, open.length)]?.(1);
        else if ('abort' in each) controllers[each.abort % Math.max(1, controllers.length)]?.abort();
        else await clock.advance(each.wait);
        await clock.flush();
        const { context, value } = actor.getSnapshot();
        const mirror = limit.input(clock);
        expect({ waiting: context.waiting, running: context.running, others: context.others, overtaken: context.overtaken, slow: value.queue === 'slow', told })
          .to.deep.equal({ waiting: mirror.waiting, running: mirror.running, others: mirror.others, overtaken: mirror.overtaken, slow: mirror.slow, told: slow });
      }
      guard.dispose();
      expect([limit.running, limit.waiting]).to.deep.equal([0, 0]);
      actor.stop();
    }), { numRuns: 500 }));
  });
});
