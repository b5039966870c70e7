import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as vscode from 'vscode';
import { night } from '../night.ts';
import { folder, readSettings, resetSettings, settingsFile, until, writeSettings } from './supervised.ts';

interface Linter {
  readonly linted: string[];
  readonly client: { sendRequest(method: string, params?: unknown): Promise<unknown>; stop(): Promise<void> };
  readonly LinterSettings: new (document?: vscode.TextDocument) => {
    readonly run: unknown; readonly maxProblems: unknown; readonly ignored: readonly string[]; ignore(rule: string): Promise<void>;
  };
}

const load = createRequire(__filename);

/** The extension of docs/guides/move.md, as it is before the first step, and after each. */
describe('Moving an existing extension, step by step', () => {
  let document: vscode.TextDocument;
  let linter: Linter;
  let subscriptions: vscode.Disposable[];

  before(async () => {
    const uri = vscode.Uri.joinPath(folder().uri, 'moving.md');
    await vscode.workspace.fs.writeFile(uri, Buffer.from('# Moving\n'));
    document = await vscode.workspace.openTextDocument(uri);
  });

  after(async () => {
    await vscode.workspace.fs.delete(document.uri);
    await resetSettings();
  });

  async function activate(step: number): Promise<void> {
    await resetSettings();
    const known = (): unknown => vscode.workspace.getConfiguration('app', document).get('maxProblems');
    await until('VS Code has forgotten the settings of the step before', () => known() === 100);
    const extension = vscode.extensions.getExtension<{ context: vscode.ExtensionContext }>('holdfast-tests.linter')!;
    const { context } = await extension.activate();
    subscriptions = [];
    const own = Object.create(context, {
      asAbsolutePath: { value: () => path.join(__dirname, 'language-server.cjs') },
      subscriptions: { value: subscriptions },
    }) as vscode.ExtensionContext;
    linter = await (load(path.join(__dirname, 'moving', `${step}.cjs`)) as { activate(context: vscode.ExtensionContext): Promise<Linter> }).activate(own);
    // Closed by VS Code when no editor shows it.
    document = await vscode.workspace.openTextDocument(document.uri);
  }

  afterEach(async () => {
    for (const subscription of subscriptions.splice(0)) subscription.dispose();
    await linter.client.stop();
  });

  const settings = (): InstanceType<Linter['LinterSettings']> => new linter.LinterSettings(document);
  const told = async (): Promise<Record<string, unknown>> => ((await linter.client.sendRequest('test/told')) as { app: Record<string, unknown> }[]).at(-1)?.app ?? {};
  const asked = async (section: string): Promise<unknown> => ((await linter.client.sendRequest('test/ask', [{ section }])) as unknown[])[0];

  /** VS Code's own `update` is refused while its document of the file is older. */
  async function documentIsFresh(): Promise<void> {
    const open = await vscode.workspace.openTextDocument(settingsFile());
    await until('VS Code’s document says what the file says', () => open.getText() === readFileSync(settingsFile(), 'utf8'));
  }

  for (const step of [0, 1, 2, 3, 4, 5]) {
    const test = step === 0 || step === 5 ? it : night.it;

    test(`${step === 0 ? 'before' : `after step ${step}`} it lints, listens, tells its server and writes`, async () => {
      await activate(step);
      expect([settings().run, settings().maxProblems, settings().ignored]).to.deep.equal(['onType', 100, []]);
      writeSettings(JSON.stringify({ 'app.maxProblems': 7, '[markdown]': { 'app.maxProblems': 5 }, 'app.run': 'onSave' }));
      await until('it has linted with the new settings', () => linter.linted.at(-1) === 'at most 5, without ');
      expect(settings().run).to.equal('onSave');
      await until('the server is told', async () => (await told())['run'] === 'onSave');
      expect([(await told())['maxProblems'], await asked('app.maxProblems')]).to.deep.equal([7, 7]);
      await documentIsFresh();
      await settings().ignore('a');
      await settings().ignore('b');
      expect(readSettings()['app.ignored']).to.deep.equal(['a', 'b']);
      await until('it has linted again', () => linter.linted.at(-1) === 'at most 5, without a and b');
    });

    test(`${step === 0 ? 'before' : `after step ${step}`}: what reaches the extension of an invalid value, its server, and of two writes at once`, async () => {
      await activate(step);
      writeSettings(JSON.stringify({ 'app.maxProblems': 9 }));
      await until('the value is there', () => settings().maxProblems === 9);
      writeSettings(JSON.stringify({ 'app.maxProblems': 'many', 'app.run': 'onSave' }));
      await until('VS Code has read it', () => vscode.workspace.getConfiguration('app', document).get('maxProblems') === 'many');
      expect(settings().maxProblems).to.equal(step < 2 ? 'many' : 9);
      await until('the server is told', async () => (await told())['run'] === 'onSave');
      expect([(await told())['maxProblems'], await asked('app.maxProblems')]).to.deep.equal(step < 4 ? ['many', 'many'] : [9, 9]);
      await documentIsFresh();
      await Promise.all([settings().ignore('a'), settings().ignore('b')]);
      const stored = readSettings()['app.ignored'];
      if (step < 5) expect(stored).to.have.lengthOf(1);
      else expect(stored).to.deep.equal(['a', 'b']);
    });
  }
});
