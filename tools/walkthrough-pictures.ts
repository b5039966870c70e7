/**
 * A step of `npm run pictures`: the four steps of the walkthrough, as they look in a real VS Code. The window is small,
 * because VS Code shows the pictures small.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { hoverOver, notifications, openFile, runCommand, showHoldfast } from './vscode-host/drive.ts';
import { nofxFolder, projectRoot } from './vscode-host/paths.ts';
import { endDesks, openDesk } from '../test/workbench/workbench.ts';

const folder = path.join(projectRoot, 'media/walkthrough');
mkdirSync(folder, { recursive: true });

const desk = await openDesk({
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.activityBar.location': 'hidden',
  'workbench.layoutControl.enabled': false,
  'window.commandCenter': false,
  'breadcrumbs.enabled': false,
  'editor.minimap.enabled': false,
  'editor.autoClosingBrackets': 'never',
  'editor.autoIndent': 'none',
}, {
  nofx: nofxFolder,
  viewport: { width: 720, height: 450 },
  workspaceSettings: '{\n  "nofx.aiProvider": "claude",\n  "nofx.maxAgents": 500,\n  "nofx.logLevl": "info"\n}',
});

try {
  const { page } = desk.workbench;
  // What moves is drawn where it comes to rest.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const take = async (name: string): Promise<void> => void await page.screenshot({ path: path.join(folder, `${name}.png`) });
  const rows = page.locator('.part.sidebar .monaco-list-row');
  const elsewhere = { x: 550, y: 250 };
  const away = (): Promise<void> => page.mouse.move(elsewhere.x, elsewhere.y);

  await openFile(page, 'settings.json');
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  const hover = page.locator('.monaco-hover').filter({ hasText: 'must be a whole number' });
  await hoverOver(page, page.locator('.monaco-editor .view-line span', { hasText: '500' }).last(), hover.getByText('Quick Fix'), elsewhere);
  await take('marks');

  await away();
  await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('{\n  "nofx.maxAgents": "many"\n}');
  const pending = desk.link.call('update', 'logLevel', 'warn', { target: 'workspace' });
  const notification = notifications(page).filter({ hasText: 'is not stored yet.' });
  await notification.waitFor();
  await take('writes');
  await notification.getByRole('link', { name: 'Save and retry' }).click();
  await pending;

  await showHoldfast(page, rows.filter({ hasText: 'maxAgents' }));
  const sideBar = (await page.locator('.part.sidebar').boundingBox())!;
  await page.mouse.move(sideBar.x + sideBar.width, 300);
  await page.mouse.down();
  await page.mouse.move(340, 300, { steps: 5 });
  await page.mouse.up();
  const item = page.locator('.part.statusbar .statusbar-item[id*="holdfast"]');
  await hoverOver(page, item, page.locator('.monaco-hover').filter({ hasText: 'nofx is' }), elsewhere);
  await take('health');

  await away();
  await runCommand(page, 'View: Close All Editors');
  await rows.filter({ hasText: /^nofx/ }).first().click();
  await runCommand(page, 'Holdfast: Break and Heal a Demo');
  await rows.filter({ hasText: 'open, probes in' }).first().waitFor();
  await take('demo');
} finally {
  await desk.close();
  await endDesks();
}
