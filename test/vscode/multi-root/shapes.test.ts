import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { SettingsFile } from '../../../src/store/vscode-settings-file.ts';
import { rejection, superviseFixture, typeUnsaved, until } from '../supervised.ts';
import { MemoryFiles } from './memory-files.ts';
import { addFolder, removeFolder } from './workspace-folders.ts';

describe('A settings file of a folder in which a name stands twice', () => {
  const root = vscode.Uri.parse('holdfast-twice:/twice');
  const settings = vscode.Uri.joinPath(root, '.vscode', 'settings.json');
  const scope = { resource: vscode.Uri.joinPath(root, 'a.ts').toString() };
  const twice = '{\n  "fixture.perFolder": "a",\n  "fixture.perFolder": "b"\n}\n';
  const target = { target: 'folder', wait: false, ...scope } as const;
  let files: MemoryFiles;
  let service: Awaited<ReturnType<typeof superviseFixture>>;

  const save = (text: string): void => files.writeFile(settings, new TextEncoder().encode(text));
  const saved = (): string => new TextDecoder().decode(files.readFile(settings));

  before(async () => {
    files = new MemoryFiles('holdfast-twice');
    files.createDirectory(root);
    files.createDirectory(vscode.Uri.joinPath(root, '.vscode'));
    save(twice);
    await addFolder(root);
  });

  beforeEach(async () => {
    save(twice);
    service = await superviseFixture({ guard: { retry: { attempts: 1 } } });
    await until('the value of the folder is served', () => service.get('perFolder', scope) === 'b');
    await until('VS Code knows the file as it is', () => vscode.workspace.textDocuments.every(isAsSaved));
  });

  /** What VS Code has open of the file, if anything, may be what an earlier test has left. */
  const isAsSaved = (document: vscode.TextDocument): boolean =>
    document.uri.toString() !== settings.toString() || (document.getText() === twice && !document.isDirty);

  afterEach(async () => {
    files.onWrite = undefined;
    files.readOnly = files.silent = false;
    await service.dispose();
  });

  after(async () => {
    await removeFolder(root);
    files.dispose();
  });

  it('F11 that can be written once: tells of it, with its lines, when it cannot be taken out', async () => {
    files.onWrite = () => (files.readOnly = true);
    const error = await rejection(service.update('perFolder', 'c', target)) as StoreError;
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'conflict', retryable: false });
    expect(error.message).to.contain('"fixture.perFolder" stands more than once (lines 2, 3)');
    expect(error.userAction).to.equal('Leave only one "fixture.perFolder" in the settings file (lines 2, 3).');

    files.onWrite = undefined;
    files.readOnly = false;
    expect(await service.update('perFolder', 'd', target)).to.include({ outcome: 'stored' });
    expect(saved()).to.equal('{\n  "fixture.perFolder": "d"\n}\n');
  });

  /** Asks for a value to be taken out of the file, as the store does when VS Code has written another one. */
  const takeOut = (): Promise<unknown> => rejection(new SettingsFile('folder', settings).removeStrayValues('fixture.perFolder', undefined));

  it('F11 a person’s unsaved changes are not saved along: `dirty`', async () => {
    const document = await vscode.workspace.openTextDocument(settings);
    await typeUnsaved(document, new vscode.Position(0, 0), '// mine\n');
    const error = await takeOut();
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'dirty', failureClass: 'user', userAction: 'Save the settings file, then try again.' });
    expect([document.isDirty, document.getText(), saved()]).to.deep.equal([true, `// mine\n${twice}`, twice]);
    expect(await document.save()).to.equal(true);
    expect(await service.update('perFolder', 'd', target)).to.include({ outcome: 'stored' });
    expect(saved()).to.equal('// mine\n{\n  "fixture.perFolder": "d"\n}\n');
  });

  it('F11 what another program has just saved is not replaced: `newer`', async () => {
    await vscode.workspace.openTextDocument(settings);
    const theirs = twice.replace('"a"', '"theirs"');
    files.silent = true;
    save(theirs);
    const error = await takeOut();
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'newer', retryable: true });
    expect(saved()).to.equal(theirs);
  });

  it('F11 what another program saves while it is taken out is not replaced either: `newer`, and nothing is left unsaved', async () => {
    const document = await vscode.workspace.openTextDocument(settings);
    const theirs = '{\n  "fixture.perFolder": "theirs, and longer than before"\n}\n';
    const changed = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document) return;
      changed.dispose();
      files.silent = true;
      save(theirs);
    });
    const error = await takeOut();
    expect(error).to.be.instanceOf(StoreError).and.to.include({ reason: 'newer', retryable: true });
    expect(saved()).to.equal(theirs);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    expect(document.isDirty).to.equal(false);
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
