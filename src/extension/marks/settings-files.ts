import * as vscode from 'vscode';
import { disposeAll } from '../../disposal.ts';
import type { Target } from '../../store/store.ts';

/** Documents that may be settings files; whether one is, `targetOf` says. */
export const settingsDocuments: vscode.DocumentSelector = [{ pattern: '**/settings.json' }, { pattern: '**/*.code-workspace' }];

export const isWorkspaceFile = (uri: vscode.Uri): boolean => uri.path.endsWith('.code-workspace');

/** Finds the settings files of this window: user, workspace and folders. */
export class SettingsFiles {
  /** Where VS Code opens the user settings. */
  readonly #user: vscode.Uri;
  /** Where a remote window keeps the settings of the machine. */
  readonly #remote: vscode.Uri | undefined;

  /** @param globalStorageUri of an extension: the user settings lie two folders above it, those of a remote machine beside them */
  constructor(globalStorageUri: vscode.Uri) {
    const file = vscode.Uri.joinPath(globalStorageUri, '..', '..', 'settings.json');
    const isLocalDesktop = vscode.env.appHost === 'desktop' && vscode.env.remoteName === undefined;
    this.#user = isLocalDesktop ? file.with({ scheme: 'vscode-userdata' }) : file;
    if (vscode.env.remoteName !== undefined) this.#remote = vscode.Uri.joinPath(globalStorageUri, '..', '..', '..', 'Machine', 'settings.json');
  }

  /** Whose values a file holds, or `undefined` when this window does not read it. */
  targetOf(uri: vscode.Uri): Target | undefined {
    const { workspaceFile } = vscode.workspace;
    if (isWorkspaceFile(uri)) return uri.toString() === workspaceFile?.toString() ? 'workspace' : undefined;
    if (uri.path.endsWith('/.vscode/settings.json')) {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (folder === undefined || vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json').toString() !== uri.toString()) return undefined;
      return workspaceFile === undefined ? 'workspace' : 'folder';
    }
    if (!uri.path.endsWith('/settings.json')) return undefined;
    return uri.scheme === 'vscode-userdata' || uri.path === this.#user.path || this.isRemote(uri) ? 'user' : undefined;
  }

  /** Whether a file is the one with the settings of the remote machine. */
  isRemote(uri: vscode.Uri): boolean {
    return uri.path === this.#remote?.path;
  }

  /** All that there may be, open or not. */
  get all(): vscode.Uri[] {
    const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
    return [
      this.openUserFile ?? this.#user,
      ...(this.#remote === undefined ? [] : [this.#remote]),
      ...(workspaceFile === undefined || workspaceFile.scheme === 'untitled' ? [] : [workspaceFile]),
      ...workspaceFolders.map(({ uri }) => vscode.Uri.joinPath(uri, '.vscode', 'settings.json')),
    ];
  }

  /** Watches them all on disk: VS Code tells extensions of a change from outside seconds later, and of some not at all. */
  watch(onChange: () => void): vscode.Disposable {
    const outside = [this.#user, this.#remote, vscode.workspace.workspaceFile].filter((uri) => uri !== undefined);
    const patterns = ['**/.vscode/settings.json', ...outside.map((uri) => new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), uri.path.slice(uri.path.lastIndexOf('/') + 1)))];
    const watchers = patterns.flatMap((pattern) => {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      return [watcher, watcher.onDidChange(onChange), watcher.onDidCreate(onChange), watcher.onDidDelete(onChange)];
    });
    return new vscode.Disposable(() => disposeAll(watchers));
  }

  /** Where a service reads what the file says: a folder's settings need the folder. */
  resourceOf(uri: vscode.Uri): string | undefined {
    return this.targetOf(uri) === 'folder' ? vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() : undefined;
  }

  private get openUserFile(): vscode.Uri | undefined {
    return vscode.workspace.textDocuments.find(({ uri }) => this.targetOf(uri) === 'user' && !this.isRemote(uri))?.uri;
  }
}

/** What a settings file says now: as it is in the editor, else as it is on disk; empty when there is none. */
export async function textOf(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) return open.getText();
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return '';
  }
}
