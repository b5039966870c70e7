import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

describe('The VS Code that the tests run in', () => {
  it('is one of the two versions that are pinned', () => {
    expect(vscode.version).to.be.oneOf(['1.139.1', '1.100.3']);
  });

  it('opens the fixture workspace', () => {
    expect(vscode.workspace.workspaceFolders).to.have.lengthOf(1);
  });

  it('writes a setting of the workspace into its settings.json', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    await vscode.workspace.getConfiguration('editor').update('tabSize', 7, vscode.ConfigurationTarget.Workspace);
    const written = await readFile(path.join(folder, '.vscode/settings.json'), 'utf8');
    expect(JSON.parse(written)).to.deep.equal({ 'editor.tabSize': 7 });
    await vscode.workspace.getConfiguration('editor').update('tabSize', undefined, vscode.ConfigurationTarget.Workspace);
  });
});
