import type { GuardOptions } from '../src/index.ts';
import type { Contestant } from './harness.ts';
import type { Library } from './library.ts';
import { atMost, race, type Scenario, type Setting } from './scenario.ts';

const operation = async (): Promise<number> => 42;

/** What cannot be avoided by a wrapper that can end a call early, and knows how long it took. */
export const floor: Contestant = {
  name: 'floor: a promise around it, and a look at the clock',
  run: async (n) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      await new Promise<number>((resolve, reject) => {
        sum += performance.now();
        operation().then((value) => resolve(value), (error) => reject(error));
      });
    }
    if (sum < 0) throw new Error('never');
  },
};

export const bare: Contestant = { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } };

/** What a guard can be given beside its defaults; a build of an earlier version has none of it. */
export function waysOf(library: Partial<Library>, limit = 7): [way: string, Partial<GuardOptions>][] {
  const { concurrency, slidingWindow, retryBudget, retryAfter } = library;
  if (concurrency === undefined || slidingWindow === undefined || retryBudget === undefined || retryAfter === undefined) return [];
  return [
    ['with a limit of concurrency', { limit: concurrency({ limit }) }],
    ['with a limit, Retry-After and a retry budget', { limit: retryBudget({}, retryAfter(() => undefined, concurrency({ limit }))) }],
    ['a share of 100 calls', { counting: slidingWindow({ calls: 100 }) }],
    ['a share of the calls of 30 s', { counting: slidingWindow({ over: 30_000 }) }],
    ['a share of slow calls', { counting: slidingWindow({ calls: 100, slowAfter: 1_000 }) }],
  ];
}

/** Guards, one for each of these ways. */
export function guardsOf({ builds }: Setting, wanted?: string): Contestant[] {
  return builds.flatMap(({ name, library }) => waysOf(library).filter(([way]) => wanted === undefined || way === wanted).map(([way, options]): Contestant => {
    const guard = library.createGuard({ name: 'bench', ...options });
    return { name: `${name}, ${way}`, run: async (n) => { for (let i = 0; i < n; i++) await guard.execute(operation); } };
  }));
}

/** A guard of one kind in a process of its own, as most programs have it. */
export function oneWay(way: string): Scenario {
  return race(
    `Success, ${way}`,
    'The operation is `async () => 42`; the guard is the only one of its process.',
    (setting) => [bare, floor, ...guardsOf(setting, way)],
    (row) => [atMost(`success, ${way}`, row(`holdfast, ${way}`), 1.15, row(floor.name))],
  );
}
