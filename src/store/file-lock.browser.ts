import type * as onDisk from './file-lock.ts';
import type { Disposable } from './store.ts';

/**
 * In the place of file-lock.ts in a browser: the Web Locks API, among all tabs of one origin. It releases the locks of a tab that is
 * closed, and takes none away from one that is only slow: a writer that waits gives up when its attempt does.
 */

/** The same as that of the lock files. */
const protocol = 1;

const none: Disposable = { dispose: () => undefined };

/** As much of the Web Locks API as is needed. */
interface Locks {
  request(name: string, options: { readonly signal: AbortSignal }, whileHeld: () => Promise<void>): Promise<void>;
}

/** In a page that is not secure there are none. */
const locks = (): Locks | undefined => (globalThis as { readonly navigator?: { readonly locks?: Locks } }).navigator?.locks;

export const lockFile: typeof onDisk.lockFile = () => Promise.resolve(none);

export const lockUri: typeof onDisk.lockUri = (uri, _file, signal) => new Promise((resolve) => {
  const held = locks()?.request(`holdfast-lock-${protocol}-${uri.toString()}`, { signal }, () => new Promise<void>((release) => {
    resolve({ dispose: () => release() });
  }));
  // The attempt was given up, or there is no such lock here.
  (held ?? Promise.reject(new Error('No locks'))).catch(() => resolve(none));
});

export const lockProblem: typeof onDisk.lockProblem = () => (locks() === undefined ? 'this browser has no locks, or the page is not secure' : undefined);

export const hasLostLock: typeof onDisk.hasLostLock = () => false;
