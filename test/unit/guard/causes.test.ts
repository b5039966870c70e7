import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { AbortedError, StoreError, TimeoutError, ValidationError, type FailedAttempt } from '../../../src/errors.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { Guard } from '../../../src/index.ts';
import type { ExecuteOptions } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly guard: Guard;
}

function bench(): Bench {
  const clock = new VirtualClock();
  return { clock, guard: createGuard({ name: 'thing', clock, retry: { jitter: 0 } }) };
}

const end = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => value, (error: unknown) => error);
const flaky = (): StoreError => new StoreError('io', 'Try again.');
const permanent = (message: string): Error => Object.assign(new Error(message), { code: 'EACCES' });
const attemptsOf = (error: unknown): readonly FailedAttempt[] => (error as { attempts: readonly FailedAttempt[] }).attempts;

/** What a call ends with whose attempts all throw this. */
function thrown({ clock, guard }: Bench, error: unknown): Promise<unknown> {
  // What is no error may be thrown as well.
  return clock.run(end(guard.execute(() => Promise.reject(error))));
}

describe('The error of a guarded call (P9)', () => {
  it('is what the last attempt threw, whatever that is', async () => {
    for (const error of [undefined, null, 0, 'text', Symbol.iterator, {}, permanent('x'), flaky()]) expect(await thrown(bench(), error)).to.equal(error);
  });

  it('has the attempts in a property that no log and no loop trips over', async () => {
    const error = permanent('x');
    await thrown(bench(), error);
    expect(attemptsOf(error).map(({ number, error: each }) => [number, each])).to.deep.equal([[1, error]]);
    expect(Object.getOwnPropertyDescriptor(error, 'attempts')).to.include({ enumerable: false, configurable: true, writable: true });
    expect(JSON.parse(JSON.stringify(error))).to.deep.equal({ code: 'EACCES' });
  });

  it('keeps what it says of attempts itself', async () => {
    for (const own of [5, undefined, [], ['mine'], 'two']) {
      const error = Object.assign(permanent('x'), { attempts: own });
      await thrown(bench(), error);
      expect(error.attempts).to.equal(own);
    }
  });

  it('tells of the call that threw it last', async () => {
    const it = bench();
    for (const error of [flaky(), Object.assign(new Error('x'), { code: 'EBUSY' })]) {
      await thrown(it, error);
      const first = attemptsOf(error);
      expect(first).to.have.lengthOf(3);
      await thrown(it, error);
      expect(attemptsOf(error)).to.have.lengthOf(3);
      expect(attemptsOf(error)).not.to.equal(first);
    }
  });

  it('is left as it is when it is frozen', async () => {
    for (const error of [Object.freeze(flaky()), Object.freeze(permanent('x')), Object.preventExtensions(permanent('x'))]) {
      expect(await thrown(bench(), error)).to.equal(error);
      expect(Object.hasOwn(error, 'attempts') ? attemptsOf(error) : []).to.deep.equal([]);
    }
  });

  it('of an abort before the call says that nothing has happened, and why', async () => {
    const { guard } = bench();
    let calls = 0;
    const error = await end(guard.execute(() => calls++, { signal: AbortSignal.abort('reason') }));
    expect(error).to.be.instanceOf(AbortedError);
    expect(error).to.include({ outcome: 'not stored', cause: 'reason' });
    expect(calls).to.equal(0);
  });

  it('of an abort has the attempts before it', async () => {
    const { clock, guard } = bench();
    const controller = new AbortController();
    const result = end(guard.execute(() => Promise.reject(flaky()), { signal: controller.signal }));
    await clock.advance(500);
    controller.abort('reason');
    const error = await result as AbortedError;
    expect(error).to.be.instanceOf(AbortedError);
    expect(error).to.include({ outcome: 'not stored', cause: 'reason' });
    expect(error.attempts.map(({ number }) => number)).to.deep.equal([1]);
  });
});

