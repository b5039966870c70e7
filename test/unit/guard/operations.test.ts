import { expect } from 'chai';
import { AbortedError, StoreError, TimeoutError, type FailureClass } from '../../../src/errors.ts';
import { benchOfOneAttempt as bench, type Bench } from './bench.ts';

const ended = (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => ({ error }));
const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => expect.fail('resolved'), (error: unknown) => error);
const thenable = (then: unknown): PromiseLike<unknown> => ({ then }) as PromiseLike<unknown>;
const hang = (): Promise<never> => new Promise<never>(() => undefined);
const cause = new Error('the cause');

/** Throws whatever is done with it. */
function hostile(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('Whatever an operation does, its call settles (P26)', () => {
  class Overridden extends Promise<unknown> {
    override then(): never {
      throw cause;
    }
  }

  const failing: readonly (readonly [string, () => unknown])[] = [
    ['a `then` that throws when it is looked at', () => Object.defineProperty({}, 'then', { get: () => { throw cause; } })],
    ['a `then()` that throws', () => thenable(() => { throw cause; })],
    ['a `then()` that calls back with an error', () => thenable((_: unknown, reject: (error: unknown) => void) => reject(cause))],
    ['a `then()` that calls back with an error, and then throws another', () => thenable((_: unknown, reject: (error: unknown) => void) => {
      reject(cause);
      throw new Error('another');
    })],
    ['one that gives another that fails', () => thenable((resolve: (value: unknown) => void) => {
      resolve(thenable((_: unknown, reject: (error: unknown) => void) => reject(cause)));
    })],
    ['a promise whose own `then()` throws', () => Object.assign(Promise.resolve(1), { then: () => { throw cause; } })],
    ['a promise of a class whose `then()` throws', () => Overridden.resolve(1)],
    ['a promise whose constructor throws when it is looked at', () => Object.defineProperty(Promise.resolve(1), 'constructor', {
      get: () => { throw cause; },
    })],
  ];
  for (const [what, returned] of failing) {
    it(`F23: ${what}: an ordinary failure`, async () => {
      const { clock, guard, events } = bench();
      expect(await ended(guard.execute(returned))).to.deep.equal({ error: cause });
      expect(guard.consecutiveFailures).to.equal(1);
      await clock.advance(60_000);
      expect(events.map(({ type }) => type)).to.deep.equal(['attempt-failed']);
      expect(clock.pendingTimers()).to.deep.equal([]);
    });
  }

  it('F23: what only looks like a promise, or is gone: an ordinary failure', async () => {
    for (const returned of [Object.create(Promise.prototype), hostile()]) {
      const { guard } = bench();
      expect(await errorOf(guard.execute(() => returned))).to.be.instanceOf(TypeError);
      expect(guard.consecutiveFailures).to.equal(1);
    }
  });

  it('F23: one that calls back twice is heard once', async () => {
    const { clock, guard, events } = bench();
    const both = thenable((resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
      resolve('first');
      reject(cause);
      resolve('third');
    });
    expect(await guard.execute(() => both)).to.equal('first');
    await clock.advance(60_000);
    expect(events).to.deep.equal([]);
  });

  it('F23: one that never calls back is given up', async () => {
    const { clock, guard } = bench();
    const result = errorOf(guard.execute(() => thenable(() => undefined)));
    await clock.advance(5_000);
    expect(await result).to.be.instanceOf(TimeoutError);
  });

  it('F23: what is no operation is refused by the promise, and counts as no failure', async () => {
    const { guard } = bench();
    for (const [operation, shown] of [[undefined, 'undefined'], [null, 'null'], ['x', 'string'], [{}, 'object']] as const) {
      const error = await errorOf(guard.execute(operation as unknown as () => unknown));
      expect(error).to.be.instanceOf(TypeError).with.property('message', `operation must be a function; it is ${shown}.`);
    }
    expect(guard.consecutiveFailures).to.equal(0);
  });

  const unruly: readonly (readonly [string, () => unknown])[] = [
    ['is gone (a revoked proxy)', hostile],
    ['throws when its code is looked at', () => Object.defineProperty(new Error('x'), 'code', { get: () => { throw cause; } })],
    ['throws when its attempts are looked at', () => Object.defineProperty(new Error('x'), 'attempts', { get: () => { throw cause; } })],
    ['takes no attempts (a proxy that refuses)', () => new Proxy(new Error('x'), { defineProperty: () => { throw cause; } })],
    ['takes no attempts (a property that is read only)', () => Object.defineProperty(new StoreError('io', 'x'), 'attempts', { writable: false })],
    ['says a reason that is none', () => Object.assign(new StoreError('io', 'x'), { reason: 'of its own' })],
    ['has no prototype', () => Object.create(null) as object],
  ];
  for (const [what, make] of unruly) {
    for (const attempts of [1, 3]) {
      it(`F24: an operation that fails with what ${what}: the call fails with that, after ${attempts} attempts`, async () => {
        const { clock, guard } = bench({ retry: { attempts, jitter: 0 } });
        const thrown = make();
        let calls = 0;
        const result = clock.run(ended(guard.execute(() => {
          calls++;
          throw thrown;
        })));
        // Nothing looks at it: not even for a message of the test's.
        expect((await result as { error: unknown }).error === thrown).to.equal(true);
        expect([calls, guard.consecutiveFailures]).to.deep.equal([attempts, 1]);
      });
    }
  }

  it('F24: as a probe it opens the breaker again', async () => {
    const { guard } = bench();
    guard.hold();
    guard.release();
    await ended(guard.execute(() => Promise.reject(hostile())));
    expect(guard.breakerMode).to.equal('OPEN');
  });

  it('F57: `random` that throws, or gives what is no share, is as good as none', async () => {
    const bad = [() => { throw cause; }, () => NaN, () => 7, () => -1, () => 'x', () => undefined, () => Promise.reject(cause)];
    for (const random of bad as (() => number)[]) {
      const { clock, guard } = bench({ random, retry: { jitter: 1 } });
      let calls = 0;
      const began = clock.now();
      const result = ended(guard.execute(() => {
        calls++;
        throw cause;
      }));
      await clock.run(result);
      expect([await result, calls]).to.deep.equal([{ error: cause }, 3]);
      expect(clock.now() - began).to.be.within(0, 3_000);
    }
  });

  it('F57: `classify` that throws, or says what is no class, is as good as none', async () => {
    const bad = [() => { throw cause; }, () => undefined, () => 'fatal', () => hostile(), async () => Promise.reject(cause)];
    for (const classify of bad as unknown as (() => FailureClass)[]) {
      const { clock, guard } = bench({ classify, retry: { jitter: 0 } });
      let calls = 0;
      await clock.run(ended(guard.execute(() => {
        calls++;
        throw cause;
      })));
      expect([calls, guard.consecutiveFailures]).to.deep.equal([3, 1]);
    }
  });

  it('P12 F57: a listener whose promise rejects changes nothing, and stops no process', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    const { clock, guard } = bench({ onEvent: (() => Promise.reject(cause)) as unknown as () => void });
    await ended(guard.execute(() => Promise.reject(cause)));
    // Node tells of it when the event loop turns.
    await clock.flush();
    await clock.flush();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).to.deep.equal([]);
  });
});

