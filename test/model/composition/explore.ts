import { World, type Bounds } from './world.ts';

export interface Exploration {
  readonly states: number;
  /** Actions taken from one state to another, or to the same. */
  readonly steps: number;
  /** The most actions from the start to a state. */
  readonly depth: number;
}

interface Found {
  readonly path: readonly string[];
  readonly actions: readonly string[];
}

/**
 * Every state that can be reached in `depth` actions, breadth first. A state cannot be copied, so each
 * step starts the world again and takes the whole way to it. Each state reached for the first time
 * is given to `visit` as well, in worlds of its own.
 */
export async function explore(bounds: Bounds, depth: number, visit: (replay: () => Promise<World>) => Promise<void>): Promise<Exploration> {
  const replay = async (path: readonly string[]): Promise<World> => {
    const world = await new World(bounds).begin();
    for (const action of path) await world.act(action);
    return world;
  };
  const seen = new Set<string>();
  let steps = 0;
  let reached = 0;

  const look = async (path: readonly string[]): Promise<Found | undefined> => {
    try {
      const world = await replay(path);
      world.check();
      const key = world.key();
      if (seen.has(key)) return undefined;
      seen.add(key);
      const actions = world.actions();
      await visit(() => replay(path));
      return { path, actions };
    } catch (error) {
      throw new Error(`${String(error)}\nAfter: ${path.join(', ') || 'nothing'}`, { cause: error });
    }
  };

  let frontier = [(await look([]))!];
  while (frontier.length > 0 && reached < depth) {
    reached++;
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
  return { states: seen.size, steps, depth: reached };
}
