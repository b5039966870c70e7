import type * as onDisk from './vscode-disk.ts';

/** In the place of vscode-disk.ts in a browser, whose files are all elsewhere: only VS Code can be asked about them. */

export const localPath: typeof onDisk.localPath = () => undefined;

export const readLocal: typeof onDisk.readLocal = () => Promise.resolve('unknown');

export const writeObstacle: typeof onDisk.writeObstacle = () => Promise.resolve(undefined);

export const readNow: typeof onDisk.readNow = () => undefined;

export const makeOld: typeof onDisk.makeOld = () => Promise.resolve(undefined);
