import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
import { openWorkbench, quietSettings, type Workbench, type WorkbenchOptions } from '../../tools/vscode-host/workbench.ts';
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
  const { workspaceSettings, nofx = patientNofxFolder, ...options } = wanted;
  await Promise.all([ready(products.extensions), ready(products.patientNofx)]);
  const folder = temporaryFolder();
  const workspace = await createDemoWorkspace(folder);
  if (workspaceSettings !== undefined) writeFileSync(path.join(workspace, '.vscode/settings.json'), workspaceSettings);
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\holdfast-desk-${process.pid}` : path.join(folder, 'desk.sock');
  const workbench = await openWorkbench({
    ...options,
    folder: workspace,
    extensionDevelopmentPaths: [projectRoot, nofx, path.join(projectRoot, 'tools/demo-driver')],
    // Writes wait for a test as long as a test waits for them.
    userSettings: { ...quietSettings, 'files.autoSave': 'off', 'holdfast.failedWrites.waitFor': limits.condition / 1_000, ...settings },
    env: { ...process.env, HOLDFAST_DEMO_SOCKET: socket },
  });
  const link = await DemoLink.connect(socket);
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
      await workbench.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const inspectorFrame = ({ workbench }: Desk): Promise<Frame> => webview(workbench.page, 'Open Recording…');

/** What axe-core finds wrong with a page: nothing, it is hoped. */
export async function accessibilityProblems(frame: Frame): Promise<string[]> {
  // Evaluated and not added as a script, which the page's CSP would refuse.
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate<axe.AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')})`);
}
