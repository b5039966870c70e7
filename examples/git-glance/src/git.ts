import { createGuard, type Guard } from 'holdfast';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GitOptions {
  /** The program. Default: the one on the PATH. */
  readonly program?: string;
  /** The longest one attempt may take, in milliseconds. Default 3,000. */
  readonly timeout?: number;
}

/** Git, asked under a guard: one that hangs is given up, and one that keeps failing is left alone for a while. */
export class Git {
  readonly guard: Guard;
  readonly #program: string;

  constructor({ program = 'git', timeout = 3_000 }: GitOptions = {}) {
    this.#program = program;
    this.guard = createGuard({ name: 'git', timeout, retry: { attempts: 2, initialDelay: 200 }, breaker: { openFor: 10_000 } });
  }

  /**
   * The subject of the last commit; `undefined` where there is none.
   * @throws `TimeoutError`, `CircuitOpenError`, or what the system said
   */
  lastCommit(folder: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.guard.execute(async (attempt) => {
      try {
        const { stdout } = await run(this.#program, ['log', '-1', '--format=%s'], { cwd: folder, signal: attempt.signal, windowsHide: true });
        return stdout.trim();
      } catch (error) {
        // 128: not a repository, or no commit yet. That is an answer, and no failure of git.
        if ((error as { code?: unknown }).code === 128) return undefined;
        throw error;
      }
    }, signal === undefined ? {} : { signal });
  }

  dispose(): void {
    this.guard.dispose();
  }
}
