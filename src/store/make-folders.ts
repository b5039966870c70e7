import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Makes a folder, and those above it that are missing, one after the other: Node's own `recursive` never ends where nothing can
 * be created in a folder that is there, such as `/proc`.
 *
 * @returns those that were made, outermost first
 * @throws NodeJS.ErrnoException when one cannot be made
 */
export function makeFolders(folder: string, mode?: number): string[] {
  const above = path.dirname(folder);
  try {
    return made(folder, mode);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || existsSync(above)) throw error;
  }
  return [...makeFolders(above, mode), ...made(folder, mode)];
}

function made(folder: string, mode: number | undefined): string[] {
  try {
    mkdirSync(folder, mode);
    return [folder];
  } catch (error) {
    // It was there, or another process was faster.
    if (codeOf(error) === 'EEXIST') return [];
    throw error;
  }
}
