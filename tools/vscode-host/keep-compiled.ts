import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { OnProgress } from '../progress.ts';
import { compiledFolder, copyCompiled } from './compiled.ts';
import type { VscodeVersion } from './versions.ts';
import { openWorkbench } from './workbench.ts';

/** Makes what compiled.ts hands out, if it is not there. */
export async function keepCompiled(version: VscodeVersion, onProgress: OnProgress = () => {}): Promise<void> {
  const folder = compiledFolder(version);
  if (existsSync(folder)) return;
  onProgress(`Compiling the page of VS Code ${version}`);
  const workbench = await openWorkbench({ version, builtInExtensions: [] });
  try {
    // Chromium keeps what it has compiled of a script when it meets it for the second time.
    await workbench.open({});
    await workbench.browser.close();
    const draft = `${folder}-${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      await copyCompiled(path.join(workbench.home.folder, 'chromium'), draft);
      await rename(draft, folder);
    } catch (error) {
      // Another process has made the same folder in the meantime.
      if (!existsSync(folder)) throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  } finally {
    await workbench.close();
  }
}
