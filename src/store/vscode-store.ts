import * as vscode from 'vscode';
import { disposeAll, makeAll } from '../disposal.ts';
import { StoreError } from '../errors.ts';
import type { SettingScope } from '../settings/declaration.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import {
  settlingTime, type Disposable, type Layer, type RawSetting, type Scope, type Store, type Target, type WriteOptions, type WriteRequest,
} from './store.ts';
import { isByPolicy } from './policy.ts';
import { notTakenOut, obstructed, sharedBlock } from './vscode-conflict.ts';
import { writeFailure } from './vscode-failure.ts';
import { isWorkspaceOpen, SettingsFiles } from './vscode-files.ts';
import { lookEvery, type FileState, type NotedFile, type SettingsFile } from './vscode-settings-file.ts';
import { layerOf, ShownValues } from './vscode-shown-values.ts';

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

/** A file that VS Code may keep a setting in, as it was before a write. */
interface Candidate {
  readonly file: SettingsFile;
  readonly before: NotedFile & { readonly state: FileState };
}

/** The same, with what it says after it. */
type Written = Candidate & { readonly after: FileState };

/** The settings of VS Code: user, workspace and folder settings.json, through VS Code's own configuration service. */
export class VscodeStore implements Store {
  readonly name = 'VS Code settings';
  readonly #definition: SettingsDefinition;
  readonly #hungAfter: number;
  readonly #files: SettingsFiles;
  readonly #shown: ShownValues;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #subscriptions: vscode.Disposable[];
  readonly #underWay = new Set<{ readonly since: number }>();

  /**
   * @param globalStorageUri the extension's own: the user settings lie two folders above it
   * @throws StoreError VS Code does not tell of changes
   */
  constructor(definition: SettingsDefinition, globalStorageUri: vscode.Uri | undefined, options: VscodeStoreOptions = {}) {
    this.#definition = definition;
    this.#hungAfter = options.hungAfter ?? 5_000;
    this.#files = new SettingsFiles(definition.section, (key) => this.#scopeOf(key), globalStorageUri);
    this.#shown = new ShownValues(definition, this.#files, (key, scope) => this.#read(key, scope), () => this.#notify());
    this.#subscriptions = this.#watch();
  }

