import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../src/errors.ts';
import { registerWithHoldfast } from '../../src/store/vscode-host.ts';
import { VscodeStore } from '../../src/store/vscode-store.ts';
import { fixture } from './fixture-settings.ts';
import { fixtureContext, readSettings, rejection, resetSettings, settingsFile, until, writeSettings } from './supervised.ts';

describe('The VS Code store', () => {
  let store: VscodeStore;
  const slot = { key: 'count', target: 'workspace', scope: {} } as const;
  const signal = new AbortController().signal;

  async function reasonOf(promise: Promise<unknown>): Promise<string> {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(StoreError, String(error));
    return (error as StoreError).reason;
  }

  /** VS Code stores a value, and does not say so until it is told to. */
  function holdAnswers(): { asked: Promise<void>; answer: () => void } {
    const { getConfiguration } = vscode.workspace;
    let answer!: () => void;
    let noteAsked!: () => void;
    const mayAnswer = new Promise<void>((resolve) => { answer = resolve; });
    const asked = new Promise<void>((resolve) => { noteAsked = resolve; });
    const held = (...words: Parameters<typeof getConfiguration>): vscode.WorkspaceConfiguration => {
      const configuration = getConfiguration(...words);
      const update: vscode.WorkspaceConfiguration['update'] = async (...what) => {
        noteAsked();
        await configuration.update(...what);
        await mayAnswer;
      };
      return { ...configuration, update };
    };
    Object.assign(vscode.workspace, { getConfiguration: held });
    return { asked, answer: () => { Object.assign(vscode.workspace, { getConfiguration }); answer(); } };
  }

  beforeEach(async () => {
    await resetSettings();
    store = new VscodeStore(fixture, (await fixtureContext()).globalStorageUri, { hungAfter: 0 });
  });

  afterEach(async () => {
    store.dispose();
    await resetSettings();
  });

  it('probes without changing anything: unsaved changes, a file that does not parse', async () => {
    await store.probe('workspace', {});
    const document = await vscode.workspace.openTextDocument(settingsFile());
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// mine\n'));
    expect(await reasonOf(store.probe('workspace', {}))).to.equal('dirty');
    await document.save();
    await store.probe('workspace', {});
    writeSettings('{ oops');
    expect(await reasonOf(store.probe('workspace', {}))).to.equal('invalid-file');
    expect(await reasonOf(store.load())).to.equal('invalid-file');
  });

  it('P28 stores nothing when the target no longer holds what was expected', async () => {
    await store.write({ ...slot, value: 5 }, { signal, expected: { value: undefined } });
    expect(await reasonOf(store.write({ ...slot, value: 6 }, { signal, expected: { value: 4 } }))).to.equal('newer');
    expect(readSettings()).to.deep.equal({ 'fixture.count': 5 });
  });

  it('is not ready while VS Code owes an answer to an earlier write', async () => {
    const { answer, asked } = holdAnswers();
    const writing = store.write({ ...slot, value: 7 }, { signal });
    await asked;
    expect(await reasonOf(store.probe('workspace', {}))).to.equal('not-ready');
    answer();
    await writing;
    await store.probe('workspace', {});
  });

  it('tells its listeners of changes from outside, and no more after it is disposed of', async () => {
    let told = 0;
    const subscription = store.onDidChange(() => told++);
    writeSettings('{ "fixture.count": 8 }');
    await until('it is told', () => told > 0);
    subscription.dispose();
    store.dispose();
  });

  it('is shown in the Holdfast extension, which may refuse: nothing else is affected', async () => {
    await vscode.extensions.getExtension('holdfast.holdfast')!.activate();
    const registration = registerWithHoldfast({ not: 'a service' });
    await new Promise((resolve) => setImmediate(resolve));
    registration.dispose();
  });
});
