import { expect } from 'chai';
import { createActor } from 'xstate';
import { breakerDefaults, circuitBreaker } from '../../../machines/circuit-breaker.ts';
import type { RetryOptions } from '../../../machines/retry-backoff.ts';
import { retrySequencer } from '../../../machines/retry-sequencer.ts';
import { actorClock } from '../../../src/clock.ts';
import { StoreError, ValidationError } from '../../../src/errors.ts';
import { Guard, type GuardActors } from '../../../src/guard/guard.ts';
import type { ExecuteOptions, GuardEvent } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

type Retry = NonNullable<ReturnType<GuardActors['spawnRetry']>>;
type Attempted = { readonly resolve: (value: string) => void; readonly reject: (error: Error) => void };

interface Bench {
  readonly clock: VirtualClock;
  readonly guard: Guard;
  readonly events: GuardEvent[];
  readonly retries: Retry[];
  readonly attempts: Attempted[];
  /** How often the guard has asked for the breaker's actor. */
  readonly asked: () => number;
  call(options?: ExecuteOptions): Promise<string>;
}

/** A guard whose actors somebody else has started, as in a service. */
function bench(retry: Partial<RetryOptions> = {}): Bench {
  const clock = new VirtualClock();
  const breaker = createActor(circuitBreaker, { clock: actorClock(clock), input: breakerDefaults });
  breaker.subscribe({ error: () => undefined });
  breaker.start();
  const retries: Retry[] = [];
  let asked = 0;
  const events: GuardEvent[] = [];
  const guard = new Guard({ name: 'thing', clock, retry: { jitter: 0, ...retry }, onEvent: (event) => events.push(event) }, {
    breaker: () => {
      asked++;
      return breaker;
    },
    spawnRetry: (input) => {
      const actor = createActor(retrySequencer, { clock: actorClock(clock), input });
      actor.subscribe({ error: () => undefined });
      retries.push(actor.start());
      return actor;
    },
  });
  const attempts: Attempted[] = [];
  const call = (options?: ExecuteOptions): Promise<string> => guard.execute(() => new Promise<string>((resolve, reject) => attempts.push({ resolve, reject })), options);
  return { clock, guard, events, retries, attempts, asked: () => asked, call };
}

const flaky = (): StoreError => new StoreError('io', 'Try again.');
const end = (promise: Promise<string>): Promise<unknown> => promise.then((value) => value, (error: unknown) => error);

function crash(retry: Retry): void {
  retry.send(Object.defineProperty({}, 'type', { get: () => { throw new Error('Injected: it crashes.'); } }) as never);
}

const ends = [['crashes', crash], ['is stopped', (retry: Retry) => void retry.stop()]] as const;

