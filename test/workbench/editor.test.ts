import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { openFile, runCommand } from '../../tools/vscode-host/drive.ts';
import { openDesk, type Desk } from './workbench.ts';

const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern', contrast: 'Default High Contrast' };

/** Puts a text in place of the whole open file, as if pasted; it has no last line break, which the editor would answer with a bracket. */
async function replaceAll(page: Page, text: string): Promise<void> {
  await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

describe('Settings that explain and mend themselves', function () {
  this.timeout(120_000);
  let desk: Desk;
  let page: Page;

  const onDisk = (): string => readFileSync(path.join(desk.workspace, '.vscode/settings.json'), 'utf8');
  const squiggles = () => page.locator('.monaco-editor .squiggly-warning');
  const problems = () => page.locator('.markers-panel .monaco-list-row');

  before(async () => {
    desk = await openDesk({ 'workbench.colorTheme': themes.dark, 'editor.autoClosingBrackets': 'never', 'editor.autoIndent': 'none' });
    ({ page } = desk.workbench);
    await openFile(page, 'settings.json');
  });

  after(async () => {
    await desk.close();
  });

  it('a bad value is marked as it is typed, and said what to do about', async () => {
    await replaceAll(page, '{\n  "nofx.maxAgents": 500,\n  "nofx.logLevl": "info"\n}');
    await squiggles().first().waitFor();
    await runCommand(page, 'Problems: Focus on Problems View');
    await problems().filter({ hasText: 'nofx.maxAgents must be a whole number from 1 to 50.' }).waitFor();
    await problems().filter({ hasText: 'Did you mean nofx.logLevel?' }).waitFor();
    await desk.picture('editor-marks-dark');
  });

  it('the hover says which value is in effect, and where it comes from', async () => {
    await page.locator('.monaco-editor .view-line span', { hasText: '"nofx.maxAgents"' }).last().hover();
    const hover = page.locator('.monaco-hover').filter({ hasText: 'In effect' });
    await hover.waitFor();
    await desk.picture('editor-hover-dark');
    expect(await hover.innerText()).to.contain('Stored in');
  });

  it('the quick fix mends it: the marks go, and the value is used', async () => {
    await page.locator('.monaco-editor .view-line span', { hasText: '500' }).last().click();
    await page.keyboard.press('ControlOrMeta+Period');
    const menu = page.locator('.action-widget');
    const fix = menu.getByText('Use 50, the nearest legal value');
    await fix.waitFor();
    await desk.picture('editor-quick-fix-dark');
    await fix.click();
    await problems().filter({ hasText: 'nofx.maxAgents' }).waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+S');
    await page.locator('.tab.active:not(.dirty)').filter({ hasText: 'settings.json' }).waitFor();
    expect(onDisk()).to.contain('"nofx.maxAgents": 50');
    for (let tries = 0; tries < 200 && (await desk.link.call('get', 'maxAgents')).value !== 50; tries++) await page.waitForTimeout(50);
    expect((await desk.link.call('get', 'maxAgents')).value).to.equal(50);
  });
});
