import type * as onDisk from './json-memento.ts';
import { noDisk } from './json-store.browser.ts';

/** In the place of json-memento.ts in a browser. @throws StoreError `unsupported` */
export const jsonMemento: typeof onDisk.jsonMemento = () => {
  throw noDisk('jsonMemento', 'an extension’s `workspaceState`, or `memoryMemento`');
};
