import type { Contestant } from '../harness.ts';
import type { Library } from '../library.ts';
import { atMost, race } from '../scenario.ts';
import { bare, floor } from '../ways.ts';

const operation = async (): Promise<number> => 42;

/** A guard as `superviseGuard` leaves it, with the Holdfast extension listening; a build of an earlier version has none. */
function visible(name: string, { createGuard, SupervisedGuard }: Partial<Library>): Contestant[] {
  if (createGuard === undefined || SupervisedGuard === undefined) return [];
  const guard = createGuard({ name: 'bench' });
  const supervised = new SupervisedGuard(guard, { id: 'bench', name: 'bench', faultInjection: false });
  supervised.onEvent(() => undefined);
  return [{ name: `${name}, visible`, run: async (n) => { for (let i = 0; i < n; i++) await guard.execute(operation); } }];
}

export default race(
  'Success, a guard that is visible',
  'The operation is `async () => 42`; the guard is the only one of its process, and everything of `superviseGuard` is there: metrics, events, health.',
  ({ builds }) => [bare, floor, ...builds.flatMap(({ name, library }) => visible(name, library))],
  (row) => [atMost('success, visible', row('holdfast, visible'), 1.4, row(floor.name))],
);
