import type { Contestant } from '../harness.ts';
import { cockatielRetry, cockatielStack, effectStack, opossum, policy, sindre, type Operation } from '../peers.ts';
import { faster, race, type Setting } from '../scenario.ts';

/**
 * Many at once, so that the waits for a timer (1 ms at the least, whatever is asked for) overlap and what is left is
 * work. The processor time is what counts here anyway.
 */
const atOnce = 200;

/** Fails when called for the first time, and then succeeds. */
function failsOnce(): Operation<number> {
  let failed = false;
  return async () => {
    if (!failed) {
      failed = true;
      throw new Error('The dependency is out of order.');
    }
    return 42;
  };
}

function together(call: (operation: Operation<number>) => Promise<unknown>): Pick<Contestant, 'run' | 'batch'> {
  return {
    batch: atOnce,
    run: async (operations) => {
      for (let done = 0; done < operations; done += atOnce) {
        const calls: Promise<unknown>[] = [];
        for (let i = 0; i < atOnce; i++) calls.push(call(failsOnce()));
        await Promise.all(calls);
      }
    },
  };
}

async function contestants({ builds, quick }: Setting): Promise<Contestant[]> {
  const retry = cockatielRetry(policy);
  const stack = cockatielStack(policy);
  let current: Operation<number> = failsOnce();
  const effect = await effectStack(policy, () => current());
  const window = opossum({ ...policy, threshold: Infinity }, () => current());
  return [
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await (async () => 42)(); } },
    {
      name: 'floor: a loop with a timer',
      ...together(async (operation) => {
        for (let attempt = 1; ; attempt++) {
          try {
            return await operation();
          } catch (error) {
            if (attempt === 3) throw error;
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
        }
      }),
    },
    ...builds.map(({ name, library }): Contestant => {
      const guard = library.createGuard({ name: 'bench', retry: { initialDelay: 0 } });
      return { name, ...together((operation) => guard.execute(operation)) };
    }),
    { name: 'cockatiel: retry alone', ...together((operation) => retry.execute(operation)) },
    { name: 'cockatiel', ...together((operation) => stack.execute(operation)) },
    { name: 'p-retry + p-timeout (no breaker)', ...together((operation) => sindre(policy, operation)()) },
    {
      // Its effect is fixed beforehand, so one call after the other; it needs no timer to try again at once.
      name: 'effect',
      run: async (operations) => {
        for (let i = 0; i < operations; i++) {
          current = failsOnce();
          await effect();
        }
      },
    },
    ...(quick ? [] : [{
      name: 'opossum, tried again by hand',
      run: async (operations: number) => {
        for (let i = 0; i < operations; i++) {
          current = failsOnce();
          await window.fire().catch(() => window.fire());
        }
      },
    }]),
  ];
}

export default race(
  'One failure, then success',
  `The first attempt throws, the second succeeds, with no wait between them asked for; ${atOnce} at once.`,
  contestants,
  (row) => [
    faster('guard, one failure then success', row('holdfast'), 1, row('cockatiel')),
    faster('guard, one failure then success (the aim)', row('holdfast'), 1, row('cockatiel: retry alone')),
  ],
);
