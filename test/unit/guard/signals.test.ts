import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { AbortedError } from '../../../src/errors.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import type { Guard } from '../../../src/index.ts';
import type { ExecuteOptions } from '../../../src/guard/options.ts';
import type { CancellationToken } from '../../../src/guard/signals.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly guard: Guard;
}

function bench(): Bench {
  const clock = new VirtualClock();
  return { clock, guard: createGuard({ name: 'thing', clock, retry: { jitter: 0 } }) };
}

/** As `vscode.CancellationTokenSource`. */
class Source {
  readonly emitter = new EventEmitter();
  readonly token: CancellationToken & { isCancellationRequested: boolean };

  constructor() {
    const { emitter } = this;
    this.token = {
      isCancellationRequested: false,
      onCancellationRequested(listener) {
        emitter.on('cancel', listener);
        return { dispose: () => emitter.off('cancel', listener) };
      },
    };
  }

  cancel(): void {
    this.token.isCancellationRequested = true;
    this.emitter.emit('cancel', undefined);
  }

  get listeners(): number {
    return this.emitter.listenerCount('cancel');
  }
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => expect.fail('resolved'), (error: unknown) => error);
const hang = (): Promise<never> => new Promise<never>(() => undefined);
const flaky = (): Promise<never> => Promise.reject(new Error('Try again.'));

describe('A CancellationToken of VS Code as `signal`', () => {
  it('F31: ends a call while it runs, and while it waits', async () => {
    for (const [operation, outcome] of [[hang, 'unknown'], [flaky, 'not stored']] as const) {
      const { clock, guard } = bench();
      const source = new Source();
      const result = errorOf(guard.execute(operation, { signal: source.token }));
      await clock.advance(500);
      expect(source.listeners).to.equal(1);
      source.cancel();
      const error = await result;
      expect(error).to.be.instanceOf(AbortedError).and.include({ outcome });
      expect((error as Error).cause).to.equal(undefined);
      expect([source.listeners, guard.consecutiveFailures]).to.deep.equal([0, 0]);
    }
  });

  it('F31: that is cancelled already keeps the operation from being called', async () => {
    const { guard } = bench();
    const source = new Source();
    source.cancel();
    const error = await errorOf(guard.execute(() => expect.fail('called'), { signal: source.token }));
    expect(error).to.include({ code: 'ABORTED', outcome: 'not stored' });
  });

  it('F31: that is cancelled while it is listened to: the operation is not called, and no probe’s place is taken', async () => {
    const { guard } = bench();
    guard.hold();
    guard.release();
    let disposed = 0;
    const token: CancellationToken = {
      isCancellationRequested: false,
      onCancellationRequested: (listener) => {
        listener(undefined);
        return { dispose: () => disposed++ };
      },
    };
    const error = await errorOf(guard.execute(() => expect.fail('called'), { signal: token }));
    expect(error).to.include({ code: 'ABORTED', outcome: 'not stored' });
    expect([guard.permits(), disposed]).to.deep.equal([true, 1]);
  });

  it('F31: P14 is listened to once, however many calls share it, and let go with the last', async () => {
    const { guard } = bench();
    const source = new Source();
    const ends: (() => void)[] = [];
    const operation = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
    const calls = Array.from({ length: 20 }, () => guard.execute(operation, { signal: source.token }));
    expect(source.listeners).to.equal(1);
    for (const end of ends) end();
    await Promise.all(calls);
    expect(source.listeners).to.equal(0);
  });
});

describe('A `signal` that is none', () => {
  const none: readonly (readonly [string, unknown])[] = [
    ['null', null], ['an object', {}], ['5', 5], ['"soon"', 'soon'], ['a function', hang],
    ['an object', { aborted: false }], ['an object', { isCancellationRequested: false }],
  ];
  for (const [shown, signal] of none) {
    it(`F56: ${shown} is refused by the promise, and no probe's place is taken`, async () => {
      const { guard } = bench();
      guard.hold();
      guard.release();
      const error = await errorOf(guard.execute(() => expect.fail('called'), { signal } as unknown as ExecuteOptions));
      const message = `signal must be an AbortSignal or a CancellationToken; it is ${shown}.`;
      expect(error).to.be.instanceOf(TypeError).with.property('message', message);
      expect([guard.breakerMode, guard.permits()]).to.deep.equal(['HALF_OPEN', true]);
      expect(await guard.execute(() => 'done', { signal: undefined } as unknown as ExecuteOptions)).to.equal('done');
    });
  }

  it('F56: other options that are none are refused by the promise', async () => {
    const { guard } = bench();
    for (const [options, message] of [
      [null, 'options must be an object; it is null.'], ['x', 'options must be an object; it is "x".'],
      [{ critical: 'yes' }, 'critical must be true or false; it is "yes".'],
    ] as const) {
      const error = await errorOf(guard.execute(() => expect.fail('called'), options as unknown as ExecuteOptions));
      expect(error).to.be.instanceOf(TypeError).with.property('message', message);
    }
  });

  const thrown = new Error('thrown when looked at');
  const throwing = (name: string, rest: object = {}): object => Object.defineProperty(rest, name, { get: () => { throw thrown; } });
  const listened = { aborted: false, removeEventListener: () => undefined, addEventListener: () => { throw thrown; } };
  for (const [what, options] of [
    ['options that throw', throwing('signal')],
    ['a signal whose state throws', { signal: throwing('aborted') }],
    ['a signal that cannot be listened to', { signal: listened }],
    ['a token that cannot be listened to', { signal: { isCancellationRequested: false, onCancellationRequested: () => { throw thrown; } } }],
  ] as const) {
    it(`F56: ${what}: the promise rejects with that, and no probe's place is taken`, async () => {
      const { guard } = bench();
      guard.hold();
      guard.release();
      for (let call = 0; call < 2; call++) {
        expect(await errorOf(guard.execute(() => expect.fail('called'), options as ExecuteOptions))).to.equal(thrown);
      }
      expect(guard.permits()).to.equal(true);
    });
  }

  it('F56: one that throws when it is let go, or asked for its reason, changes no outcome', async () => {
    for (const how of ['end', 'abort'] as const) {
      const { guard } = bench();
      let abort = (): void => undefined;
      const signal = throwing('reason', {
        aborted: false,
        addEventListener: (_: string, listener: () => void) => {
          abort = listener;
        },
        removeEventListener: () => { throw thrown; },
      }) as AbortSignal;
      let end = (): void => undefined;
      const result = guard.execute(() => new Promise<string>((resolve) => {
        end = () => resolve('done');
      }), { signal }).catch((error: unknown) => error);
      if (how === 'end') end();
      else abort();
      const answer = await result;
      if (how === 'end') expect(answer).to.equal('done');
      else expect(answer).to.be.instanceOf(AbortedError);
    }
  });
});
