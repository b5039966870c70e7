import { Buffer } from 'node:buffer';
import { access, appendFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '../store/make-folders.ts';
import type { LogEntry, LogLevel, LogSink } from './log.ts';

export interface FileLogOptions {
  /** The least serious entries that are written. Default `info`. */
  readonly level?: LogLevel;
  /** Largest size of a file, in bytes. Default 1,000,000. */
  readonly maxSize?: number;
  /** Files kept, the one that is written included: `name`, `name.1`, `name.2`, the oldest last. Default 5. */
  readonly maxFiles?: number;
  /** Largest size of what waits to be written, in bytes; what comes on top is lost, and counted. Default 1,000,000. */
  readonly maxWaiting?: number;
}

const defaults = { level: 'info', maxSize: 1_000_000, maxFiles: 5, maxWaiting: 1_000_000 } as const;
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * Writes a log into a file, a line of JSON for each entry, and begins a new file when it is full. Bounded: at most
 * `maxFiles` times `maxSize` bytes on the disk, and `maxWaiting` in memory.
 *
 * Never throws, and never waits for the disk: entries are handed over in batches, one at a time. What cannot be
 * written is lost, and counted. One process, one file: two that write to the same one disturb each other's rotation.
 */
export class FileLog implements LogSink {
  readonly #file: string;
  readonly #options: Required<FileLogOptions>;
  #waiting: string[] = [];
  #waitingSize = 0;
  #writing: Promise<void> | undefined;
  #closed = false;
  #errors = 0;
  #lost = 0;
  #lastError: unknown;

  /** @param file its folder is made when it is not there */
  constructor(file: string, options: FileLogOptions = {}) {
    this.#file = file;
    this.#options = { ...defaults, ...options };
  }

  write(entry: LogEntry): void {
    if (levels.indexOf(entry.level) < levels.indexOf(this.#options.level)) return;
    const line = `${JSON.stringify(entry)}\n`;
    const size = Buffer.byteLength(line);
    if (this.#closed || size > this.#options.maxSize || this.#waitingSize + size > this.#options.maxWaiting) {
      this.#lost++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingSize += size;
    this.#writing ??= this.#drain();
  }

  /** Entries that are in no file, because the disk failed, or was too slow, or they were too long. */
  get lostCount(): number {
    return this.#lost;
  }

  /** Times that the file system refused; each costs the entries of one batch. */
  get errorCount(): number {
    return this.#errors;
  }

  /** What it said the last time. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Resolves when everything so far has been written, or is lost. Never rejects. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Takes no more entries, and resolves when those so far have been written. */
  async dispose(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  async #drain(): Promise<void> {
    // What is said in the same turn becomes one batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingSize = 0;
      let written = 0;
      try {
        for (let batch = await this.#nextBatch(lines, 0); batch.count > 0; batch = await this.#nextBatch(lines, written)) {
          // Only its owner can read it: messages name files and folders.
          await appendFile(this.#file, batch.text, { mode: 0o600 });
          written += batch.count;
        }
      } catch (error) {
        this.#errors++;
        this.#lastError = error;
        this.#lost += lines.length - written;
      }
    }
    this.#writing = undefined;
  }

  /** As many lines as the file has room for; makes room first when there is none. */
  async #nextBatch(lines: readonly string[], from: number): Promise<{ readonly text: string; readonly count: number }> {
    if (from === lines.length) return { text: '', count: 0 };
    let room = this.#options.maxSize - await this.#size();
    if (Buffer.byteLength(lines[from]!) > room) {
      await this.#rotate();
      room = this.#options.maxSize;
    }
    let text = '';
    let count = 0;
    for (const line of lines.slice(from)) {
      room -= Buffer.byteLength(line);
      if (room < 0) break;
      text += line;
      count++;
    }
    return { text, count };
  }

  /** Asked each time: somebody may have moved the file away, or emptied it. */
  async #size(): Promise<number> {
    try {
      return (await stat(this.#file)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      makeFolders(path.dirname(this.#file));
      return 0;
    }
  }

  async #rotate(): Promise<void> {
    const { maxFiles } = this.#options;
    const nth = (number: number): string => (number === 0 ? this.#file : `${this.#file}.${number}`);
    await rm(nth(maxFiles - 1), { force: true });
    for (let number = maxFiles - 2; number >= 0; number--) {
      const isThere = await access(nth(number)).then(() => true, () => false);
      if (isThere) await rename(nth(number), nth(number + 1));
    }
  }
}
