import type { Contestant } from '../harness.ts';
import { cockatielBreaker, cockatielStack, effectStack, opossum, policy, type Policy } from '../peers.ts';
import { faster, race, type Setting } from '../scenario.ts';

/** One attempt, and a breaker that never opens: what a failure costs, and nothing else. */
const once: Policy = { ...policy, attempts: 1, threshold: Infinity };

const fail = async (): Promise<number> => {
  throw new Error('The dependency is out of order.');
};

const operation = async (): Promise<number> => 42;

/** Fails so often, and catches. */
function failing(call: () => Promise<unknown>): (operations: number) => Promise<void> {
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
  return [
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } },
    { name: 'floor: a new Error, thrown and caught', run: failing(fail) },
    {
      name: 'floor: with a promise around it',
      run: failing(() => new Promise((resolve, reject) => {
        fail().then((value) => resolve(value), (error) => reject(error));
      })),
    },
    ...builds.map(({ name, library }): Contestant => {
      const guard = library.createGuard({ name: 'bench', breaker: { threshold: Infinity }, retry: { attempts: 1 } });
      return { name, run: failing(() => guard.execute(fail)) };
    }),
    ...builds.map(({ name, library }): Contestant => {
      const guard = library.createGuard({ name: 'bench', breaker: { threshold: Infinity }, retry: { attempts: 1 } });
      // Back to the event loop after each failure, as when a dependency really was asked: nothing can be put off.
      const inTurns = async (operations: number): Promise<void> => {
        for (let i = 0; i < operations; i++) {
          await guard.execute(fail).catch(() => undefined);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      return { name: `${name}, one failure a turn`, run: inTurns };
    }),
    {
      name: 'floor: one failure a turn',
      run: async (operations) => {
        for (let i = 0; i < operations; i++) {
          await fail().catch(() => undefined);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    },
    { name: 'cockatiel: breaker alone', run: failing(() => breaker.execute(fail)) },
    { name: 'cockatiel', run: failing(() => stack.execute(fail)) },
    { name: 'opossum', run: failing(() => window.fire()) },
    { name: 'effect', run: failing(effect) },
  ];
}

export default race(
  'Failure while CLOSED',
  'The operation throws a new Error each time; one attempt, and a threshold that is never reached.',
  contestants,
  (row) => [faster('guard, a failure while CLOSED', row('holdfast'), 1, row('cockatiel: breaker alone'))],
);
