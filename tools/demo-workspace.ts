import { cp } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.ts';
import { projectRoot } from './vscode-host/paths.ts';

/** Makes a fresh copy of examples/demo-workspace in a folder, as a git repository with one commit. Says where it is. */
export async function createDemoWorkspace(parent: string): Promise<string> {
  const workspace = path.join(parent, 'demo-workspace');
  await cp(path.join(projectRoot, 'examples/demo-workspace'), workspace, { recursive: true });
  try {
    await run('git', ['init', '--quiet'], workspace);
    await run('git', ['add', '--all'], workspace);
    await run('git', ['-c', 'user.name=Holdfast', '-c', 'user.email=holdfast@localhost', 'commit', '--quiet', '--no-gpg-sign', '--message', 'Start'], workspace);
  } catch {
    // Without git the workspace is a folder, and just as good to look at.
  }
  return workspace;
}
