import { circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, handleAll, retry, TaskCancelledError, timeout, TimeoutStrategy, wrap } from '../../../tools/peers/cockatiel.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import type { Contender } from '../contender.ts';
import { wrapped } from './plain.ts';

/**
 * As the first example of its readme (https://github.com/connor4312/cockatiel#readme): three more attempts with an
 * exponential backoff, through a breaker that opens after five failures in a row, for ten seconds; and its aggressive
 * timeout, of five seconds as the others have it. The plain service validates before, so that `handleAll` is right.
 */
export const cockatiel: Contender = {
  name: 'cockatiel',
  version: versionOf('cockatiel'),
  start(window) {
    const policy = wrap(
      retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
      circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
      timeout(5_000, TimeoutStrategy.Aggressive),
    );
    return wrapped(window, (update) => policy.execute(() => update()), () => undefined);
  },
  says: (error) => (error instanceof TaskCancelledError ? 'unknown' : 'not stored'),
};
