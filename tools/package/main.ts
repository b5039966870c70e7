/**
 * `npm run package`: makes what people install, in out/packages: the library's tarball (`npm install <file>`), and the
 * extensions' VSIX files (`code --install-extension <file>`).
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { products, types } from '../bundles.ts';
import { installOrExit } from '../on-demand.ts';
import { make, ready, type Product } from '../products.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { packExtensions } from './extension.ts';
import { packLibrary } from './library.ts';

export interface Packages {
  readonly tarball: string;
  readonly holdfast: string;
  readonly nofx: string;
}

/** By their paths in the project, which may be moved. */
const packages: Product<Packages> = {
  name: 'packages',
  sources: [
    ...new Set([products.extensions, products.library, types].flatMap(({ sources }) => sources)),
    'tools/package', 'l10n', 'media', 'docs/images', 'package.nls.json', 'package.nls.de.json', 'README.md', 'CHANGELOG.md', 'LICENSE',
  ],
  async make() {
    const folder = path.join(projectRoot, 'out/packages');
    const [tarball, { holdfast, nofx }] = await Promise.all([packLibrary(folder), packExtensions(folder)]);
    const within = (file: string): string => path.relative(projectRoot, file);
    return { tarball: within(tarball), holdfast: within(holdfast), nofx: within(nofx) };
  },
  made: (files) => [...Object.values(files) as string[], ...['library', 'extension', 'nofx'].map((name) => `out/packages/${name}`)],
};

/** The packages as the sources are now, by their absolute paths: made, unless they are there. */
export async function packagesReady(): Promise<Packages> {
  const { tarball, holdfast, nofx } = await ready(packages);
  const at = (file: string): string => path.join(projectRoot, file);
  return { tarball: at(tarball), holdfast: at(holdfast), nofx: at(nofx) };
}

if (process.argv[1] === import.meta.filename) {
  await installOrExit('tools/package');
  for (const file of Object.values(await make(packages)) as string[]) {
    console.log(`${(statSync(path.join(projectRoot, file)).size / 1024).toFixed(1).padStart(9)} kB  ${file}`);
  }
}
