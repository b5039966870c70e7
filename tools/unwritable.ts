import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import path from 'node:path';

/** A file that nobody can write, by what this machine allows; and how to undo it. */
export interface Unwritable {
  /** In words. */
  readonly how: string;
  undo(): void;
}

/** Makes `file` unwritable: by its permissions, or, as these do not bind root, by a read-only mount, or by a folder in its place. */
export function makeUnwritable(file: string): Unwritable {
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0o444);
    chmodSync(path.dirname(file), 0o555);
    return {
      how: 'took away the permission to write settings.json',
      undo: () => {
        chmodSync(path.dirname(file), 0o755);
        chmodSync(file, 0o644);
      },
    };
  }
  try {
    execFileSync('mount', ['--bind', file, file], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'remount,ro,bind', file], { stdio: 'pipe' });
    return { how: 'mounted settings.json read-only', undo: () => void execFileSync('umount', ['-l', file], { stdio: 'pipe' }) };
  } catch {
    const aside = `${file}.aside`;
    renameSync(file, aside);
    mkdirSync(file);
    return {
      how: 'put a folder in the place of settings.json',
      undo: () => {
        rmdirSync(file);
        renameSync(aside, file);
      },
    };
  }
}
