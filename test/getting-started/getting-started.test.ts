import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { packagesReady } from '../../tools/package/main.ts';
import { run } from '../../tools/run.ts';
import { notification, notifications, runCommand, webview } from '../../tools/vscode-host/drive.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { openWorkbench, quietSettings, usedExtensions, type Workbench } from '../../tools/vscode-host/workbench.ts';
import { limits } from '../limits.ts';
import { stepsOf } from './steps.ts';

/**
 * docs/getting-started.md, followed to the letter. The first command downloads a generator of a hundred packages; what
 * it wrote is in empty-extension.json (generator-code 1.12.0). With HOLDFAST_YO=1 it is run, and held against that; it
 * refuses root.
 */
describe('Getting started', () => {
  const steps = stepsOf(path.join(projectRoot, 'docs/getting-started.md'), 'And then');
  const vsixFiles: string[] = [];
  let folder: string;
  let workbench: Workbench | undefined;
  let aWriteWaits = false;

  before(async () => {
    await packagesReady();
    folder = temporaryFolder();
  });

  after(async () => {
    await workbench?.close();
  });

  it('has steps of every kind', () => {
    expect(new Set(steps.map(({ kind }) => kind))).to.deep.equal(new Set(['shell', 'file', 'do']));
  });

  for (const step of steps) {
    if (step.kind === 'file') it(`writes ${step.name}`, () => writeFileSync(path.join(folder, step.name), step.text));
    else if (step.kind === 'shell') for (const command of step.commands) it(`$ ${command}`, () => execute(command));
    else it(step.words, () => perform(step.words));
  }

  async function execute(command: string): Promise<void> {
    const [program, ...words] = command.replaceAll('"', '').replaceAll('$HOLDFAST', projectRoot).split(' ');
    if (program === 'cd') folder = path.join(folder, words[0]!);
    else if (program === 'code') vsixFiles.push(words[1]!);
    else if (program === 'npx' && process.env['HOLDFAST_YO'] !== '1') writeEmptyExtension();
    else if (program === 'npx') await run('bash', ['-c', `${command} < /dev/null`], folder).then(compareEmptyExtension);
    else await run('bash', ['-c', command], folder, { HOLDFAST: projectRoot, npm_config_prefer_offline: 'true', npm_config_audit: 'false' });
  }

  function writeEmptyExtension(): void {
    for (const [name, text] of Object.entries(emptyExtension())) {
      const file = path.join(folder, 'hello-settings', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  function compareEmptyExtension(): void {
    const written = path.join(folder, 'hello-settings');
    const names = readdirSync(written, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(written, path.join(entry.parentPath, entry.name)))
      .filter((name) => !name.startsWith('.git' + path.sep));
    const files = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(written, name), 'utf8')]));
    expect(files).to.deep.equal(emptyExtension());
  }

  /** Does what a sentence says, and sees what it says will be seen. */
  async function perform(words: string): Promise<void> {
    workbench ??= await openWorkbench({
      extensionDevelopmentPaths: [folder],
      vsixFiles,
      builtInExtensions: usedExtensions,
      // As on a desktop: in a browser VS Code saves by itself.
      userSettings: { ...quietSettings, 'files.autoSave': 'off', 'holdfast.failedWrites.waitFor': limits.condition / 1_000 },
    });
    const { page } = workbench;
    const command = /^Run \*\*(.+?)\*\*/.exec(words)?.[1];
    const answer = /answer(?: with 41 letters,)? `(.+?)`/.exec(words)?.[1];
    const key = /press `(.+?)`/.exec(words)?.[1];
    const said = /It says `(.+?)`/.exec(words)?.[1];
    const shown = /It shows (.+?):/.exec(words)?.[1];
    expect([command, key, said, shown].some((each) => each !== undefined), 'There is something to do, or to see').to.be.true;

    if (command !== undefined) {
      await page.keyboard.press('Escape');
      await runCommand(page, command);
    }
    if (answer !== undefined) {
      const input = page.locator('.quick-input-widget input[type="text"]:visible');
      await page.locator('.quick-input-widget').getByText('Who is greeted?').waitFor();
      await input.fill(answer);
      await input.press('Enter');
    }
    if (key !== undefined) {
      if (command !== undefined) await page.locator('.tab.active').filter({ hasText: 'settings.json' }).waitFor();
      await page.locator('.monaco-editor .view-lines').first().click();
      await page.keyboard.press(key.replace('Control', 'ControlOrMeta'));
      await page.locator('.tab.dirty').first().waitFor({ state: key === 'Enter' ? 'attached' : 'detached' });
    }
    if (said !== undefined) {
      await notification(page, said);
      // A question that is put away is answered: the write would not wait any longer.
      if (said === 'unsaved changes') aWriteWaits = true;
      else if (key !== undefined) aWriteWaits = false;
      if (aWriteWaits) return;
      // The next step has to see its own.
      await runCommand(page, 'Notifications: Clear All Notifications');
      await notifications(page).first().waitFor({ state: 'detached' });
    }
    for (const [, text] of shown?.matchAll(/`(.+?)`/g) ?? []) await (await webview(page, 'Open Recording…')).getByRole('treeitem', { name: text! }).first().waitFor();
  }

  after(() => rmSync(path.dirname(folder), { recursive: true, force: true }));
});

const emptyExtension = (): Record<string, string> => JSON.parse(readFileSync(path.join(import.meta.dirname, 'empty-extension.json'), 'utf8')) as Record<string, string>;
