import type { Contestant } from '../harness.ts';
import { cockatielStack, effectStack, opossum, policy, sindre } from '../peers.ts';
import { atMost, faster, race, type Setting } from '../scenario.ts';

const atOnce = 100;
const operation = async (): Promise<number> => 42;

/** So many calls at once, again and again, until there were `operations`. */
function together(call: () => Promise<number>): (operations: number) => Promise<void> {
  return async (operations) => {
    for (let done = 0; done < operations; done += atOnce) {
      const calls: Promise<number>[] = [];
      for (let i = 0; i < atOnce; i++) calls.push(call());
      await Promise.all(calls);
    }
  };
}

async function contestants({ builds }: Setting): Promise<Contestant[]> {
  const stack = cockatielStack(policy);
  const breaker = opossum(policy, operation);
  const effect = await effectStack(policy, operation);
  return [
    { name: 'bare await', run: together(() => operation()) },
    {
      name: 'floor: a promise around it',
      run: together(() => new Promise((resolve, reject) => {
        operation().then((value) => resolve(value), (error) => reject(error));
      })),
    },
    {
      name: 'floor: a promise around it, and a look at the clock',
      run: together(() => new Promise((resolve, reject) => {
        const now = performance.now();
        operation().then((value) => resolve(now < 0 ? 0 : value), (error) => reject(error));
      })),
    },
    ...builds.map(({ name, library }): Contestant => {
      const guard = library.createGuard({ name: 'bench' });
      return { name, run: together(() => guard.execute(operation)) };
    }),
    { name: 'cockatiel', run: together(() => stack.execute(operation)) },
    { name: 'opossum (no retry)', run: together(() => breaker.fire()) },
    { name: 'p-retry + p-timeout (no breaker)', run: together(sindre(policy, operation)) },
    { name: 'effect', run: together(effect) },
  ].map((contestant) => ({ ...contestant, batch: atOnce }));
}

export default race(
  `Success, ${atOnce} calls at once`,
  `\`Promise.all\` over ${atOnce} calls; figures are for one call.`,
  contestants,
  (row) => [
    atMost('guard, 100 at once', row('holdfast'), 4, row('bare await')),
    faster('guard, 100 at once', row('holdfast'), 50, row('cockatiel')),
    faster('guard, 100 at once', row('holdfast'), 5, row('opossum (no retry)')),
  ],
);