describe('Guard whose actors are supervised', () => {
  for (const [how, lose] of ends) {
    it(`P42 its sequencer ${how} while it waits: the call ends at once, with its real cause and its attempts`, async () => {
      const { clock, guard, retries, attempts, call } = bench();
      const result = end(call());
      const cause = flaky();
      attempts[0]!.reject(cause);
      await clock.advance(500);
      lose(retries[0]!);
      expect(await result).to.equal(cause);
      expect(cause.attempts).to.have.lengthOf(1);
      expect(guard.consecutiveFailures).to.equal(1);
      await clock.advance(60_000);
      expect(attempts).to.have.lengthOf(1);
      expect(guard.consecutiveFailures).to.equal(1);
    });

    it(`P42 its sequencer ${how} during an attempt: that goes on, and may succeed`, async () => {
      const { clock, guard, retries, attempts, call } = bench();
      const result = end(call());
      attempts[0]!.reject(flaky());
      await clock.advance(1_000);
      expect(attempts).to.have.lengthOf(2);
      lose(retries[0]!);
      attempts[1]!.resolve('done');
      expect(await result).to.equal('done');
      expect(guard.consecutiveFailures).to.equal(0);
    });

    it(`P42 its sequencer ${how} during an attempt: when that fails there is no further one`, async () => {
      const { clock, guard, retries, attempts, call } = bench();
      const result = end(call());
      attempts[0]!.reject(flaky());
      await clock.advance(1_000);
      lose(retries[0]!);
      const cause = flaky();
      attempts[1]!.reject(cause);
      expect(await result).to.equal(cause);
      expect(cause.attempts.map(({ number }) => number)).to.deep.equal([1, 2]);
      await clock.advance(60_000);
      expect(attempts).to.have.lengthOf(2);
      expect(guard.consecutiveFailures).to.equal(1);
    });
  }

  it('its sequencer is told how the call has ended', async () => {
    const { clock, guard, retries, attempts, call } = bench();
    const states = (): unknown[] => retries.map((retry) => retry.getSnapshot().value);
    const succeeded = end(call());
    attempts[0]!.reject(flaky());
    await clock.advance(1_000);
    attempts[1]!.resolve('done');
    await succeeded;
    const failed = end(call());
    attempts[2]!.reject(flaky());
    await clock.advance(1_000);
    attempts[3]!.reject(new StoreError('permission', 'Not allowed.'));
    await failed;
    const controller = new AbortController();
    const aborted = end(call({ signal: controller.signal }));
    attempts[4]!.reject(flaky());
    await clock.advance(1_000);
    controller.abort();
    expect(await aborted).to.include({ code: 'ABORTED', outcome: 'unknown' });
    expect(states()).to.deep.equal(['succeeded', 'exhausted', 'aborted']);
    guard.dispose();
  });

  it('a breaker that opens during the backoff ends the call with its real cause', async () => {
    const { clock, guard, retries, attempts, call } = bench();
    const result = end(call());
    const cause = flaky();
    attempts[0]!.reject(cause);
    await clock.flush();
    guard.hold();
    await clock.advance(1_000);
    expect(await result).to.equal(cause);
    expect(attempts).to.have.lengthOf(1);
    expect(retries[0]!.getSnapshot().value).to.equal('exhausted');
  });

  it('without an attempt to come there is no sequencer', async () => {
    for (const [retry, error] of [[{}, new StoreError('permission', 'Not allowed.')], [{ attempts: 1 }, flaky()], [{}, new ValidationError('count', 'is bad')]] as const) {
      const { attempts, retries, call } = bench(retry);
      const result = end(call());
      attempts[0]!.reject(error);
      expect(await result).to.equal(error);
      expect(retries).to.deep.equal([]);
    }
  });

  it('P7 what says nothing about the dependency is not told to the breaker', async () => {
    const { guard, attempts, asked, call } = bench();
    const mistaken = end(call());
    attempts[0]!.reject(new ValidationError('count', 'is bad'));
    await mistaken;
    const controller = new AbortController();
    const aborted = end(call({ signal: controller.signal }));
    controller.abort();
    expect(await aborted).to.include({ code: 'ABORTED' });
    guard.evidence();
    expect(asked()).to.equal(0);
  });

  it('P11 what an earlier process left is for whoever starts its breaker', () => {
    const guard = new Guard({ name: 'thing', clock: new VirtualClock(), restore: { mode: 'HELD' } }, { breaker: () => undefined, spawnRetry: () => undefined });
    expect(guard.breakerMode).to.equal('CLOSED');
    expect(guard.breakerInput()).to.deep.equal({ ...breakerDefaults, probeLimit: Infinity, epoch: 0, streak: 0, reopened: 0, growth: undefined, restore: { mode: 'HELD' } });
  });

  it('a success in CLOSED without failures sends nothing; one after a failure does', async () => {
    const { clock, guard, attempts, asked, call } = bench();
    for (let count = 0; count < 3; count++) {
      const result = end(call());
      attempts.at(-1)!.resolve('done');
      await result;
    }
    expect(asked()).to.equal(0);
    const failed = end(call());
    attempts.at(-1)!.reject(new StoreError('permission', 'Not allowed.'));
    await failed;
    expect([asked(), guard.consecutiveFailures]).to.deep.equal([1, 1]);
    const succeeded = end(call());
    attempts.at(-1)!.resolve('done');
    await succeeded;
    expect([asked(), guard.consecutiveFailures]).to.deep.equal([2, 0]);
    await clock.advance(60_000);
  });

  it('P42 its breaker is started again as it was: closed with its failures, open, half open, or held', async () => {
    const { clock, guard, attempts, call } = bench();
    const failing = async (): Promise<void> => {
      const result = end(call());
      attempts.at(-1)!.reject(new StoreError('permission', 'Not allowed.'));
      await result;
    };
    await failing();
    expect(guard.breakerInput()).to.deep.equal({ ...breakerDefaults, probeLimit: Infinity, epoch: 0, streak: 1, reopened: 0, growth: undefined });
    for (let count = 0; count < 4; count++) await failing();
    await clock.advance(20_000);
    expect(guard.breakerInput()).to.include({ epoch: guard.epoch - 1 }).and.to.have.deep.property('restore', { mode: 'OPEN', remaining: 40_000 });
    await clock.advance(40_000);
    expect(guard.breakerInput().restore).to.deep.equal({ mode: 'HALF_OPEN' });
    guard.hold();
    expect(guard.breakerInput().restore).to.deep.equal({ mode: 'HELD' });
  });

  it('disposal leaves its breaker to whoever has started it', () => {
    const clock = new VirtualClock();
    const breaker = createActor(circuitBreaker, { clock: actorClock(clock), input: breakerDefaults }).start();
    const guard = new Guard({ name: 'thing', clock }, { breaker: () => breaker, spawnRetry: () => undefined });
    guard.hold();
    guard.dispose();
    guard.dispose();
    expect(breaker.getSnapshot().status).to.equal('active');
    guard.reset();
    expect(breaker.getSnapshot().matches({ OPEN: 'held' })).to.equal(true);
  });

  it('without a supervisor that would give it a breaker nothing is counted, and calls go on', async () => {
    const clock = new VirtualClock();
    const guard = new Guard({ name: 'thing', clock }, { breaker: () => undefined, spawnRetry: () => undefined });
    for (let count = 0; count < 10; count++) {
      const error = await end(guard.execute(() => Promise.reject(new StoreError('permission', 'Not allowed.'))));
      expect(error).to.include({ reason: 'permission' });
    }
    expect([guard.breakerMode, guard.consecutiveFailures]).to.deep.equal(['CLOSED', 0]);
  });
});
