import type { Clock } from '../clock.ts';

export type Waited<T> = { readonly timedOut: false; readonly value: T } | { readonly timedOut: true };

/** Waits for what may never come: each wait has a limit, and `end` ends them all, so that disposal leaves no timer behind (P40). */
export class Patience {
  readonly #clock: Clock;
  /** None: it has ended. */
  #waits: Set<() => void> | undefined = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ended(): boolean {
    return this.#waits === undefined;
  }

  /**
   * What `begin` gives, or `timedOut` when that takes longer than `limit` milliseconds, or than the owner lives.
   * What `begin` throws or rejects with passes through.
   */
  within<T>(limit: number, begin: () => PromiseLike<T>): Promise<Waited<T>> {
    const waits = this.#waits;
    if (waits === undefined) return Promise.resolve({ timedOut: true });
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#clock.clearTimeout(timer);
        waits.delete(giveUp);
      };
      const giveUp = (): void => {
        stop();
        resolve({ timedOut: true });
      };
      const timer = this.#clock.setTimeout(giveUp, limit);
      waits.add(giveUp);
      Promise.resolve().then(begin).then(
        (value) => {
          stop();
          resolve({ timedOut: false, value });
        },
        (error: unknown) => {
          stop();
          reject(error);
        },
      );
    });
  }

  /** Gives up everything that is waited for, and whatever will be. */
  end(): void {
    const waits = [...this.#waits ?? []];
    this.#waits = undefined;
    for (const giveUp of waits) giveUp();
  }
}
