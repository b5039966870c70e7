/**
 * What Chromium keeps of VS Code's page: its scripts, and what it has compiled of them. A new profile has nothing of it, and
 * compiling 19 MB takes as much of the processor as all else in a window that opens. So it is made once (see
 * keep-compiled.ts), and every profile begins with a copy. Without it, a window just takes longer.
 */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { findChromium } from './browser.ts';
import { cacheFolder } from './paths.ts';
import { servers, type VscodeVersion } from './versions.ts';

/** Folders of a profile, the second of which says what belongs to which file in the first. */
const kept = ['Default/Cache', 'Default/Code Cache'];

/** Where it is kept, for one VS Code in one Chromium. */
export function compiledFolder(version: VscodeVersion): string {
  const chromium = realpathSync(findChromium());
  const hash = createHash('sha256').update(`${servers[version].integrity} ${chromium} ${statSync(chromium).mtimeMs}`).digest('hex');
  return path.join(cacheFolder(), `compiled-${version}-${hash.slice(0, 16)}`);
}

/** Begins a profile with it, if it has been made. */
export async function takeCompiled(version: VscodeVersion, profile: string): Promise<void> {
  await mkdir(profile, { recursive: true });
  const folder = compiledFolder(version);
  if (existsSync(folder)) await copyCompiled(folder, profile);
}

export async function copyCompiled(from: string, to: string): Promise<void> {
  for (const name of kept) await cp(path.join(from, name), path.join(to, name), { recursive: true });
}
