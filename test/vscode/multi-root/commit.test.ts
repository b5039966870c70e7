import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { vscodeStore } from '../../../src/store/vscode-host.ts';
import type { VscodeStore } from '../../../src/store/vscode-store.ts';
import { fixture } from '../fixture-settings.ts';
import { committed, fixtureContext } from '../supervised.ts';

describe('Several values by one save, in a workspace of several folders', () => {
  let store: VscodeStore;
  const two = (): vscode.WorkspaceFolder => vscode.workspace.workspaceFolders!.find(({ name }) => name === 'two')!;
  const parsed = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

  before(async () => {
    store = vscodeStore(await fixtureContext(), fixture);
  });

  after(() => store.dispose());

  it('go into the settings of the .code-workspace file, whose other members stay (P24)', async () => {
    const file = vscode.workspace.workspaceFile!.fsPath;
    const { folders } = parsed(file);
    const changes = [
      { key: 'count', value: 11, target: 'workspace', scope: {} }, { key: 'tools', value: ['t'], target: 'workspace', scope: {} },
      { key: 'perLanguage', value: 3, target: 'workspace', scope: { languageId: 'go' } },
    ] as const;
    expect(changes.map((change) => store.canCommit(change))).to.deep.equal([true, true, true]);
    expect(await committed(store, changes)).to.deep.equal([]);
    expect(await store.readBackAll(changes)).to.deep.equal([11, ['t'], 3]);
    expect(parsed(file)).to.deep.include({ folders });
    expect(parsed(file)['settings']).to.deep.include({ 'fixture.count': 11, 'fixture.tools': ['t'], '[go]': { 'fixture.perLanguage': 3 } });
    expect(vscode.workspace.getConfiguration('fixture', { languageId: 'go' }).inspect('perLanguage')!.workspaceLanguageValue).to.equal(3);
    await committed(store, changes.map((change) => ({ ...change, value: undefined })));
    expect(await store.readBackAll(changes)).to.deep.equal([undefined, undefined, undefined]);
  });

  it('go into the settings of a folder, each for its language', async () => {
    const scope = { resource: two().uri.toString() };
    const changes = [
      { key: 'perFolder', value: 'mine', target: 'folder', scope }, { key: 'timeout', value: 77, target: 'folder', scope },
      { key: 'perLanguage', value: 5, target: 'folder', scope: { ...scope, languageId: 'go' } },
    ] as const;
    expect(await committed(store, changes)).to.deep.equal([]);
    const file = path.join(two().uri.fsPath, '.vscode/settings.json');
    expect(parsed(file)).to.deep.include({ 'fixture.perFolder': 'mine', 'fixture.timeout': 77, '[go]': { 'fixture.perLanguage': 5 } });
    expect(changes.map(({ key, scope }) => store.read(key, scope).effective)).to.deep.equal(['mine', 77, 5]);
    await committed(store, changes.map((change) => ({ ...change, value: undefined })));
    expect(await store.readBackAll(changes)).to.deep.equal([undefined, undefined, undefined]);
  });
});
