import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { hoverOver, openFile, runCommand, showHoldfast } from '../../tools/vscode-host/drive.ts';
import { again } from '../limits.ts';
import { openDesk, type Desk } from './workbench.ts';

describe('A setting that a policy of the organisation decides', () => {
  let desk: Desk;
  let page: Page;

  before(async () => {
    desk = await openDesk({ 'workbench.colorTheme': 'Default Dark Modern' }, { policies: { NofxAiProvider: 'aider' } });
    ({ page } = desk.workbench);
    const settings = page.locator('.part.sidebar .monaco-list-row').filter({ hasText: /^Settings\d+$/ });
    // VS Code loses a click on a row that it is redrawing.
    await again(async (timeout) => {
      await showHoldfast(page, settings);
      if (await settings.getAttribute('aria-expanded', { timeout }) !== 'true') await settings.click({ timeout });
      await row().first().waitFor({ timeout });
    });
  });

  after(async () => {
    await desk.close();
  });

  const row = () => page.locator('.part.sidebar .monaco-list-row').filter({ hasText: 'aiProvider' });

  it('is served, and shown as such, before anybody has tried to change it', async () => {
    await row().filter({ hasText: '"aider" (a policy of your organisation)' }).waitFor();
    expect((await desk.link.call('get', 'aiProvider')).value).to.equal('aider');
  });

  it('is not written: the caller hears why, at once, and no breaker opens', async () => {
    const { ok, error } = await desk.link.call('update', 'aiProvider', 'custom', { target: 'workspace' });
    expect(ok).to.equal(false);
    expect(error).to.include({ reason: 'policy', retryable: false, userAction: 'Your organisation manages this setting; ask its administrator.' });
    expect((await desk.link.call('update', 'maxAgents', 6, { target: 'workspace' })).ok).to.equal(true);
  });

  it('is marked in a settings.json that says something else, and its hover says who decides', async () => {
    writeFileSync(path.join(desk.workspace, '.vscode/settings.json'), '{\n  "nofx.aiProvider": "custom"\n}');
    await openFile(page, 'settings.json');
    await runCommand(page, 'Problems: Focus on Problems View');
    const problem = page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'nofx.aiProvider is set by a policy: this value is ignored. "aider" is used instead' });
    await problem.waitFor();
    const hover = page.locator('.monaco-hover').filter({ hasText: 'In effect' });
    await hoverOver(page, page.locator('.monaco-editor .view-line span', { hasText: '"nofx.aiProvider"' }).last(), hover);
    expect(await hover.innerText()).to.contain('Your organisation manages this setting; ask its administrator.');
    await desk.picture('editor-policy-dark');
    expect((await desk.link.call('get', 'aiProvider')).value).to.equal('aider');
  });
});
