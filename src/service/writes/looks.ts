import type { Clock } from '../../clock.ts';
import { StoreError, type StoreReason } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { Patience } from '../patience.ts';
import { toRequest, type SettingLocation } from './location.ts';
import { asStoreError } from './outcome.ts';

export interface WriteTools {
  readonly store: Store;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Whether the value of a setting must never be told. */
  isSecret(key: string): boolean;
  /** What `get` returns there now. */
  served(location: SettingLocation): unknown;
}

/** The longest a look at the store may take, in milliseconds. */
export const lookLimit = 5_000;

/**
 * After a collision with another writer the next try begins this much later, and after twice the time each time after
 * that, up to the longest, in milliseconds.
 */
const collisionPause = { first: 1, longest: 256 };

/** Refusals after which nothing has been stored, and nothing will be. */
const definite: ReadonlySet<StoreReason> = new Set<StoreReason>([
  'unregistered', 'policy', 'scope', 'no-workspace', 'dirty', 'invalid-file', 'conflict', 'newer', 'permission', 'read-only', 'not-ready',
]);

export function isDefinite(error: unknown): boolean {
  const failure = asStoreError(error);
  return failure instanceof StoreError && definite.has(failure.reason) && failure.context['outcome'] !== 'unknown';
}

/** Another writer was faster, and nothing was stored. */
const isCollision = (error: unknown): boolean => error instanceof StoreError && error.reason === 'newer';

/**
 * Others who write the same file are no failure of it: what is refused because one of them was faster is done again, at once.
 *
 * @param limit when that has gone on for so long, in milliseconds, it fails
 * @returns nothing, once the signal is aborted
 * @throws StoreError
 */
export async function besideOthers<T>(
  { clock, patience }: WriteTools,
  limit: number,
  signal: { readonly aborted: boolean } | undefined,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const end = clock.now() + limit;
  for (let pause = collisionPause.first; signal?.aborted !== true; pause = Math.min(2 * pause, collisionPause.longest)) {
    try {
      return await work();
    } catch (error) {
      const failure = asStoreError(error);
      if (!isCollision(failure) || clock.now() + pause >= end) throw failure;
    }
    await patience.within(pause, () => new Promise(() => undefined));
  }
  return undefined;
}

/**
 * Works while no other service writes the file. What is given up holds nobody up, and is not begun any more.
 * @returns `undefined` when it was not begun
 */
export async function locked<T>({ store }: WriteTools, location: SettingLocation, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  if (store.lock === undefined) return work();
  const lock = await store.lock(toRequest(location), signal);
  const unlock = (): void => lock.dispose();
  signal.addEventListener('abort', unlock);
  try {
    return signal.aborted ? undefined : await work();
  } finally {
    signal.removeEventListener('abort', unlock);
    unlock();
  }
}

/** What a file holds in several places, from one look at it where the store can do that. */
export async function readBackAll({ store }: WriteTools, locations: readonly SettingLocation[]): Promise<readonly unknown[]> {
  if (locations.length > 1 && store.readBackAll !== undefined) return store.readBackAll(locations.map(toRequest));
  const values: unknown[] = [];
  for (const location of locations) values.push(await store.readBack(toRequest(location)));
  return values;
}

/** What is stored, or `undefined` when the store does not say in time. */
export async function look(tools: WriteTools, location: SettingLocation): Promise<{ readonly value: unknown } | undefined> {
  return (await lookAll(tools, [location]))?.[0];
}

/** The same for several places of one file. */
export async function lookAll(tools: WriteTools, locations: readonly SettingLocation[]): Promise<readonly { readonly value: unknown }[] | undefined> {
  try {
    const result = await tools.patience.within(lookLimit, () => readBackAll(tools, locations));
    return result.timedOut ? undefined : result.value.map((value) => ({ value }));
  } catch {
    return undefined;
  }
}

/** Whether the store can put several values into this file by one save, as far as it says. */
export function canCommit({ store }: WriteTools, location: SettingLocation): boolean {
  try {
    return store.commit !== undefined && store.canCommit?.(toRequest(location)) === true;
  } catch {
    return false;
  }
}