describe('What a guarded call leaves behind (P14, P40)', () => {
  const ways: readonly (readonly [name: string, run: (it: Bench, options: ExecuteOptions, abort: () => void) => Promise<unknown>])[] = [
    ['succeeds', ({ guard }, options) => guard.execute(() => 'done', options)],
    ['succeeds at its second attempt', ({ clock, guard }, options) => {
      let calls = 0;
      return clock.run(guard.execute(() => (calls++ === 0 ? Promise.reject(flaky()) : 'done'), options));
    }],
    ['fails at once', ({ guard }, options) => end(guard.execute(() => Promise.reject(permanent('x')), options))],
    ['fails for good', ({ clock, guard }, options) => clock.run(end(guard.execute(() => Promise.reject(flaky()), options)))],
    ['runs out of time', ({ clock, guard }, options) => clock.run(end(guard.execute(() => new Promise<never>(() => undefined), options)))],
    ['is aborted while it runs', async ({ guard }, options, abort) => {
      const result = end(guard.execute(() => new Promise<never>(() => undefined), options));
      abort();
      return result;
    }],
    ['is aborted while it waits', async ({ clock, guard }, options, abort) => {
      const result = end(guard.execute(() => Promise.reject(flaky()), options));
      await clock.advance(500);
      abort();
      return result;
    }],
    ['is disposed of while it waits', async ({ clock, guard }, options) => {
      const result = end(guard.execute(() => Promise.reject(flaky()), options));
      await clock.advance(500);
      guard.dispose();
      return result;
    }],
  ];
  for (const [name, run] of ways) {
    it(`when it ${name}: no listener, no timer, nothing that rests`, async () => {
      const it = bench();
      const controller = new AbortController();
      await run(it, { signal: controller.signal }, () => controller.abort());
      expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
      expect(it.guard.backingOff.isEmpty).to.equal(true);
      await it.clock.advance(5_000);
      expect(it.clock.pendingTimers()).to.deep.equal([]);
    });
  }

  it('during its second attempt nothing rests', async () => {
    const { clock, guard } = bench();
    let calls = 0;
    const result = end(guard.execute(() => (calls++ === 0 ? Promise.reject(flaky()) : new Promise<never>(() => undefined))));
    await clock.advance(500);
    expect(guard.backingOff.isEmpty).to.equal(false);
    await clock.advance(500);
    expect(calls).to.equal(2);
    expect(guard.backingOff.isEmpty).to.equal(true);
    guard.dispose();
    expect(await result).to.include({ code: 'DISPOSED' });
  });
});

describe('A probe (P2, P7)', () => {
  async function halfOpen(): Promise<Bench> {
    const it = bench();
    for (let count = 0; count < 5; count++) await end(it.guard.execute(() => Promise.reject(permanent('x'))));
    await it.clock.advance(60_000);
    expect([it.guard.breakerMode, it.guard.permits()]).to.deep.equal(['HALF_OPEN', true]);
    return it;
  }

  it('whose caller made a mistake leaves its place to another', async () => {
    const { guard } = await halfOpen();
    expect(await end(guard.execute(() => Promise.reject(new ValidationError('count', 'is bad'))))).to.include({ code: 'VALIDATION' });
    expect([guard.breakerMode, guard.permits()]).to.deep.equal(['HALF_OPEN', true]);
    expect(await guard.execute(() => 'done')).to.equal('done');
    expect(guard.breakerMode).to.equal('CLOSED');
  });

  it('is one attempt, also of a failure that another could cure', async () => {
    const { clock, guard } = await halfOpen();
    let calls = 0;
    const error = await end(guard.execute(() => {
      calls++;
      return Promise.reject(flaky());
    }));
    expect(error).to.include({ reason: 'io' });
    await clock.advance(10_000);
    expect([calls, guard.breakerMode]).to.deep.equal([1, 'OPEN']);
  });

  it('that runs out of time opens it again', async () => {
    const { clock, guard } = await halfOpen();
    expect(await clock.run(end(guard.execute(() => new Promise<never>(() => undefined))))).to.be.instanceOf(TimeoutError);
    expect(guard.breakerMode).to.equal('OPEN');
  });
});
