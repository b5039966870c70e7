import { createGuard, superviseGuard } from 'holdfast/vscode';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExtensionContext } from 'vscode';

const run = promisify(execFile);

/**
 * Can git make worktrees in the workspace? Git is asked once a folder; the answer is kept until `forget`.
 *
 * Git is a dependency like any other: it may be slow, or hang on a network drive. So it is asked under a
 * guard of its own, which has nothing to do with the one of the settings.
 */
export class Worktrees {
  /** Why git can never be asked here; nothing when it can. See worktrees.browser.ts. */
  readonly unavailable: string | undefined = undefined;
  readonly #git = createGuard({ name: 'git', timeout: 3_000, retry: { attempts: 2 } });
  readonly #answers = new Map<string, Promise<boolean>>();

  /** From now on the guard is seen in the Holdfast extension, beside the settings. */
  show(context: ExtensionContext): void {
    superviseGuard(context, this.#git, { faultInjection: true });
  }

  /** @returns false as well when git cannot be asked; it is then asked again the next time. */
  isSupported(folder: string): Promise<boolean> {
    let answer = this.#answers.get(folder);
    if (answer === undefined) {
      answer = this.#ask(folder).catch(() => {
        this.#answers.delete(folder);
        return false;
      });
      this.#answers.set(folder, answer);
    }
    return answer;
  }

  /** The folders have changed, or one has become a repository. */
  forget(): void {
    this.#answers.clear();
  }

  dispose(): void {
    this.#git.dispose();
  }

  #ask(folder: string): Promise<boolean> {
    return this.#git.execute(async ({ signal }) => {
      try {
        await run('git', ['worktree', 'list', '--porcelain'], { cwd: folder, signal, windowsHide: true });
        return true;
      } catch (error) {
        if (saysNo(error)) return false;
        throw error;
      }
    });
  }
}

/** Git has answered (not a repository, or too old to know worktrees), or is not installed: that is an answer, not a failure. */
function saysNo(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' || code === 'ENOENT';
}
