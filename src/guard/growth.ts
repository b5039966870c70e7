import type { Growth } from '../../machines/circuit-breaker.ts';
import { checkNumbers, limit, type Rule } from './options.ts';

const growth: Rule = ['at least 1, and not Infinity', (value) => value >= 1 && value < Infinity];

/** How long OPEN lasts when probes fail. */
export interface GrowthOptions {
  /** Each time so many times longer; at least 1. Default 2. */
  readonly factor?: number;
  /** No longer than this, in milliseconds; `breaker.openFor` where that is more. Default 600,000. */
  readonly upTo?: number;
}

/**
 * OPEN lasts longer each time a probe fails, for `GuardOptions.growth`; once the breaker has closed it begins with
 * `breaker.openFor` again.
 *
 * ```ts
 * const api = createGuard({ name: 'api', breaker: { openFor: 10_000 }, growth: growing({ factor: 2, upTo: 300_000 }) });
 * ```
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function growing(options: GrowthOptions = {}): Growth {
  const { factor = 2, upTo = 600_000 } = checkNumbers('growth', options, { factor: growth, upTo: limit });
  // 0 times a factor that has grown beyond all numbers is not a number.
  return (openFor, reopened) => (openFor === 0 ? 0 : Math.min(Math.max(openFor, upTo), openFor * factor ** reopened));
}
