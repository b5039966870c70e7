import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { answerNotification, notification, notifications, openFile } from '../../tools/vscode-host/drive.ts';
import { until } from '../limits.ts';
import { openDesk, type Desk } from './workbench.ts';

const old = '{\n  "nofx.agentSpawnDelaySeconds": 3,\n  "nofx.logLevel": "verbose",\n  // Four are enough.\n  "nofx.maxAgents": 4\n}\n';

describe('Settings of earlier versions, as a person meets them', () => {
  let desk: Desk;
  let page: Page;

  const settings = (): string => path.join(desk.workspace, '.vscode/settings.json');
  const onDisk = (): string => readFileSync(settings(), 'utf8');
  const offer = 'nofx: 2 settings are stored as an earlier version wrote them. They are understood as they are.';
  const problem = (text: string) => page.locator('.markers-panel .monaco-list-row').filter({ hasText: text });

  beforeEach(async () => {
    desk = await openDesk({ 'workbench.colorTheme': 'Default Dark Modern' }, { workspaceSettings: old });
    ({ page } = desk.workbench);
    await notification(page, offer);
  });

  afterEach(async () => {
    await desk.close();
  });

  it('"Show Problems" shows what is old; nothing is converted unasked', async () => {
    await desk.picture('editor-old-settings-offer-dark');
    for (const [key, value] of [['agentSpawnDelay', 3_000], ['logLevel', 'debug']]) expect((await desk.link.call('get', key)).value, 'understood as it is').to.equal(value);
    await answerNotification(page, offer, 'Show Problems');
    await problem('nofx.agentSpawnDelaySeconds is called nofx.agentSpawnDelay now. Its value is used as 3000.').waitFor();
    await problem('nofx.logLevel has a value of an earlier version. It is used as "debug".').waitFor();
    await desk.picture('editor-old-settings-dark');
    expect(onDisk(), 'nothing is converted unasked').to.equal(old);
  });

  it('"Convert" writes all of it anew, and leaves the rest of the file as it was', async () => {
    await openFile(page, 'settings.json');
    await answerNotification(page, offer, 'Convert');
    const all = ['"debug"', '"nofx.agentSpawnDelay"'];
    await until('all is converted', () => all.every((each) => onDisk().includes(each)) && !onDisk().includes('Seconds'));
    expect(onDisk()).to.include('// Four are enough.').and.not.to.include('agentSpawnDelaySeconds').and.not.to.include('verbose');
    for (const line of ['"nofx.agentSpawnDelay": 3000', '"nofx.logLevel": "debug"', '"nofx.maxAgents": 4']) expect(onDisk()).to.include(line);
    expect((await desk.link.call('get', 'agentSpawnDelay')).value).to.equal(3_000);
    await page.locator('.monaco-editor .squiggly-info, .monaco-editor .squiggly-inline-deprecated').first().waitFor({ state: 'detached' });
  });

  it('"Don’t Ask Again" is heeded from then on, and converts nothing', async () => {
    await answerNotification(page, offer, 'Don’t Ask Again');
    const user = desk.workbench.home.userSettings;
    await until('the answer is stored', () => readFileSync(user, 'utf8').includes('holdfast.oldSettings.offer'));
    expect(JSON.parse(readFileSync(user, 'utf8'))).to.include({ 'holdfast.oldSettings.offer': false });
    expect(onDisk()).to.equal(old);
    await openFile(page, 'settings.json');
    writeFileSync(settings(), old.replace('3', '4'));
    await page.locator('.monaco-editor .view-line').filter({ hasText: 'agentSpawnDelaySeconds": 4' }).first().waitFor();
    expect(await notifications(page).filter({ hasText: offer }).count()).to.equal(0);
  });
});
