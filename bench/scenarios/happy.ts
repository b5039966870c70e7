import type { Contestant } from '../harness.ts';
import { cockatielBreaker, cockatielRetry, cockatielStack, effectStack, opossum, policy, sindre } from '../peers.ts';
import { atMost, faster, race, type Setting } from '../scenario.ts';
import { bare, floor } from '../ways.ts';
import { pRetry, pTimeout } from '../../tools/peers/p-retry.ts';

const operation = async (): Promise<number> => 42;

async function contestants({ builds }: Setting): Promise<Contestant[]> {
  const breaker = cockatielBreaker(policy);
  const retry = cockatielRetry(policy);
  const stack = cockatielStack(policy);
  const timed = opossum(policy, operation);
  const untimed = opossum({ ...policy, timeout: Infinity }, operation);
  const sindreStack = sindre(policy, operation);
  const effect = await effectStack(policy, operation);
  return [
    bare,
    {
      // Whoever wants to end a wait early needs a promise of their own and a pair of callbacks.
      name: 'floor: a promise around it',
      run: async (n) => {
        for (let i = 0; i < n; i++) {
          await new Promise<number>((resolve, reject) => {
            operation().then((value) => resolve(value), (error) => reject(error));
          });
        }
      },
    },
    floor,
    {
      name: 'bare + setTimeout/clearTimeout',
      run: async (n) => {
        for (let i = 0; i < n; i++) {
          const timer = setTimeout(() => undefined, 5_000);
          await operation();
          clearTimeout(timer);
        }
      },
    },
    ...builds.map(({ name, library }): Contestant => {
      const guard = library.createGuard({ name: 'bench' });
      return { name, run: async (n) => { for (let i = 0; i < n; i++) await guard.execute(operation); } };
    }),
    { name: 'cockatiel: breaker alone', run: async (n) => { for (let i = 0; i < n; i++) await breaker.execute(operation); } },
    { name: 'cockatiel: retry alone', run: async (n) => { for (let i = 0; i < n; i++) await retry.execute(operation); } },
    { name: 'cockatiel', run: async (n) => { for (let i = 0; i < n; i++) await stack.execute(operation); } },
    { name: 'opossum (no retry)', run: async (n) => { for (let i = 0; i < n; i++) await timed.fire(); } },
    { name: 'opossum, timeout off', run: async (n) => { for (let i = 0; i < n; i++) await untimed.fire(); } },
    { name: 'p-retry alone', run: async (n) => { for (let i = 0; i < n; i++) await pRetry(operation, { retries: 2 }); } },
    { name: 'p-timeout alone', run: async (n) => { for (let i = 0; i < n; i++) await pTimeout(operation(), { milliseconds: 5_000 }); } },
    { name: 'p-retry + p-timeout (no breaker)', run: async (n) => { for (let i = 0; i < n; i++) await sindreStack(); } },
    { name: 'effect', run: async (n) => { for (let i = 0; i < n; i++) await effect(); } },
  ];
}

export default race(
  'Success, one call after the other',
  'The operation is `async () => 42`; everybody awaits each call before the next.',
  contestants,
  (row) => [
    atMost('guard, success', row('holdfast'), 4, row('bare await')),
    atMost('guard, success', row('holdfast'), 1.15, row(floor.name)),
    faster('guard, success', row('holdfast'), 50, row('cockatiel')),
    faster('guard, success', row('holdfast'), 5, row('opossum (no retry)')),
  ],
);
