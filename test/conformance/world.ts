import FakeTimers from '@sinonjs/fake-timers';
import { openFor, slowAfter, threshold, TransientError, type Operation, type Subject } from './peer.ts';
import type { Contestant } from './scenarios.ts';

/** 2026-01-01T00:00:00Z. */
const epoch = Date.UTC(2026, 0, 1);

/** Time that stands still until it is told to go on, for all peers alike: timers, `Date` and `performance`. */
export class FakeTime {
  readonly #clock = FakeTimers.install({ now: epoch, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });

  /** Goes on, timer by timer; promises settle in between. */
  async pass(milliseconds: number): Promise<void> {
    await this.#clock.tickAsync(milliseconds);
    await settled();
  }

  /** The user sets the computer's clock; nothing else goes on. */
  jump(milliseconds: number): void {
    this.#clock.setSystemTime(Date.now() + milliseconds);
  }

  end(): void {
    this.#clock.uninstall();
  }
}

/** Lets everything settle that waits for promises alone. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A call under way, and what has become of it. */
export interface Watched {
  readonly done: boolean;
  readonly value: unknown;
  readonly error: unknown;
}

export function watch(promise: Promise<unknown>): Watched {
  const watched = { done: false, value: undefined as unknown, error: undefined as unknown };
  promise.then(
    (value) => Object.assign(watched, { done: true, value }),
    (error: unknown) => Object.assign(watched, { done: true, error }),
  );
  return watched;
}

/** An operation that goes on until a test ends it, or its signal does. */
export interface Gate {
  readonly operation: Operation<string>;
  calls: number;
  /** Signals that were aborted while the operation went on. */
  aborted: number;
  open(value: string): void;
  fail(error: Error): void;
}

export function gate(heedsSignal = false): Gate {
  const waiting: { resolve(value: string): void; reject(error: Error): void }[] = [];
  const result: Gate = {
    calls: 0,
    aborted: 0,
    operation: (signal) => {
      result.calls++;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        signal.addEventListener('abort', () => {
          result.aborted++;
          if (heedsSignal) reject(signal.reason as Error);
        });
      });
    },
    open: (value) => waiting.splice(0).forEach(({ resolve }) => resolve(value)),
    fail: (error) => waiting.splice(0).forEach(({ reject }) => reject(error)),
  };
  return result;
}

export const succeed: Operation<string> = () => Promise.resolve('done');
export const fail: Operation<string> = () => Promise.reject(new TransientError('injected'));
export const never: Operation<string> = () => new Promise(() => undefined);

/** The call's error. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, (error: unknown) => error);
}

/** A call that counts against the dependency, in the way that is counted: it fails, or it is slow. */
export async function spoil({ way }: Contestant, subject: Subject, time: FakeTime): Promise<void> {
  if (way !== 'slow calls') {
    await errorOf(subject.call(fail));
    return;
  }
  const slow = gate();
  watch(subject.call(slow.operation));
  await time.pass(slowAfter + 1);
  slow.open('late');
  await settled();
}

export async function spoilTimes(peer: Contestant, subject: Subject, time: FakeTime, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await spoil(peer, subject, time);
}

export async function succeedTimes(subject: Subject, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await errorOf(subject.call(succeed));
}

/** So many in a row that it opens. */
export async function open(peer: Contestant, subject: Subject, time: FakeTime): Promise<void> {
  await spoilTimes(peer, subject, time, threshold);
  expect(!subject.isClosed(), 'does not open after five failures');
}

/** Opened, and time for its probe. */
export async function halfOpen(peer: Contestant, subject: Subject, time: FakeTime): Promise<void> {
  await open(peer, subject, time);
  await time.pass(openFor + 1);
}

/** Would a call get through now? It is made, and ends well. */
export async function admits(subject: Subject): Promise<boolean> {
  const call = watch(subject.call(succeed));
  await settled();
  return call.value === 'done';
}

/** A property does not hold, for this reason; with a figure where one was measured. */
export class Broken extends Error {
  readonly measured: string | undefined;

  constructor(reason: string, measured?: string) {
    super(reason);
    this.measured = measured;
  }
}

export function expect(holds: boolean, otherwise: string, measured?: string): asserts holds {
  if (!holds) throw new Broken(otherwise, measured);
}
