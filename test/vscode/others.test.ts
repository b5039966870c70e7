import { expect } from 'chai';
import * as vscode from 'vscode';
import { languageClientMiddleware, readSettings, superviseConfiguration, type VscodeContext } from '../../src/vscode.ts';
import { settingsFrom } from '../../src/settings/settings-from.ts';
import { fixtureContext, folder, resetSettings, until, writeSettings } from './supervised.ts';

const known = {
  'editor.tabSize': { type: 'number', minimum: 1 },
  'files.exclude': { type: 'object', additionalProperties: { type: ['boolean', 'object'] } },
} as const;

describe('Settings of others in VS Code', () => {
  let context: VscodeContext & { readonly subscriptions: { dispose(): void }[] };

  beforeEach(async () => {
    await resetSettings();
    context = { ...await fixtureContext(), subscriptions: [] };
  });

  afterEach(() => {
    for (const { dispose } of context.subscriptions) dispose();
  });

  after(resetSettings);

  it('P30 readSettings serves what is valid, with VS Code’s own defaults, for folders and languages too', async () => {
    const reader = readSettings(context, known);
    await reader.ready;
    const size: number = reader.get('editor.tabSize');
    const uri = vscode.Uri.joinPath(folder().uri, 'a.ts');
    const exclude = vscode.workspace.getConfiguration('files', null).get<object>('exclude');
    expect([size, reader.get('files.exclude')]).to.deep.equal([4, JSON.parse(JSON.stringify(exclude))]);
    const heard: number[] = [];
    reader.onDidChange('editor.tabSize', (now) => heard.push(now), { uri, languageId: 'typescript' });
    writeSettings(JSON.stringify({ 'editor.tabSize': 'wide', '[typescript]': { 'editor.tabSize': 3 }, 'files.exclude': { '**/x': 5 } }));
    await until('the language has its size', () => reader.get('editor.tabSize', { languageId: 'typescript' }) === 3);
    expect([reader.get('editor.tabSize'), reader.get('editor.tabSize', { uri, languageId: 'typescript' }), heard]).to.deep.equal([4, 3, [3]]);
    expect(vscode.workspace.getConfiguration('editor', null).get('tabSize'), 'what VS Code says').to.equal('wide');
    expect(reader.issues.map(({ key }) => key).sort()).to.deep.equal(['editor.tabSize', 'files.exclude']);
    expect(reader.section().editor.tabSize).to.equal(4);
    expect([reader.has('files.exclude'), reader.has('files.include'), 'update' in reader]).to.deep.equal([true, false, false]);
  });

  it('P20 they are written where that was asked for', async () => {
    const editor = readSettings(context, { 'editor.tabSize': known['editor.tabSize'] }, { writable: true });
    await editor.update('editor.tabSize', 6, { target: 'workspace' });
    expect(vscode.workspace.getConfiguration('editor', null).get('tabSize')).to.equal(6);
    const refused: unknown = await editor.update('editor.tabSize', 0, { target: 'workspace' }).then(() => undefined, (error: unknown) => error);
    expect(refused).to.have.property('code', 'VALIDATION');
    await editor.update('editor.tabSize', undefined, { target: 'workspace' });
  });

  it('P31 a language server that asks for them gets them checked', async () => {
    writeSettings(JSON.stringify({ 'editor.tabSize': 'wide' }));
    await until('VS Code has read it', () => vscode.workspace.getConfiguration('editor', null).get('tabSize') === 'wide');
    const reader = readSettings(context, known);
    await reader.ready;
    const { configuration } = languageClientMiddleware(reader).workspace;
    const next = (): unknown[] => [vscode.workspace.getConfiguration('editor', null).get('tabSize')];
    expect(await configuration({ items: [{ section: 'editor.tabSize' }] }, undefined, next)).to.deep.equal([4]);
  });

  it('a setting that needs a restart is asked about once, and with its own question if there is one', async () => {
    const { packageJSON } = vscode.extensions.getExtension<unknown>('holdfast-tests.fixture')!;
    const definition = settingsFrom<{ count: number; name: string }>(packageJSON as object, { section: 'fixture', settings: { count: { needsRestart: true } } });
    const asked: (readonly string[])[] = [];
    const service = await superviseConfiguration(context, definition, { askForRestart: (keys) => Promise.resolve(asked.push(keys) < 0) });
    await service.update('name', 'other', { target: 'workspace' });
    await service.update('count', 5, { target: 'workspace' });
    await service.update('count', 6, { target: 'workspace' });
    expect(asked).to.deep.equal([['count']]);
    await service.dispose();
  });
});
