import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import {
  answerNotification, hoverOver, notification, openFile, runCommand, showHoldfast, watch, webview,
} from '../../tools/vscode-host/drive.ts';
import { again, until } from '../limits.ts';
import { accessibilityProblems, openDesk, type Desk } from './workbench.ts';

const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern', contrast: 'Default High Contrast' };

/** Puts a text in place of the whole open file, as if pasted; it has no last line break, which the editor would answer with a bracket. */
async function replaceAll(page: Page, text: string): Promise<void> {
  await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

describe('Settings that explain and mend themselves', () => {
  let desk: Desk;
  let page: Page;

  const settings = (): string => path.join(desk.workspace, '.vscode/settings.json');
  const onDisk = (): string => readFileSync(settings(), 'utf8');
  /** Types a text and saves it. VS Code refuses to save while it reloads a file that has just been written, so this is retried. */
  const save = (text: string, isSaved: () => boolean): Promise<void> => again(async (timeout) => {
    await replaceAll(page, text);
    await page.keyboard.press('ControlOrMeta+S');
    await page.locator('.tab.active:not(.dirty)').filter({ hasText: 'settings.json' }).waitFor({ timeout });
    if (!isSaved()) throw new Error(`Not saved: ${text}`);
  });
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
    const hover = page.locator('.monaco-hover').filter({ hasText: 'In effect' });
    await hoverOver(page, page.locator('.monaco-editor .view-line span', { hasText: '"nofx.maxAgents"' }).last(), hover);
    await desk.picture('editor-hover-dark');
    expect(await hover.innerText()).to.contain('Stored in');
  });

  it('the quick fix mends it: the marks go, and the value is used', async () => {
    const menu = page.locator('.action-widget');
    const fix = menu.getByText('Use 50, the nearest legal value');
    // A menu that was asked for while the marks were being drawn anew does not come, or lacks the fix.
    await again(async (timeout) => {
      await page.keyboard.press('Escape');
      await page.locator('.monaco-editor .view-line span', { hasText: '500' }).last().click({ timeout });
      await page.keyboard.press('ControlOrMeta+Period');
      await fix.waitFor({ timeout });
      await desk.picture('editor-quick-fix-dark');
      await fix.click({ timeout });
    });
    await problems().filter({ hasText: 'nofx.maxAgents' }).waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+S');
    await page.locator('.tab.active:not(.dirty)').filter({ hasText: 'settings.json' }).waitFor();
    expect(onDisk()).to.contain('"nofx.maxAgents": 50');
    await until('the value is used', async () => (await desk.link.call('get', 'maxAgents')).value === 50);
    expect((await desk.link.call('get', 'maxAgents')).value).to.equal(50);
  });

  it('a write to a file with unsaved changes waits for "Save and retry", and lands', async () => {
    await replaceAll(page, '{\n  "nofx.maxAgents": 9\n}');
    await page.locator('.tab.active.dirty').waitFor();
    const first = desk.link.call('update', 'agentSpawnDelay', 3_000, { target: 'workspace' });
    const second = desk.link.call('update', 'logLevel', 'warn', { target: 'workspace' });
    const asked = 'The settings file has unsaved changes.';
    const question = await notification(page, asked);
    await desk.picture('editor-failed-write-dark');
    // In the list of all, where none goes by itself.
    await runCommand(page, 'Notifications: Show Notifications');
    await question.first().waitFor();
    expect(await question.count(), 'one a cause').to.equal(1);
    await answerNotification(page, asked, 'Save and retry');
    for (const answer of [await first, await second]) expect(answer).to.deep.include({ ok: true, value: { outcome: 'stored', target: 'workspace' } });
    expect(JSON.parse(onDisk())).to.deep.equal({ 'nofx.maxAgents': 9, 'nofx.agentSpawnDelay': 3_000, 'nofx.logLevel': 'warn' });
  });

  it('"Write to user settings instead" stores it there, and leaves the unsaved changes alone', async () => {
    const before = onDisk();
    await replaceAll(page, '{\n  "nofx.maxAgents": 7\n}');
    await page.locator('.tab.active.dirty').waitFor();
    const pending = desk.link.call('update', 'claudeInitializationDelay', 5, { target: 'workspace' });
    await answerNotification(page, 'nofx.claudeInitializationDelay is not stored yet.', 'Write to user settings instead');
    expect(await pending).to.deep.include({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect(onDisk()).to.equal(before);
    await page.locator('.tab.active.dirty').waitFor();
  });

  it('a write that waits lands by itself when the file is saved', async () => {
    await replaceAll(page, '{\n  "nofx.maxAgents": 8\n}');
    await page.locator('.tab.active.dirty').waitFor();
    const pending = desk.link.call('update', 'agentSpawnDelay', 4_000, { target: 'workspace' });
    await notification(page, 'nofx.agentSpawnDelay is not stored yet.');
    const said = await watch(page, 'status bar', '.part.statusbar .statusbar-item');
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
    await page.keyboard.press('ControlOrMeta+S');
    expect(await pending).to.deep.include({ ok: true, value: { outcome: 'stored', target: 'workspace' } });
    await said.until('nofx.agentSpawnDelay is stored.');
    expect(JSON.parse(onDisk())).to.deep.equal({ 'nofx.maxAgents': 8, 'nofx.agentSpawnDelay': 4_000 });
  });

  it('"Retry now" asks on while the file is broken; "Open settings.json" opens it, and mended the write lands', async () => {
    await runCommand(page, 'View: Close All Editors');
    writeFileSync(settings(), '{\n  "nofx.maxAgents": 8,\n  oops\n}');
    const pending = desk.link.call('update', 'agentSpawnDelay', 5_000, { target: 'workspace' });
    const cause = 'it is not valid JSON';
    // In the list of all, where nothing goes and comes back by itself.
    await runCommand(page, 'Notifications: Show Notifications');
    await notification(page, cause);
    const said = await watch(page, 'status bar', '.part.statusbar .statusbar-item');
    await answerNotification(page, cause, 'Retry now');
    await said.until('Trying again…');
    expect(await (await notification(page, cause)).count(), 'one a cause').to.equal(1);
    await desk.picture('editor-broken-file-dark');
    await answerNotification(page, cause, 'Open settings.json');
    await page.locator('.tab.active').filter({ hasText: 'settings.json' }).waitFor();
    await save('{\n  "nofx.maxAgents": 8\n}', () => !onDisk().includes('oops'));
    const { ok, value } = await pending;
    expect(ok).to.equal(true);
    expect(value).to.include({ outcome: 'stored', target: 'workspace' });
    expect(JSON.parse(onDisk())).to.deep.equal({ 'nofx.maxAgents': 8, 'nofx.agentSpawnDelay': 5_000 });
  });

  it('the health view shows services, settings with origin and validity, files and actors, in every theme', async () => {
    await save('{\n  "nofx.maxAgents": "many"\n}', () => onDisk().includes('"many"'));
    const row = (text: string) => page.locator('.part.sidebar .monaco-list-row').filter({ hasText: text });
    await showHoldfast(page, row('maxAgents').filter({ hasText: /the last legal value|the default/ }));
    expect(await row('maxAgents').innerText()).to.match(/\d+ \((the last legal value|the default)\)/);
    await row('Actors').waitFor();
    for (const [name, theme] of Object.entries(themes)) {
      await desk.setTheme(theme);
      await desk.picture(`editor-health-view-${name}`);
    }
    await desk.setTheme(themes.dark);
  });

  it('the status bar says what there is to do, in every theme: checks, breakers, queue, the last error; a click offers actions', async () => {
    const item = page.locator('.part.statusbar .statusbar-item[id*="holdfast"]');
    await item.filter({ hasText: 'nofx' }).waitFor();
    const hover = page.locator('.monaco-hover').filter({ hasText: 'nofx is' });
    for (const [name, theme] of Object.entries(themes)) {
      await desk.setTheme(theme);
      await hoverOver(page, item, hover);
      await desk.picture(`editor-status-bar-${name}`);
      await page.mouse.move(400, 300);
      await hover.waitFor({ state: 'hidden' });
    }
    await desk.setTheme(themes.dark);
    await hoverOver(page, item, hover);
    expect(await hover.innerText()).to.contain('Correct nofx.maxAgents in the settings.').and.to.contain('closed').and.to.contain('Writes waiting or under way: 0');
    await again(async (timeout) => {
      await item.click({ timeout });
      await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Show Health' }).waitFor({ timeout });
    });
    await desk.picture('editor-actions-dark');
    await page.keyboard.press('Escape');
  });

  it('settings.json says in the status bar how many settings are to be looked at', async () => {
    const said = page.locator('.hover-language-status').filter({ hasText: 'One setting to look at' });
    await hoverOver(page, page.locator('#status\\.languageStatus'), said);
    await desk.picture('editor-language-status-dark');
    await page.mouse.move(400, 300);
  });

  it('the health document has no accessibility problem of its own', async () => {
    await runCommand(page, 'Holdfast: Show Health');
    const frame = await webview(page, 'Settings and guards: health');
    await desk.picture('editor-health-document-dark');
    // The page is VS Code’s own preview of Markdown: its title, language, landmarks and colours are not ours.
    const theirs = /^(color-contrast|document-title|html-has-lang|landmark-one-main|region):/;
    expect((await accessibilityProblems(frame)).filter((problem) => !theirs.test(problem))).to.deep.equal([]);
    await runCommand(page, 'View: Close All Editors');
  });

  it('its inline actions act: edit setting opens the setting', async () => {
    const row = page.locator('.part.sidebar .monaco-list-row').filter({ hasText: 'logLevel' }).first();
    // A click on a row that VS Code draws anew at that moment is lost.
    await again(async (timeout) => {
      await row.hover({ timeout });
      await row.getByRole('button', { name: 'Edit Setting' }).click({ timeout });
      await page.locator('.settings-editor .setting-item-label').filter({ hasText: 'Log Level' }).first().waitFor({ timeout });
    });
  });

  it('the demo breaks and heals a service before the eyes', async () => {
    const rows = await watch(page, 'health view', '.part.sidebar .monaco-list-row');
    await runCommand(page, 'Holdfast: Break and Heal a Demo');
    await rows.until('open, probes in');
    await desk.picture('editor-demo-broken-dark');
    const healed = async (): Promise<boolean> => {
      const seen = await rows.seen();
      return seen.slice(seen.findIndex((text) => text.includes('open, probes in'))).some((text) => /^demo\s*healthy/.test(text));
    };
    await until('it has healed', healed);
    await desk.picture('editor-demo-healed-dark');
    const row = page.locator('.part.sidebar .monaco-list-row').filter({ hasText: /^demo/ }).and(page.locator('[aria-level="1"]'));
    await row.waitFor({ state: 'detached' });
  });

  it('the walkthrough has four steps, each with a picture of the real thing', async () => {
    await runCommand(page, 'Welcome: Open Walkthrough');
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Settings that explain and mend themselves' }).click();
    const steps = page.locator('.getting-started-step');
    await page.locator('.getting-started-step').filter({ hasText: 'Mistakes are marked where they are' }).waitFor();
    await steps.nth(3).waitFor();
    expect(await steps.count()).to.equal(4);
    for (const title of ['A setting that cannot be stored', 'See how your settings are', 'Watch something break and heal', 'Mistakes are marked']) {
      await steps.filter({ hasText: title }).click();
      const picture = page.locator('.getting-started-media img');
      await picture.waitFor();
      await page.waitForFunction("[...document.querySelectorAll('.getting-started-media img')].every(({ naturalWidth }) => naturalWidth > 0)");
    }
    await desk.picture('editor-walkthrough-dark');
  });
});
