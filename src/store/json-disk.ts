import type { Node } from 'jsonc-parser';
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StoreError, type StoreReason } from '../errors.ts';
import { parseJson } from './json-text.ts';

/** A settings file on disk, looked at: what kind of thing it is, what it says, and in which state it was. */

/** What tells one state of a file from another, and what a replacement takes over from it. */
export interface Stamp {
  /** Differs whenever content, place or attributes of the file have changed. */
  readonly identity: string;
  /** Differs for different files. */
  readonly place: string;
  /** Differs whenever content has changed. */
  readonly content: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** How many names the file has. */
  readonly links: number;
  /** Of its content, in milliseconds since 1970. */
  readonly changedAt: number;
}

export interface JsonText {
  /** Without its byte order mark. Empty when there is no file. */
  readonly text: string;
  readonly bom: boolean;
  /** `undefined`: there is no file. */
  readonly stamp: Stamp | undefined;
  /** The outermost object. `undefined` when the text holds none, but for comments. */
  readonly root: Node | undefined;
  /** Why the text cannot be understood. */
  readonly problem?: StoreError;
}

const reasons: Readonly<Record<string, StoreReason>> = {
  EACCES: 'permission', EPERM: 'permission', EROFS: 'read-only', ENOSPC: 'no-space', EDQUOT: 'no-space',
  EISDIR: 'invalid-file', ENOTDIR: 'invalid-file', EEXIST: 'invalid-file', ELOOP: 'invalid-file', ENAMETOOLONG: 'invalid-file',
  ERR_INVALID_ARG_VALUE: 'invalid-file',
};

const inTheWay = (file: string): string => `A folder is in the place of ${file}, or a file in the place of its folder: remove it.`;
const userActions: Readonly<Record<string, (file: string) => string>> = {
  EISDIR: inTheWay, ENOTDIR: inTheWay, EEXIST: inTheWay,
  ELOOP: (file) => `Links lead from ${file} back to it: correct one of them.`,
  ENAMETOOLONG: (file) => `Choose a shorter path than ${file}.`,
  ERR_INVALID_ARG_VALUE: (file) => `Correct the path ${file}: it holds a character that no path can hold.`,
};

/** What the file system said, as a `StoreError`. */
export function fileFailure(name: string, error: unknown, otherAction?: string): StoreError {
  if (error instanceof StoreError) return error;
  const file = name.replaceAll('\0', '\\0');
  const { code = 'no code', message } = error as NodeJS.ErrnoException;
  const userAction = otherAction ?? userActions[code]?.(file);
  return new StoreError(reasons[code] ?? 'io', `${file}: ${message}`, {
    cause: error,
    context: { file, code },
    ...(userAction === undefined ? {} : { userAction }),
  });
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Where links lead, also when nothing is there yet: a link is written through, not replaced. Never throws. */
export function realFile(file: string): string {
  const folder = path.dirname(file);
  try {
    return realpathSync(file);
  } catch (error) {
    // Whatever else is wrong is said when the file is opened.
    if (!isMissing(error) || folder === file) return file;
  }
  try {
    // What a link says counts from where its folder really is.
    return realFile(path.resolve(realFile(folder), readlinkSync(file)));
  } catch {
    // Not a link.
    return path.join(realFile(folder), path.basename(file));
  }
}

function stamped({ dev, ino, size, mtimeNs, ctimeNs, mode, uid, gid, nlink, mtimeMs }: BigIntStats): Stamp {
  const place = `${dev} ${ino}`;
  const content = `${size} ${mtimeNs}`;
  return {
    place,
    content,
    identity: `${place} ${content} ${ctimeNs}`,
    size: Number(size),
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    links: Number(nlink),
    changedAt: Number(mtimeMs),
  };
}

export const stampOf = async (handle: FileHandle): Promise<Stamp> => stamped(await handle.stat({ bigint: true }));

/** `undefined`: there is no file. Without a turn of the event loop: nothing of ours comes between this and what is done next. */
export function stampNow(file: string): Stamp | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && stamped(stats);
}

