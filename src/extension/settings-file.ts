import * as vscode from 'vscode';

/** Opens a settings file by the name its service gives it. */
export async function openSettingsFile(file: string | undefined): Promise<void> {
  const uri = file === undefined ? undefined : workspaceFile(file);
  if (uri === undefined) await vscode.commands.executeCommand('workbench.action.openSettingsJson');
  else await vscode.window.showTextDocument(uri);
}

/** A settings file within the workspace. The user settings have no certain address: they go by a name, or lie elsewhere. */
export function workspaceFile(file: string): vscode.Uri | undefined {
  if (!file.includes('://')) return undefined;
  const uri = vscode.Uri.parse(file);
  const isInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined || uri.toString() === vscode.workspace.workspaceFile?.toString();
  return isInside ? uri : undefined;
}
