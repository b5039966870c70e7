import type * as onDisk from './file-lock.ts';

/** In the place of file-lock.ts in a browser, which has no temporary folder: writers that meet are told so by `newer`. */

export const lockFile: typeof onDisk.lockFile = () => Promise.resolve({ dispose: () => undefined });
