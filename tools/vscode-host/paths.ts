import { existsSync } from 'node:fs';
import path from 'node:path';

/** The project's root folder: where package.json is. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

/** Downloads live here. A fresh clone can share one by naming it in HOLDFAST_VSCODE_CACHE. */
export function cacheFolder(): string {
  return path.resolve(projectRoot, process.env['HOLDFAST_VSCODE_CACHE'] || '.vscode-test');
}

/** The example extension that is loaded wherever Holdfast is shown. */
export const nofxFolder = path.join(projectRoot, 'examples/nofx');

/** The same, with the library that test/workbench gives it. */
export const patientNofxFolder = path.join(projectRoot, 'out/test/workbench/nofx');

/** All example extensions. */
export const exampleExtensions = [nofxFolder, path.join(projectRoot, 'examples/git-glance')];

/** The extension folders of this repository that can be loaded: those whose entry file has been built. */
export function builtExtensions(): string[] {
  return [projectRoot, nofxFolder].filter((folder) => existsSync(path.join(folder, 'dist/extension.cjs')));
}
