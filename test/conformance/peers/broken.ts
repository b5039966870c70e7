import { elapse } from '../../limits.ts';
import { openFor, threshold, ways, type CallOptions, type Operation, type Peer, type Setup, type Subject } from '../peer.ts';

class Timeout extends Error {}

/** Breaks every one of the properties, those that it leaves out included: a scenario that it passes cannot fail. */
class BrokenService implements Subject {
  readonly #setup: Setup;
  #failures = 0;
  #successes = 0;
  #openedAt: number | undefined;
  #probing = false;
  /** P15: grows for ever, and is walked at each failure. */
  readonly #history: number[] = [];
  readonly #listeners: (() => void)[] = [];
  /** P13: one for all calls. */
  readonly #shared = new AbortController();

  constructor(setup: Setup) {
    this.#setup = setup;
    // P11: begins anew.
    if (setup.restore !== undefined) this.#openedAt = Date.now();
  }

  async call<T>(operation: Operation<T>, signal?: AbortSignal, { priority }: CallOptions = {}): Promise<T> {
    if (this.#setup.limit !== undefined) {
      // P71, P72: its turn never comes.
      if (priority === 'background') await new Promise(() => undefined);
      // P120: all that wait are walked.
      this.#history.push(this.#history.length);
      this.#history.forEach(spin);
    }
    // P3: a probe that never ends is the last call of all.
    if (this.#probing) await new Promise(() => undefined);
    if (this.#openedAt !== undefined) {
      // P10: by the wall clock.
      if (Date.now() - this.#openedAt < openFor) {
        // P7: a refusal keeps it open longer, as a failure does.
        this.#openedAt = Date.now();
        throw new Error('The circuit is open');
      }
      // P2: everyone comes through who comes before the first has begun.
      await Promise.resolve();
      this.#probing = true;
    }
    try {
      const result = await this.#attempts(operation, signal);
      this.#history.push(this.#history.length);
      // P1: one success is not enough.
      if (++this.#successes === 2) this.#failures = 0;
      // P4: whenever the call began.
      this.#openedAt = undefined;
      this.#probing = false;
      // P12: a listener's error is the caller's.
      for (const listener of this.#listeners) listener();
      return result;
    } catch (error) {
      for (let round = 0; round < 8; round++) this.#history.forEach(spin);
      this.#successes = 0;
      // P74: by fewer than the least number of calls. P76: by one of several probes.
      const enough = this.#setup.way === 'in a row' ? threshold : threshold - 1;
      const opens = ++this.#failures >= enough || (this.#setup.probes !== undefined && this.#probing);
      // P81: goes on, and tries everything again.
      if (opens && this.#setup.retryBudget !== true) this.#openedAt = Date.now();
      // P9: the cause is gone.
      throw error instanceof Timeout ? error : new Error('It failed');
    }
  }

  isClosed(): boolean {
    return this.#openedAt === undefined;
  }

  save(): unknown {
    return {};
  }

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** P5, P6, P8: tries everything again, and does not look at the caller's signal. */
  async #attempts<T>(operation: Operation<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let timer: NodeJS.Timeout | undefined;
      try {
        return await Promise.race([operation(this.#shared.signal), new Promise<never>((_, reject) => {
          const giveUp = (): void => {
            this.#shared.abort();
            reject(new Timeout('Timed out'));
          };
          timer = setTimeout(() => giveUp(), this.#setup.timeout);
          // P14: never taken off again.
          signal?.addEventListener('abort', giveUp);
        })]);
      } catch (error) {
        if (!this.#setup.retry || attempt === 3) throw error;
        await elapse(1_000);
      } finally {
        clearTimeout(timer);
      }
    }
  }
}

let spun = 0;
function spin(): void {
  spun = (spun + 1) % 1_000_003;
}

export const broken: Peer = {
  name: 'broken',
  version: 'on purpose',
  ways,
  retries: true,
  make: (setup) => new BrokenService(setup),
  // P79: one for all.
  byKey: (setup) => {
    const only = new BrokenService(setup);
    return { for: () => only, size: 1, dispose: () => undefined };
  },
  isTimeout: (error) => error instanceof Timeout,
};
