import { elapse } from '../../limits.ts';
import { InvalidError, openFor, threshold, type Operation, type Peer, type Setup, type Subject } from '../peer.ts';

class CircuitOpen extends Error {}
class Timeout extends Error {}

function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Timeout(`Timed out after ${milliseconds} ms`)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * What an extension writes for itself in an afternoon, and gets right in the usual cases: a counter, a
 * state and the time of the last failure; a loop that tries again; a timeout by race. Validation comes
 * first and costs nothing. Listeners are those of `vscode.EventEmitter`, which survives the ones that throw.
 */
class PlainService implements Subject {
  #state: 'CLOSED' | 'OPEN' | 'HALF_OPEN' = 'CLOSED';
  #failures = 0;
  #lastFailure = 0;
  readonly #listeners: (() => void)[] = [];
  readonly #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  async call<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
    if (this.#state === 'OPEN') {
      if (Date.now() - this.#lastFailure < openFor) throw new CircuitOpen('The circuit is open');
      this.#setState('HALF_OPEN');
    }
    try {
      const result = await this.#withRetry(() => operation(signal ?? new AbortController().signal));
      this.#failures = 0;
      if (this.#state !== 'CLOSED') this.#setState('CLOSED');
      return result;
    } catch (error) {
      if (error instanceof InvalidError) throw error;
      this.#failures++;
      this.#lastFailure = Date.now();
      if (this.#state === 'HALF_OPEN' || this.#failures >= threshold) this.#setState('OPEN');
      throw error;
    }
  }

  isClosed(): boolean {
    return this.#state === 'CLOSED';
  }

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async #withRetry<T>(attempt: () => Promise<T>): Promise<T> {
    const attempts = this.#setup.retry ? 3 : 1;
    let last: unknown;
    for (let number = 0; number < attempts; number++) {
      try {
        return await withTimeout(attempt(), this.#setup.timeout);
      } catch (error) {
        if (error instanceof InvalidError) throw error;
        last = error;
        if (number + 1 < attempts) await elapse(1_000 * 2 ** number);
      }
    }
    throw last;
  }

  #setState(state: 'CLOSED' | 'OPEN' | 'HALF_OPEN'): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch {
        // As vscode.EventEmitter does: told to the log.
      }
    }
  }
}

export const plain: Peer = {
  name: 'plain service',
  version: 'hand-written',
  ways: ['in a row'],
  retries: true,
  lacks: {
    P11: 'keeps nothing across a restart',
    ...Object.fromEntries([70, 71, 72, 73, 75, 76, 77, 78, 79, 80, 81, 120].map((number) => [`P${number}`, 'is not there'])),
  },
  isTimeout: (error) => error instanceof Timeout,
  make: (setup) => new PlainService(setup),
};
