import { showHoldfast } from '../../tools/vscode-host/drive.ts';
import { again } from '../limits.ts';
import { night } from '../night.ts';
import { openDesk, type Desk } from './workbench.ts';

night.describe('The pencil of a setting', () => {
  let desk: Desk;
  const rowOf = (key: string) => desk.workbench.page.locator('.part.sidebar .monaco-list-row').filter({ hasText: key }).first();

  before(async () => {
    desk = await openDesk({ 'nofx.agentSpawnDelay': 3_000 }, { workspaceSettings: '{ "nofx.maxAgents": 9, "nofx.logLevel": "loud" }' });
    await showHoldfast(desk.workbench.page, rowOf('maxAgents'));
  });

  after(async () => {
    await desk.close();
  });

  for (const [key, where, label] of [['maxAgents', 'Workspace', 'Max Agents'], ['agentSpawnDelay', 'User', 'Agent Spawn Delay'], ['logLevel', 'Workspace', 'Log Level']] as const) {
    it(`F70 opens the settings where its value is: nofx.${key}, ${where}`, async () => {
      const { page } = desk.workbench;
      const row = rowOf(key);
      // A click on a row that VS Code draws again at that moment is lost.
      await again(async (timeout) => {
        await row.hover({ timeout });
        await row.getByRole('button', { name: 'Edit Setting' }).click({ timeout });
        await page.locator('.settings-tabs-widget .action-item.checked, .settings-tabs-widget .action-label.checked').filter({ hasText: where }).first().waitFor({ timeout });
        await page.locator('.settings-editor .setting-item-label').filter({ hasText: label }).first().waitFor({ timeout });
      });
      await desk.picture(`edit-setting-${key}`);
    });
  }
});