  /** Rejects when a settings file cannot be parsed: VS Code then shows the next lower scope, and says nothing. */
  async load(): Promise<void> {
    const states = await Promise.all(this.#files.all.map(async (file) => {
      const state = await file.read();
      if (state.kind !== 'invalid' && state.kind !== 'being written') this.#shown.onLook(file);
      return { file, state };
    }));
    for (const { file, state } of states) file.refuseUnreadable(state);
  }

  read(key: string, scope: Scope): RawSetting {
    return this.#shown.read(key, scope);
  }

  /** What VS Code says. */
  #read(key: string, scope: Scope): RawSetting {
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
    const file = await this.#files.locate(key, target, scope);
    await file?.heal();
    if (expected !== undefined && !sameData(await this.readBack(request), expected.value)) {
      throw new StoreError('newer', `"${key}" was changed by someone else meanwhile.`, { context: { key, target } });
    }
    const running = { since: Date.now() };
    this.#underWay.add(running);
    try {
      await this.#update(request, file);
      const below = value === undefined ? await this.#files.locate(key, target, scope) : file;
      // The remote machine's value is gone, and the one of the user's own machine shows.
      if (below !== file && below?.isInUse === true) await this.#update(request, below);
    } finally {
      this.#underWay.delete(running);
    }
  }

  async #update(request: WriteRequest, file: SettingsFile | undefined, repaired = false): Promise<void> {
    const { key, value, target, scope } = request;
    const own = file === undefined ? undefined : { file, before: await file.note() };
    const candidates = own === undefined ? [] : [own, ...await this.#besides(own.file)];
    if (own !== undefined) this.#refuseInVain(request, own.before.state);
    try {
      await this.#configuration(scope).update(key, value, configurationTargets[target], scope.languageId !== undefined);
    } catch (error) {
      const failure = writeFailure(await this.#facts(request, file, own?.before.dirty ?? false, error), error);
      if (own !== undefined) await own.file.afterFailure(own.before, failure);
      throw failure;
    }
    const holder = await this.#holder(request, candidates);
    if (holder !== undefined) await this.#confirm(request, holder, repaired);
  }

  async #besides(file: SettingsFile): Promise<Candidate[]> {
    return Promise.all(this.#files.besides(file).map(async (other) => {
      const state = await other.read();
      return { file: other, before: { dirty: false, text: '', state } };
    }));
  }

  /** What VS Code would store, and not read. */
  #refuseInVain({ key, value, target, scope }: WriteRequest, state: FileState): void {
    if (state.kind !== 'valid') return;
    const name = this.#nameOf(key);
    const obstacle = value === undefined ? undefined : state.content.obstacle(name);
    if (obstacle !== undefined) throw obstructed({ key, target }, obstacle);
    if (value !== undefined || scope.languageId === undefined) return;
    const block = state.content.strayValues(name, scope.languageId).find(({ kind }) => kind === 'languages');
    if (block !== undefined) throw sharedBlock({ key, target }, scope.languageId, block);
  }

  /**
   * The file that VS Code has written to: where the value has just appeared, else where it should be, when VS Code
   * certainly uses that file.
   */
  async #holder({ key, value, scope }: WriteRequest, candidates: readonly Candidate[]): Promise<Written | undefined> {
    const looked = await Promise.all(candidates.map(async (candidate) => ({ ...candidate, after: await candidate.file.read() })));
    const changed = looked.find(({ before, after }) => {
      const now = this.#valueIn(after, key, scope);
      return sameData(now, value) && !sameData(now, this.#valueIn(before.state, key, scope));
    });
    const [likely] = looked;
    if (changed !== undefined) {
      changed.file.isInUse = true;
      if (changed !== likely) this.#files.found(key, changed.file);
    }
    return changed ?? (likely?.file.isInUse === true ? likely : undefined);
  }

  /** VS Code says that it is stored. Is it? A full disk, for one, is passed over in silence. */
  async #confirm(request: WriteRequest, { file, before, after }: Written, repaired: boolean): Promise<void> {
    const { key, value, scope } = request;
    if (after.kind === 'unknown') return;
    const name = this.#nameOf(key);
    const wasOverwritten = before.state.kind === 'valid' && after.kind === 'valid'
      && await file.afterOverwriting(before.state.content, after.content, scope.languageId === undefined ? name : `[${scope.languageId}]`);
    const state = wasOverwritten ? await file.read() : after;
    if (sameData(this.#valueIn(state, key, scope), value)) {
      await this.#untilShown(request, file);
      this.#shown.note(file);
      return;
    }
    const found = state.kind === 'valid' ? state.content.strayValues(name, scope.languageId) : [];
    const strays = found.filter(({ kind }) => kind !== 'languages');
    if (strays.length === 0) return file.afterLoss(before);
    if (repaired) throw notTakenOut(request, strays);
    await file.removeStrayValues(name, scope.languageId).catch((cause: unknown) => { throw notTakenOut(request, strays, cause); });
    await this.#update(request, file, true);
  }

  /** VS Code shows what it has stored, unless it has just noticed how the file was before: then it takes a moment (P20). */
  async #untilShown({ key, value, target, scope }: WriteRequest, file: SettingsFile): Promise<void> {
    const isLeftOut = !this.trusted() && target !== 'user' && this.#definition.declarations[key]?.restricted === true;
    const isShown = (): boolean => sameData(this.#read(key, scope).layers.get(layerOf(target, scope.languageId)), value);
    const end = performance.now() + settlingTime;
    while (value !== undefined && !isLeftOut && !isShown() && performance.now() < end && !file.isDisposed) await file.pause(lookEvery);
  }

  #valueIn(state: FileState, key: string, { languageId }: Scope): unknown {
    return state.kind === 'valid' ? state.content.valueOf(this.#nameOf(key), languageId) : undefined;
  }

  async #facts({ key, target, scope }: WriteRequest, file: SettingsFile | undefined, dirty: boolean, error: unknown): Promise<Parameters<typeof writeFailure>[0]> {
    const state = await file?.read();
    const raw = this.#read(key, scope);
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
      fileIsValid: state?.kind === 'valid',
    };
  }

  #nameOf(key: string): string {
    return `${this.#definition.section}.${key}`;
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
    const file = await this.#files.locate(key, target, scope);
    if (file?.isInUse === true) {
      const state = await file.read();
      file.refuseUnreadable(state);
      if (state.kind !== 'unknown') return this.#valueIn(state, key, scope);
    }
    return this.read(key, scope).layers.get(layerOf(target, scope.languageId));
  }

  async probe(target: Target, scope: Scope, key?: string): Promise<void> {
    const now = Date.now();
    if ([...this.#underWay].some(({ since }) => now - since >= this.#hungAfter)) {
      throw new StoreError('not-ready', 'VS Code has not answered an earlier write yet.');
    }
    await this.#files.of(key ?? '', target, scope)?.probe();
  }

  fileOf(target: Target, scope: Scope, key?: string): string {
    return this.#files.nameOf(target, scope, key);
  }

  /** The narrowest place that holds a value already, else the user settings. */
  defaultTarget(key: string, scope: Scope): Target {
    const declared = this.#scopeOf(key);
    if (declared === 'application' || declared === 'machine') return 'user';
    const { layers } = this.read(key, scope);
    const holds = (target: Target): boolean => layers.has(layerOf(target, scope.languageId));
    if (holds('folder') && scope.resource !== undefined && declared !== 'window') return 'folder';
    return holds('workspace') ? 'workspace' : 'user';
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
    this.#listeners.clear();
    disposeAll([...this.#subscriptions.splice(0), this.#shown, this.#files]);
  }

  #configuration({ resource, languageId }: Scope): vscode.WorkspaceConfiguration {
    const scope: { uri?: vscode.Uri; languageId?: string } = {};
    if (resource !== undefined) scope.uri = vscode.Uri.parse(resource);
    if (languageId !== undefined) scope.languageId = languageId;
    // Without a resource VS Code would resolve for the active editor; `null` means the window.
    const none = scope.uri === undefined && scope.languageId === undefined;
    return vscode.workspace.getConfiguration(this.#definition.section, none ? null : (scope as { languageId: string }));
  }

  #notify(): void {
    for (const { listener } of [...this.#listeners]) listener();
  }

  #watch(): vscode.Disposable[] {
    const notify = (): void => this.#notify();
    const isSettings = (uri: vscode.Uri): boolean => uri.path.endsWith('/settings.json') || uri.path.endsWith('.code-workspace');
    // A file that is broken or mended from outside may change no value, so that VS Code tells nothing.
    let watcher!: vscode.FileSystemWatcher;
    try {
      return makeAll<vscode.Disposable>([
        () => (watcher = vscode.workspace.createFileSystemWatcher('**/.vscode/settings.json')),
        () => watcher.onDidChange(notify),
        () => watcher.onDidCreate(notify),
        () => watcher.onDidDelete(notify),
        () => vscode.workspace.onDidChangeConfiguration((event) => {
          if (!event.affectsConfiguration(this.#definition.section)) return;
          this.#shown.review();
          notify();
        }),
        () => vscode.workspace.onDidGrantWorkspaceTrust(notify),
        () => vscode.workspace.onDidChangeWorkspaceFolders(notify),
        () => vscode.workspace.onDidSaveTextDocument(({ uri }) => {
          if (isSettings(uri)) notify();
        }),
      ]);
    } catch (cause) {
      throw new StoreError('unknown', `VS Code does not tell of changes: ${String(cause)}`, { cause });
    }
  }
}
