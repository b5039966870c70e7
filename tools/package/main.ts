/**
 * `npm run package`: makes what people install, in out/packages: the library's tarball (`npm install <file>`), and the
 * extensions' VSIX files (`code --install-extension <file>`).
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { installOrExit } from '../on-demand.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { packExtensions } from './extension.ts';
import { packLibrary } from './library.ts';

export interface Packages {
  readonly tarball: string;
  readonly holdfast: string;
  readonly nofx: string;
}

const folder = path.join(projectRoot, 'out/packages');

export async function makePackages(): Promise<Packages> {
  const [tarball, extensions] = await Promise.all([packLibrary(folder), packExtensions(folder)]);
  return { tarball, ...extensions };
}

if (process.argv[1] === import.meta.filename) {
  await installOrExit('tools/package');
  for (const file of Object.values(await makePackages()) as string[]) {
    console.log(`${(statSync(file).size / 1024).toFixed(1).padStart(9)} kB  ${path.relative(process.cwd(), file)}`);
  }
}
