/** How long the waits between attempts are: for the retry sequencer, and for its mirror in the guard, which needs no machine. */

export interface RetryOptions {
  /** Attempts in all, the first included. Default 3. */
  readonly attempts: number;
  /** The wait after the first failure, in milliseconds. Default 1,000. */
  readonly initialDelay: number;
  /** Each further wait is so many times longer. Default 2. */
  readonly factor: number;
  /** No wait is longer, in milliseconds. Default 10,000. */
  readonly maxDelay: number;
  /** The share of each wait that is random, 0 to 1, so that callers do not come back all at once. Default 0.2. */
  readonly jitter: number;
}

export const retryDefaults: RetryOptions = { attempts: 3, initialDelay: 1_000, factor: 2, maxDelay: 10_000, jitter: 0.2 };

/** The wait after the `failures`-th failure, in milliseconds; `random` in [0, 1) decides the jitter. Never above `maxDelay`. */
export function backoffDelay(options: RetryOptions, failures: number, random: number): number {
  // 0 times a factor that has grown beyond all numbers is not a number.
  const full = options.initialDelay === 0 ? 0 : Math.min(options.maxDelay, options.initialDelay * options.factor ** (failures - 1));
  return full * (1 - options.jitter * random);
}
