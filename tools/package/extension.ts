import { cp, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { products, type BuiltFile } from '../bundles.ts';
import { install } from '../on-demand.ts';
import { ready } from '../products.ts';
import { run } from '../run.ts';
import { exampleExtensions, nofxFolder, projectRoot } from '../vscode-host/paths.ts';
import { thirdPartyNotices } from './notices.ts';
import { stage } from './stage.ts';

/** What of a package.json belongs to an extension. */
const extensionFields = [
  'name', 'displayName', 'description', 'version', 'publisher', 'license', 'categories', 'keywords', 'engines', 'main', 'browser',
  'activationEvents', 'extensionKind', 'contributes', 'capabilities', 'l10n',
];

/**
 * Older versions of VS Code load only what is called .js in the browser. In the repository, whose package.json says
 * `"type": "module"`, that would be taken for an ES module, which none can load there; the packed one says nothing.
 */
const inBrowser = /\.cjs$/;

/** Makes the VSIX of Holdfast and the one of the NofX example. Says where they are. */
export async function packExtensions(into: string): Promise<{ readonly holdfast: string; readonly nofx: string }> {
  const built = await ready(products.extensions);
  const isIn = (folder: string) => ({ file }: BuiltFile): boolean => path.resolve(projectRoot, file).startsWith(folder + path.sep);
  return {
    holdfast: await pack(into, projectRoot, 'extension', built.filter((each) => !exampleExtensions.some((folder) => isIn(folder)(each)))),
    nofx: await pack(into, nofxFolder, 'nofx', built.filter(isIn(nofxFolder))),
  };
}

async function pack(into: string, source: string, name: string, built: readonly BuiltFile[]): Promise<string> {
  let file = '';
  const folder = await stage(name, extensionFields, (manifest) => {
    file = path.join(into, `${String(manifest['name'])}-${String(manifest['version'])}.vsix`);
    return { ...manifest, browser: String(manifest['browser']).replace(inBrowser, '.js'), engines: { vscode: (manifest['engines'] as { vscode: string }).vscode }, files: ['**'] };
  }, source);
  for (const each of built) {
    const absolute = path.resolve(projectRoot, each.file);
    const target = path.relative(source, absolute);
    await cp(absolute, path.join(folder, path.dirname(target) === path.join('dist', 'web') ? target.replace(inBrowser, '.js') : target));
  }
  for (const name of ['package.nls.json', 'package.nls.de.json', 'l10n', 'media']) {
    if (existsSync(path.join(source, name))) await cp(path.join(source, name), path.join(folder, name), { recursive: true });
  }
  await writeFile(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), await thirdPartyNotices(built));
  await mkdir(into, { recursive: true });
  await install('tools/package');
  await run(process.execPath, [path.join(import.meta.dirname, 'vsix.ts'), folder, file], projectRoot);
  return file;
}
