import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import type { Attempt } from '../../../src/guard/attempt.ts';
import { bench } from './bench.ts';

const end = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => value, (error: unknown) => error);
const flaky = new StoreError('io', 'Try again.');
const lasting = new StoreError('permission', 'Not allowed.');

/** An operation whose attempts end when they are told to. */
function told(): { readonly operation: (attempt: Attempt) => Promise<string>; readonly attempts: { resolve: (value: string) => void; reject: (error: Error) => void }[]; readonly signals: AbortSignal[] } {
  const attempts: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const signals: AbortSignal[] = [];
  return {
    attempts, signals,
    operation: (attempt) => {
      signals.push(attempt.signal);
      return new Promise((resolve, reject) => attempts.push({ resolve, reject }));
    },
  };
}

describe('What a guard tells', () => {
  it('of each attempt that fails, with its number, error and duration, and of each that follows', async () => {
    const { clock, guard, events } = bench();
    const { operation, attempts } = told();
    await clock.advance(7_000);
    const result = end(guard.execute(operation));
    await clock.advance(40);
    attempts[0]!.reject(flaky);
    await clock.advance(1_000);
    await clock.advance(70);
    attempts[1]!.reject(flaky);
    await clock.advance(2_000);
    attempts[2]!.resolve('done');
    expect(await result).to.equal('done');
    expect(events).to.deep.equal([
      { type: 'attempt-failed', attempt: 1, error: flaky, duration: 40 },
      { type: 'retry', attempt: 2 },
      { type: 'attempt-failed', attempt: 2, error: flaky, duration: 70 },
      { type: 'retry', attempt: 3 },
    ]);
    await clock.advance(60_000);
    expect(events).to.have.lengthOf(4);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('of what ends late, and nothing else of it', async () => {
    const { clock, guard, events } = bench({ retry: { attempts: 2, jitter: 0 } });
    const { operation, attempts } = told();
    const result = end(guard.execute(operation));
    await clock.advance(6_000);
    await clock.advance(5_000);
    expect(await result).to.include({ code: 'TIMEOUT', timeout: 5_000, outcome: 'unknown' });
    expect(events.map(({ type }) => type)).to.deep.equal(['attempt-failed', 'retry', 'attempt-failed']);
    events.length = 0;
    attempts[0]!.resolve('late');
    attempts[1]!.reject(flaky);
    await clock.flush();
    expect(events).to.deep.equal([{ type: 'late', attempt: 1, ok: true }, { type: 'late', attempt: 2, ok: false, error: flaky }]);
    expect(guard.consecutiveFailures).to.equal(1);
  });

  it('of the breaker, from where and to where, and of each call that it refuses', async () => {
    const { clock, guard, events } = bench({ breaker: { threshold: 2 } });
    for (let count = 0; count < 2; count++) await end(guard.execute(() => Promise.reject(lasting)));
    const refused = await end(guard.execute(() => 'never'));
    expect(refused).to.include({ code: 'CIRCUIT_OPEN', retryAfter: 60_000, retryable: true });
    expect((refused as StoreError).context).to.deep.equal({ mode: 'OPEN', held: false });
    expect((refused as StoreError).userAction).to.equal(undefined);
    await clock.advance(60_000);
    await guard.execute(() => 'done');
    guard.hold();
    const held = await end(guard.execute(() => 'never'));
    expect(held).to.include({ code: 'CIRCUIT_OPEN', userAction: 'An operator holds the breaker open: release it.' });
    expect((held as StoreError).context).to.deep.equal({ mode: 'OPEN', held: true });
    guard.reset();
    expect(events.filter(({ type }) => type === 'breaker' || type === 'rejected')).to.deep.equal([
      { type: 'breaker', from: 'CLOSED', to: 'OPEN' }, { type: 'rejected' },
      { type: 'breaker', from: 'OPEN', to: 'HALF_OPEN' }, { type: 'breaker', from: 'HALF_OPEN', to: 'CLOSED' },
      { type: 'breaker', from: 'CLOSED', to: 'OPEN' }, { type: 'rejected' },
      { type: 'breaker', from: 'OPEN', to: 'CLOSED' },
    ]);
  });

  it('F69 a call that is refused because of an operator is not worth trying again, and says so', async () => {
    const { guard } = bench();
    guard.hold();
    expect(await end(guard.execute(() => 'never'))).to.include({ code: 'CIRCUIT_OPEN', retryable: false });
    guard.release();
    expect(await guard.execute(() => 'done')).to.equal('done');
  });

  it('an attempt has one signal, however often it is looked at, aborted with the reason', async () => {
    const { clock, guard } = bench({ retry: { attempts: 1 } });
    let seen: Attempt | undefined;
    const result = end(guard.execute((attempt) => {
      seen = attempt;
      return new Promise<never>(() => undefined);
    }));
    const { signal } = seen!;
    expect(seen!.signal).to.equal(signal);
    expect(signal.aborted).to.equal(false);
    await clock.advance(5_000);
    expect(signal.reason).to.equal(await result);
    expect(seen!.signal).to.equal(signal);
  });

  it('a call that has ended leaves no deadline behind, whatever its time', async () => {
    const { clock, guard, events } = bench();
    await guard.execute(() => 'done');
    await guard.execute(() => 'done', { critical: true });
    await end(guard.execute(() => Promise.reject(lasting)));
    events.length = 0;
    await clock.advance(60_000);
    expect(events).to.deep.equal([]);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('a guard that has been disposed of tells nothing more of its calls, and refuses new ones', async () => {
    const { clock, guard, events } = bench();
    const { operation, attempts } = told();
    const result = end(guard.execute(operation));
    guard.dispose();
    expect(await result).to.include({ code: 'DISPOSED' });
    expect(await end(guard.execute(operation))).to.include({ code: 'DISPOSED' });
    expect(await end(guard.execute(operation, { critical: true }))).to.include({ code: 'DISPOSED' });
    expect(attempts).to.have.lengthOf(1);
    attempts[0]!.reject(flaky);
    await clock.advance(60_000);
    expect(events).to.deep.equal([{ type: 'late', attempt: 1, ok: false, error: flaky }]);
    expect(guard.consecutiveFailures).to.equal(0);
  });

  it('an attempt shows its number and its signal, and nothing of the guard', () => {
    const shown: Record<keyof Attempt, true> = { number: true, signal: true };
    expect(Object.keys(shown)).to.have.members(['number', 'signal']);
  });
});
