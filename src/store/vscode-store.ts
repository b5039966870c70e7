import * as vscode from 'vscode';
import { disposeAll, makeAll } from '../disposal.ts';
import { StoreError } from '../errors.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import { sectionsOf } from '../settings/setting-key.ts';
import {
  settlingTime, type Change, type Disposable, type Layer, type RawSetting, type Refusal, type Scope, type Store, type Target,
  type WriteOptions, type WriteRequest,
} from './store.ts';
import { lockUri } from './file-lock.ts';
import { notCarried, saveCarried } from './vscode-carried-save.ts';
import { SettingChecks } from './vscode-checks.ts';
import { Commit } from './vscode-commit.ts';
import { notTakenOut } from './vscode-conflict.ts';
import { writeFailure } from './vscode-failure.ts';
import { folderOf, hasFolderSettings, SettingsFiles } from './vscode-files.ts';
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
  /** Whether several values of a settings file are stored by one save, as far as VS Code lets them. Default true. */
  readonly oneSave?: boolean;
}

/** So often in a row VS Code may save a file without asking for the changes: from then on each is stored by an update of its own. */
const mostUncarried = 3;

/** For so many folders and languages what VS Code has said is remembered. */
const maxScopes = 1_000;

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
  readonly #oneSave: boolean;
  readonly #checks: SettingChecks;
  readonly #files: SettingsFiles;
  readonly #shown: ShownValues;
  readonly #listeners = new Set<{ readonly listener: (keys?: readonly string[]) => void }>();
  readonly #subscriptions: vscode.Disposable[];
  /** What VS Code has said of settings when the service read them last, by scope. */
  readonly #answers = new Map<string, { readonly scope: Scope; readonly values: Map<string, unknown> }>();
  /** The names of objects in which settings can be nested: of `app.deep.count`, `app` and `app.deep`. */
  readonly #groups: ReadonlySet<string>;
  /** The files in which settings are nested, as they were at the last look. */
  readonly #nested = new Map<SettingsFile, SettingsFile['content']>();
  readonly #underWay = new Set<{ readonly since: number }>();

  /**
   * @param globalStorageUri the extension's own: the user settings lie two folders above it
   * @throws StoreError VS Code does not tell of changes
   */
  constructor(definition: SettingsDefinition, globalStorageUri: vscode.Uri | undefined, options: VscodeStoreOptions = {}) {
    this.#definition = definition;
    this.#hungAfter = options.hungAfter ?? 5_000;
    this.#oneSave = options.oneSave ?? true;
    this.#checks = new SettingChecks(definition, (key, scope) => this.#read(key, scope));
    this.#files = new SettingsFiles(definition.section, (key) => this.#checks.scopeOf(key), globalStorageUri);
    this.#groups = groupsOf([...definition.keys, ...definition.formerKeys.keys()].map((key) => this.#checks.nameOf(key)));
    this.#shown = new ShownValues(definition, this.#files, (key, scope) => this.#read(key, scope), () => this.#notify());
    this.#subscriptions = this.#watch();
  }

  /** Rejects when a settings file cannot be parsed: VS Code then shows the next lower scope, and says nothing. */
  async load(): Promise<void> {
    const { revision } = this.#shown;
    const states = await Promise.all(this.#files.all.map(async (file) => {
      const state = await file.read();
      if (state.kind !== 'invalid' && state.kind !== 'being written') this.#shown.onLook(file);
      return { file, state };
    }));
    const isNestedNews = this.#lookForNested();
    if (isNestedNews || this.#shown.revision !== revision) this.#notify();
    for (const { file, state } of states) file.refuseUnreadable(state);
  }

  read(key: string, scope: Scope): RawSetting {
    return this.#shown.read(key, scope, (raw) => this.#noteAnswer(key, scope, raw));
  }

  #noteAnswer(key: string, scope: Scope, { effective }: RawSetting): void {
    const id = `${scope.languageId ?? ''}\n${scope.resource ?? ''}`;
    let answers = this.#answers.get(id);
    if (answers === undefined) {
      const [oldest] = this.#answers.keys();
      if (this.#answers.size >= maxScopes) this.#answers.delete(oldest!);
      this.#answers.set(id, (answers = { scope, values: new Map() }));
    }
    answers.values.set(key, effective);
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

  async write(request: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    const { key, value, target, scope } = request;
    const file = await this.#files.locate(key, target, scope);
    // Of a document that is open VS Code may have read an older text; and what is expected is looked at in the turn of the write.
    if ((expected !== undefined || file?.document !== undefined) && this.canCommit(request)) {
      const [refusal] = await this.commit([expected === undefined ? request : { ...request, expected }], { signal });
      if (refusal !== undefined) throw refusal.error;
      return;
    }
    await file?.heal();
    if (expected !== undefined && !sameData(await this.readBack(request), expected.value)) {
      throw new StoreError('newer', `"${key}" was changed by someone else meanwhile.`, { context: { key, target } });
    }
    await this.#noted(async () => {
      await this.#update(request, file);
      const below = value === undefined ? await this.#files.locate(key, target, scope) : file;
      // The remote machine's value is gone, and the one of the user's own machine shows.
      if (below !== file && below?.isInUse === true) await this.#update(request, below);
    });
  }

  /** What VS Code has not answered yet is known. */
  async #noted<T>(work: () => Promise<T>): Promise<T> {
    const running = { since: Date.now() };
    this.#underWay.add(running);
    try {
      return await work();
    } finally {
      this.#underWay.delete(running);
    }
  }

  /** Not in the settings of a remote machine: there VS Code keeps nothing that is not declared to belong to it. */
  canCommit({ key, target, scope }: Omit<WriteRequest, 'value'>): boolean {
    const file = this.#oneSave ? this.#files.of(key, target, scope) : undefined;
    return file !== undefined && !this.#files.isRemote(file) && file.uncarried < mostUncarried;
  }

  async commit(changes: readonly Change[], { signal }: Pick<WriteOptions, 'signal'>): Promise<readonly Refusal[]> {
    const [first] = changes;
    if (first === undefined) return [];
    const { key, target, scope } = first;
    const file = await this.#files.locate(key, target, scope);
    const commit = new Commit(changes, this.#checks, file?.isWorkspaceFile ?? false, signal);
    if (commit.refusals.length > 0) return commit.refusals;
    if (file === undefined) throw new StoreError('not-ready', `VS Code does not tell where the ${target} settings are.`, { context: { key, target } });
    await file.heal();
    return this.#noted(() => this.#carry(commit, first, file));
  }

  async #carry(commit: Commit, first: Change, file: SettingsFile): Promise<readonly Refusal[]> {
    const own = { file, before: await file.note() };
    const { state } = own.before;
    // VS Code may have read another text of it.
    if (file.isInUse && state.kind === 'invalid') throw writeFailure(this.#checks.facts(first, { error: {}, dirty: own.before.dirty, state }), undefined);
    const { languageId, ...place } = first.scope;
    const update = (key: string, value: unknown): Thenable<void> => this.#configuration(place, '').update(key, value, configurationTargets[first.target], false);
    for (const change of commit.changes) if (this.#checks.declaresPolicy(change.key)) await this.#askForPolicy(change);
    const { saved } = await saveCarried(update, file, (before) => commit.compose(before)).catch(async (error: unknown) => {
      throw error instanceof StoreError ? error : await this.#refused(first, own, error);
    });
    if (commit.refusals.length > 0) return commit.refusals;
    let isThere = await this.#isThere(commit, own);
    if (isThere === false && saved !== undefined) {
      await file.saveAgain(saved);
      isThere = await this.#isThere(commit, own);
    }
    if (saved === undefined && !(isThere ?? commit.changes.every((change) => this.#isShown(change)))) {
      file.uncarried++;
      throw notCarried({ target: first.target });
    }
    file.uncarried = 0;
    // It was lost, or another program was faster: who looks is told.
    if (isThere === false) await file.afterLoss(own.before);
    if (isThere !== true) return [];
    for (const change of commit.changes) await this.#untilShown(change, file);
    this.#shown.note(file);
    return [];
  }

  /** Does the file hold the changes? Nothing where that cannot be told, as it may be another file that VS Code uses. */
  async #isThere(commit: Commit, { file, before }: Candidate): Promise<boolean | undefined> {
    let after = await file.read();
    if (before.state.kind === 'valid' && after.kind === 'valid') {
      const written = commit.changes.map((change) => this.#checks.memberOf(change));
      if (await file.afterOverwriting(before.state.content, after.content, written)) after = await file.read();
    }
    const isIn = (state: FileState): boolean => state.kind === 'valid' && commit.isIn(state.content);
    if (isIn(after) && !isIn(before.state)) file.isInUse = true;
    return file.isInUse && after.kind !== 'unknown' ? isIn(after) : undefined;
  }

  /** Only VS Code knows which value a policy gives: what is stored already is stored again, which changes nothing. */
  async #askForPolicy({ key, target, scope }: Change): Promise<void> {
    const value = this.#read(key, scope).layers.get(layerOf(target, scope.languageId));
    try {
      await this.#configuration(scope).update(key, value, configurationTargets[target], scope.languageId !== undefined);
    } catch (error) {
      throw writeFailure(this.#checks.facts({ key, target, scope }, { error: error as Error, dirty: false, state: undefined }), error);
    }
  }

  async lock({ key, target, scope }: Omit<WriteRequest, 'value'>, signal: AbortSignal): Promise<Disposable> {
    const file = await this.#files.locate(key, target, scope);
    return file === undefined ? { dispose: () => undefined } : lockUri(file.uri, file.path, signal);
  }

  async #update(request: WriteRequest, file: SettingsFile | undefined, repaired = false): Promise<void> {
    const { key, value, target, scope } = request;
    const own = file === undefined ? undefined : { file, before: await file.note() };
    const candidates = own === undefined ? [] : [own, ...await this.#besides(own.file)];
    const obstacle = own && this.#checks.obstacle(request, own.before.state);
    if (obstacle !== undefined) throw obstacle;
    try {
      await this.#configuration(scope).update(key, value, configurationTargets[target], scope.languageId !== undefined);
    } catch (error) {
      throw await this.#refused(request, own, error);
    }
    const holder = await this.#holder(request, candidates);
    if (holder !== undefined) await this.#confirm(request, holder, repaired);
  }

  /** Why VS Code has refused a write; what it has left behind is put right. */
  async #refused(request: WriteRequest, own: Candidate | undefined, error: unknown): Promise<StoreError> {
    const state = await own?.file.read();
    const failure = writeFailure(this.#checks.facts(request, { error: error as Error, dirty: own?.before.dirty ?? false, state }), error);
    await own?.file.afterFailure(own.before, failure);
    return failure;
  }

  async #besides(file: SettingsFile): Promise<Candidate[]> {
    return Promise.all(this.#files.besides(file).map(async (other) => {
      const state = await other.read();
      return { file: other, before: { dirty: false, text: '', state } };
    }));
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
    const name = this.#checks.nameOf(key);
    const wasOverwritten = before.state.kind === 'valid' && after.kind === 'valid'
      && await file.afterOverwriting(before.state.content, after.content, [this.#checks.memberOf(request)]);
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
  async #untilShown(request: WriteRequest, file: SettingsFile): Promise<void> {
    const { key, value, target } = request;
    const isLeftOut = !this.trusted() && target !== 'user' && this.#definition.declarations[key]?.restricted === true;
    const end = performance.now() + settlingTime;
    while (value !== undefined && !isLeftOut && !this.#isShown(request) && performance.now() < end && !file.isDisposed) await file.pause(lookEvery);
  }

  #isShown({ key, value, target, scope }: WriteRequest): boolean {
    return sameData(this.#read(key, scope).layers.get(layerOf(target, scope.languageId)), value);
  }

  #valueIn(state: FileState, key: string, { languageId }: Scope): unknown {
    return state.kind === 'valid' ? state.content.valueOf(this.#checks.nameOf(key), languageId) : undefined;
  }

  /** The file is asked first: VS Code's own view of it may be seconds behind a change from outside. */
  async readBack(place: Omit<WriteRequest, 'value'>): Promise<unknown> {
    const [value] = await this.readBackAll([place]);
    return value;
  }

  async readBackAll(places: readonly Omit<WriteRequest, 'value'>[]): Promise<readonly unknown[]> {
    const files = await Promise.all(places.map(({ key, target, scope }) => this.#files.locate(key, target, scope)));
    const looks = new Map<SettingsFile, FileState>();
    for (const file of new Set(files)) {
      if (file?.isInUse !== true) continue;
      const state = await file.read();
      file.refuseUnreadable(state);
      if (state.kind !== 'unknown') looks.set(file, state);
    }
    return places.map(({ key, target, scope }, index) => {
      const state = looks.get(files[index]!);
      return state === undefined ? this.read(key, scope).layers.get(layerOf(target, scope.languageId)) : this.#valueIn(state, key, scope);
    });
  }

  async probe(target: Target, scope: Scope, key?: string): Promise<void> {
    const now = Date.now();
    if ([...this.#underWay].some(({ since }) => now - since >= this.#hungAfter)) {
      throw new StoreError('not-ready', 'VS Code has not answered an earlier write yet.');
    }
    const file = this.#files.of(key ?? '', target, scope);
    if (file?.needsHealing !== true) return file?.probe();
    // Healing writes: in turn with others.
    const signal = AbortSignal.timeout(this.#hungAfter);
    const lock = await lockUri(file.uri, file.path, signal);
    try {
      signal.throwIfAborted();
      await file.probe();
    } finally {
      lock.dispose();
    }
  }

  fileOf(target: Target, scope: Scope, key?: string): string {
    return this.#files.nameOf(target, scope, key);
  }

  /** Folders by the scope of the setting; languages as VS Code knows them, wherever their values stand. */
  scopes(key: string): readonly Scope[] {
    const declared = this.#checks.scopeOf(key);
    if (declared === 'application' || declared === 'machine' || declared === 'window') return [];
    const folders = hasFolderSettings() ? vscode.workspace.workspaceFolders!.map(({ uri }) => ({ resource: uri.toString() })) : [];
    if (declared !== 'language-overridable') return folders;
    const { formerly = [] } = this.#definition.declarations[key]!;
    const names = [key, ...formerly.flatMap((former) => former.key ?? [])];
    return [{}, ...folders].flatMap((scope) => {
      const configuration = this.#configuration(scope);
      const languages = new Set(names.flatMap((name) => configuration.inspect(name)?.languageIds ?? []));
      return [scope, ...[...languages].map((languageId) => ({ ...scope, languageId }))];
    });
  }

  /** VS Code keeps settings for the folders of the workspace, and for nothing else that has an address. */
  settingsScope({ resource, languageId }: Scope): Scope {
    const folder = hasFolderSettings() ? folderOf(resource)?.uri.toString() : undefined;
    return { ...(folder === undefined ? {} : { resource: folder }), ...(languageId === undefined ? {} : { languageId }) };
  }

  /** The narrowest place that holds a value already, else the user settings. */
  defaultTarget(key: string, scope: Scope): Target {
    const declared = this.#checks.scopeOf(key);
    if (declared === 'application' || declared === 'machine') return 'user';
    const { layers } = this.read(key, scope);
    const holds = (target: Target): boolean => layers.has(layerOf(target, scope.languageId));
    if (holds('folder') && scope.resource !== undefined && declared !== 'window') return 'folder';
    return holds('workspace') ? 'workspace' : 'user';
  }

  trusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  onDidChange(listener: (keys?: readonly string[]) => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  dispose(): void {
    this.#listeners.clear();
    disposeAll([...this.#subscriptions.splice(0), this.#shown, this.#files]);
  }

  /** @param section default: that of the settings */
  #configuration({ resource, languageId }: Scope, section = this.#definition.section): vscode.WorkspaceConfiguration {
    const scope: { uri?: vscode.Uri; languageId?: string } = {};
    if (resource !== undefined) scope.uri = vscode.Uri.parse(resource);
    if (languageId !== undefined) scope.languageId = languageId;
    // Without a resource VS Code would resolve for the active editor; `null` means the window.
    const none = scope.uri === undefined && scope.languageId === undefined;
    return vscode.workspace.getConfiguration(section, none ? null : (scope as { languageId: string }));
  }

  #notify(keys?: readonly string[]): void {
    for (const { listener } of [...this.#listeners]) listener(keys);
  }

  /** VS Code has read its files again. */
  #review(isAffected: (name: string) => boolean): void {
    const { keys, formerKeys } = this.#definition;
    const affected = new Set([...keys, ...formerKeys.keys()].filter((key) => isAffected(this.#checks.nameOf(key))));
    // Of an object (`"app": { "count": 6 }`) VS Code's event does not name the settings in it.
    for (const { scope, values } of this.#answers.values()) {
      const configuration = this.#configuration(scope);
      for (const [key, value] of values) if (!affected.has(key) && !sameData(configuration.get(key), value)) affected.add(key);
    }
    const isNested = this.#nested.size > 0;
    const { revision } = this.#shown;
    this.#shown.review(isNested ? undefined : [...affected]);
    this.#notify(isNested || this.#shown.revision !== revision ? undefined : [...affected]);
  }

  /** @returns whether any setting may have changed that VS Code's event does not name */
  #lookForNested(): boolean {
    let isNews = false;
    for (const file of this.#files.all) {
      const before = this.#nested.get(file);
      const now = file.content?.holdsAny(this.#groups) === true ? file.content : undefined;
      isNews ||= before !== now;
      if (now === undefined) this.#nested.delete(file);
      else this.#nested.set(file, now);
    }
    return isNews;
  }

  /** Which files there are, or which of them count, has changed. */
  #reviewAll(): void {
    this.#shown.review();
    this.#notify();
  }

  #watch(): vscode.Disposable[] {
    const sections = sectionsOf(this.#definition);
    // VS Code tells what has changed in its own event.
    const look = (): void => this.#notify([]);
    const isSettings = (uri: vscode.Uri): boolean => uri.path.endsWith('/settings.json') || uri.path.endsWith('.code-workspace');
    // A file that is broken or mended from outside may change no value, so that VS Code tells nothing.
    let watcher!: vscode.FileSystemWatcher;
    try {
      return makeAll<vscode.Disposable>([
        () => (watcher = vscode.workspace.createFileSystemWatcher('**/.vscode/settings.json')),
        () => watcher.onDidChange(look),
        () => watcher.onDidCreate(look),
        () => watcher.onDidDelete(look),
        () => vscode.workspace.onDidChangeConfiguration((event) => {
          if (sections.some((section) => event.affectsConfiguration(section))) this.#review((name) => event.affectsConfiguration(name));
        }),
        () => vscode.workspace.onDidGrantWorkspaceTrust(() => this.#reviewAll()),
        () => vscode.workspace.onDidChangeWorkspaceFolders(() => this.#reviewAll()),
        () => vscode.workspace.onDidSaveTextDocument(({ uri }) => {
          if (isSettings(uri)) look();
        }),
      ]);
    } catch (cause) {
      throw new StoreError('unknown', `VS Code does not tell of changes: ${String(cause)}`, { cause });
    }
  }
}

function groupsOf(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => name.split('.').slice(0, -1).map((_, index, parts) => parts.slice(0, index + 1).join('.'))));
}
