import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Frame } from 'playwright-core';
import { importRecording } from '../../src/inspect/recording.ts';
import { runCommand } from '../../tools/vscode-host/drive.ts';
import { accessibilityProblems, inspectorFrame, openDesk, type Desk } from './workbench.ts';

const inWorkspace = { target: 'workspace' };

describe('The State Inspector', function () {
  this.timeout(120_000);
  let desk: Desk;
  let frame: Frame;

  const active = (state: string) => frame.locator(`.state.active[data-state="${state}"]`);
  const actor = (name: string) => frame.getByRole('treeitem', { name });

  before(async () => {
    desk = await openDesk({ 'workbench.colorTheme': 'Default Dark Modern' });
    await desk.link.call('update', 'maxAgents', 5, inWorkspace);
    await runCommand(desk.workbench.page, 'Holdfast: Open State Inspector');
    frame = await inspectorFrame(desk);
    await actor('breaker').click();
  });

  after(async () => {
    await desk.close();
  });

  it('shows the actors, and the chart of the selected one with its active state lit', async () => {
    await active('circuit-breaker.CLOSED').waitFor();
    for (const name of ['nofx', 'lifecycle', 'breaker', 'queue']) await actor(name).first().waitFor();
    await desk.picture('inspector-closed-dark');
  });

  it('lights CLOSED, OPEN, HALF_OPEN and CLOSED in turn while a fault is injected and healed', async () => {
    await frame.getByRole('button', { name: 'fail', exact: true }).click();
    await frame.getByRole('button', { name: 'fail', exact: true, pressed: true }).waitFor();
    for (let i = 0; i < 6; i++) expect((await desk.link.call("update", "maxAgents", 6, inWorkspace)).ok, `update ${i}`).to.equal(false);
    await active('circuit-breaker.OPEN').waitFor();
    await frame.locator('.label.running').first().waitFor();
    expect(await frame.locator('.label.running .event').allTextContents()).to.satisfy((texts: string[]) => texts.some((text) => /openFor: 5\d\.\d s left/.test(text)));
    await desk.picture('inspector-open-dark');

    await frame.getByRole('button', { name: 'work', exact: true }).click();
    await active('circuit-breaker.CLOSED').waitFor({ timeout: 30_000 });
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('breaker');
    const went = async (): Promise<string> => (await frame.locator('.row .what').allTextContents()).join(' ');
    for (let tries = 0; tries < 100 && !/OPEN[^]*HALF_OPEN[^]*CLOSED/.test(await went()); tries++) await desk.workbench.page.waitForTimeout(50);
    expect(await went()).to.match(/OPEN[^]*HALF_OPEN[^]*CLOSED/);
    await frame.getByRole('textbox', { name: 'Filter events' }).fill('');
  });

  it('scrubs back to any moment, and returns to live', async () => {
    const slider = frame.getByRole('slider', { name: 'Time' });
    const count = Number(await slider.getAttribute('max'));
    expect(count).to.be.greaterThan(10);
    for (let position = count; position > 0; position -= 3) {
      await slider.fill(String(position));
      if (await active('circuit-breaker.OPEN').count() > 0) break;
    }
    await active('circuit-breaker.OPEN').waitFor();
    await frame.getByText('Go back to live to send events.').waitFor();
    await desk.picture('inspector-scrubbed-dark');
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.CLOSED').waitFor();
  });

  it('sends an event to the real system, after it has asked', async () => {
    await frame.getByRole('button', { name: 'HOLD', exact: true }).click();
    await desk.workbench.page.getByRole('button', { name: 'Send', exact: true }).click();
    await active('circuit-breaker.OPEN.held').waitFor();
    const refused = await desk.link.call('update', 'maxAgents', 7, inWorkspace);
    expect(refused.error?.code).to.equal('CIRCUIT_OPEN');
    await frame.getByRole('button', { name: 'RESET', exact: true }).click();
    await desk.workbench.page.getByRole('button', { name: 'Send', exact: true }).click();
    await active('circuit-breaker.CLOSED').waitFor();
    expect((await desk.link.call('update', 'maxAgents', 7, inWorkspace)).ok).to.equal(true);
  });

  it('shows messages between actors, and what went on over time', async () => {
    await frame.getByRole('tab', { name: 'Sequence' }).click();
    await frame.locator('svg.sequence').waitFor();
    await desk.picture('inspector-sequence-dark');
    await frame.getByRole('tab', { name: 'Over Time' }).click();
    await frame.locator('svg.bands .band.OPEN').first().waitFor();
    await desk.picture('inspector-bands-dark');
    await frame.getByRole('tab', { name: 'Events' }).click();
  });

  it('exports what was seen, and opens it again (P54)', async () => {
    const { page } = desk.workbench;
    const file = path.join(desk.workspace, 'seen.json');
    /** Names a file in VS Code's own dialog, which looks the path up before it takes Enter. */
    const answerDialog = async (text: string): Promise<void> => {
      const input = page.locator('.quick-input-widget input[type="text"]:visible');
      await input.waitFor();
      let before = '';
      for (let tries = 0; tries < 40 && await input.count() > 0; tries++) {
        const value = await input.inputValue().catch(() => '');
        // It replaces what is typed while it still looks its own proposal up.
        if (value === text && before === text) await page.keyboard.press('Enter');
        else if (value !== text && value === before) await input.fill(text).catch(() => undefined);
        before = value;
        await page.waitForTimeout(250);
      }
    };
    await frame.getByRole('button', { name: 'Export…' }).click();
    await answerDialog(file);
    for (let tries = 0; tries < 100 && !existsSync(file); tries++) await page.waitForTimeout(50);
    const text = readFileSync(file, 'utf8');
    expect(importRecording(text).records.length).to.be.greaterThan(10);

    await frame.getByRole('button', { name: 'Open Recording…' }).click();
    await answerDialog(file);
    await frame.getByText(/^Recording of/).waitFor();
    await frame.getByText('A recording: nothing can be sent.').waitFor();
    await desk.picture('inspector-recording-dark');

    const damaged = path.join(desk.workspace, 'damaged.json');
    writeFileSync(damaged, text.replaceAll('"transitions"', '"transition"'));
    await frame.getByRole('button', { name: 'Open Recording…' }).click();
    await answerDialog(damaged);
    await frame.getByRole('alert').filter({ hasText: 'is damaged' }).waitFor();
    await frame.getByRole('button', { name: 'Live' }).click();
    await active('circuit-breaker.CLOSED').waitFor();
  });

  it('can be used with the keyboard, and axe-core finds nothing wrong', async () => {
    await actor('breaker').focus();
    await desk.workbench.page.keyboard.press('ArrowUp');
    expect(await frame.evaluate('document.activeElement.textContent')).to.contain('lifecycle');
    await desk.workbench.page.keyboard.press('Enter');
    await frame.locator('[data-state="config-lifecycle.ready"].active').waitFor();
    expect(await accessibilityProblems(frame)).to.deep.equal([]);
  });

  it('looks right in light and in high contrast', async () => {
    for (const [name, theme] of [['light', 'Default Light Modern'], ['contrast', 'Default High Contrast']] as const) {
      await runCommand(desk.workbench.page, 'Preferences: Color Theme');
      const input = desk.workbench.page.locator('.quick-input-widget input[type="text"]:visible');
      await input.fill(theme.replace('Default ', ''));
      await desk.workbench.page.keyboard.press('Enter');
      await desk.workbench.page.waitForTimeout(800);
      await desk.picture(`inspector-${name}`);
      expect(await accessibilityProblems(frame)).to.deep.equal([]);
    }
  });
});
