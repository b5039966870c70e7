import { CircuitOpenError } from 'holdfast';
import * as vscode from 'vscode';
import { Git } from './git.ts';

/** Files that are asked about at most: as many calls as may wait. */
const mostFiles = 500;

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
  const authors = async (): Promise<string> => {
    item.tooltip = await lastAuthors(git);
    return item.tooltip;
  };
  context.subscriptions.push(
    git, item, vscode.commands.registerCommand('gitGlance.refresh', refresh), vscode.commands.registerCommand('gitGlance.authors', authors),
  );
  void refresh();
  return { git, refresh };
}

function repository(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder?.scheme === 'file' && vscode.workspace.isTrusted ? folder.fsPath : undefined;
}

async function glance(git: Git): Promise<string> {
  const folder = repository();
  if (folder === undefined) return 'no repository';
  try {
    return await git.lastCommit(folder) ?? 'no commit yet';
  } catch (error) {
    return error instanceof CircuitOpenError ? 'git keeps failing; looking again soon' : 'git did not answer';
  }
}

/** A call for each file, all at once: they wait in the background, and the status bar is refreshed in between. */
async function lastAuthors(git: Git): Promise<string> {
  const folder = repository();
  if (folder === undefined) return 'no repository';
  const files = await vscode.workspace.findFiles('**/*', undefined, mostFiles);
  const answers = await Promise.allSettled(files.map((file) => git.lastAuthor(folder, file.fsPath)));
  const counts = new Map<string, number>();
  for (const answer of answers) {
    if (answer.status === 'fulfilled' && answer.value !== undefined) counts.set(answer.value, (counts.get(answer.value) ?? 0) + 1);
  }
  const lines = [...counts].sort(([, one], [, other]) => other - one).map(([author, count]) => `${author}: ${count}`);
  return lines.length === 0 ? 'no file that git knows' : lines.join(', ');
}
