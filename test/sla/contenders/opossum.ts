import { CircuitBreaker } from '../../../tools/peers/opossum.ts';
import { versionOf } from '../../../tools/peers/versions.ts';
import type { Contender } from '../contender.ts';
import { wrapped } from './plain.ts';

/**
 * As the first example of its readme (https://github.com/nodeshift/opossum#readme): it opens when half of the calls
 * fail, for thirty seconds. The timeout is five seconds, as the others have it. It does not retry.
 */
export const opossum: Contender = {
  name: 'opossum',
  version: versionOf('opossum'),
  start(window) {
    const breaker = new CircuitBreaker((update: () => Promise<void>) => update(), { timeout: 5_000, errorThresholdPercentage: 50, resetTimeout: 30_000 });
    return wrapped(window, (update) => breaker.fire(update), () => breaker.shutdown());
  },
  says: (error) => ((error as { code?: unknown } | null)?.code === 'ETIMEDOUT' ? 'unknown' : 'not stored'),
};
