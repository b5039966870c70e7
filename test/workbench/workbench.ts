import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import type { Frame } from 'playwright-core';
import { products } from '../../tools/bundles.ts';
import { DemoLink } from '../../tools/demo-link.ts';
import { createDemoWorkspace } from '../../tools/demo-workspace.ts';
import { ready } from '../../tools/products.ts';
import { atRest, webview } from '../../tools/vscode-host/drive.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { patientNofxFolder, projectRoot } from '../../tools/vscode-host/paths.ts';
import { openWorkbench, quietSettings, usedExtensions, workbenchReady, type Workbench, type WorkbenchOptions } from '../../tools/vscode-host/workbench.ts';
import { limits } from '../limits.ts';

/** Pictures of the workbench are kept here, to be looked at. */
export const pictures = path.join(projectRoot, 'out/workbench');

/** A VS Code with Holdfast, the NofX example, and a hand in its extension host. */
export interface Desk {
  readonly workbench: Workbench;
  readonly link: DemoLink;
  /** The folder that is open. */
  readonly workspace: string;
  picture(name: string): Promise<void>;
  /** Gives VS Code another theme, by its name in settings, and waits until it has it. */
  setTheme(theme: string): Promise<void>;
  close(): Promise<void>;
}

export interface DeskOptions extends Pick<WorkbenchOptions, 'viewport' | 'policies' | 'locale'> {
  /** The folder of the NofX example. Default: as its limits are too long to run out, see patient-library.ts. */
  readonly nofx?: string;
  /** The text of .vscode/settings.json when VS Code starts. */
  readonly workspaceSettings?: string;
}

export async function openDesk(settings: Record<string, unknown> = {}, wanted: DeskOptions = {}): Promise<Desk> {
  const { workspaceSettings, policies, ...which } = wanted;
  const folder = temporaryFolder();
  const workspace = await createDemoWorkspace(folder);
  if (workspaceSettings !== undefined) writeFileSync(path.join(workspace, '.vscode/settings.json'), workspaceSettings);
  // Writes wait for a test as long as a test waits for them.
  const userSettings = { ...quietSettings, 'files.autoSave': 'off', 'holdfast.failedWrites.waitFor': limits.condition / 1_000, ...settings };
  const workbench = await take(which, { folder: workspace, userSettings, policies });
  // What moves costs as much as all the rest.
  await workbench.page.emulateMedia({ reducedMotion: 'reduce' });
  const link = await DemoLink.connect(socketIn(folder));
  mkdirSync(pictures, { recursive: true });
  return {
    workbench,
    link,
    workspace,
    picture: async (name) => {
      await atRest(workbench.page);
      await workbench.page.screenshot({ path: path.join(pictures, `${name}.png`) });
    },
    setTheme: async (theme) => {
      await link.call('theme', theme);
      const [dark, light] = theme.includes('High Contrast') ? ['hc-black', 'hc-light'] : ['vs-dark', 'vs'];
      const kind = theme.includes('Light') ? light : dark;
      await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
    },
    close: async () => {
      link.close();
      // Its extension host ends with the page.
      await workbench.page.goto('about:blank');
      rmSync(folder, { recursive: true, force: true });
      free.set(nameOf(which), workbench);
    },
  };
}

/** Another window of the same VS Code. */
export interface Window {
  readonly link: DemoLink;
  close(): Promise<void>;
}

/** At the folder of the desk, which it reaches by a link: VS Code opens no folder twice. */
export async function openWindow({ workbench, workspace }: Desk): Promise<Window> {
  const folder = temporaryFolder();
  const link = path.join(folder, path.basename(workspace));
  symlinkSync(workspace, link, 'junction');
  const page = await workbench.browser.newPage();
  await page.goto(workbench.server.url({ folder: link }));
  await workbenchReady(page);
  const driver = await DemoLink.connect(socketIn(folder));
  return {
    link: driver,
    close: async () => {
      driver.close();
      await page.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The line to the extension host of the window whose workspace is in this folder. */
function socketIn(folder: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\desk-${path.basename(folder)}` : path.join(folder, 'desk.sock');
}

type Which = Pick<DeskOptions, 'nofx' | 'viewport' | 'locale'>;

/** A VS Code starts in seconds, and opens another folder in one: those that nobody uses are kept for the next who wants such a one. */
const free = new Map<string, Workbench>();
const nameOf = ({ nofx, viewport, locale }: Which): string => JSON.stringify([nofx, viewport, locale]);

interface What {
  readonly folder: string;
  readonly userSettings: Record<string, unknown>;
  readonly policies: Record<string, unknown> | undefined;
}

async function take(which: Which, what: What): Promise<Workbench> {
  const kept = free.get(nameOf(which));
  if (kept === undefined) return start(which, what);
  free.delete(nameOf(which));
  writeFileSync(kept.home.userSettings, JSON.stringify(what.userSettings));
  await kept.open(what);
  return kept;
}

async function start({ nofx = patientNofxFolder, ...options }: Which, what: What): Promise<Workbench> {
  await Promise.all([ready(products.extensions), ready(products.patientNofx)]);
  return openWorkbench({
    ...options,
    ...what,
    builtInExtensions: usedExtensions,
    extensionDevelopmentPaths: [projectRoot, nofx, path.join(projectRoot, 'tools/demo-driver')],
    env: { ...process.env, HOLDFAST_DEMO_SOCKET: socketIn(path.join(what.folder, '../../{folder}')) },
  });
}

/** Ends what is kept for the next. */
export async function endDesks(): Promise<void> {
  const kept = [...free.values()];
  free.clear();
  await Promise.all(kept.map((workbench) => workbench.close()));
}

// Of all files of tests, at the end of the last.
if (typeof after === 'function') after(endDesks);

export const inspectorFrame = ({ workbench }: Desk): Promise<Frame> => webview(workbench.page, 'Open Recording…');

/** What axe-core finds wrong with a page: nothing, it is hoped. */
export async function accessibilityProblems(frame: Frame): Promise<string[]> {
  // Evaluated and not added as a script, which the page's CSP would refuse.
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate<axe.AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')})`);
}
