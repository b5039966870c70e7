import { concurrency, createGuard, shared, type ConcurrencyLimit, type ExecuteOptions, type Guard } from 'holdfast';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GitOptions {
  /** The program. Default: the one on the PATH. */
  readonly program?: string;
  /** The longest one attempt may take, in milliseconds. Default 3,000. */
  readonly timeout?: number;
}

/**
 * Git, asked under a guard: one that hangs is given up, and one that keeps failing is left alone for a while. Four processes run at
 * a time, and one of these places is kept for what a person waits for.
 */
export class Git {
  readonly limit: ConcurrencyLimit = concurrency({ limit: 4, reserve: 1 });
  readonly guard: Guard;
  readonly #program: string;

  constructor({ program = 'git', timeout = 3_000 }: GitOptions = {}) {
    this.#program = program;
    this.guard = createGuard({ name: 'git', timeout, retry: { attempts: 2, initialDelay: 200 }, breaker: { openFor: 10_000 }, limit: this.limit });
  }

  /**
   * The subject of the last commit; `undefined` where there is none. A person waits for it: it goes before all that is done in the
   * background, and equal calls at the same time are one process.
   * @throws `TimeoutError`, `CircuitOpenError`, `QueueFullError`, or what the system said
   */
  lastCommit(folder: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#ask(folder, ['log', '-1', '--format=%s'], { priority: 'interactive', with: shared(`last commit in ${folder}`) }, signal);
  }

  /**
   * Who changed a file last; `undefined` for a file that git does not know. For many files at once: it waits for its turn in the
   * background.
   * @throws as `lastCommit`
   */
  async lastAuthor(folder: string, file: string, signal?: AbortSignal): Promise<string | undefined> {
    return await this.#ask(folder, ['log', '-1', '--format=%an', '--', file], { priority: 'background' }, signal) || undefined;
  }

  #ask(folder: string, args: readonly string[], options: ExecuteOptions, signal: AbortSignal | undefined): Promise<string | undefined> {
    return this.guard.execute(async (attempt) => {
      try {
        const { stdout } = await run(this.#program, args, { cwd: folder, signal: attempt.signal, windowsHide: true });
        return stdout.trim();
      } catch (error) {
        // 128: not a repository, or no commit yet. That is an answer, and no failure of git.
        if ((error as { code?: unknown }).code === 128) return undefined;
        throw error;
      }
    }, { ...options, ...(signal === undefined ? {} : { signal }) });
  }

  dispose(): void {
    this.guard.dispose();
  }
}
