import { createGuard } from '../../../src/guard/guard.ts';
import type { Guard } from '../../../src/index.ts';
import type { GuardEvent, GuardOptions } from '../../../src/guard/options.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

export interface Bench {
  readonly clock: VirtualClock;
  readonly guard: Guard;
  /** Everything that it has told. */
  readonly events: GuardEvent[];
}

/** A guard on a virtual clock. No jitter, so that times are round numbers. */
export function bench(options: Partial<GuardOptions> = {}): Bench {
  const clock = new VirtualClock();
  const events: GuardEvent[] = [];
  const guard = createGuard({ name: 'thing', clock, retry: { jitter: 0 }, onEvent: (event) => events.push(event), ...options });
  return { clock, guard, events };
}

/** As `bench`, without retries. */
export const benchOfOneAttempt = (options: Partial<GuardOptions> = {}): Bench => bench({ retry: { attempts: 1 }, ...options });
