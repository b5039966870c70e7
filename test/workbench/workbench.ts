import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import type { Frame } from 'playwright-core';
import { DemoLink } from '../../tools/demo-link.ts';
import { createDemoWorkspace } from '../../tools/demo-workspace.ts';
import { webview } from '../../tools/vscode-host/drive.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { builtExtensions, projectRoot } from '../../tools/vscode-host/paths.ts';
import { openWorkbench, quietSettings, type Workbench, type WorkbenchOptions } from '../../tools/vscode-host/workbench.ts';

/** Pictures of the workbench are kept here, to be looked at. */
export const pictures = path.join(projectRoot, 'out/workbench');

/** A VS Code with Holdfast, the NofX example, and a hand in its extension host. */
export interface Desk {
  readonly workbench: Workbench;
  readonly link: DemoLink;
  /** The folder that is open. */
  readonly workspace: string;
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface DeskOptions extends Pick<WorkbenchOptions, 'viewport' | 'policies' | 'locale'> {
  /** The text of .vscode/settings.json when VS Code starts. */
  readonly workspaceSettings?: string;
}

export async function openDesk(settings: Record<string, unknown> = {}, { workspaceSettings, ...options }: DeskOptions = {}): Promise<Desk> {
  const folder = temporaryFolder();
  const workspace = await createDemoWorkspace(folder);
  if (workspaceSettings !== undefined) writeFileSync(path.join(workspace, '.vscode/settings.json'), workspaceSettings);
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\holdfast-desk-${process.pid}` : path.join(folder, 'desk.sock');
  const workbench = await openWorkbench({
    ...options,
    folder: workspace,
    extensionDevelopmentPaths: [...builtExtensions(), path.join(projectRoot, 'tools/demo-driver')],
    userSettings: { ...quietSettings, 'files.autoSave': 'off', ...settings },
    env: { ...process.env, HOLDFAST_DEMO_SOCKET: socket },
  });
  const link = await DemoLink.connect(socket);
  mkdirSync(pictures, { recursive: true });
  return {
    workbench,
    link,
    workspace,
    picture: async (name) => {
      await workbench.page.evaluate(fadedIn);
      await workbench.page.screenshot({ path: path.join(pictures, `${name}.png`) });
    },
    close: async () => {
      link.close();
      await workbench.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Run in the page: what VS Code fades in has been faded in. */
const fadedIn = `Promise.race([
  new Promise((resolve) => setTimeout(resolve, 2_000)),
  Promise.all(document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
    .map(({ finished }) => finished.catch(() => undefined))),
]).then(() => undefined)`;

export const inspectorFrame = ({ workbench }: Desk): Promise<Frame> => webview(workbench.page, 'Open Recording…');

/** What axe-core finds wrong with a page: nothing, it is hoped. */
export async function accessibilityProblems(frame: Frame): Promise<string[]> {
  // Evaluated and not added as a script, which the page's CSP would refuse.
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate<axe.AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')})`);
}
