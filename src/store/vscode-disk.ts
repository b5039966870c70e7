import { access, constants, readFile, stat, statfs, utimes } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Uri } from 'vscode';
import type { StoreReason } from '../errors.ts';

/** What can be told of settings files on this machine's disks without writing. A browser has none: see vscode-disk.browser.ts. */

/**
 * The path of a file that this process reaches by itself; `undefined`: only VS Code can be asked about it. An extension host
 * sees the files of its own machine as `file:`, also in a remote window, and a desktop's user settings as `vscode-userdata:`.
 */
export function localPath({ scheme, fsPath }: Uri): string | undefined {
  return scheme === 'file' || scheme === 'vscode-userdata' ? fsPath : undefined;
}

/** The bytes of a file, `absent`, `a folder` in its place or above it, or `unknown` when it cannot be read. */
export async function readLocal(file: string): Promise<Uint8Array | 'absent' | 'a folder' | 'unknown'> {
  try {
    const stats = await stat(file);
    // What is neither a file nor a folder may never say anything.
    if (!stats.isFile()) return stats.isDirectory() ? 'a folder' : 'unknown';
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'absent';
    return code === 'EISDIR' || code === 'ENOTDIR' ? 'a folder' : 'unknown';
  }
}

/** Why a file could not be written, and what was said; nothing when it could, as far as one can tell. */
export interface WriteObstacle {
  readonly reason: StoreReason;
  readonly problem: string;
  readonly cause?: unknown;
}

/** Looks at a file, or where it does not exist yet at the nearest folder of up to two above. */
export async function writeObstacle(file: string): Promise<WriteObstacle | undefined> {
  let existing = file;
  for (let parents = 0; parents < 3; parents++) {
    try {
      await access(existing, constants.W_OK);
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return { reason: code === 'EROFS' ? 'read-only' : 'permission', problem: `cannot be written (${code})`, cause: error };
      existing = path.dirname(existing);
    }
  }
  const { bavail } = await statfs(existing);
  return bavail === 0 ? { reason: 'no-space', problem: 'is on a disk that is full' } : undefined;
}

/** More than so many bytes are not read while everything else waits. */
const mostReadNow = 1_000_000;

/** The text of a file; `null` when there is none, nothing when it cannot be told at once. */
export function readNow(file: string): string | null | undefined {
  try {
    return statSync(file).size > mostReadNow ? undefined : new TextDecoder().decode(readFileSync(file));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
}

/** Makes a file look old, unless it holds something else by now. @returns what undoes that; nothing when it was not done */
export async function makeOld(file: string, unchanged: () => Promise<boolean>): Promise<(() => Promise<void>) | undefined> {
  try {
    const { atime, mtime } = await stat(file);
    if (!await unchanged()) return undefined;
    await utimes(file, atime, new Date(0));
    return async () => {
      // If another program has saved the file since, the file keeps that time.
      if (statSync(file, { throwIfNoEntry: false })?.mtimeMs === 0) await utimes(file, atime, mtime).catch(() => undefined);
    };
  } catch {
    // It has gone, or is another user's.
    return undefined;
  }
}
