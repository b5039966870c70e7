import * as cockatiel from '../tools/peers/cockatiel.ts';
import { Effect, EffectBreaker, Scope } from '../tools/peers/effect.ts';
import { CircuitBreaker } from '../tools/peers/opossum.ts';
import { pRetry, pTimeout } from '../tools/peers/p-retry.ts';

/**
 * The same policy with everybody: a breaker that opens at 5 consecutive failed operations, around up to 3 attempts,
 * each of at most 5 s that ends the wait when it is over.
 *
 * Where somebody cannot, the nearest is used: opossum counts within a window and does not retry; p-retry and p-timeout
 * have no breaker.
 */
export interface Policy {
  /** Consecutive failures that open the breaker. */
  readonly threshold: number;
  readonly attempts: number;
  /** The longest an attempt may take, in milliseconds. */
  readonly timeout: number;
  /** The wait between two attempts, in milliseconds. */
  readonly delay: number;
}

export const policy: Policy = { threshold: 5, attempts: 3, timeout: 5_000, delay: 0 };

export type Operation<T = unknown> = () => Promise<T>;

const minute = 60_000;

function consecutive(threshold: number): ReturnType<typeof cockatiel.circuitBreaker> {
  return cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: minute, breaker: new cockatiel.ConsecutiveBreaker(threshold) });
}

export const cockatielBreaker = ({ threshold }: Policy) => consecutive(threshold);

export function cockatielRetry({ attempts, delay }: Policy): ReturnType<typeof cockatiel.retry> {
  return cockatiel.retry(cockatiel.handleAll, { maxAttempts: attempts - 1, backoff: new cockatiel.ConstantBackoff(delay) });
}

/** @returns the three of them around each other, the breaker outermost */
export function cockatielStack(options: Policy) {
  return cockatiel.wrap(
    consecutive(options.threshold),
    cockatielRetry(options),
    cockatiel.timeout(options.timeout, cockatiel.TimeoutStrategy.Aggressive),
  );
}

/** @param options with `timeout` Infinity, opossum's timer is off */
export function opossum<T>({ threshold, timeout }: Policy, operation: Operation<T>) {
  const breaker = new CircuitBreaker(operation, {
    timeout: timeout === Infinity ? false : timeout,
    resetTimeout: minute,
    // It opens when half of at least so many calls within 10 s have failed.
    ...(threshold === Infinity ? { errorThresholdPercentage: 100, volumeThreshold: 1e9 } : { errorThresholdPercentage: 50, volumeThreshold: threshold }),
  });
  // An EventEmitter's `error` needs a listener nowhere here; `failure` does not.
  return breaker;
}

export function sindre<T>({ attempts, timeout, delay }: Policy, operation: Operation<T>): () => Promise<T> {
  const options = { retries: attempts - 1, minTimeout: delay, factor: 1 };
  return () => pRetry(() => pTimeout(operation(), { milliseconds: timeout }), options);
}

/** The breaker and the effect are made once, as one would; running it is what a call costs. */
export async function effectStack<T>({ threshold, attempts, timeout, delay }: Policy, operation: Operation<T>): Promise<() => Promise<T>> {
  const breaker = await Effect.runPromise(EffectBreaker.make({ tripPolicy: EffectBreaker.consecutive(threshold === Infinity ? 1e9 : threshold), openDuration: minute }).pipe(
    Effect.provideService(Scope.Scope, Effect.runSync(Scope.make())),
    Effect.provide(EffectBreaker.layerStoreMemory()),
  ));
  const attempt = Effect.tryPromise({ try: operation, catch: (error: unknown) => error }).pipe(Effect.timeout(timeout));
  const retried = delay === 0 ? Effect.retry(attempt, { times: attempts - 1 }) : Effect.retry(Effect.tapError(attempt, () => Effect.sleep(delay)), { times: attempts - 1 });
  const call = breaker.execute(retried, { key: 'bench' });
  return () => Effect.runPromise(call);
}
