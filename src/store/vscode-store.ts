import * as vscode from 'vscode';
import { StoreError } from '../errors.ts';
import type { SettingScope, SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import type { Disposable, Layer, RawSetting, Scope, Store, Target, WriteOptions, WriteRequest } from './store.ts';
import { isByPolicy } from './policy.ts';
import { writeFailure } from './vscode-failure.ts';
import { SettingsFile, type NotedFile } from './vscode-settings-file.ts';

const configurationTargets: Readonly<Record<Target, vscode.ConfigurationTarget>> = {
  user: vscode.ConfigurationTarget.Global,
  workspace: vscode.ConfigurationTarget.Workspace,
  folder: vscode.ConfigurationTarget.WorkspaceFolder,
};

/** How VS Code names the layers in what `inspect` returns. */
const inspected: readonly (readonly [Layer, string])[] = [
  ['default', 'defaultValue'], ['user', 'globalValue'], ['workspace', 'workspaceValue'], ['folder', 'workspaceFolderValue'],
  ['default-language', 'defaultLanguageValue'], ['user-language', 'globalLanguageValue'],
  ['workspace-language', 'workspaceLanguageValue'], ['folder-language', 'workspaceFolderLanguageValue'],
];

export interface VscodeStoreOptions {
  /** A write that VS Code has not answered for so long is taken for hung, in milliseconds. Default 5,000. */
  readonly hungAfter?: number;
}

/** The settings of VS Code: user, workspace and folder settings.json, through VS Code's own configuration service. */
export class VscodeStore implements Store {
  readonly name = 'VS Code settings';
  readonly #definition: SettingsDefinition;
  readonly #hungAfter: number;
  readonly #userSettings: vscode.Uri | undefined;
  readonly #files = new Map<string, SettingsFile>();
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #subscriptions: vscode.Disposable[] = [];
  /** The user settings of the profile in use lie where we look: a write of ours was seen there. */
  #userFileConfirmed = false;
  readonly #underWay = new Set<{ readonly since: number }>();

  /** @param globalStorageUri the extension's own: the user settings lie two folders above it */
  constructor(definition: SettingsDefinition, globalStorageUri: vscode.Uri | undefined, options: VscodeStoreOptions = {}) {
    this.#definition = definition;
    this.#hungAfter = options.hungAfter ?? 5_000;
    this.#userSettings = globalStorageUri === undefined ? undefined : vscode.Uri.joinPath(globalStorageUri, '..', '..', 'settings.json');
    this.#watch();
  }

  /** Rejects when a settings file cannot be parsed: VS Code then shows the next lower scope, and says nothing. */
  async load(): Promise<void> {
    await Promise.all(this.#existingFiles().map(async (file) => {
      const state = await file.read();
      if (state.kind !== 'invalid') return;
      throw new StoreError('invalid-file', `The ${file.target} settings file cannot be read: ${state.problem}`, {
        context: { file: file.uri.toString() },
      });
    }));
  }

  read(key: string, scope: Scope): RawSetting {
    const configuration = this.#configuration(scope);
    const layers = new Map<Layer, unknown>();
    const found = configuration.inspect(key) as Record<string, unknown> | undefined;
    for (const [layer, name] of inspected) {
      const value = found?.[name];
      if (value !== undefined) layers.set(layer, value);
    }
    return { effective: configuration.get(key), layers };
  }

  async write(request: WriteRequest, { expected }: WriteOptions): Promise<void> {
    const { key, value, target, scope } = request;
    const file = this.#file(target, scope);
    await file?.heal();
    if (expected !== undefined && !sameData(await this.readBack(request), expected.value)) {
      throw new StoreError('newer', `"${key}" was changed by someone else meanwhile.`, { context: { key, target } });
    }
    const before = await file?.note();
    const running = { since: Date.now() };
    this.#underWay.add(running);
    try {
      await this.#configuration(scope).update(key, value, configurationTargets[target], scope.languageId !== undefined);
    } catch (error) {
      const failure = writeFailure(await this.#facts(request, file, before?.dirty ?? false, error), error);
      if (before !== undefined) await file?.afterFailure(before, failure);
      throw failure;
    } finally {
      this.#underWay.delete(running);
    }
    if (file !== undefined && before !== undefined) await this.#confirm(request, file, before);
  }

  /** VS Code says that it is stored. Is it? A full disk, for one, is passed over in silence. */
  async #confirm(request: WriteRequest, file: SettingsFile, before: NotedFile): Promise<void> {
    if (request.scope.languageId !== undefined) return;
    const state = await file.read();
    const inFile = state.kind === 'valid' && sameData(state.values[`${this.#definition.section}.${request.key}`], request.value);
    if (request.target === 'user' && !this.#userFileConfirmed) {
      this.#userFileConfirmed = inFile && request.value !== undefined;
      return;
    }
    if (!inFile && state.kind !== 'unknown') await file.afterLoss(before);
  }

  async #facts({ key, target, scope }: WriteRequest, file: SettingsFile | undefined, dirty: boolean, error: unknown): Promise<Parameters<typeof writeFailure>[0]> {
    const state = await file?.read();
    const raw = this.read(key, scope);
    return {
      key,
      target,
      error: error as Error,
      registered: raw.layers.size > 0,
      workspaceOpen: isWorkspaceOpen(),
      managed: isByPolicy(this.#definition, key, raw),
      scopeProblem: this.#scopeProblem(key, target, scope),
      dirty,
      fileProblem: state?.kind === 'invalid' ? state.problem : undefined,
    };
  }

  #scopeOf(key: string): SettingScope {
    const { declarations, formerKeys } = this.#definition;
    return declarations[formerKeys.get(key) ?? key]?.scope ?? 'window';
  }

  /** Why VS Code will not write the setting there, by the scope the definition gives it. */
  #scopeProblem(key: string, target: Target, scope: Scope): string | undefined {
    const declared = this.#scopeOf(key);
    if ((declared === 'application' || declared === 'machine') && target !== 'user') return `A setting of scope "${declared}" can only be stored in the user settings.`;
    if (target === 'folder' && scope.resource === undefined) return 'Folder settings need a resource that tells the folder.';
    if (target === 'folder' && declared === 'window') return 'A setting of scope "window" cannot be stored in folder settings.';
    if (scope.languageId !== undefined && declared !== 'language-overridable') return `A setting of scope "${declared}" cannot be stored for a language.`;
    return undefined;
  }

  /** The file is asked first: VS Code's own view of it may be seconds behind a change from outside. */
  async readBack({ key, target, scope }: Omit<WriteRequest, 'value'>): Promise<unknown> {
    if (scope.languageId === undefined && (target !== 'user' || this.#userFileConfirmed)) {
      const name = `${this.#definition.section}.${key}`;
      const state = await this.#file(target, scope)?.read();
      if (state?.kind === 'valid') {
        if (Object.hasOwn(state.values, name)) return state.values[name];
        // Unless written as nested objects, it is not there.
        if (!Object.keys(state.values).some((other) => name.startsWith(`${other}.`))) return undefined;
      }
    }
    const layer: Layer = scope.languageId === undefined ? target : `${target}-language`;
    return this.read(key, scope).layers.get(layer);
  }

  async probe(target: Target, scope: Scope): Promise<void> {
    const now = Date.now();
    if ([...this.#underWay].some(({ since }) => now - since >= this.#hungAfter)) {
      throw new StoreError('not-ready', 'VS Code has not answered an earlier write yet.');
    }
    await this.#file(target, scope)?.probe();
  }

  fileOf(target: Target, scope: Scope): string {
    if (target === 'user') return 'user settings';
    const uri = this.#uri(target, scope);
    if (uri === undefined) {
      throw isWorkspaceOpen()
        ? new StoreError('scope', 'Folder settings need a resource within a folder of the workspace.', { context: { target } })
        : new StoreError('no-workspace', 'No workspace is open.', { context: { target } });
    }
    return uri.toString();
  }

  /** The narrowest place that holds a value already, else the user settings. */
  defaultTarget(key: string, scope: Scope): Target {
    const declared = this.#scopeOf(key);
    if (declared === 'application' || declared === 'machine') return 'user';
    const found = this.#configuration(scope).inspect(key);
    const holds = scope.languageId === undefined
      ? { folder: found?.workspaceFolderValue, workspace: found?.workspaceValue }
      : { folder: found?.workspaceFolderLanguageValue, workspace: found?.workspaceLanguageValue };
    if (holds.folder !== undefined && scope.resource !== undefined && declared !== 'window') return 'folder';
    return holds.workspace === undefined ? 'user' : 'workspace';
  }

  trusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  onDidChange(listener: () => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  dispose(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    this.#listeners.clear();
  }

  #configuration({ resource, languageId }: Scope): vscode.WorkspaceConfiguration {
    const scope: { uri?: vscode.Uri; languageId?: string } = {};
    if (resource !== undefined) scope.uri = vscode.Uri.parse(resource);
    if (languageId !== undefined) scope.languageId = languageId;
    // Without a resource VS Code would resolve for the active editor; `null` means the window.
    const none = scope.uri === undefined && scope.languageId === undefined;
    return vscode.workspace.getConfiguration(this.#definition.section, none ? null : (scope as { languageId: string }));
  }

  #uri(target: Target, scope: Scope): vscode.Uri | undefined {
    if (target === 'user') return this.#userSettings;
    const { workspaceFile, workspaceFolders } = vscode.workspace;
    if (target === 'workspace' && workspaceFile !== undefined) return workspaceFile.scheme === 'untitled' ? undefined : workspaceFile;
    const folder = target === 'workspace' ? workspaceFolders?.[0] : scope.resource === undefined ? undefined : vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(scope.resource));
    return folder === undefined ? undefined : vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json');
  }

  #file(target: Target, scope: Scope): SettingsFile | undefined {
    const uri = this.#uri(target, scope);
    if (uri === undefined) return undefined;
    const id = uri.toString();
    let file = this.#files.get(id);
    if (file === undefined) this.#files.set(id, (file = new SettingsFile(target, uri)));
    return file;
  }

  #existingFiles(): SettingsFile[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const files = [
      this.#file('user', {}),
      this.#file('workspace', {}),
      ...folders.map(({ uri }) => this.#file('folder', { resource: uri.toString() })),
    ];
    return [...new Set(files)].filter((file) => file !== undefined);
  }

  #watch(): void {
    const notify = (): void => {
      for (const { listener } of [...this.#listeners]) listener();
    };
    const isSettings = (uri: vscode.Uri): boolean => uri.path.endsWith('/settings.json') || uri.path.endsWith('.code-workspace');
    // A file that is broken or mended from outside may change no value, so that VS Code tells nothing.
    const watcher = vscode.workspace.createFileSystemWatcher('**/.vscode/settings.json');
    this.#subscriptions.push(
      watcher,
      watcher.onDidChange(notify),
      watcher.onDidCreate(notify),
      watcher.onDidDelete(notify),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(this.#definition.section)) notify();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(notify),
      vscode.workspace.onDidChangeWorkspaceFolders(notify),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (isSettings(uri)) notify();
      }),
    );
  }
}

function isWorkspaceOpen(): boolean {
  return vscode.workspace.workspaceFile !== undefined || (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
}
