import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../../src/extension/api.ts';
import { StoreError } from '../../../src/errors.ts';
import { fixture } from '../fixture-settings.ts';
import { rejection, superviseFixture, until } from '../supervised.ts';
import { MemoryFiles } from './memory-files.ts';
import { addFolder, removeFolder } from './workspace-folders.ts';

describe('A workspace of several folders', () => {
  let service: Awaited<ReturnType<typeof superviseFixture>>;
  const resource = (name: string): string => {
    const folder = vscode.workspace.workspaceFolders!.find((each) => each.name === name)!;
    return vscode.Uri.joinPath(folder.uri, 'a.ts').toString();
  };

  before(async () => {
    service = await superviseFixture();
  });

  after(async () => {
    await service.dispose();
  });

  it('P34 resolves every setting for every folder and language exactly as VS Code', async () => {
    await service.update('perFolder', 'workspace', { target: 'workspace' });
    await service.update('perFolder', 'one', { target: 'folder', resource: resource('one') });
    await service.update('perLanguage', 2, { target: 'folder', resource: resource('two') });
    await service.update('perLanguage', 8, { target: 'folder', resource: resource('two'), languageId: 'typescript' });
    await service.update('options', { workspace: 1 }, { target: 'workspace' });
    for (const scope of [undefined, { resource: resource('one') }, { resource: resource('two') }, { resource: resource('two'), languageId: 'typescript' }]) {
      const theirs = vscode.workspace.getConfiguration('fixture', scope === undefined ? null : {
        uri: vscode.Uri.parse(scope.resource),
        ...('languageId' in scope ? { languageId: scope.languageId } : {}),
      } as { languageId: string });
      for (const key of fixture.keys) {
        expect(service.get(key, scope), `${key} for ${JSON.stringify(scope)}`).to.deep.equal(JSON.parse(JSON.stringify(theirs.get(key))));
      }
    }
  });

  it('writes each folder’s value into its own settings.json, with a breaker of its own', () => {
    const folder = vscode.workspace.workspaceFolders!.find(({ name }) => name === 'one')!;
    const text = readFileSync(path.join(folder.uri.fsPath, '.vscode', 'settings.json'), 'utf8');
    expect(JSON.parse(text)).to.deep.equal({ 'fixture.perFolder': 'one' });
    expect(service.breakers().map(({ file }) => path.basename(file)).sort()).to.deep.equal(['settings.json', 'settings.json', 'workspace.code-workspace']);
  });

  it('F32 F33 F34 a change in a folder for which nobody listens is told and read at once; a value that becomes invalid stays what it was, with an issue', async () => {
    const folder = vscode.workspace.workspaceFolders!.find(({ name }) => name === 'two')!;
    const file = path.join(folder.uri.fsPath, '.vscode', 'settings.json');
    const before = readFileSync(file, 'utf8');
    const scope = { resource: folder.uri.toString() };
    // One that was asked for nothing yet.
    const service = await superviseFixture();
    const told: unknown[] = [];
    const fresh: unknown[] = [];
    const subscriptions = [
      service.onDidChangeAny((change) => {
        for (const { key, scope, now } of change.changes) told.push([key, scope, now]);
        if (change.keys.includes('perFolder')) told.push([change.affects('perFolder', { resource: resource('two') }), change.affects('perFolder', { resource: resource('one') }), change.affects('perFolder', {})]);
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('fixture.perFolder')) fresh.push(service.get('perFolder', { resource: resource('two') }));
      }),
    ];
    const write = (value: unknown): void => writeFileSync(file, JSON.stringify({ ...JSON.parse(before), 'fixture.perFolder': value }));
    write('two');
    await until('the change is told', () => told.length > 0);
    expect(told).to.deep.equal([['perFolder', scope, 'two'], [true, false, false]]);
    write(5);
    await until('it is noticed', () => service.issues.length > 0);
    expect([service.get('perFolder', { resource: resource('two') }), service.get('perFolder', { resource: resource('one') })]).to.deep.equal(['two', 'one']);
    expect(service.issues.map(({ key, layer, scope, served }) => [key, layer, scope, served])).to.deep.equal([['perFolder', 'folder', scope, 'last good value']]);
    expect((await service.health()).checks.api.detail).to.equal(`Not legal, and replaced: perFolder (${scope.resource}).`);
    writeFileSync(file, before);
    await until('it is over', () => service.issues.length === 0 && service.get('perFolder', { resource: resource('two') }) === 'workspace');
    expect(fresh).to.deep.equal(['two', 'two', 'workspace']);
    for (const subscription of subscriptions) subscription.dispose();
    await service.dispose();
  });

  it('F70 the pencil of a setting that a folder alone holds opens the settings of that folder, at the setting', async () => {
    const folder = vscode.workspace.workspaceFolders!.find(({ name }) => name === 'two')!;
    await service.update('perLanguage', 2, { target: 'folder', resource: resource('two') });
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const registration = api.register(service);
    await vscode.commands.executeCommand('holdfast.editSetting', { service: 'fixture', key: 'perLanguage' });
    registration.dispose();
    const { document, selection } = vscode.window.activeTextEditor!;
    expect(document.uri.toString()).to.equal(vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json').toString());
    expect(document.getText(selection)).to.equal('"fixture.perLanguage": 2');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('refuses a folder target without a folder', async () => {
    const error = await rejection(service.update('perFolder', 'x', { target: 'folder', resource: vscode.Uri.file('/elsewhere/a.ts').toString() }));
    expect(error).to.be.instanceOf(StoreError);
    expect(error).to.include({ reason: 'scope' });
  });

  it('converts the old settings of a folder in its own file', async () => {
    const folder = vscode.workspace.workspaceFolders!.find(({ name }) => name === 'one')!;
    const file = path.join(folder.uri.fsPath, '.vscode', 'settings.json');
    writeFileSync(file, '{ "fixture.perFolder": "one", "fixture.timeoutSeconds": 3 }');
    await until('the old one is honoured there', () => service.get('timeout', { resource: resource('one') }) === 3_000);
    expect([service.get('timeout'), service.get('timeout', { resource: resource('two') })]).to.deep.equal([5_000, 5_000]);
    await service.convertOldSettings({ resource: resource('one') });
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({ 'fixture.perFolder': 'one', 'fixture.timeout': 3_000 });
  });
});

describe('A folder without a disk', () => {
  it('has settings that are read, written and marked like any other', async () => {
    const files = new MemoryFiles('holdfast-memory');
    const root = vscode.Uri.parse('holdfast-memory:/three');
    const settings = vscode.Uri.joinPath(root, '.vscode', 'settings.json');
    files.createDirectory(root);
    files.createDirectory(vscode.Uri.joinPath(root, '.vscode'));
    files.writeFile(settings, new TextEncoder().encode('{ "fixture.perFolder": 5 }'));
    const service = await superviseFixture();
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const registration = api.register(service);
    const scope = { resource: vscode.Uri.joinPath(root, 'a.ts').toString() };
    await addFolder(root);
    const marks = (): string[] => vscode.languages.getDiagnostics(settings).filter(({ source }) => source === 'Holdfast').map(({ message }) => message);
    await until('its illegal value is marked', () => marks().length === 1);
    expect(await service.update('perFolder', 'three', { target: 'folder', ...scope })).to.deep.equal({ outcome: 'stored', target: 'folder' });
    expect(JSON.parse(new TextDecoder().decode(files.readFile(settings)))).to.deep.equal({ 'fixture.perFolder': 'three' });
    expect(service.get('perFolder', scope)).to.equal('three');
    await until('the mark is gone', () => marks().length === 0);
    files.readOnly = true;
    expect(await rejection(service.update('perFolder', 'four', { target: 'folder', wait: false, ...scope })), 'refused, and said so').to.include({ code: 'STORE' });
    expect(service.get('perFolder', scope)).to.equal('three');
    files.readOnly = false;
    await removeFolder(root);
    registration.dispose();
    await service.dispose();
    files.dispose();
  });
});
