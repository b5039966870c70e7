import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import type { SettingScope } from '../settings/declaration.ts';
import { settingName } from '../settings/setting-key.ts';
import type { Scope, Target } from './store.ts';
import { SettingsFile } from './vscode-settings-file.ts';

/** Settings of these scopes belong to the machine: a remote window keeps them in the remote machine's own settings file. */
const machineScopes: readonly SettingScope[] = ['machine', 'machine-overridable'];

/** What a settings file is called that has no certain address. */
const fileNames = { user: 'user settings', remote: 'remote settings' } as const;

/** Which settings files VS Code reads in this window, and in which of them it keeps a setting. */
export class SettingsFiles {
  readonly #section: string;
  readonly #scopeOf: (key: string) => SettingScope;
  readonly #user: SettingsFile | undefined;
  /** The user settings that belong to the remote machine; in a remote window. */
  readonly #remote: SettingsFile | undefined;
  readonly #others = new Map<string, SettingsFile>();
  /** Settings that were seen to be kept in another file than they should. */
  readonly #found = new Map<string, SettingsFile>();

  /** @param globalStorageUri the extension's own: the user settings lie two folders above it, those of a remote machine beside them */
  constructor(section: string, scopeOf: (key: string) => SettingScope, globalStorageUri: vscode.Uri | undefined) {
    this.#section = section;
    this.#scopeOf = scopeOf;
    if (globalStorageUri === undefined) return;
    // Where they are is not certain: of another profile, or of an extension that runs elsewhere, they lie in another place.
    const at = (...path: string[]): SettingsFile => new SettingsFile('user', vscode.Uri.joinPath(globalStorageUri, ...path), false);
    this.#user = at('..', '..', 'settings.json');
    if (vscode.env.remoteName !== undefined) this.#remote = at('..', '..', '..', 'Machine', 'settings.json');
  }

  /** The file in which VS Code keeps a setting, as far as its place is known. */
  of(key: string, target: Target, scope: Scope): SettingsFile | undefined {
    if (target === 'user') return this.#found.get(key) ?? (this.#isInRemote(key) ? this.#remote : this.#user);
    const uri = this.#uri(target, scope);
    if (uri === undefined) return undefined;
    const id = uri.toString();
    let file = this.#others.get(id);
    if (file === undefined) this.#others.set(id, (file = new SettingsFile(target, uri)));
    return file;
  }

  /** The same, after a look at what decides it. */
  async locate(key: string, target: Target, scope: Scope): Promise<SettingsFile | undefined> {
    if (target === 'user' && this.#remote !== undefined) await this.#remote.read();
    return this.of(key, target, scope);
  }

  /** Where else VS Code may keep a setting of the target. */
  besides(file: SettingsFile): SettingsFile[] {
    return file.target === 'user' ? [this.#user, this.#remote].filter((other) => other !== undefined).filter((other) => other !== file) : [];
  }

  /** It belongs to the remote machine. */
  isRemote(file: SettingsFile): boolean {
    return file === this.#remote;
  }

  /** VS Code was seen to keep a setting in another file than the one of its scope. */
  found(key: string, file: SettingsFile): void {
    this.#found.set(key, file);
  }

  /** @throws StoreError there is none now */
  nameOf(target: Target, scope: Scope, key?: string): string {
    if (target === 'user') {
      const isRemote = key !== undefined && this.#remote !== undefined && this.of(key, target, scope) === this.#remote;
      return isRemote ? fileNames.remote : fileNames.user;
    }
    const uri = this.#uri(target, scope) ?? this.#untitled(target);
    if (uri !== undefined) return uri.toString();
    throw isWorkspaceOpen()
      ? new StoreError('scope', 'Folder settings need a resource within a folder of the workspace.', { context: { target } })
      : new StoreError('no-workspace', 'No workspace is open.', { context: { target } });
  }

  /** All of which the place is known. */
  get all(): SettingsFile[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const files = [
      this.#user,
      this.#remote,
      this.of('', 'workspace', {}),
      ...folders.map(({ uri }) => this.of('', 'folder', { resource: uri.toString() })),
    ];
    return [...new Set(files)].filter((file) => file !== undefined);
  }

  dispose(): void {
    for (const file of [this.#user, this.#remote, ...this.#others.values()]) file?.dispose();
  }

  /** As VS Code decides it: by the scope; a value that is in the remote machine's file already is changed there. */
  #isInRemote(key: string): boolean {
    if (this.#remote === undefined) return false;
    const scope = this.#scopeOf(key);
    const isThere = (): boolean => this.#remote!.content?.valueOf(settingName(this.#section, key)) !== undefined;
    return machineScopes.includes(scope) || (scope !== 'application' && isThere());
  }

  #uri(target: Exclude<Target, 'user'>, scope: Scope): vscode.Uri | undefined {
    const { workspaceFile, workspaceFolders } = vscode.workspace;
    if (target === 'workspace' && workspaceFile !== undefined) return workspaceFile.scheme === 'untitled' ? undefined : workspaceFile;
    const folder = target === 'workspace' ? workspaceFolders?.[0] : folderOf(scope.resource);
    return folder === undefined ? undefined : vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json');
  }

  /** A workspace that was never saved has a file all the same, of which VS Code tells the name alone. */
  #untitled(target: Target): vscode.Uri | undefined {
    const { workspaceFile } = vscode.workspace;
    return target === 'workspace' && workspaceFile?.scheme === 'untitled' ? workspaceFile : undefined;
  }
}

/** The folder of the workspace that a resource lies in. */
export function folderOf(resource: string | undefined): vscode.WorkspaceFolder | undefined {
  return resource === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(resource));
}

/** Are there folders with settings of their own? Those of a folder that is open alone are the workspace's. */
export function hasFolderSettings(): boolean {
  const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
  return workspaceFolders.length > 1 || (workspaceFile !== undefined && workspaceFolders.length > 0);
}

export function isWorkspaceOpen(): boolean {
  return vscode.workspace.workspaceFile !== undefined || (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
}
