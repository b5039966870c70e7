import type { Life, Operation } from './life.ts';
import { told } from './promises.ts';
import { fileOfTarget } from './backend.ts';
import { places } from './settings.ts';

/** A write of which nobody knew the end, and of which nobody has been told since. */
export interface Doubt {
  readonly operation: Operation;
  readonly key: string;
}

/**
 * P29: what was in doubt when a life ended, a later life of the same window must settle and tell.
 * @param lives of one window, in order; the last one has had the time for it
 */
export function untold(lives: readonly Life[]): readonly Doubt[] {
  return lives.slice(0, -1).flatMap((life, index) => {
    const later = lives.slice(index + 1).flatMap(({ events }) => events);
    const settled = new Set(later.flatMap((event) => (event.type === 'reconciled' ? event.key.split(', ') : [])));
    return life.operations.flatMap((operation) => [...operation.values.keys()]
      .filter((key) => isInDoubt(operation, key) && !wasTold(operation, key) && !settled.has(key))
      .map((key) => ({ operation, key })));
  });
}

/** It ran out of time, or its process ended before it did. */
function isInDoubt(operation: Operation, key: Parameters<typeof told>[1]): boolean {
  const { error, answered, calledAt, life } = operation;
  // What was asked for in the very moment of its death no process has had the time to note.
  if (answered === undefined) return life.diedAt === undefined || calledAt < life.diedAt;
  return error?.code === 'TIMEOUT' && told(operation, key) === 'unknown';
}

/** By an event of its own life. */
function wasTold({ life, place, events }: Operation, key: string): boolean {
  const file = fileOfTarget(places[place].target);
  return life.events.slice(events).some((event) => event.type === 'late' && event.key === key && event.file === file);
}