describe('An operation that was cancelled (P7)', () => {
  /** As VS Code makes it, in the extension host. */
  class CancellationError extends Error {
    constructor() {
      super('Canceled');
      this.name = this.message;
    }
  }

  const cancelled: readonly (readonly [string, () => unknown])[] = [
    ['an `AbortError` of the web', () => new DOMException('This operation was aborted', 'AbortError')],
    ['the reason of a signal of its own', () => AbortSignal.abort().reason as unknown],
    ['an `AbortError` of Node', () => Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })],
    ['VS Code’s `CancellationError`', () => new CancellationError()],
    ['a `CanceledError`', () => Object.assign(new Error('canceled'), { name: 'CanceledError', code: 'ERR_CANCELED' })],
  ];
  for (const [what, make] of cancelled) {
    it(`F26: ${what} is its caller's own: neither counted nor retried`, async () => {
      const { clock, guard } = bench({ retry: { attempts: 3 }, breaker: { threshold: 1 } });
      const error = make();
      let calls = 0;
      expect(await clock.run(ended(guard.execute(() => {
        calls++;
        return Promise.reject(error);
      })))).to.deep.equal({ error });
      expect([calls, guard.consecutiveFailures, guard.breakerMode]).to.deep.equal([1, 0, 'CLOSED']);
    });
  }

  it('F26: as a probe it leaves its place to another', async () => {
    const { guard } = bench();
    guard.hold();
    guard.release();
    await ended(guard.execute(() => Promise.reject(new CancellationError())));
    expect([guard.breakerMode, guard.permits()]).to.deep.equal(['HALF_OPEN', true]);
  });

  it('F26: what `classify` says of it counts', async () => {
    const { guard } = bench({ classify: () => 'transient' });
    await ended(guard.execute(() => Promise.reject(new CancellationError())));
    expect(guard.consecutiveFailures).to.equal(1);
  });

  it('F26: an attempt that takes too long is a timeout, also when its operation answers the abort at once', async () => {
    const { clock, guard } = bench();
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
    // Without a promise in between.
    const result = errorOf(guard.execute((attempt) => ({
      then: (_: unknown, reject: (error: unknown) => void) => attempt.signal.addEventListener('abort', () => reject(abort)),
    }) as PromiseLike<never>));
    await clock.advance(5_000);
    expect(await result).to.be.instanceOf(TimeoutError);
    expect(guard.consecutiveFailures).to.equal(1);
  });
});

