'use strict';
/**
 * Three things that really happen to settings, in a real VS Code: once with plain `getConfiguration`, once with
 * Holdfast. Each ends with an error when it did not go as it is told.
 */
const assert = require('node:assert/strict');
const { existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const vscode = require('vscode');

const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
const file = path.join(folder, '.vscode/settings.json');
const plain = () => vscode.workspace.getConfiguration('nofx');
const inWorkspace = vscode.ConfigurationTarget.Workspace;

const write = (settings) => writeFileSync(file, typeof settings === 'string' ? settings : `${JSON.stringify(settings, null, 2)}\n`);
const stored = () => JSON.parse(readFileSync(file, 'utf8'))['nofx.maxAgents'];
const unsaved = () => vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty);
const tell = (who, what) => console.log(`  ${who.padEnd(9)} ${what}`);

async function until(what, holds) {
  const end = performance.now() + Number(process.env.HOLDFAST_STORY_LIMIT);
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It never happened: ${what}.`);
    await delay(25);
  }
}

/** Asks the process outside to do what only it can. */
async function ask(request) {
  const asked = path.join(process.env.HOLDFAST_STORY_REQUESTS, request);
  writeFileSync(asked, '');
  await until(request, () => !existsSync(asked));
}

const stories = [
  {
    title: 'Two clicks, one effect',
    async tell(holdfast) {
      console.log('  "One more agent", clicked twice in a row; the setting is 3. It should be 5.');
      const start = async () => {
        await plain().update('maxAgents', 3, inWorkspace);
        await until('both see 3', () => plain().get('maxAgents') === 3 && holdfast.get('maxAgents') === 3);
      };

      await start();
      const oneMore = () => plain().update('maxAgents', plain().get('maxAgents') + 1, inWorkspace);
      await Promise.all([oneMore(), oneMore()]);
      tell('plain', `both updates resolved; settings.json says ${stored()}`);
      assert.equal(stored(), 4);

      await start();
      const oneMoreAgent = () => holdfast.update('maxAgents', (agents) => agents + 1, { target: 'workspace' });
      await Promise.all([oneMoreAgent(), oneMoreAgent()]);
      tell('Holdfast', `both updates resolved; settings.json says ${stored()}`);
      assert.equal(stored(), 5);
    },
  },
  {
    title: 'A word where a number should be',
    async tell(holdfast) {
      console.log('  The setting is 8; somebody writes "many" into settings.json.');
      write({ 'nofx.maxAgents': 8 });
      await until('both see 8', () => plain().get('maxAgents') === 8 && holdfast.get('maxAgents') === 8);
      write({ 'nofx.maxAgents': 'many' });
      await until('plain sees it', () => plain().get('maxAgents') === 'many');

      tell('plain', `get<number>('maxAgents') is ${JSON.stringify(plain().get('maxAgents'))}; one more is ${JSON.stringify(plain().get('maxAgents') + 1)}`);
      assert.equal(plain().get('maxAgents') + 1, 'many1');
      await until('Holdfast has looked', async () => (await holdfast.healthCheck()).status !== 'healthy');
      tell('Holdfast', `get('maxAgents') is ${holdfast.get('maxAgents')}; one more is ${holdfast.get('maxAgents') + 1}; health says what is wrong, and where`);
      assert.equal(typeof holdfast.get('maxAgents'), 'number');
    },
  },
  {
    title: 'The disk is well again, the setting is not',
    async tell(holdfast) {
      console.log('  settings.json cannot be written for a moment; then it can again.');
      write({ 'nofx.maxAgents': 3 });
      await until('both see 3', () => plain().get('maxAgents') === 3 && holdfast.get('maxAgents') === 3);
      const attempt = (update) => update().then(() => 'stored', (error) => error.message.replace(/\s+/g, ' ').slice(0, 140));

      await ask('break');
      tell('plain', `during: ${await attempt(() => plain().update('maxAgents', 7, inWorkspace))}`);
      await ask('mend');
      const after = await attempt(() => plain().update('maxAgents', 7, inWorkspace));
      tell('plain', `after:  ${after}`);
      assert.notEqual(after, 'stored');
      // What VS Code has left behind would stay for ever. The extension host hears of it a moment later.
      await until('VS Code has left a document unsaved', () => unsaved().length > 0);
      await until('it is put away', async () => {
        for (const document of unsaved()) {
          await vscode.window.showTextDocument(document);
          await vscode.commands.executeCommand('workbench.action.files.revert');
        }
        return unsaved().length === 0 && await attempt(() => plain().update('maxAgents', 3, inWorkspace)) === 'stored';
      });

      await ask('break');
      tell('Holdfast', `during: ${await attempt(() => holdfast.update('maxAgents', 7, { target: 'workspace' }))}`);
      await ask('mend');
      const result = await attempt(() => holdfast.update('maxAgents', 7, { target: 'workspace' }));
      tell('Holdfast', `after:  ${result}`);
      assert.equal(result, 'stored');
      assert.equal(stored(), 7);
    },
  },
];

exports.run = async () => {
  const { configuration } = await vscode.extensions.getExtension('nofx-example.nofx').activate();
  const wanted = process.env.HOLDFAST_STORY;
  for (const [index, { title, tell: tellIt }] of stories.entries()) {
    if (wanted && wanted !== String(index + 1)) continue;
    console.log(`\n${index + 1}. ${title}`);
    await tellIt(configuration);
  }
};
