import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import {
  answerNotification, notification, notifications, openFile, runCommand, showHoldfast, shownNotifications, statusBarItem, watch,
} from '../../tools/vscode-host/drive.ts';
import { again } from '../limits.ts';
import { night } from '../night.ts';
import { openDesk, type Desk } from './workbench.ts';

night.describe('A write that waits for the user', () => {
  let desk: Desk;
  let page: Page;

  const stored = (): unknown => JSON.parse(readFileSync(path.join(desk.workspace, '.vscode/settings.json'), 'utf8'));
  const rows = (text: string) => page.locator('.part.sidebar .monaco-list-row').filter({ hasText: text });
  /** Of the service, among others of which the view tells. */
  const service = () => rows('nofx').and(page.locator('[aria-level="1"]'));
  const waits = () => rows('maxAgents').filter({ hasText: 'The settings file has unsaved changes.' });
  const item = () => page.locator('.part.statusbar .statusbar-item[id*="holdfast"]').filter({ hasText: 'nofx.maxAgents: not stored yet' });
  const asked = 'is not stored yet.';

  /** settings.json is open, with changes that are not saved. */
  async function edit(text: string): Promise<void> {
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
    await page.locator('.tab.active.dirty').waitFor();
  }

  async function save(): Promise<void> {
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+S');
  }

  async function gone(): Promise<void> {
    await runCommand(page, 'Notifications: Show Notifications');
    await notifications(page).filter({ hasText: asked }).waitFor({ state: 'detached' });
  }

  before(async () => {
    desk = await openDesk({ 'workbench.colorTheme': 'Default Dark Modern', 'editor.autoClosingBrackets': 'never', 'editor.autoIndent': 'none' });
    ({ page } = desk.workbench);
    await openFile(page, 'settings.json');
    await showHoldfast(page, service());
  });

  after(async () => {
    await desk.close();
  });

  it('F65 the status bar and the health view show it as long as it waits, also after its notification has been put away', async () => {
    await edit('{\n  "nofx.logLevel": "warn"\n}');
    const pending = desk.link.call('update', 'maxAgents', 7, { target: 'workspace' });
    await notification(page, `nofx.maxAgents ${asked}`);
    await item().waitFor();
    await waits().waitFor();
    await service().filter({ hasText: 'degraded' }).waitFor();
    await desk.picture('unsaved-notification');
    await again(async (timeout) => {
      await page.keyboard.press('Escape');
      await notifications(page).first().waitFor({ state: 'detached', timeout });
    });
    await item().waitFor();
    await waits().waitFor();
    await desk.picture('unsaved-without-notification');
    // What can be done about it is offered there.
    await again(async (timeout) => {
      await item().click({ timeout });
      await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Save and retry' }).waitFor({ timeout });
    });
    await desk.picture('unsaved-actions');
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Save and retry' }).click();
    expect(await pending).to.deep.include({ ok: true, value: { outcome: 'stored', target: 'workspace' } });
    await item().waitFor({ state: 'detached' });
    await service().filter({ hasText: 'healthy' }).waitFor();
    await waits().waitFor({ state: 'detached' });
    expect(stored()).to.deep.equal({ 'nofx.logLevel': 'warn', 'nofx.maxAgents': 7 });
  });

  it('F66 its notification goes when it lands, and there is one, whatever the extension does', async () => {
    await edit('{\n  "nofx.maxAgents": 7\n}');
    const shown = await watch(page, 'notifications', shownNotifications);
    // The example’s own command, which shows what became of its write.
    await runCommand(page, 'NofX: Allow One More Agent');
    await notification(page, `nofx.maxAgents ${asked}`);
    expect(await notifications(page).count()).to.equal(1);
    await save();
    await statusBarItem(page, 'NofX: up to 8 agents').waitFor();
    await gone();
    expect(stored()).to.deep.equal({ 'nofx.maxAgents': 8 });
    expect((await shown.seen()).filter((text) => !text.includes(asked))).to.deep.equal([]);
  });

  it('F66 it goes when its user declines, and the example, told so, says no more', async () => {
    await edit('{\n  "nofx.maxAgents": 9\n}');
    const shown = await watch(page, 'notifications', shownNotifications);
    await runCommand(page, 'NofX: Allow One More Agent');
    await answerNotification(page, `nofx.maxAgents ${asked}`, 'Cancel');
    await gone();
    await item().waitFor({ state: 'detached' });
    // Asked for after the first has been answered: what the example says of the first is said before.
    const { ok, error } = await desk.link.call('update', 'maxAgents', 3, { target: 'workspace', wait: false });
    expect([ok, error?.['reason']]).to.deep.equal([false, 'dirty']);
    expect((await shown.seen()).filter((text) => !text.includes(asked))).to.deep.equal([]);
  });
});
