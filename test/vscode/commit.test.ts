import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import * as vscode from 'vscode';
import * as yup from 'yup';
import { StoreError } from '../../src/errors.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import type { Change, Refusal, Target } from '../../src/store/store.ts';
import { makeOld } from '../../src/store/vscode-disk.ts';
import { SettingsFile } from '../../src/store/vscode-settings-file.ts';
import { VscodeStore } from '../../src/store/vscode-store.ts';
import { night } from '../night.ts';
import { skip } from '../skip.ts';
import { fixture } from './fixture-settings.ts';
import { committed, elapse, fixtureContext, folder, readSettings, rejection, resetSettings, settingsFile, typeUnsaved, until, writeSettings } from './supervised.ts';

const signal = new AbortController().signal;
const change = (key: string, value: unknown, more: Partial<Change> = {}): Change => ({ key, value, target: 'workspace', scope: {}, ...more });
/** Why VS Code's settings refuse a change. */
const reasonIn = (refusal: Refusal | undefined): string => (refusal!.error as StoreError).reason;
const [three, four] = [
  [change('count', 7), change('name', 'seven'), change('recent', ['7'])],
  [change('count', 8), change('name', 'eight'), change('recent', ['8']), change('options', { deep: [8] })],
];

describe('Several values by one save', () => {
  let store: VscodeStore;
  const subscriptions: vscode.Disposable[] = [];

  beforeEach(async () => {
    await resetSettings();
    store = new VscodeStore(fixture, (await fixtureContext()).globalStorageUri);
    await store.load();
  });

  afterEach(async () => {
    for (const subscription of subscriptions.splice(0)) subscription.dispose();
    store.dispose();
    await resetSettings();
  });

  const shown = (key: string, target: Target = 'workspace'): unknown => store.read(key, {}).layers.get(target);
  const text = (): string => readFileSync(settingsFile(), 'utf8');
  const userSettings = async (): Promise<string> =>
    vscode.Uri.joinPath((await fixtureContext()).globalStorageUri, '..', '..', 'settings.json').fsPath;

  /** Makes the file say something, and waits until VS Code has read it. */
  async function begin(content: string, count: number): Promise<void> {
    writeSettings(content);
    await until('VS Code has read the file', () => vscode.workspace.getConfiguration('fixture').inspect('count')!.workspaceValue === count);
  }

  async function reasonOf(promise: Promise<unknown>): Promise<string> {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(StoreError, String(error));
    return (error as StoreError).reason;
  }

  /** Another program saves the file as soon as its document has this in it. @returns what it saves */
  function otherSavesWhen(part: string, file = settingsFile(), theirs = '{ "editor.tabSize": 3, "editor.insertSpaces": true }\n'): string {
    const waiting = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (!document.getText().includes(part)) return;
      waiting.dispose();
      writeFileSync(file, theirs);
    });
    subscriptions.push(waiting);
    return theirs;
  }

  it('P20 are in the file, and shown by VS Code, when it resolves; VS Code has saved once', async () => {
    const saved: string[] = [];
    subscriptions.push(vscode.workspace.onDidSaveTextDocument((document) => saved.push(document.getText())));
    expect(store.canCommit(four[0]!)).to.equal(true);
    expect(await committed(store, four)).to.deep.equal([]);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 8, 'fixture.name': 'eight', 'fixture.recent': ['8'], 'fixture.options': { deep: [8] } });
    expect(['count', 'name', 'recent', 'options'].map((key) => shown(key))).to.deep.equal([8, 'eight', ['8'], { deep: [8] }]);
    expect(await store.readBackAll(four)).to.deep.equal([8, 'eight', ['8'], { deep: [8] }]);
    // A try that came before VS Code had read the file may have saved, but nothing of them.
    expect(saved.filter((each) => each.includes('fixture'))).to.deep.equal([text()]);
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    expect(vscode.window.visibleTextEditors).to.deep.equal([]);
  });

  it('P24 no other program ever sees a file that parses and holds a part of them', async () => {
    const reader = new Worker(`
      const { readFileSync } = require('node:fs');
      const { parentPort, workerData } = require('node:worker_threads');
      const seen = new Set();
      parentPort.once('message', () => { parentPort.postMessage([...seen]); process.exit(); });
      const look = () => {
        for (let i = 0; i < 20; i++) try { seen.add(JSON.stringify(JSON.parse(readFileSync(workerData, 'utf8')))); } catch {}
        setImmediate(look);
      };
      look();
    `, { eval: true, workerData: settingsFile() });
    const states = [readSettings()];
    for (let round = 1; round <= 5; round++) {
      await committed(store, [change('count', round), change('name', `n${round}`), change('recent', [`${round}`])]);
      states.push(readSettings());
    }
    const seen = await new Promise<string[]>((resolve) => {
      reader.once('message', resolve);
      reader.postMessage('end');
    });
    expect(seen.length).to.be.greaterThan(1);
    expect(states.map((state) => JSON.stringify(state))).to.include.members(seen);
  });

  it('leave comments, line ends, indentation, trailing commas and the byte order mark as they are', async () => {
    const lines = ['{', '\t// mine', '\t"fixture.count": 1, // one', '\t"editor.tabSize": 2,', '\t/* last */ "fixture.name": "old",', '}', ''];
    await begin(lines.join('\r\n'), 1);
    await committed(store, [...three, change('name', undefined), change('options', { a: 1 })].filter(({ key, value }) => key !== 'name' || value === undefined));
    expect(text()).to.equal([
      '{', '\t// mine', '\t"fixture.count": 7, // one', '\t"editor.tabSize": 2,', '\t"fixture.recent": [', '\t\t"7"', '\t],',
      '\t"fixture.options": {', '\t\t"a": 1', '\t},', '}', '',
    ].join('\r\n'));
  });

  it('P28 store nothing when one of them is expected over another value', async () => {
    await begin('{ "fixture.count": 1 }\n', 1);
    expect(await reasonOf(store.commit([change('name', 'x'), change('count', 9, { expected: { value: 2 } })], { signal }))).to.equal('newer');
    expect(text()).to.equal('{ "fixture.count": 1 }\n');
    expect(await committed(store, [change('name', 'x', { expected: { value: undefined } }), change('count', 9, { expected: { value: 1 } })])).to.deep.equal([]);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 9, 'fixture.name': 'x' });
  });

  it('store nothing once they are given up', async () => {
    const given = new AbortController();
    subscriptions.push(vscode.workspace.onDidChangeTextDocument(() => given.abort()));
    await rejection(store.commit(three, { signal: given.signal }));
    expect(text()).to.equal('{}\n');
  });

  describe('are refused as VS Code refuses each, and nothing is stored:', () => {
    const refusals: readonly (readonly [what: string, change: Change, reason: string])[] = [
      ['a machine setting in the workspace', change('perMachine', 'x'), 'scope'],
      ['an application setting in the workspace', change('application', true), 'scope'],
      ['a language value of a setting that has none', change('count', 5, { scope: { languageId: 'go' } }), 'scope'],
    ];
    for (const [what, refused, reason] of refusals) {
      it(what, async () => {
        const [refusal, ...others] = await committed(store, [three[0]!, refused, three[1]!]);
        expect(others).to.deep.equal([]);
        expect(refusal!.index).to.equal(1);
        expect(reasonIn(refusal)).to.equal(reason);
        expect(text()).to.equal('{}\n');
      });
    }

    it('a window setting in a folder', async () => {
      const inFolder = { target: 'folder', scope: { resource: folder().uri.toString() } } as const;
      const [refusal] = await committed(store, [change('perFolder', 'x', inFolder), change('count', 5, inFolder)]);
      expect([refusal!.index, reasonIn(refusal)]).to.deep.equal([1, 'scope']);
      expect(text()).to.equal('{}\n');
    });

    it('what is not in the manifest; it can be removed', async () => {
      const stray = defineSettings('fixture', { stray: { schema: yup.number(), default: 1, description: '' }, count: { schema: yup.number(), default: 3, description: '' } });
      const strayStore = new VscodeStore(stray, (await fixtureContext()).globalStorageUri);
      const [refusal] = await committed(strayStore, [change('count', 4), change('stray', 2)]);
      expect([refusal!.index, reasonIn(refusal)]).to.deep.equal([1, 'unregistered']);
      await begin('{ "fixture.count": 1, "fixture.stray": 3 }', 1);
      expect(await committed(strayStore, [change('count', 4), change('stray', undefined)])).to.deep.equal([]);
      expect(readSettings()).to.deep.equal({ 'fixture.count': 4 });
      strayStore.dispose();
    });

    it('what a policy decides: VS Code serves another default than the declared one', async () => {
      const decided = defineSettings('fixture', {
        count: { schema: yup.number(), default: 4, policy: 'FixtureCount', description: '' }, name: { schema: yup.string(), default: 'none', description: '' },
      });
      const decidedStore = new VscodeStore(decided, (await fixtureContext()).globalStorageUri);
      const [refusal] = await committed(decidedStore, [change('name', 'x'), change('count', 5)]);
      expect([refusal!.index, reasonIn(refusal)]).to.deep.equal([1, 'policy']);
      expect(text()).to.equal('{}\n');
      decidedStore.dispose();
    });

    it('a value in the place of a group', async () => {
      writeSettings('{ "fixture.count": 1, "fixture": 5 }');
      const [refusal] = await committed(store, [change('count', 2)]);
      expect(reasonIn(refusal)).to.equal('conflict');
      expect(text()).to.equal('{ "fixture.count": 1, "fixture": 5 }');
    });
  });

  it('unsaved changes of a person stay, and are not saved along', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await vscode.window.showTextDocument(document);
    await typeUnsaved(document, new vscode.Position(0, 0), '// mine\n');
    expect(await reasonOf(store.commit(three, { signal }))).to.equal('dirty');
    expect(document.isDirty).to.equal(true);
    expect(text()).to.equal('{}\n');
    await document.save();
    await committed(store, three);
    expect(text()).to.match(/^\/\/ mine\n\{\n/);
  });

  it('a file that does not parse', async () => {
    writeSettings('{ oops');
    expect(await reasonOf(store.commit(three, { signal }))).to.equal('invalid-file');
    expect(text()).to.equal('{ oops');
  });

  it('what takes part in saving is asked, and may change the text', async () => {
    subscriptions.push(vscode.workspace.onWillSaveTextDocument((event) => {
      event.waitUntil(Promise.resolve([vscode.TextEdit.insert(new vscode.Position(0, 0), '// saved\n')]));
    }));
    await committed(store, three);
    expect(text()).to.match(/^\/\/ saved\n\{/);
    expect(['count', 'name', 'recent'].map((key) => shown(key))).to.deep.equal([7, 'seven', ['7']]);
  });

  it('what takes part in saving, and takes longer than VS Code waits: all are stored, or none, and nothing else is left', async () => {
    let held = 0;
    const hold = vscode.workspace.onWillSaveTextDocument((event) => {
      held++;
      event.waitUntil(elapse(4_000));
    });
    subscriptions.push(hold);
    expect(await reasonOf(store.commit(three, { signal }))).to.equal('newer');
    expect(held).to.be.greaterThan(0);
    expect(readSettings()).to.deep.equal({});
    hold.dispose();
    await committed(store, three);
    expect(Object.keys(readSettings())).to.have.length(3);
  });

  it('F6 what is changed while VS Code saves it is saved again: VS Code is not left with unsaved changes that no extension is told of', async function () {
    // The server saves the files; it stands still meanwhile.
    if (process.platform === 'win32' || vscode.env.remoteName === undefined) skip(this, 'It needs a server that can be stopped.');
    const { newerThan } = SettingsFile.prototype;
    let stopped = 0;
    SettingsFile.prototype.newerThan = async function (...args) {
      SettingsFile.prototype.newerThan = newerThan;
      const newer = await newerThan.apply(this, args);
      process.kill(process.ppid, 'SIGSTOP');
      stopped++;
      // VS Code stops waiting, and begins to save.
      await elapse(3_000);
      return newer;
    };
    subscriptions.push(vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.getText().includes('"seven"')) process.kill(process.ppid, 'SIGCONT');
    }));
    try {
      await committed(store, three);
    } finally {
      process.kill(process.ppid, 'SIGCONT');
      SettingsFile.prototype.newerThan = newerThan;
    }
    expect(stopped).to.equal(1);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
    // VS Code refuses this one for unsaved changes.
    await vscode.workspace.getConfiguration('fixture').update('timeout', 9, vscode.ConfigurationTarget.Workspace);
    expect(readSettings()).to.deep.include({ 'fixture.timeout': 9 });
  });

  it('F6 the time of a file that has gone is not set back, and nothing is refused for that', async () => {
    expect(await makeOld(path.join(folder().uri.fsPath, 'gone.json'), () => Promise.resolve(true))).to.equal(undefined);
  });

  it('F6 the time of a file that was set back is restored, unless the file has been saved since', async () => {
    const file = settingsFile();
    const { mtimeMs } = statSync(file);
    const restore = await makeOld(file, () => Promise.resolve(true));
    expect(statSync(file).mtimeMs).to.equal(0);
    await restore!();
    expect(statSync(file).mtimeMs).to.be.closeTo(mtimeMs, 1);
    const restoreTooLate = await makeOld(file, () => Promise.resolve(true));
    // Not in the future: VS Code would take what is saved in the next minute for older, and save over it.
    const saved = new Date(mtimeMs - 60_000);
    utimesSync(file, saved, saved);
    await restoreTooLate!();
    expect(statSync(file).mtimeMs).to.be.closeTo(mtimeMs - 60_000, 1);
  });

  it('F6 what cannot be saved again, as another program has saved the file meanwhile, is put back', async () => {
    const file = new SettingsFile('workspace', vscode.Uri.joinPath(folder().uri, '.vscode/settings.json'));
    const document = await vscode.workspace.openTextDocument(file.uri);
    await until('the document is up to date', () => document.getText() === text());
    const ours = '{ "fixture.count": 7 }';
    const edit = new vscode.WorkspaceEdit();
    edit.replace(file.uri, new vscode.Range(0, 0, document.lineCount, 0), ours);
    await vscode.workspace.applyEdit(edit);
    await until('it is there, and not saved', () => document.isDirty && document.getText() === ours);
    const theirs = '{ "editor.tabSize": 3, "editor.insertSpaces": true }\n';
    writeFileSync(settingsFile(), theirs);
    expect(await reasonOf(file.saveAgain(ours))).to.equal('newer');
    expect(text()).to.equal(theirs);
    await file.heal();
    expect([text(), document.getText(), document.isDirty]).to.deep.equal([theirs, theirs, false]);
    file.dispose();
  });

  it('F6 another program saves the file after VS Code has read it: what it says is kept', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    for (let round = 1; round <= 5; round++) {
      // Of the same size each time, which VS Code itself does not notice.
      writeFileSync(settingsFile(), `{ "editor.tabSize": ${round} }\n`);
      await committed(store, three);
      expect(readSettings()).to.deep.equal({ 'editor.tabSize': round, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
      expect(document.isDirty).to.equal(false);
      await committed(store, three.map((each) => ({ ...each, value: undefined })));
    }
  });

  it('F6 F48 another program has emptied the file, and not yet saved it, when VS Code saves: the changes are made to what it saves', async () => {
    await begin('{ "fixture.count": 3 }', 3);
    const theirs = '{ "editor.tabSize": 3 }\n';
    otherSavesWhen('[holdfast]', settingsFile(), '');
    const { pause } = SettingsFile.prototype;
    // The store has looked at the file, and waits before it looks again.
    SettingsFile.prototype.pause = function (...words) {
      SettingsFile.prototype.pause = pause;
      writeFileSync(settingsFile(), theirs);
      return pause.apply(this, words);
    };
    try {
      expect(await store.commit(three, { signal })).to.deep.equal([]);
    } finally {
      SettingsFile.prototype.pause = pause;
    }
    expect(readSettings()).to.deep.equal({ 'editor.tabSize': 3, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
  });

  it('F6 the line ends of what another program has saved after VS Code has read it stay', async () => {
    for (const end of ['\r\n', '\n', '\r\n']) {
      writeSettings(`{${end === '\n' ? '\r\n' : '\n'}}`);
      const document = await vscode.workspace.openTextDocument(settingsFile());
      await until('the document is up to date', () => document.getText() === text());
      writeFileSync(settingsFile(), ['{', '    "editor.tabSize": 3', '}', ''].join(end));
      await committed(store, [change('count', 9)]);
      expect(text()).to.equal(['{', '    "editor.tabSize": 3,', '    "fixture.count": 9', '}', ''].join(end));
      expect(document.isDirty).to.equal(false);
    }
  });

  it('F6 VS Code stops waiting for the changes, and saves: what another program has saved meanwhile is there at each moment', async () => {
    await vscode.workspace.openTextDocument(settingsFile());
    writeFileSync(settingsFile(), '{ "editor.tabSize": 3 }\n');
    const { newerThan } = SettingsFile.prototype;
    SettingsFile.prototype.newerThan = async function (...args) {
      SettingsFile.prototype.newerThan = newerThan;
      const newer = await newerThan.apply(this, args);
      await elapse(3_000);
      return newer;
    };
    const seen = new Set<string>();
    const watch = setInterval(() => seen.add(text()), 1);
    try {
      await committed(store, three);
    } finally {
      clearInterval(watch);
      SettingsFile.prototype.newerThan = newerThan;
    }
    // VS Code empties the file while it writes it.
    expect([...seen].filter((each) => each.trim() !== '' && !each.includes('tabSize'))).to.deep.equal([]);
    expect(readSettings()).to.deep.equal({ 'editor.tabSize': 3, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
  });

  it('F6 the changes cannot be put into the document: what another program has saved meanwhile stays', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    const theirs = '{ "editor.tabSize": 3 }\n';
    writeFileSync(settingsFile(), theirs);
    // As if the document changed each time before our edit arrived, which VS Code then refuses.
    const { applyEdit } = vscode.workspace;
    let refused = 0;
    vscode.workspace.applyEdit = () => Promise.resolve(++refused < 0);
    try {
      expect(await reasonOf(store.commit(three, { signal }))).to.equal('newer');
    } finally {
      vscode.workspace.applyEdit = applyEdit;
    }
    expect(refused).to.be.greaterThan(4);
    expect(text()).to.equal(theirs);
    await committed(store, three);
    expect(readSettings()).to.deep.equal({ 'editor.tabSize': 3, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
    expect(document.isDirty).to.equal(false);
  });

  it('F6 another program saves the file while VS Code saves it, which fails: VS Code is not left with unsaved changes', async () => {
    const saved = otherSavesWhen('"seven"');
    expect(await reasonOf(store.commit(three, { signal }))).to.equal('newer');
    expect(text()).to.equal(saved);
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    await vscode.workspace.getConfiguration('fixture').update('timeout', 9, vscode.ConfigurationTarget.Workspace);
    await committed(store, three);
    expect(readSettings()).to.deep.equal({
      'editor.tabSize': 3, 'editor.insertSpaces': true, 'fixture.timeout': 9, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'],
    });
  });

  it('F6 the same at the user settings: VS Code in the browser saves them in an editor alone, which is closed again', async () => {
    const file = await userSettings();
    const theirs = `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')) as object, 'editor.tabSize': 3 }, null, 2)}\n`;
    const ours = three.map((each): Change => ({ ...each, target: 'user' }));
    otherSavesWhen('"seven"', file, theirs);
    expect(await reasonOf(store.commit(ours, { signal }))).to.equal('newer');
    expect(readFileSync(file, 'utf8')).to.equal(theirs);
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    await until('VS Code has told that the editor is closed', () => vscode.window.tabGroups.all.every(({ tabs }) => tabs.length === 0));
    await committed(store, ours);
    expect(await store.readBackAll(ours)).to.deep.equal(ours.map(({ value }) => value));
    await committed(store, ours.map((each) => ({ ...each, value: undefined })));
    await vscode.workspace.getConfiguration('editor').update('tabSize', undefined, vscode.ConfigurationTarget.Global);
  });

  it('F6 an answer to VS Code that comes after VS Code has refused to save: nothing is left unsaved', async () => {
    const { newerThan } = SettingsFile.prototype;
    // VS Code waits for 1.5 s.
    SettingsFile.prototype.newerThan = async function (...words) {
      await elapse(4_000);
      return newerThan.apply(this, words);
    };
    const hurry = { dispose: () => void (SettingsFile.prototype.newerThan = newerThan) };
    subscriptions.push(hurry);
    const saved = otherSavesWhen('[holdfast]');
    expect(await reasonOf(store.commit(three, { signal }))).to.equal('newer');
    await elapse(5_000);
    expect(text()).to.equal(saved);
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    hurry.dispose();
    await committed(store, three);
    expect(readSettings()).to.deep.equal({
      'editor.tabSize': 3, 'editor.insertSpaces': true, 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'],
    });
  });

  it('what an earlier process left in the file goes with the next save', async () => {
    await begin('{\n    "[holdfast]": { "token": "old" },\n    "fixture.count": 1\n}\n', 1);
    await committed(store, three);
    expect(Object.keys(readSettings())).to.have.members(['fixture.count', 'fixture.name', 'fixture.recent']);
  });

  it('of a name that stands twice one is left', async () => {
    await begin('{ "fixture": { "name": "nested" }, "fixture.count": 2, "fixture.count": 1 }', 1);
    await committed(store, three);
    expect(text().match(/count/g)).to.have.length(1);
    expect(['count', 'name'].map((key) => shown(key))).to.deep.equal([7, 'seven']);
  });

  for (const target of ['workspace', 'user'] as const) {
    night.it(`beside updates of other extensions (${target} settings): none is refused, and none is lost`, async () => {
      const other = vscode.workspace.getConfiguration('fixture');
      const scope = target === 'user' ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
      for (let round = 0; round < 15; round++) {
        let theirs = 0;
        let isOver = false;
        const writing = (async () => {
          for (let i = 1; !isOver || theirs === 0; i++) {
            await other.update('timeout', 100 * round + i, scope);
            theirs = 100 * round + i;
          }
        })();
        const ours = [change('count', round + 1, { target }), change('name', `n${round}`, { target }), change('options', { round }, { target })];
        await until('they have begun', () => theirs > 0);
        expect(await committed(store, ours)).to.deep.equal([]);
        isOver = true;
        await writing;
        const found = vscode.workspace.getConfiguration('fixture');
        const layer = target === 'user' ? 'globalValue' : 'workspaceValue';
        expect(['count', 'name', 'options', 'timeout'].map((key) => found.inspect(key)![layer])).to.deep.equal([round + 1, `n${round}`, { round }, theirs]);
        expect(await store.readBackAll(ours)).to.deep.equal([round + 1, `n${round}`, { round }]);
      }
      if (target === 'user') for (const key of ['count', 'name', 'options', 'timeout']) await other.update(key, undefined, scope);
    });
  }

  it('the user settings: a file that no document of the extension host can be opened for', async () => {
    const ours = [change('application', true, { target: 'user' }), change('count', 5, { target: 'user' }), change('recent', ['u'], { target: 'user' })];
    expect(store.canCommit(ours[0]!)).to.equal(true);
    await committed(store, ours);
    expect(await store.readBackAll(ours)).to.deep.equal([true, 5, ['u']]);
    expect([shown('application', 'user'), shown('count', 'user')]).to.deep.equal([true, 5]);
    await committed(store, ours.map((each) => ({ ...each, value: undefined })));
    expect(await store.readBackAll(ours)).to.deep.equal([undefined, undefined, undefined]);
    expect(readFileSync(await userSettings(), 'utf8')).not.to.match(/holdfast\]|fixture\.(application|count|recent)/);
    expect(store.canCommit(change('perMachine', 'x', { target: 'user' }))).to.equal(vscode.env.remoteName === undefined);
  });

  it('each by an update of its own, where an author wants that', async () => {
    const single = new VscodeStore(fixture, (await fixtureContext()).globalStorageUri, { oneSave: false });
    expect(single.canCommit(three[0]!)).to.equal(false);
    single.dispose();
  });

  it('a setting for which an organisation may have a policy, and has none', async () => {
    const governed = defineSettings('fixture', { count: { schema: yup.number(), default: 3, policy: 'FixtureCount', description: '' } });
    const governedStore = new VscodeStore(governed, (await fixtureContext()).globalStorageUri);
    await committed(governedStore, [change('count', 6)]);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 6 });
    governedStore.dispose();
  });

  it('a setting that an organisation decides, as VS Code says when it is asked to store again what is there', async () => {
    const governed = defineSettings('fixture', { count: { schema: yup.number(), default: 3, policy: 'FixtureCount', description: '' } });
    const governedStore = new VscodeStore(governed, (await fixtureContext()).globalStorageUri);
    const original = Object.getOwnPropertyDescriptor(vscode.workspace, 'getConfiguration')!;
    const { getConfiguration } = vscode.workspace;
    const update = (): Promise<void> => Promise.reject(new Error('Unable to write fixture.count because it is configured in system policy.'));
    Object.defineProperty(vscode.workspace, 'getConfiguration', {
      configurable: true,
      value: (...words: Parameters<typeof getConfiguration>) => new Proxy(getConfiguration(...words), { get: (target, name) => (name === 'update' ? update : Reflect.get(target, name) as unknown) }),
    });
    try {
      expect(await reasonOf(governedStore.commit([change('count', 6)], { signal }))).to.equal('policy');
    } finally {
      Object.defineProperty(vscode.workspace, 'getConfiguration', original);
      governedStore.dispose();
    }
    expect(readSettings()).to.deep.equal({});
  });

  it('P28 each by itself, over what is there alone', async () => {
    const single = new VscodeStore(fixture, (await fixtureContext()).globalStorageUri, { oneSave: false });
    await begin('{ "fixture.count": 1 }', 1);
    expect(await reasonOf(single.write(change('count', 9), { signal, expected: { value: 2 } }))).to.equal('newer');
    expect(readSettings()).to.deep.equal({ 'fixture.count': 1 });
    single.dispose();
  });

  it('where nobody knows the file of the user settings, or no provider has its scheme, that is said', async () => {
    const nowhere = new VscodeStore(fixture, undefined);
    expect(await reasonOf(nowhere.commit([change('count', 9, { target: 'user' })], { signal }))).to.equal('not-ready');
    nowhere.dispose();
    const elsewhere = new SettingsFile('workspace', vscode.Uri.parse('holdfast-nowhere:/settings.json'));
    expect(await elsewhere.read()).to.deep.include({ kind: 'unknown' });
    elsewhere.dispose();
  });

  it('a file without anything in it', async () => {
    writeFileSync(settingsFile(), '');
    await committed(store, three);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 7, 'fixture.name': 'seven', 'fixture.recent': ['7'] });
  });
});
