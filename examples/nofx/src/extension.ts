import { superviseConfiguration } from 'holdfast/vscode';
import * as vscode from 'vscode';
import { registerCommands } from './commands.ts';
import { NofxConfiguration } from './nofx-configuration.ts';
import { nofx } from './settings.ts';
import { Worktrees } from './worktrees.ts';

/** What other extensions, and the tests, get from NofX. */
export interface NofxApi {
  readonly configuration: NofxConfiguration;
}

export async function activate(context: vscode.ExtensionContext): Promise<NofxApi> {
  const service = await superviseConfiguration(context, nofx, {
    // An example is there to be broken: see the State Inspector.
    faultInjection: true,
  });
  const worktrees = new Worktrees();
  worktrees.show(context);
  const configuration = new NofxConfiguration(service, worktrees, trustedFolder);

  context.subscriptions.push(
    worktrees,
    vscode.workspace.onDidChangeWorkspaceFolders(() => worktrees.forget()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => worktrees.forget()),
    ...registerCommands(configuration, service),
  );
  return { configuration };
}

/** A repository's own settings can make git run programs, so that git is asked in trusted folders alone. */
function trustedFolder(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.workspace.isTrusted && folder?.scheme === 'file' ? folder.fsPath : undefined;
}
