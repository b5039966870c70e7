import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Native modules that a server without compiler lacks and that we notice: their entry files, and what stands in. */
const standIns = [
  { entry: '@vscode/spdlog/index.js', file: 'spdlog.cjs' },
  { entry: '@vscode/native-watchdog/index.js', file: 'native-watchdog.cjs' },
  { entry: 'native-watchdog/index.js', file: 'native-watchdog.cjs' },
];

/** Puts the stand-ins into an unpacked server. Changes nothing when they are there. */
export async function repairServer(serverFolder: string): Promise<void> {
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
