import type * as onDisk from './worktrees.ts';

/** In the place of worktrees.ts in a browser, where no program can be run: git is not asked, and the answer is no. */
export const Worktrees = class Worktrees {
  readonly unavailable = 'Git cannot be run in a browser.';

  show(): void {}

  isSupported(): Promise<boolean> {
    return Promise.resolve(false);
  }

  forget(): void {}

  dispose(): void {}
} as unknown as typeof onDisk.Worktrees;
