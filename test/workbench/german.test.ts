import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { answerNotification, hoverOver, notification, openFile, runCommand, showHoldfast, webview } from '../../tools/vscode-host/drive.ts';
import { again } from '../limits.ts';
import { accessibilityProblems, openDesk, type Desk } from './workbench.ts';

/** Without a language pack VS Code's own texts, and those of the NofX example, stay English. Holdfast's do not. */
describe('In German', () => {
  let desk: Desk;
  let page: Page;

  before(async () => {
    desk = await openDesk(
      { 'workbench.colorTheme': 'Default Dark Modern', 'editor.autoClosingBrackets': 'never' },
      { locale: 'de', workspaceSettings: '{\n  "nofx.maxAgents": 500,\n  "nofx.logLevl": "info"\n}' },
    );
    ({ page } = desk.workbench);
  });

  after(async () => {
    await desk.close();
  });

  it('a mark says what was expected, and a hover what is in effect', async () => {
    await openFile(page, 'settings.json');
    await runCommand(page, 'Problems: Focus on Problems View');
    const problem = (text: string) => page.locator('.markers-panel .monaco-list-row').filter({ hasText: text });
    await problem('nofx.maxAgents muss eine ganze Zahl von 1 bis 50 sein. Stattdessen gilt 3 (der Standardwert).').waitFor();
    await problem('nofx.logLevl ist keine Einstellung von nofx. Meinten Sie nofx.logLevel?').waitFor();
    const hover = page.locator('.monaco-hover').filter({ hasText: 'Es gilt: 3 (der Standardwert)' });
    await hoverOver(page, page.locator('.monaco-editor .view-line span', { hasText: '"nofx.maxAgents"' }).last(), hover);
    expect(await hover.innerText()).to.contain('Gespeichert in');
    await page.mouse.move(400, 300);
  });

  it('commands, the health view and the notification of a write that waits', async () => {
    const titles = page.locator('.part.sidebar .pane-header, .part.sidebar .title-label');
    await showHoldfast(page, titles.filter({ hasText: 'Zustand der Einstellungen' }));
    await page.locator('.part.sidebar .monaco-list-row').filter({ hasText: 'beeinträchtigt' }).first().waitFor();
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
    await page.keyboard.press('Enter');
    await page.locator('.tab.active.dirty').waitFor();
    const pending = desk.link.call('update', 'agentSpawnDelay', 3_000, { target: 'workspace' });
    const question = 'nofx.agentSpawnDelay ist noch nicht gespeichert. Die Einstellungsdatei hat ungespeicherte Änderungen.';
    await notification(page, question);
    await desk.picture('editor-german-dark');
    await answerNotification(page, question, 'Speichern und wiederholen');
    expect((await pending).ok).to.equal(true);
    // The tree is drawn anew whenever something happens: a click may meet a row that is about to go.
    const row = (text: string) => page.locator('.part.sidebar .monaco-list-row').filter({ hasText: text }).first();
    await again(async (timeout) => {
      const events = row('Letzte Ereignisse');
      if (await events.getAttribute('aria-expanded', { timeout }) !== 'true') await events.click({ timeout });
      await row('Ein Versuch ist gescheitert.').waitFor({ timeout });
    });
    await runCommand(page, 'Holdfast: Zustand anzeigen');
    await page.locator('.tab.active').filter({ hasText: 'Zustand' }).waitFor();
    await webview(page, 'Einstellungen und Wächter: Zustand');
  });

  it('the State Inspector', async () => {
    // The file has a breaker once something has been written.
    expect((await desk.link.call('update', 'agentSpawnDelay', 4_000, { target: 'workspace' })).ok).to.equal(true);
    await runCommand(page, 'Holdfast: Zustandsinspektor öffnen');
    const frame = await webview(page, 'Aufzeichnung öffnen…');
    await frame.getByRole('treeitem', { name: 'breaker' }).first().click();
    await desk.picture('inspector-german-dark');
    expect(await accessibilityProblems(frame)).to.deep.equal([]);
  });
});