/** A device takes what is written to it, and a FIFO waits for it: neither is opened. */
function refuseUnlessFile(file: string, stats: Pick<BigIntStats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a FIFO' : stats.isSocket() ? 'a socket' : 'a device';
  throw new StoreError('invalid-file', `${file} is ${kind}, not a file.`, {
    context: { file },
    userAction: stats.isDirectory() ? inTheWay(file) : `Remove ${file}, which is ${kind}, or choose another path.`,
  });
}

/** What is opened in the place of a file that was looked at a moment ago must not make anyone wait. Windows has no such flag. */
const withoutWaiting = (constants.O_NONBLOCK as number | undefined) ?? 0;

/** Opens a file, and nothing that is none. @throws StoreError `invalid-file` */
export async function openFile(file: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  refuseUnlessFile(file, await stat(file));
  const handle = await open(file, flags | withoutWaiting);
  try {
    refuseUnlessFile(file, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function textOf(file: string, bytes: Uint8Array, stamp: Stamp | undefined): JsonText {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const problem = new StoreError('invalid-file', `${file} is not UTF-8 text.`, { cause, context: { file }, userAction: `Save ${file} as UTF-8, then try again.` });
    return { text: '', bom: false, stamp, root: undefined, problem };
  }
  const bom = text.startsWith('\uFEFF');
  if (bom) text = text.slice(1);
  try {
    return { text, bom, stamp, root: parseJson(file, text) };
  } catch (error) {
    return { text, bom, stamp, root: undefined, problem: error as StoreError };
  }
}

const noFile: JsonText = { text: '', bom: false, stamp: undefined, root: undefined };

/** How often a file is read again that has changed while it was read. */
const rereads = 3;

/** What an open file says, all of it at one time if that can be. */
export async function textIn(file: string, handle: FileHandle): Promise<JsonText> {
  for (let reread = 0; ; reread++) {
    const stamp = await stampOf(handle);
    const bytes = await bytesIn(handle, stamp.size);
    // What changes later is noticed at the replacement.
    if (reread === rereads || (await stampOf(handle)).content === stamp.content) return textOf(file, bytes, stamp);
  }
}

/** From the beginning, wherever the handle is. */
async function bytesIn(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  for (let bytesRead = 1; bytesRead > 0 && length < size; length += bytesRead) ({ bytesRead } = await handle.read(bytes, length, size - length, length));
  return bytes.subarray(0, length);
}

/** @throws StoreError when the file cannot be read; what its text says is not judged */
export async function readJson(file: string): Promise<JsonText> {
  try {
    const handle = await openFile(file);
    try {
      return await textIn(file, handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return noFile;
    throw fileFailure(file, error);
  }
}

/** The state of a file; `undefined`: there is none. @throws StoreError when something else is in its place */
export async function stampIn(file: string): Promise<Stamp | undefined> {
  try {
    const stats = await stat(file, { bigint: true });
    refuseUnlessFile(file, stats);
    return stamped(stats);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileFailure(file, error);
  }
}

/** For what must be known at once; `undefined`: there is no file. @throws StoreError */
export function readBytesSync(file: string): { readonly bytes: Buffer; readonly stamp: Stamp } | undefined {
  try {
    refuseUnlessFile(file, statSync(file));
    const descriptor = openSync(file, constants.O_RDONLY | withoutWaiting);
    try {
      const stats = fstatSync(descriptor, { bigint: true });
      refuseUnlessFile(file, stats);
      return { bytes: readFileSync(descriptor), stamp: stamped(stats) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileFailure(file, error);
  }
}

/** For the first look at a file that a synchronous read asks for. */
export function readJsonSync(file: string): JsonText | StoreError {
  try {
    const read = readBytesSync(file);
    return read === undefined ? noFile : textOf(file, read.bytes, read.stamp);
  } catch (error) {
    return error as StoreError;
  }
}
