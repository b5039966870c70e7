import { CircuitOpenError } from 'holdfast';
import * as vscode from 'vscode';
import { Git } from './git.ts';

/** What the tests get. */
export interface GitGlanceApi {
  readonly git: Git;
  /** What the status bar says, once git has been asked. */
  refresh(): Promise<string>;
}

/** The last commit in the status bar. Git may be slow, hang or be missing: the editor never waits for it. */
export function activate(context: vscode.ExtensionContext): GitGlanceApi {
  const git = new Git();
  const item = vscode.window.createStatusBarItem('git-glance', vscode.StatusBarAlignment.Left);
  item.name = 'Git Glance';
  item.command = 'gitGlance.refresh';

  const refresh = async (): Promise<string> => {
    item.text = `$(git-commit) ${await glance(git)}`;
    item.show();
    return item.text;
  };
  context.subscriptions.push(git, item, vscode.commands.registerCommand('gitGlance.refresh', refresh));
  void refresh();
  return { git, refresh };
}

async function glance(git: Git): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder?.scheme !== 'file' || !vscode.workspace.isTrusted) return 'no repository';
  try {
    return await git.lastCommit(folder.fsPath) ?? 'no commit yet';
  } catch (error) {
    return error instanceof CircuitOpenError ? 'git keeps failing; looking again soon' : 'git did not answer';
  }
}
