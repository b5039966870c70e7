import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { OnProgress } from '../progress.ts';
import { run } from '../run.ts';
import { launchChromium, type BrowserOptions } from './browser.ts';
import { takeCompiled } from './compiled.ts';
import { ensureServer, type InstalledServer } from './fetch.ts';
import { prepareHome, temporaryFolder, withBrowserHost, type ServerHome } from './home.ts';
import { setPolicies } from './policies.ts';
import { quickSockets } from './quick-sockets.ts';
import { quietSettings } from './quiet-settings.ts';
import { startServer, type RunningServer } from './server.ts';
import { defaultVersion, type VscodeVersion } from './versions.ts';

export { quietSettings };

export interface WorkbenchOptions extends BrowserOptions {
  /** Default: the newest that is pinned. */
  readonly version?: VscodeVersion;
  /** Absolute path of the folder or .code-workspace file to open. Default: an empty window. */
  readonly folder?: string | undefined;
  /** Opens the .code-workspace file as one that was never saved: VS Code keeps those itself, and tells no address of them. Default: false. */
  readonly unsaved?: boolean;
  /**
   * Absolute paths of the extensions to load. With `extensionTestsPath` the first is the extension under test, as VS
   * Code sees it (ExtensionMode.Test); all others count as installed (ExtensionMode.Production).
   */
  readonly extensionDevelopmentPaths?: readonly string[];
  /**
   * A module whose `run()` VS Code calls in the extension host; `testsEnded` then has the outcome. Needs at least one
   * extension. In a test run VS Code refuses dialogs, and newer versions hide notifications.
   */
  readonly extensionTestsPath?: string | undefined;
  /** Runs the extensions in the browser's own extension host, by their `browser` entry. Needs 1.139.1. Default: on the server. */
  readonly inBrowser?: boolean;
  /** VSIX files to install beforehand, by VS Code itself. */
  readonly vsixFiles?: readonly string[];
  /** User settings to begin with. Default: `quietSettings`. Give `undefined` for a fresh VS Code's. */
  readonly userSettings?: string | Record<string, unknown> | undefined;
  /** An `--extensions-dir` whose extensions are loaded as well. */
  readonly extensionsFrom?: string | undefined;
  /** Names of VS Code's own extensions to load, such as `json`, and no others. Default: all. */
  readonly builtInExtensions?: readonly string[] | undefined;
  /** Whether workspaces must be trusted first. Default: false. */
  readonly workspaceTrust?: boolean;
  /** Environment of the extension host. Default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folders that go away with the workbench, even if we are killed. */
  readonly remove?: readonly string[];
  /** The display language, such as `de`, of the extensions' texts. Default: English. */
  readonly locale?: string;
  /** Policies of an administrator, by name. Needs 1.139.1. Default: none. */
  readonly policies?: Record<string, unknown> | undefined;
  /** Hears the workbench's log, which in a test run includes the extension host's console. */
  readonly onLog?: (level: string, text: string) => void;
  /** Hears what the server prints. */
  readonly onServerOutput?: (line: string) => void;
  /** Hears about a download, if one is needed. */
  readonly onProgress?: OnProgress;
}

export interface Workbench {
  readonly page: Page;
  readonly browser: BrowserContext;
  readonly server: RunningServer;
  readonly home: ServerHome;
  /** Exit code of the test run; never settles without `extensionTestsPath`. Rejects when the server or the page dies. */
  readonly testsEnded: Promise<number>;
  /** Opens another folder in the same window: quicker than another VS Code. What is not stored in its files goes away with the one before. */
  open(what: Pick<WorkbenchOptions, 'folder' | 'unsaved' | 'policies'>): Promise<void>;
  /** Ends browser, server and everything they started, and removes their folders. */
  close(): Promise<void>;
}

/** By this each browser knows its server, whatever its port is: what it has compiled of a page, it keeps by the page's address. */
const authority = 'localhost:8000';

/** What a settings file needs of VS Code's own extensions. Others, such as Git's and Copilot's, begin to work at once. */
export const settingsExtensions: readonly string[] = ['configuration-editing', 'json', 'theme-defaults'];

/** With those that a person sees at work in the files that tests open. */
export const usedExtensions: readonly string[] = [
  ...settingsExtensions, 'json-language-features', 'markdown-basics', 'markdown-language-features', 'typescript-basics',
];

/** No extension gallery: a test talks to nobody outside this machine. */
const noGallery = { EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: '' }) };

