import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { rejection, superviseFixture, until } from '../supervised.ts';
import { MemoryFiles } from './memory-files.ts';
import { addFolder, removeFolder } from './workspace-folders.ts';

describe('A settings file of a folder that can be written once', () => {
  it('F11 tells of a name that stands twice, with its lines, when it cannot be taken out', async () => {
    const files = new MemoryFiles('holdfast-twice');
    const root = vscode.Uri.parse('holdfast-twice:/twice');
    const settings = vscode.Uri.joinPath(root, '.vscode', 'settings.json');
    files.createDirectory(root);
    files.createDirectory(vscode.Uri.joinPath(root, '.vscode'));
    files.writeFile(settings, new TextEncoder().encode('{\n  "fixture.perFolder": "a",\n  "fixture.perFolder": "b"\n}\n'));
    const scope = { resource: vscode.Uri.joinPath(root, 'a.ts').toString() };
    const service = await superviseFixture({ guard: { retry: { attempts: 1 } } });
    await addFolder(root);
    await until('the value of the folder is served', () => service.get('perFolder', scope) === 'b');

    files.onWrite = () => (files.readOnly = true);
    const error = await rejection(service.update('perFolder', 'c', { target: 'folder', wait: false, ...scope })) as StoreError;
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'conflict', retryable: false });
    expect(error.message).to.contain('"fixture.perFolder" stands more than once (lines 2, 3)');
    expect(error.userAction).to.equal('Leave only one "fixture.perFolder" in the settings file (lines 2, 3).');

    files.onWrite = undefined;
    files.readOnly = false;
    expect(await service.update('perFolder', 'd', { target: 'folder', ...scope })).to.include({ outcome: 'stored' });
    expect(new TextDecoder().decode(files.readFile(settings))).to.equal('{\n  "fixture.perFolder": "d"\n}\n');
    await removeFolder(root);
    await service.dispose();
    files.dispose();
  });
});

describe('The settings of a .code-workspace file', () => {
  it('F10 that are null are told as what they are, with the line and a way out', async () => {
    const file = vscode.workspace.workspaceFile!;
    const before = await vscode.workspace.fs.readFile(file);
    const { folders } = JSON.parse(new TextDecoder().decode(before)) as { folders: unknown };
    const service = await superviseFixture();
    try {
      await service.update('name', 'here', { target: 'workspace' });
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(`{\n  "folders": ${JSON.stringify(folders)},\n  "settings": null\n}\n`));
      const error = await rejection(service.update('name', 'there', { target: 'workspace', wait: false })) as StoreError;
      expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'conflict', retryable: false });
      expect(error.attempts).to.have.lengthOf(1);
      expect(error.message).to.contain('"settings" in line 3 is null, and must be an object.');
      expect(error.userAction).to.equal('Remove "settings" from the settings file (line 3), or make it an object.');
    } finally {
      // What VS Code's own failed save has left is put right first: a file that changes under it is another matter.
      await until('nothing is unsaved', () => !vscode.workspace.textDocuments.some(({ isDirty }) => isDirty));
      await vscode.workspace.fs.writeFile(file, before);
    }
    expect(await service.update('name', 'there', { target: 'workspace' })).to.include({ outcome: 'stored' });
    expect(await service.update('name', undefined, { target: 'workspace' })).to.include({ outcome: 'stored' });
    await service.dispose();
  });
});
