import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { inspectorPage } from '../src/extension/inspector-page.ts';
import type { FromPage, ToPage } from '../src/inspect/protocol.ts';
import { buildWebview } from './bundles.ts';
import { launchChromium } from './vscode-host/browser.ts';
import { projectRoot } from './vscode-host/paths.ts';

const origin = 'http://inspector.invalid';

/** Colours as VS Code gives them to a webview; the rest is the page's own. */
const colours = `--vscode-editor-background:#1f1f1f;--vscode-foreground:#cccccc;--vscode-descriptionForeground:#9d9d9d;--vscode-panel-border:#2b2b2b;
--vscode-editorWidget-background:#202020;--vscode-editorWidget-border:#313131;--vscode-charts-blue:#3794ff;--vscode-charts-red:#f14c4c;--vscode-charts-yellow:#cca700;
--vscode-button-background:#0078d4;--vscode-button-foreground:#ffffff;--vscode-button-secondaryBackground:#313131;--vscode-button-secondaryForeground:#cccccc;
--vscode-focusBorder:#0078d4;--vscode-list-inactiveSelectionBackground:#37373d;--vscode-testing-iconPassed:#73c991`;

/** The inspector's page without a VS Code around it: under its own CSP, with its own script, fed by hand. */
export interface StandalonePage {
  readonly page: Page;
  /** What it has told the extension. */
  readonly told: readonly FromPage[];
  post(message: ToPage): Promise<void>;
  close(): Promise<void>;
}

export async function openInspectorPage(viewport = { width: 1_200, height: 900 }): Promise<StandalonePage> {
  await buildWebview();
  const profile = mkdtempSync(path.join(tmpdir(), 'holdfast-page-'));
  const browser = await launchChromium(profile, { viewport });
  const page = browser.pages()[0] ?? await browser.newPage();
  const told: FromPage[] = [];
  await page.exposeFunction('tellExtension', (message: FromPage) => void told.push(message));
  await page.addInitScript(`window.acquireVsCodeApi = () => ({ postMessage: (message) => void window.tellExtension(message), getState: () => undefined, setState: (state) => { window.kept = state; } });
    addEventListener('DOMContentLoaded', () => { document.documentElement.style.cssText = ${JSON.stringify(colours)}; });`);
  const built = path.join(projectRoot, 'dist/webview');
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', inspectorPage({ script: `${origin}/main.js`, style: `${origin}/style.css`, cspSource: origin, language: 'en', texts: {} })],
    '/main.js': ['text/javascript', readFileSync(path.join(built, 'main.js'), 'utf8')],
    '/style.css': ['text/css', readFileSync(path.join(built, 'style.css'), 'utf8')],
  };
  await page.route('**/*', async (route) => {
    const found = files[new URL(route.request().url()).pathname];
    await (found === undefined ? route.abort() : route.fulfill({ contentType: `${found[0]}; charset=utf-8`, body: found[1] }));
  });
  await page.goto(`${origin}/`);
  return {
    page,
    told,
    post: (message) => page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`),
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