/** Opens a real VS Code with a fresh profile in headless Chromium, and resolves when its workbench is on the page. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const testing = options.extensionTestsPath !== undefined;
  const [underTest, ...installed] = testing
    ? options.extensionDevelopmentPaths ?? []
    : [undefined, ...options.extensionDevelopmentPaths ?? []];
  if (testing && underTest === undefined) throw new Error('A test run needs an extension under test.');

  const wantedSettings = 'userSettings' in options ? options.userSettings : quietSettings;
  const installedServer = await ensureServer(options.version ?? defaultVersion, options.onProgress);
  const folder = temporaryFolder();
  const home = await prepareHome(folder, {
    userSettings: options.inBrowser ? await withBrowserHost(wantedSettings, options.extensionDevelopmentPaths ?? []) : wantedSettings,
    extensions: installed as string[],
    extensionsFrom: options.extensionsFrom,
    builtIn: options.builtInExtensions && { from: path.join(installedServer.main, '../../extensions'), names: options.builtInExtensions },
    locale: options.locale,
  });
  if (options.vsixFiles !== undefined) await installExtensions(installedServer, home, options.vsixFiles);
  const server = await startServer({
    server: installedServer,
    home: home.folder,
    authority,
    remove: [folder, ...options.remove ?? []],
    env: { ...options.env ?? process.env, ...home.environment, ...noGallery },
    flags: [
      // The environment is the one we give, not what the user's shell would add to it.
      '--force-disable-user-env',
      ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
      ...(options.locale === undefined ? [] : ['--locale', options.locale]),
      ...(home.builtInExtensions === undefined ? [] : ['--builtin-extensions-dir', home.builtInExtensions]),
      // Newer versions read the extension under test from the URL only with this flag.
      ...(testing ? ['--enable-smoke-test-driver'] : []),
    ],
    ...(options.onServerOutput ? { onOutput: options.onServerOutput } : {}),
  });

  let browser: BrowserContext | undefined;
  const close = async () => {
    await browser?.close();
    await server.stop();
  };
  try {
    const profile = path.join(folder, 'chromium');
    await takeCompiled(installedServer.version, profile);
    browser = await launchChromium(profile, { ...options, withoutNetworkEvents: true, hosts: { [authority]: `127.0.0.1:${server.port}` } });
    await browser.addInitScript(quickSockets);
    const page = browser.pages()[0] ?? await browser.newPage();
    const { testsEnded } = await exposeAutomation(page, server, options.onLog ?? (() => {}));
    const remote = (file: string) => `vscode-remote://${server.authority}${encodeURI(file)}`;
    const payload = testing
      ? [['extensionDevelopmentPath', remote(underTest ?? '')], ['extensionTestsPath', remote(options.extensionTestsPath ?? '')]]
      : [];
    const open = async ({ folder, unsaved, policies }: Pick<WorkbenchOptions, 'folder' | 'unsaved' | 'policies'>): Promise<void> => {
      const end = policies === undefined ? undefined : await setPolicies(page, policies);
      await page.goto(server.url({
        ...(unsaved === true ? await unsavedWorkspace(home, folder!) : await whatToOpen(folder)),
        ...(payload.length === 0 ? {} : { payload: JSON.stringify(payload) }),
      }));
      await workbenchReady(page);
      await end?.();
    };
    await open(options);
    return { page, browser, server, home, testsEnded, open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `code --install-extension …`, as a person would. */
async function installExtensions({ main }: InstalledServer, home: ServerHome, files: readonly string[]): Promise<void> {
  const wanted = files.flatMap((file) => ['--install-extension', file]);
  await run(process.execPath, [main, ...wanted, '--server-data-dir', home.folder, '--accept-server-license-terms'], home.folder);
}

/** Resolves when the page shows a workbench: its parts are laid out and its status bar has been filled. */
export async function workbenchReady(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor();
}

async function whatToOpen(target: string | undefined): Promise<Record<string, string>> {
  if (target === undefined) return { ew: 'true' };
  return (await stat(target)).isDirectory() ? { folder: target } : { workspace: target };
}

/** A copy of a .code-workspace file, where VS Code keeps those that were never saved. */
async function unsavedWorkspace({ userSettings }: ServerHome, file: string): Promise<Record<string, string>> {
  const kept = path.join(path.dirname(userSettings), 'Workspaces/1/workspace.json');
  const { folders, ...rest } = JSON.parse(await readFile(file, 'utf8')) as { folders: readonly { readonly path: string }[] };
  await mkdir(path.dirname(kept), { recursive: true });
  await writeFile(kept, JSON.stringify({ ...rest, folders: folders.map((each) => ({ path: path.resolve(path.dirname(file), each.path) })) }));
  return { workspace: `vscode-remote:${kept}` };
}

/** The two functions by which a workbench speaks to whoever automates it. */
async function exposeAutomation(page: Page, server: RunningServer, onLog: (level: string, text: string) => void): Promise<{ testsEnded: Promise<number> }> {
  await page.exposeFunction('codeAutomationLog', (level: string, words: unknown[]) => onLog(level, words.map(asText).join(' ')));
  let exited: (code: number) => void = () => {};
  await page.exposeFunction('codeAutomationExit', (code: number) => exited(code));
  const testsEnded = new Promise<number>((resolve, reject) => {
    exited = resolve;
    page.once('crash', () => reject(new Error('The page with the workbench crashed.')));
    void server.ended.then(() => reject(new Error('The VS Code server ended before the tests did.')));
  });
  // Most callers run no tests, and for them it is no news that the server ended.
  testsEnded.catch(() => {});
  return { testsEnded };
}

function asText(word: unknown): string {
  return typeof word === 'string' ? word : JSON.stringify(word);
}
