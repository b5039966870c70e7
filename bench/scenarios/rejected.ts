import type { Contestant } from '../harness.ts';
import { cockatielBreaker, cockatielStack, effectStack, opossum, policy, type Policy } from '../peers.ts';
import { faster, race, within, type Setting } from '../scenario.ts';

const once: Policy = { ...policy, attempts: 1 };

const operation = async (): Promise<number> => 42;
const fail = async (): Promise<number> => {
  throw new Error('The dependency is out of order.');
};

/** Opens a breaker by failing, and then is refused again and again. */
async function refused(call: () => Promise<unknown>): Promise<(operations: number) => Promise<void>> {
  for (let i = 0; i < 20; i++) await call().catch(() => undefined);
  return async (operations) => {
    for (let i = 0; i < operations; i++) {
      try {
        await call();
      } catch {
        // That is what is measured.
      }
    }
  };
}

async function contestants({ builds }: Setting): Promise<Contestant[]> {
  const breaker = cockatielBreaker(once);
  const stack = cockatielStack(once);
  const window = opossum(once, fail);
  const effect = await effectStack(once, fail);
  const prepared = new Error('prepared');
  const own: Contestant[] = [];
  for (const { name, library } of builds) {
    const guard = library.createGuard({ name: 'bench', retry: { attempts: 1 } });
    own.push({ name, run: await refused(() => guard.execute(fail)) });
    let permitted = 0;
    own.push({
      name: `${name}: permits()`,
      run: (operations) => {
        for (let i = 0; i < operations; i++) if (guard.permits()) permitted++;
        if (permitted > 0) throw new Error('The breaker should be open.');
      },
    });
  }
  return [
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } },
    { name: 'floor: a prepared rejection', run: await refused(() => Promise.reject(prepared)) },
    { name: 'floor: a new Error', run: await refused(() => Promise.reject(new Error('The breaker is open.'))) },
    ...own,
    { name: 'cockatiel: breaker alone', run: await refused(() => breaker.execute(fail)) },
    { name: 'cockatiel', run: await refused(() => stack.execute(fail)) },
    { name: 'opossum', run: await refused(() => window.fire()) },
    { name: 'effect', run: await refused(effect) },
  ];
}

export default race(
  'Rejection while OPEN',
  'The breaker is open; each call is refused with an error of its own, and caught.',
  contestants,
  (row) => [
    faster('guard, rejected while OPEN', row('holdfast'), 3, row('cockatiel')),
    within('guard.permits()', row('holdfast: permits()').ns, 10, 'ns'),
  ],
);
