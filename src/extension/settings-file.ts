import * as vscode from 'vscode';

/** What services call the settings file of the remote machine, which VS Code keeps beside the user settings. */
export const remoteSettings = 'remote settings';

/** Opens a settings file by the name its service gives it. */
export async function openSettingsFile(file: string | undefined): Promise<void> {
  const uri = file === undefined ? undefined : workspaceFile(file);
  const command = file === remoteSettings ? 'workbench.action.openRemoteSettingsFile' : 'workbench.action.openSettingsJson';
  if (uri === undefined) await vscode.commands.executeCommand(command);
  else await vscode.window.showTextDocument(uri);
}

/** A settings file within the workspace. The user settings have no certain address: they go by a name, or lie elsewhere. */
export function workspaceFile(file: string): vscode.Uri | undefined {
  if (!file.includes('://')) return undefined;
  const uri = vscode.Uri.parse(file);
  const isInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined || uri.toString() === vscode.workspace.workspaceFile?.toString();
  return isInside ? uri : undefined;
}
