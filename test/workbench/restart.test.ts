import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundle, fromSource } from '../../tools/bundles.ts';
import { answerNotification, notification, notifications, runCommand } from '../../tools/vscode-host/drive.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { openWorkbench, quietSettings, settingsExtensions, type Workbench } from '../../tools/vscode-host/workbench.ts';
import { until } from '../limits.ts';
import { night } from '../night.ts';

/** Leaves a file for each of its lives, with what it has read. */
const extension = `
  import { writeFileSync } from 'node:fs';
  import { settingsFrom, superviseConfiguration } from './src/vscode.ts';
  export async function activate(context) {
    const definition = settingsFrom(context.extension.packageJSON, { settings: { engine: { needsRestart: true } } });
    const service = superviseConfiguration(context, definition);
    await service.ready;
    writeFileSync(process.env.HOLDFAST_LIVES + '/' + process.pid, service.get('engine'));
  }
`;

night.describe('A setting that takes effect after a restart', () => {
  const folder = temporaryFolder();
  const [lives, workspace] = ['lives', 'workspace'].map((name) => path.join(folder, name)) as [string, string];
  let workbench: Workbench;

  before(async () => {
    const own = path.join(folder, 'extension');
    for (const each of [lives, own, path.join(workspace, '.vscode')]) mkdirSync(each, { recursive: true });
    const engine = { type: 'string', enum: ['old', 'new'], default: 'old', description: 'Which engine is started.' };
    writeFileSync(path.join(own, 'package.json'), JSON.stringify({
      name: 'restarts', publisher: 'holdfast-tests', version: '0.0.1', engines: { vscode: '^1.100.0' },
      main: './extension.cjs', activationEvents: ['onStartupFinished'],
      contributes: { configuration: { title: 'Restarts', properties: { 'restarts.engine': engine } } },
    }));
    await bundle({
      ...fromSource, stdin: { contents: extension, resolveDir: projectRoot, loader: 'ts' }, outfile: path.join(own, 'extension.cjs'), format: 'cjs',
    });
    workbench = await openWorkbench({
      folder: workspace, userSettings: quietSettings, extensionDevelopmentPaths: [own], env: { ...process.env, HOLDFAST_LIVES: lives },
      builtInExtensions: settingsExtensions,
    });
    await until('the extension has read its settings', () => readdirSync(lives).length === 1);
  });

  after(async () => {
    await workbench.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is asked about once, and "Restart Extensions" starts them again, with the new value', async () => {
    const { page } = workbench;
    const first = readdirSync(lives);
    expect(readFileSync(path.join(lives, first[0]!), 'utf8')).to.equal('old');
    writeFileSync(path.join(workspace, '.vscode/settings.json'), '{ "restarts.engine": "new" }');
    const question = 'Engine takes effect after the extensions are restarted.';
    await notification(page, question);
    await runCommand(page, 'Notifications: Show Notifications');
    expect(await notifications(page).filter({ hasText: question }).count()).to.equal(1);
    await answerNotification(page, question, 'Restart Extensions');
    await until('the extension lives again', () => readdirSync(lives).length === 2);
    const second = readdirSync(lives).find((name) => !first.includes(name))!;
    await until('it has read the new value', () => readFileSync(path.join(lives, second), 'utf8') === 'new');
  });
});
