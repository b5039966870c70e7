import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { closeEditors, resetSettings, until } from './supervised.ts';

describe('The VS Code that the tests run in', () => {
  it('is one of the two versions that are pinned', () => {
    expect(vscode.version).to.be.oneOf(['1.139.1', '1.100.3']);
  });

  it('opens the fixture workspace', () => {
    expect(vscode.workspace.workspaceFolders).to.have.lengthOf(1);
  });

  it('writes a setting of the workspace into its settings.json', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    await resetSettings();
    // VS Code refuses while its document of the file is older than what other tests have left there, and keeps what it could not save.
    await until('VS Code has stored it', async () => {
      try {
        await vscode.workspace.getConfiguration('editor').update('tabSize', 7, vscode.ConfigurationTarget.Workspace);
        return true;
      } catch (error) {
        expect((error as Error).message).to.match(/content of the file is newer/);
        await closeEditors();
        return false;
      }
    });
    const written = await readFile(path.join(folder, '.vscode/settings.json'), 'utf8');
    expect(JSON.parse(written)).to.deep.equal({ 'editor.tabSize': 7 });
    await vscode.workspace.getConfiguration('editor').update('tabSize', undefined, vscode.ConfigurationTarget.Workspace);
  });
});
