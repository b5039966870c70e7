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

/**
 * Every state within `depth` actions of one of the starts, breadth first. A state cannot be copied, so each
 * step starts the world again and takes the whole way to it. The world of each state reached for the
 * first time is then given to `visit`, which may do with it what it likes.
 */
export async function explore(bounds: Bounds, starts: readonly (readonly string[])[], depth: number, visit: (world: World) => Promise<void>): Promise<Exploration> {
  const seen = new Set<string>();
  let steps = 0;

  const look = async (path: readonly string[]): Promise<Found | undefined> => {
    try {
      const world = await new World(bounds).begin();
      for (const action of path) await world.act(action);
      world.check();
      const key = world.key();
      if (seen.has(key)) return undefined;
      seen.add(key);
      const actions = world.actions();
      await visit(world);
      return { path, actions };
    } catch (error) {
      throw new Error(`${String(error)}\nAfter: ${path.join(', ') || 'nothing'}`, { cause: error });
    }
  };

  let frontier = (await Promise.all(starts.map(look))).filter((found) => found !== undefined);
  for (let reached = 0; reached < depth && frontier.length > 0; reached++) {
    const next: Found[] = [];
    for (const { path, actions } of frontier) {
      for (const action of actions) {
        steps++;
        const found = await look([...path, action]);
        if (found !== undefined) next.push(found);
      }
    }
    frontier = next;
  }
  return { states: seen.size, steps };
}
