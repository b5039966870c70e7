import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { install } from '../on-demand.ts';

/** Native modules that a server without compiler lacks and that we notice: their entry files, and what stands in. */
const standIns = [
  { entry: '@vscode/spdlog/index.js', file: 'spdlog.cjs' },
  { entry: '@vscode/native-watchdog/index.js', file: 'native-watchdog.cjs' },
  { entry: 'native-watchdog/index.js', file: 'native-watchdog.cjs' },
];

/** Puts the stand-ins, and what else is missing, into an unpacked server. Changes nothing when they are there. */
export async function repairServer(serverFolder: string): Promise<void> {
  await provideRipgrep(serverFolder);
  for (const { entry, file } of standIns) {
    const target = path.join(serverFolder, 'node_modules', entry);
    if (!existsSync(target)) continue;
    const wanted = await readFile(path.join(import.meta.dirname, 'stand-ins', file), 'utf8');
    if (await readFile(target, 'utf8') === wanted) continue;
    // By rename, because another process may be starting from this folder right now.
    const draft = `${target}.${process.pid}`;
    await writeFile(draft, wanted);
    await rename(draft, target);
  }
}

/**
 * VS Code searches with ripgrep. Newer versions bring it along; the install script of older ones downloads it from
 * elsewhere. The registry has the same program.
 */
async function provideRipgrep(serverFolder: string): Promise<void> {
  const home = path.join(serverFolder, 'node_modules/@vscode/ripgrep');
  const target = path.join(home, 'bin/rg');
  if (!existsSync(home) || existsSync(target)) return;
  const load = await install('tools/vscode-host');
  const { rgPath } = load('@vscode/ripgrep') as { rgPath: string };
  await mkdir(path.dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}`;
  await copyFile(rgPath, draft);
  await rename(draft, target);
}
