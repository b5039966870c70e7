import { World, type Bounds } from './world.ts';

export interface Exploration {
  readonly states: number;
  /** Actions taken from one state to another, or to the same. */
  readonly steps: number;
}

interface Found {
  readonly path: readonly string[];
  readonly actions: readonly string[];
}

type Visit = (world: World) => Promise<void>;

/**
 * Every state within `depth` actions of one of the starts, breadth first. A state cannot be copied, so each
 * step starts the world again and takes the whole way to it. The world of each state reached for the
 * first time is then given to `visit`, which may do with it what it likes.
 */
export async function explore(bounds: Bounds, starts: readonly (readonly string[])[], depth: number, visit: Visit): Promise<Exploration> {
  const seen = new Set<string>();
  let steps = 0;

  /** Where these paths lead, as far as nobody has been there: all at once, since each turn of the event loop costs. */
  const look = async (paths: readonly (readonly string[])[]): Promise<Found[]> => {
    const worlds = await Promise.all(paths.map((path) => onPath(path, () => reach(bounds, path))));
    const found: (Found & { readonly world: World })[] = [];
    for (const [index, world] of worlds.entries()) {
      const path = paths[index]!;
      const key = await onPath(path, () => {
        world.check();
        return Promise.resolve(world.key());
      });
      if (!seen.has(key)) found.push({ path, actions: world.actions(), world });
      seen.add(key);
    }
    await Promise.all(found.map(({ path, world }) => onPath(path, () => visit(world))));
    return found.map(({ path, actions }) => ({ path, actions }));
  };

  let frontier = await look(starts);
  for (let reached = 0; reached < depth && frontier.length > 0; reached++) {
    const next: Found[] = [];
    for (const { path, actions } of frontier) {
      steps += actions.length;
      next.push(...await look(actions.map((action) => [...path, action])));
    }
    frontier = next;
  }
  return { states: seen.size, steps };
}

async function reach(bounds: Bounds, path: readonly string[]): Promise<World> {
  const world = await new World(bounds).begin();
  for (const action of path) await world.act(action);
  return world;
}

async function onPath<T>(path: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${String(error)}\nAfter: ${path.join(', ') || 'nothing'}`, { cause: error });
  }
}
