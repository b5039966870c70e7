import { execFile } from 'node:child_process';
import { constants, existsSync, ftruncateSync, linkSync, renameSync } from 'node:fs';
import { access, copyFile, open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from '../errors.ts';
import { hasLostLock } from './file-lock.ts';
import { fileFailure, isMissing, openFile, realFile, stampNow, stampOf, textIn, type JsonText, type Stamp } from './json-disk.ts';
import { settled, Settling } from './json-settling.ts';
import { asBeingWritten, spareBeside, spareElsewhere } from './json-spare.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Puts a text in the place of a file: whole or not at all, and only if the file is still as it was. It is our own: write-file-atomic and
 * atomically replace devices, drop ACLs, attributes and hard links, fail where nothing can be renamed, and bury what was saved meanwhile.
 */

export interface Replaced {
  readonly stamp: Stamp;
  /** What another program was writing into the file at the moment it was replaced: it is nowhere else. */
  readonly buried?: JsonText;
}

/** Systems on which a copy of a file has the attributes of the file. */
const copiesAttributes = process.platform === 'darwin' || process.platform === 'win32';

const isOneOf = (codes: readonly string[]) => (error: unknown): boolean => codes.includes((error as NodeJS.ErrnoException).code ?? '');
/** Nothing can be created in the folder. */
const isLocked = isOneOf(['EACCES', 'EPERM', 'EROFS']);
/** A file that is mounted by itself, is another user's in a sticky folder, or is open in a program that does not share it (Windows). */
const staysInPlace = isOneOf(['EBUSY', 'EPERM', 'EACCES', 'EXDEV']);

/** A file beside another, for its next text. */
interface Spare {
  readonly file: string;
  readonly handle: FileHandle;
  /** The state of the file that it was made for. */
  readonly of: Stamp;
  /** Whether everything but the text is as in that file. */
  readonly isAlike: boolean;
}

/** One file that gets another text. To be ended in any case. */
export class Replacement {
  readonly #name: string;
  readonly #file: string;
  #signal: AbortSignal | undefined;
  #spare: Spare | undefined;

  /**
   * @param name the path that was asked for @param file where it leads
   * @param signal once it is aborted, nothing is stored, but for what a replacement that was made has buried
   */
  constructor(name: string, file: string, signal?: AbortSignal) {
    this.#name = name;
    this.#file = file;
    this.#signal = signal;
  }

  /** Does what takes its time, so that the file can be read once more after it. @throws StoreError */
  async prepare(before: Stamp): Promise<void> {
    try {
      this.#checkSignal();
      // The folder's permissions would do for a replacement; the file's count.
      await access(this.#file, constants.W_OK);
      await this.end();
      this.#spare = await this.#spareFor(before);
    } catch (error) {
      throw this.#failure(error, before);
    }
  }

  /**
   * @param before the state of the file when it was read; `undefined`: there was none
   * @throws StoreError; then nothing was stored
   */
  async run(text: string, before: Stamp | undefined): Promise<Replaced> {
    const bytes = Buffer.from(text);
    if (before !== undefined && !isFor(this.#spare, before)) await this.prepare(before);
    try {
      this.#checkSignal();
      if (before === undefined) return await this.#create(bytes);
      const { file, handle, isAlike } = this.#spare!;
      await overwrite(handle, bytes);
      await handle.sync();
      return isAlike && before.links === 1 ? await this.#exchange(file, bytes, before) : await this.#writeInto(file, bytes, before);
    } catch (error) {
      throw this.#failure(error, before);
    } finally {
      await this.end();
    }
  }

  async end(): Promise<void> {
    const spare = this.#spare;
    this.#spare = undefined;
    await spare?.handle.close();
    if (spare !== undefined) await removed(spare.file);
  }

  async #create(bytes: Buffer): Promise<Replaced> {
    const folder = path.dirname(this.#file);
    await writableFolder(this.#name, folder);
    for (const made of makeFolders(folder)) await syncFolder(path.dirname(made));
    const spare = spareBeside(this.#file);
    try {
      await filled(await open(spare, 'wx'), bytes);
      this.#checkUnchanged(undefined);
      try {
        // A link takes no other file's place, a rename would.
        linkSync(spare, this.#file);
      } catch (error) {
        if (isOneOf(['EEXIST'])(error)) throw this.#newer();
        // Not every file system has links.
        renameSync(spare, this.#file);
      }
    } finally {
      await removed(spare);
    }
    await syncFolder(folder);
    return { stamp: stampNow(this.#file)! };
  }

  /** A file that has everything but the text as the file has it, if that can be. */
  async #spareFor(of: Stamp): Promise<Spare> {
    const file = spareBeside(this.#file);
    try {
      if (copiesAttributes) await copyFile(this.#file, file, constants.COPYFILE_EXCL);
      const handle = await open(file, copiesAttributes ? 'r+' : 'wx', 0o600);
      return { file, handle, of, isAlike: await takeOver(handle, file, this.#file, of).catch(() => false) };
    } catch (error) {
      await removed(file);
      const elsewhere = isLocked(error) ? spareElsewhere(this.#file) : undefined;
      if (elsewhere === undefined) throw isLocked(error) ? lockedFolder(this.#name, path.dirname(this.#file), error) : error;
      return { file: elsewhere, handle: await open(elsewhere, 'wx', 0o600), of, isAlike: false };
    }
  }

  async #exchange(spare: string, bytes: Buffer, before: Stamp): Promise<Replaced> {
    // Windows exchanges no file that is open.
    const old = process.platform === 'win32' ? undefined : await openFile(this.#file);
    try {
      this.#checkUnchanged(before);
      // Without a turn of the event loop in between, in which another program can save the file.
      renameSync(spare, this.#file);
      this.#signal = undefined;
      const stamp = stampNow(this.#file)!;
      await syncFolder(path.dirname(this.#file));
      const buried = old && await this.#textSince(old, before).catch(() => undefined);
      return { stamp, ...(buried === undefined ? {} : { buried }) };
    } catch (error) {
      if (!staysInPlace(error)) throw error;
    } finally {
      await old?.close();
    }
    return this.#writeInto(spare, bytes, before);
  }

  /** What was written into the file that was replaced, after it had been looked at for the last time. */
  async #textSince(old: FileHandle, before: Stamp): Promise<JsonText | undefined> {
    if ((await stampOf(old)).content === before.content) return undefined;
    const look = await settled(() => textIn(this.#name, old), new Settling(true));
    return look.root === undefined ? undefined : look;
  }

  /** Writes the text into the file itself. The spare file holds it meanwhile, for the next process, should this one be killed. */
  async #writeInto(spare: string, bytes: Buffer, before: Stamp): Promise<Replaced> {
    const standby = asBeingWritten(spare);
    const handle = await openFile(this.#file, constants.O_RDWR);
    try {
      const old = await handle.readFile();
      if ((await stampOf(handle)).identity !== before.identity) throw this.#newer();
      this.#checkUnchanged(before);
      renameSync(spare, standby);
      try {
        // Without a turn of the event loop since the last look: another store of this process may know the file by another name.
        ftruncateSync(handle.fd);
        await writeAll(handle, bytes);
        await handle.sync();
      } catch (error) {
        await this.#putBack(handle, old, before, standby, error);
        throw error;
      }
      await removed(standby);
      const stamp = await stampOf(handle);
      // It was replaced in the meantime: the text is in a file that is no longer there.
      if (stampNow(this.#file)?.place !== stamp.place) throw this.#newer();
      return { stamp };
    } finally {
      await handle.close();
    }
  }

  async #putBack(handle: FileHandle, old: Buffer, before: Stamp, standby: string, cause: unknown): Promise<void> {
    try {
      if ((await stampOf(handle)).content !== before.content) await overwrite(handle, old);
    } catch {
      const message = `${this.#name} was written only in part, and cannot be put right. Its new text is in ${standby}.`;
      throw new StoreError('io', message, { cause, context: { file: this.#name } });
    }
    await removed(standby);
  }

  #checkSignal(): void {
    if (this.#signal?.aborted === true) throw new StoreError('io', `${this.#name} was not written: the attempt was given up.`, { context: { file: this.#name } });
  }

  #checkUnchanged(before: Stamp | undefined): void {
    this.#checkSignal();
    if (hasLostLock(this.#file)) throw this.#newer();
    if (realFile(this.#name) !== this.#file || stampNow(this.#file)?.identity !== before?.identity) throw this.#newer();
  }

  #failure(error: unknown, before: Stamp | undefined): StoreError {
    // It was there when it was read; or who took over the lock took away what was to take its place.
    return isMissing(error) && (before !== undefined || hasLostLock(this.#file)) ? this.#newer() : fileFailure(this.#name, error);
  }

  #newer(): StoreError {
    return new StoreError('newer', `${this.#name} was changed by someone else meanwhile.`, { context: { file: this.#name } });
  }
}

/** Was it made for this file, with the attributes that this has now? Their change shows where the text has not changed. */
function isFor(spare: Spare | undefined, { place, uid, gid, mode, identity, content }: Stamp): boolean {
  if (spare === undefined) return false;
  const { of } = spare;
  return of.place === place && of.uid === uid && of.gid === gid && of.mode === mode && (of.identity === identity || of.content !== content);
}

/** Gives a new file the owner, the group, the mode and the attributes of another. False: they are not the same. */
async function takeOver(handle: FileHandle, spare: string, file: string, { uid, gid, mode }: Stamp): Promise<boolean> {
  const own = await stampOf(handle);
  if (own.uid !== uid || own.gid !== gid) {
    // Only root gives a file to another user; a group can be given by its members.
    await handle.chown(uid, gid).catch(() => handle.chown(own.uid, gid)).catch(() => undefined);
  }
  if (!copiesAttributes && !await cloneAttributes(file, spare)) return false;
  await handle.chmod(mode);
  const now = await stampOf(handle);
  return now.uid === uid && now.gid === gid && now.mode === mode;
}

/** Node knows neither ACLs nor extended attributes: GNU's `cp` does. False: they could not be taken over, or there is no such program. */
function cloneAttributes(from: string, to: string): Promise<boolean> {
  const kinds = existsSync('/sys/fs/selinux/enforce') ? 'mode,xattr,context' : 'mode,xattr';
  const run = new Promise<boolean>((resolve) => {
    execFile('cp', ['--attributes-only', `--preserve=${kinds}`, '--', from, to], (error) => resolve(error === null));
  });
  // A process that may not start others is told so at once.
  return run.catch(() => false);
}

async function overwrite(handle: FileHandle, bytes: Buffer): Promise<void> {
  await handle.truncate(0);
  await writeAll(handle, bytes);
}

/** Into a file that is empty. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

async function filled(handle: FileHandle, bytes: Buffer): Promise<void> {
  try {
    await overwrite(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const removed = (file: string): Promise<void> => rm(file, { force: true }).catch(() => undefined);

/** Puts on disk which files a folder holds: not every system can, and the files themselves are there. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const lockedFolder = (file: string, folder: string, error: unknown): StoreError => fileFailure(file, error, `Allow writing to the folder ${folder}, then try again.`);

/** The folder a file would be created in: the nearest that exists. @throws StoreError unless it can be written */
export async function writableFolder(file: string, folder: string): Promise<string> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    if (isMissing(error)) return writableFolder(file, path.dirname(folder));
    throw isLocked(error) ? lockedFolder(file, folder, error) : error;
  }
}

/** A file that can be written so that its text is never only there in part: beside it, or elsewhere, another can be created. @throws StoreError */
export async function safelyWritable(name: string, file: string): Promise<string> {
  try {
    await writableFolder(name, path.dirname(file));
  } catch (error) {
    if (spareElsewhere(file) === undefined) throw error;
  }
  return file;
}
