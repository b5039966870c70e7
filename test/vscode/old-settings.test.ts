import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import type { ConfigurationService } from '../../src/service/service.ts';
import { settingsFrom } from '../../src/settings/settings-from.ts';
import type { fixture } from './fixture-settings.ts';
import { superviseConfiguration } from '../../src/vscode.ts';
import { again, fixtureContext, patientGuard, patientLifecycle, quickFixes, readSettings, rejection, resetSettings, settingsFile, superviseFixture, typeUnsaved, until, writeSettings } from './supervised.ts';

const uri = (): vscode.Uri => vscode.Uri.file(settingsFile());
const marks = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri()).filter(({ source }) => source === 'Holdfast');
const titled = async (title: string): Promise<vscode.CodeAction | undefined> => (await quickFixes(uri(), marks()[0]?.range)).find((fix) => fix.title === title);

/** Settings of two sections; VS Code itself has declared them. */
const several = settingsFrom<{ 'editor.tabSize': number; 'files.eol': string }>({
  contributes: {
    configuration: [
      { title: 'One', properties: { 'editor.tabSize': { type: 'number', minimum: 1, default: 4 } } },
      { title: 'Other', properties: { 'files.eol': { type: 'string', enum: ['\n', '\r\n', 'auto'], default: 'auto' } } },
    ],
  },
}, {
  settings: {
    'editor.tabSize': { formerly: [{ key: 'editor.tabWidth', convert: Number }] },
    'files.eol': { formerly: [{ key: 'files.lineEnd', convert: (old) => (old === 'unix' ? '\n' : old) }] },
  },
});

describe('Settings of earlier versions', () => {
  let service: ConfigurationService<typeof fixture.defaults>;
  let registration: vscode.Disposable;

  beforeEach(async () => {
    await resetSettings();
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    service = await superviseFixture();
    registration = api.register(service);
  });

  afterEach(async () => {
    registration.dispose();
    await service.dispose();
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await resetSettings();
  });

  it('are honoured in VS Code as well, and said to be old', async () => {
    writeSettings('{ "fixture.timeoutSeconds": 2, "fixture.mode": true }');
    await until('they are used', () => service.get('timeout') === 2_000 && service.get('mode') === 'on');
    expect(service.inspect('timeout')).to.deep.include({ origin: 'workspace', layers: { default: 5_000, workspace: 2 }, formerly: { workspace: 'timeoutSeconds' } });
    expect(service.issues).to.deep.equal([]);
    await again(async () => expect(marks().map(({ message }) => message)).to.deep.equal([
      'fixture.timeoutSeconds is called fixture.timeout now. Its value is used as 2000.',
      'fixture.mode has a value of an earlier version. It is used as "on".',
    ]));
    expect(marks()[0]).to.deep.include({ severity: vscode.DiagnosticSeverity.Information, tags: [vscode.DiagnosticTag.Deprecated] });
    writeSettings('{ "fixture.timeoutSeconds": "soon" }');
    await until('a value that cannot be converted is a warning', () => marks()[0]?.severity === vscode.DiagnosticSeverity.Warning);
    await until('it is not used', () => service.get('timeout') === 5_000);
  });

  it('are converted where they stand by a quick fix', async () => {
    writeSettings('{\n  "fixture.count": 4,\n  "fixture.timeoutSeconds": 2\n}\n');
    const document = await vscode.workspace.openTextDocument(uri());
    await until('it is marked', () => document.getText().includes('timeoutSeconds') && marks().length === 1);
    let fix: vscode.CodeAction | undefined;
    await until('the quick fix is offered', async () => (fix = await titled('Convert to fixture.timeout')) !== undefined);
    await vscode.workspace.applyEdit(fix!.edit!);
    expect(JSON.parse(document.getText())).to.deep.equal({ 'fixture.count': 4, 'fixture.timeout': 2_000 });
    await document.save();
    await until('the mark is gone', () => marks().length === 0);
  });

  it('are all converted by the command, in one transaction, and nothing that is read changes', async () => {
    writeSettings('{\n  // Mine.\n  "fixture.count": 4,\n  "fixture.timeoutSeconds": 2,\n  "fixture.mode": false\n}\n');
    await until('they are used', () => service.get('timeout') === 2_000 && service.get('mode') === 'off');
    const changed: unknown[] = [];
    const listeners = [service.onDidChange('timeout', (...now) => changed.push(now)), service.onDidChange('mode', (...now) => changed.push(now))];
    await vscode.commands.executeCommand('holdfast.convertOldSettings', { service: 'fixture' });
    for (const listener of listeners) listener.dispose();
    const text = readFileSync(settingsFile(), 'utf8');
    expect(text).to.contain('// Mine.').and.contain('"fixture.timeout": 2000').and.contain('"fixture.mode": "off"').and.not.contain('timeoutSeconds');
    expect([service.get('timeout'), service.get('mode'), changed]).to.deep.equal([2_000, 'off', []]);
    await until('the marks are gone', () => marks().length === 0);
    expect(service.oldSettings()).to.deep.equal([]);
  });

  it('of a definition with several sections are all converted from a mark in one of them, and those of no other', async () => {
    const context = { ...await fixtureContext(), subscriptions: [] as { dispose(): void }[] };
    const both = await superviseConfiguration(context, several, { guard: patientGuard, lifecycle: patientLifecycle });
    writeSettings('{\n  "editor.tabWidth": "3",\n  "files.lineEnd": "unix",\n  "fixture.timeoutSeconds": 7\n}\n');
    await until('they are used', () => both.get('editor.tabSize') === 3 && both.get('files.eol') === '\n' && service.get('timeout') === 7_000);
    await again(async () => expect(marks().map(({ message }) => message)).to.have.members([
      'editor.tabWidth is called editor.tabSize now. Its value is used as 3.',
      'files.lineEnd is called files.eol now. Its value is used as "\\n".',
      'fixture.timeoutSeconds is called fixture.timeout now. Its value is used as 7000.',
    ]));
    const document = await vscode.workspace.openTextDocument(uri());
    await until('it is open', () => document.getText().includes('tabWidth'));
    const title = `Convert all old settings of ${both.id}`;
    const mark = marks().find(({ message }) => message.startsWith('editor.tabWidth'));
    let fix: vscode.CodeAction | undefined;
    await until('the quick fix is offered', async () => (fix = (await quickFixes(uri(), mark!.range)).find((each) => each.title === title)) !== undefined);
    await vscode.commands.executeCommand(fix!.command!.command, ...fix!.command!.arguments!);
    expect(readSettings()).to.deep.equal({ 'editor.tabSize': 3, 'files.eol': '\n', 'fixture.timeoutSeconds': 7 });
    for (const each of context.subscriptions) each.dispose();
    await both.dispose();
  });

  it('P24 stay as they are when the file refuses', async () => {
    writeSettings('{ "fixture.timeoutSeconds": 2 }');
    await until('it is used', () => service.get('timeout') === 2_000);
    const document = await vscode.workspace.openTextDocument(uri());
    await typeUnsaved(document, new vscode.Position(0, 1), ' ');
    expect(await rejection(service.convertOldSettings())).to.include({ code: 'STORE', reason: 'dirty' });
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    expect(readSettings()).to.deep.equal({ 'fixture.timeoutSeconds': 2 });
  });
});
