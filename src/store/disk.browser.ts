import { StoreError } from '../errors.ts';
import type * as disk from './disk.ts';

/** In the place of disk.ts in a browser, whose files are all elsewhere: only VS Code can be asked about them. */

export const writeObstacle: typeof disk.writeObstacle = () => Promise.resolve(undefined);

export const makeOld: typeof disk.makeOld = () => Promise.resolve(undefined);

/** Why something that keeps files cannot be had. */
export function noDisk(name: string, instead: string): StoreError {
  return new StoreError('unsupported', `${name} needs a file system, and a browser has none: take ${instead}.`);
}
