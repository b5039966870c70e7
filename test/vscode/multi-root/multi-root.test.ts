import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { fixture } from '../fixture-settings.ts';
import { rejection, superviseFixture } from '../supervised.ts';

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

  it('refuses a folder target without a folder', async () => {
    const error = await rejection(service.update('perFolder', 'x', { target: 'folder', resource: vscode.Uri.file('/elsewhere/a.ts').toString() }));
    expect(error).to.be.instanceOf(StoreError);
    expect(error).to.include({ reason: 'scope' });
  });
});
