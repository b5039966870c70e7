import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const folder = import.meta.dirname;
const mark = path.join(folder, 'node_modules/.installed');

/** What was installed last: which lockfile. */
function fingerprint(): string {
  return createHash('sha256').update(readFileSync(path.join(folder, 'package-lock.json'))).digest('hex');
}

/** `npm ci` in this workspace of its own, unless that was done for the same lockfile. */
export function install(): void {
  if (existsSync(mark) && readFileSync(mark, 'utf8') === fingerprint()) return;
  // Settings of the npm that runs us, such as the root's folder, are not for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix|command)/i.test(name)));
  const { status, stderr, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, env, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`npm ci in ${folder} failed: ${error?.message ?? stderr}`);
  writeFileSync(mark, fingerprint());
}

/** Loads a package of this workspace: @xstate/inspect, its XState 4, or ws. */
export const load: NodeJS.Require = createRequire(path.join(folder, 'package.json'));
