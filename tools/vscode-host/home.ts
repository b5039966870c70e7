import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { atExit } from '../at-exit.ts';

/** What a server keeps between runs, and where. Measured in 1.139.1 and 1.100.3. */
export interface ServerHome {
  /** The server's `--server-data-dir`. */
  readonly folder: string;
  /** The user settings that the workbench shows and writes: on the server's disk, not in the browser. */
  readonly userSettings: string;
  /** Where VS Code's own extensions are, if not in their usual place. */
  readonly builtInExtensions: string | undefined;
  /** Where the server's processes put sockets and caches, instead of the machine's own places. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface HomeOptions {
  /** User settings to begin with: the text of a settings.json, or the values. Default: no file, as in a fresh VS Code. */
  readonly userSettings?: string | Record<string, unknown> | undefined;
  /** The display language, such as `de`. VS Code's own texts stay English: there is no language pack in the npm registry. */
  readonly locale?: string | undefined;
  /** Extension folders to load as if installed. They are loaded from where they are. */
  readonly extensions?: readonly string[];
  /** An `--extensions-dir` whose extensions are loaded as well. */
  readonly extensionsFrom?: string | undefined;
  /** Of the extensions in this folder, which are VS Code's own, these alone are loaded. Default: all. */
  readonly builtIn?: { readonly from: string; readonly names: readonly string[] } | undefined;
}

/**
 * Lays out a fresh server data folder.
 *
 * Extensions are "installed" by listing them in extensions.json: VS Code loads each from the location that its entry
 * names. This needs no copy and no link; and unlike `extensionDevelopmentPath` in the workbench's URL it takes any
 * number of them (that one is a Map: the last entry wins) and works without the smoke test driver, which in newer
 * versions hides notifications.
 */
export async function prepareHome(folder: string, options: HomeOptions = {}): Promise<ServerHome> {
  const userSettings = path.join(folder, 'data/User/settings.json');
  const temporary = path.join(folder, 'tmp');
  await mkdir(path.dirname(userSettings), { recursive: true });
  await mkdir(path.join(folder, 'extensions'), { recursive: true });
  await mkdir(temporary, { recursive: true });

  if (options.userSettings !== undefined) {
    const { userSettings: wanted } = options;
    await writeFile(userSettings, typeof wanted === 'string' ? wanted : `${JSON.stringify(wanted, null, 2)}\n`);
  }
  if (options.locale !== undefined) await speak(path.join(folder, 'data'), options.locale);
  const installed = await Promise.all((options.extensions ?? []).map(describeExtension));
  const others = await listedIn(options.extensionsFrom);
  await writeFile(path.join(folder, 'extensions/extensions.json'), JSON.stringify([...others, ...installed]));

  const builtInExtensions = options.builtIn === undefined ? undefined : path.join(folder, 'built-in');
  if (options.builtIn !== undefined) await linkAll(options.builtIn, builtInExtensions!);

  return {
    folder,
    userSettings,
    builtInExtensions,
    environment: {
      TMPDIR: temporary,
      XDG_RUNTIME_DIR: temporary,
      XDG_CACHE_HOME: temporary,
    },
  };
}

async function linkAll({ from, names }: { readonly from: string; readonly names: readonly string[] }, folder: string): Promise<void> {
  await mkdir(folder);
  // Of older versions some are missing.
  for (const name of names) if (existsSync(path.join(from, name))) await symlink(path.join(from, name), path.join(folder, name), 'junction');
}

/** Lists a language pack without a text, so that VS Code has the language, and extensions their texts in it. */
async function speak(folder: string, locale: string): Promise<void> {
  const texts = path.join(folder, `${locale}.i18n.json`);
  await writeFile(texts, JSON.stringify({ version: '1.0.0', contents: {} }));
  await writeFile(path.join(folder, 'languagepacks.json'), JSON.stringify({ [locale]: { hash: locale, extensions: [{ extensionIdentifier: { id: `holdfast.${locale}` }, version: '1.0.0' }], translations: { vscode: texts }, label: locale } }));
}

/**
 * A new temporary folder, which goes away with this process at the latest (and, once a server has been told to remove
 * it, even when this process is killed). Its path is short, because sockets are made in it, and a socket's path may
 * have about 100 characters.
 */
export function temporaryFolder(): string {
  const base = process.platform === 'darwin' ? '/tmp' : tmpdir();
  const folder = realpathSync(mkdtempSync(path.join(base, 'holdfast-')));
  // It fails while others write into it. The leash comes after them.
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * User settings by which VS Code runs the extensions of these folders, and others by their ids, in the browser and not
 * on the server. (It has `extensionDevelopmentKind` for this, and does not look at it when it runs in a browser itself.)
 */
export async function withBrowserHost(settings: HomeOptions['userSettings'], folders: readonly string[], ids: readonly string[] = []): Promise<Record<string, unknown>> {
  const values = (typeof settings === 'string' ? JSON.parse(settings) : settings ?? {}) as Record<string, unknown>;
  const described = await Promise.all(folders.map(describeExtension));
  const all = [...ids, ...described.map(({ identifier }) => identifier.id)];
  return { ...values, 'remote.extensionKind': Object.fromEntries(all.map((id) => [id, ['web']])) };
}

interface InstalledExtension {
  identifier: { id: string };
  version: string;
  location: { $mid: 1; scheme: 'file'; path: string };
  metadata: { installedTimestamp: number; source: 'vsix' };
}

async function describeExtension(folder: string): Promise<InstalledExtension> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { publisher: string; name: string; version: string };
  return {
    identifier: { id: `${manifest.publisher}.${manifest.name}` },
    version: manifest.version,
    location: { $mid: 1, scheme: 'file', path: decodeURIComponent(pathToFileURL(folder).pathname) },
    metadata: { installedTimestamp: Date.now(), source: 'vsix' },
  };
}

async function listedIn(extensionsFolder: string | undefined): Promise<unknown[]> {
  if (extensionsFolder === undefined) return [];
  const text = await readFile(path.join(extensionsFolder, 'extensions.json'), 'utf8').catch(() => '[]');
  // The location is absolute; the relative one beside it would be looked up in our folder.
  return (JSON.parse(text) as Record<string, unknown>[]).map(({ relativeLocation: _, ...entry }) => entry);
}
