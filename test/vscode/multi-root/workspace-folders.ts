import * as vscode from 'vscode';
import { until } from '../supervised.ts';

/*
 * VS Code keeps the folders in the .code-workspace file, and writes that after it has shown the change. Whoever writes the
 * same file meanwhile meets it there.
 */

/** Adds a folder at the end of the workspace. Resolves when the .code-workspace file has it. */
export async function addFolder(uri: vscode.Uri): Promise<void> {
  vscode.workspace.updateWorkspaceFolders(vscode.workspace.workspaceFolders!.length, 0, { uri });
  await untilWritten();
}

/** Takes it out again. Resolves when the .code-workspace file no longer has it. */
export async function removeFolder(uri: vscode.Uri): Promise<void> {
  const index = vscode.workspace.workspaceFolders!.findIndex((each) => each.uri.toString() === uri.toString());
  vscode.workspace.updateWorkspaceFolders(index, 1);
  await untilWritten();
}

async function untilWritten(): Promise<void> {
  const file = vscode.workspace.workspaceFile!;
  const isUnsaved = (): boolean => vscode.workspace.textDocuments.some(({ uri, isDirty }) => isDirty && uri.toString() === file.toString());
  await until('the .code-workspace file has the folders that are open', async () => {
    const folders = foldersIn(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
    return folders?.length === vscode.workspace.workspaceFolders!.length && !isUnsaved();
  });
}

/** What the file says; nothing while it is being written. */
function foldersIn(text: string): readonly unknown[] | undefined {
  try {
    return (JSON.parse(text) as { folders: readonly unknown[] }).folders;
  } catch {
    return undefined;
  }
}
