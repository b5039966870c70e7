import { StoreError } from '../errors.ts';
import type * as onDisk from './json-store.ts';

/** In the place of json-store.ts in a browser. */

/** @throws StoreError `unsupported` */
export const JsonStore = class JsonStore {
  constructor() {
    throw noDisk('JsonStore', '`vscodeStore`, or a store of your own');
  }
} as unknown as typeof onDisk.JsonStore;

/** @throws StoreError `unsupported`, as soon as a store is made */
export const jsonStore: typeof onDisk.jsonStore = (paths) => (definition) => new JsonStore(definition, paths);

/** Why something that keeps files cannot be had. */
export function noDisk(name: string, instead: string): StoreError {
  return new StoreError('unsupported', `${name} needs a file system, and a browser has none: take ${instead}.`);
}
