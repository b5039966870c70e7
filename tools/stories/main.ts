/**
 * `npm run story -- 1`: one of three true stories about settings, in a real VS Code, with plain `getConfiguration` and
 * with Holdfast. Without a number: all of them.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { limits } from '../../test/limits.ts';
import { products } from '../bundles.ts';
import { ready } from '../products.ts';
import { makeUnwritable, type Unwritable } from '../unwritable.ts';
import { temporaryFolder } from '../vscode-host/home.ts';
import { nofxFolder, projectRoot } from '../vscode-host/paths.ts';

const [wanted = ''] = process.argv.slice(2);
if (!/^[123]?$/.test(wanted)) {
  console.error('There are the stories 1, 2 and 3.');
  process.exit(2);
}

await ready(products.extensions);
const folder = temporaryFolder();
const settings = path.join(folder, 'workspace/.vscode/settings.json');
mkdirSync(path.dirname(settings), { recursive: true });
writeFileSync(settings, '{}\n');

const vscode = spawn(path.join(projectRoot, 'tools/vscode-host/code'), [
  path.join(folder, 'workspace'), `--extensionDevelopmentPath=${nofxFolder}`,
  `--extensionTestsPath=${path.join(import.meta.dirname, 'stories.cjs')}`, '--disable-workspace-trust',
], {
  stdio: 'inherit',
  env: { ...process.env, HOLDFAST_STORY: wanted, HOLDFAST_STORY_REQUESTS: folder, HOLDFAST_STORY_LIMIT: String(limits.condition) },
});

let unwritable: Unwritable | undefined;
const requests = setInterval(() => {
  for (const request of ['break', 'mend']) {
    const asked = path.join(folder, request);
    if (!existsSync(asked)) continue;
    unwritable?.undo();
    unwritable = request === 'break' ? makeUnwritable(settings) : undefined;
    rmSync(asked);
  }
}, 20);

vscode.once('close', (code) => {
  clearInterval(requests);
  unwritable?.undo();
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => vscode.kill(signal));