describe('Who is called back may end what calls it (P5, P26)', () => {
  const flaky = (): StoreError => new StoreError('io', 'Try again.');

  for (const [what, on] of [['hears of the failure', 'attempt-failed'], ['hears of the retry', 'retry']] as const) {
    it(`F24: a listener that disposes of the guard as it ${what}: the call ends, and nothing more is called`, async () => {
      let calls = 0;
      const made: Bench = bench({ retry: { jitter: 0 }, onEvent: ({ type }) => {
        if (type === on) made.guard.dispose();
      } });
      const result = ended(made.guard.execute(() => {
        calls++;
        throw flaky();
      }));
      await made.clock.advance(60_000);
      expect(await result).to.have.property('error').that.includes({ code: 'DISPOSED' });
      expect([calls, made.clock.pendingTimers()]).to.deep.equal([1, []]);
    });

    it(`F24: a listener that aborts the call as it ${what}: it ends, and nothing more is called`, async () => {
      const controller = new AbortController();
      let calls = 0;
      const { clock, guard } = bench({ retry: { jitter: 0 }, onEvent: ({ type }) => {
        if (type === on) controller.abort();
      } });
      const result = ended(guard.execute(() => {
        calls++;
        throw flaky();
      }, { signal: controller.signal }));
      await clock.advance(60_000);
      expect(await result).to.have.property('error').that.includes({ code: 'ABORTED', outcome: 'not stored' });
      expect([calls, guard.consecutiveFailures, clock.pendingTimers()]).to.deep.equal([1, 0, []]);
    });
  }

  for (const callback of ['random', 'classify'] as const) {
    it(`F57: \`${callback}\` that aborts the call: it ends, and nothing more is called`, async () => {
      const controller = new AbortController();
      let calls = 0;
      const { clock, guard } = bench({ retry: { attempts: 3 }, [callback]: () => {
        controller.abort();
        return callback === 'random' ? 0.5 : 'transient';
      } });
      const result = ended(guard.execute(() => {
        calls++;
        throw flaky();
      }, { signal: controller.signal }));
      await clock.advance(60_000);
      expect(await result).to.have.property('error').that.is.instanceOf(AbortedError);
      expect([calls, clock.pendingTimers()]).to.deep.equal([1, []]);
    });
  }

  for (const how of ['succeeds', 'fails'] as const) {
    it(`F25: a listener of the breaker that aborts a probe as it ${how}: too late, it has ended`, async () => {
      const controller = new AbortController();
      const { guard } = bench({ onEvent: (event) => {
        if (event.type === 'breaker' && event.from === 'HALF_OPEN') controller.abort();
      } });
      guard.trip();
      guard.probe();
      const result = await ended(guard.execute(() => {
        if (how === 'fails') throw cause;
        return 'done';
      }, { signal: controller.signal }));
      expect(result).to.deep.equal(how === 'fails' ? { error: cause } : { value: 'done' });
    });
  }

  it('F29: the signal of an attempt that was given up has its reason, also when it is first looked at later', async () => {
    const ways: readonly (readonly [string, (made: Bench, abort: () => void) => Promise<unknown>])[] = [
      ['TIMEOUT', ({ clock }) => clock.advance(5_000)],
      ['ABORTED', async (_, abort) => abort()],
      ['DISPOSED', async ({ guard }) => guard.dispose()],
    ];
    for (const [code, give] of ways) {
      const made = bench();
      const controller = new AbortController();
      let attempt: { readonly signal: AbortSignal } | undefined;
      const result = errorOf(made.guard.execute((each) => {
        attempt = each;
        return hang();
      }, { signal: controller.signal }));
      await give(made, () => controller.abort());
      const error = await result;
      expect(error).to.include({ code });
      expect(attempt!.signal.aborted).to.equal(true);
      expect(attempt!.signal.reason).to.equal(error);
    }
  });
});

describe('HALF_OPEN', () => {
  for (const probes of [1, 2, 3]) {
    it(`F25: of the calls that its listener makes, ${probes} are let through when ${probes} are its probes`, async () => {
      let running = 0;
      const results: Promise<unknown>[] = [];
      const { clock, guard } = bench({ breaker: { probes }, onEvent: (event) => {
        if (event.type !== 'breaker' || event.to !== 'HALF_OPEN') return;
        for (let call = 0; call < 5; call++) {
          results.push(ended(guard.execute(() => {
            running++;
            return clock.flush();
          })));
        }
        expect(guard.permits()).to.equal(false);
      } });
      guard.trip();
      await clock.advance(60_000);
      expect(running).to.equal(probes);
      const codes = (await Promise.all(results)).map((result) => (result as { error?: { code?: unknown } }).error?.code);
      const refused = codes.filter((code) => code === 'CIRCUIT_OPEN');
      expect(refused).to.have.lengthOf(5 - probes);
      expect(guard.breakerMode).to.equal('CLOSED');
    });
  }

  it('F25: a probe that its listener begins and abandons leaves its place', async () => {
    const results: Promise<unknown>[] = [];
    const { clock, guard } = bench({ onEvent: (event) => {
      if (event.type !== 'breaker' || event.to !== 'HALF_OPEN') return;
      const controller = new AbortController();
      results.push(ended(guard.execute(hang, { signal: controller.signal })));
      controller.abort();
      results.push(ended(guard.execute(() => 'done')));
    } });
    guard.trip();
    await clock.advance(60_000);
    expect(await Promise.all(results)).to.have.deep.property('1', { value: 'done' });
    expect(guard.breakerMode).to.equal('CLOSED');
  });
});
