import type { FSWatcher } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from '../errors.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { settingName } from '../settings/setting-key.ts';
import { jsonValues, oneFile } from './commit.ts';
import { lockFile, lockProblem } from './file-lock.ts';
import { fileFailure, readJsonSync, realFile, type JsonText } from './json-disk.ts';
import { editJson, inTurn, understood, type FileEdit } from './json-file.ts';
import { safelyWritable, writableFolder } from './json-replace.ts';
import { readSettled, Settling, type SettledOptions } from './json-settling.ts';
import { clearAway } from './json-spare.ts';
import { valueAt, type Place } from './json-text.ts';
import { SectionValues } from './json-values.ts';
import { watchWay } from './json-watch.ts';
import { merged } from './memory-store.ts';
import {
  targets, type Change, type Disposable, type Layer, type RawSetting, type Refusal, type Scope, type Store, type StoreFactory, type Target, type WriteOptions,
  type WriteRequest,
} from './store.ts';

/** The settings files; relative paths are taken from the working directory. None need exist. */
export interface JsonPaths {
  readonly user: string;
  readonly workspace?: string;
  /** The settings file of the folder a resource lies in; `undefined` when it lies in none. */
  readonly folder?: (resource: string) => string | undefined;
}

/** What is known of a file. Values that could not be read are none. */
interface Known {
  readonly text?: string;
  readonly values: SectionValues;
  readonly failure?: StoreError;
}

type Slot = Omit<WriteRequest, 'value'>;

/** How long a file must have been left alone before it is read again, in milliseconds. */
const quietTime = 50;
/** A file that is never left alone is read again this long after it was first changed, in milliseconds. */
const longestDelay = 1_000;

/** Makes a store that keeps settings in JSON files with comments, laid out as VS Code's settings.json. Needs Node: see `JsonStore`. */
export function jsonStore(paths: JsonPaths): StoreFactory {
  return (definition) => new JsonStore(definition, paths);
}

/**
 * Settings in JSON files that people edit as well, and other programs: comments, layout and other keys are kept. A name with dots and
 * nested objects are two spellings of one setting, as in VS Code.
 *
 * A file is replaced as a whole, with its owner, mode, ACL and attributes; it is written in place where these cannot be given to a new file,
 * where it has several names, and where it cannot be renamed. A file that another program is just saving is waited for: see `settlingTime`.
 * On Windows a file that is replaced gets the permissions of its folder.
 *
 * Services in all processes of a user on one machine take turns at a file, by a lock in the temporary folder; one that is killed,
 * or stands still, holds up the others for 2 s at most. Where they cannot (a full or read-only temporary folder, several users,
 * containers that share the file alone), a writer that was slower is told `newer`, and health says what can be told of it.
 *
 * @throws StoreError `unsupported` in a browser, which has no disk
 */
export class JsonStore implements Store {
  readonly name: string;
  readonly #section: string;
  readonly #paths: JsonPaths;
  readonly #files = new Map<string, WatchedFile>();
  /** By the settings file of a folder: the first resource that was seen to lie in it. */
  readonly #resources = new Map<string, string>();
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  #disposed = false;

  constructor({ section }: SettingsDefinition, paths: JsonPaths) {
    this.name = path.basename(paths.user);
    this.#section = section;
    this.#paths = paths;
  }

  async load(): Promise<void> {
    for (const file of this.#files.values()) file.clearAway();
    for (const file of [this.#paths.user, this.#paths.workspace]) if (file !== undefined) this.#file(path.resolve(file));
    await Promise.all([...this.#files.values()].map((file) => file.load()));
    for (const file of this.#files.values()) valuesOf(file);
  }

  read(key: string, scope: Scope): RawSetting {
    const layers = new Map<Layer, unknown>();
    for (const languageId of scope.languageId === undefined ? [undefined] : [undefined, scope.languageId]) {
      for (const target of targets) {
        const file = this.#pathOf(target, scope);
        if (file === undefined) continue;
        const value = valuesOf(this.#file(file)).get(key, languageId);
        if (value !== undefined) layers.set(languageId === undefined ? target : `${target}-language`, value);
      }
    }
    let effective: unknown;
    for (const value of layers.values()) effective = merged(effective, value);
    return { effective, layers };
  }

  async write(request: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    const [refusal] = await this.commit([expected === undefined ? request : { ...request, expected }], { signal });
    if (refusal !== undefined) throw refusal.error;
  }

  canCommit(): boolean {
    return true;
  }

  async commit(changes: readonly Change[], { signal }: Pick<WriteOptions, 'signal'>): Promise<readonly Refusal[]> {
    const file = oneFile(changes.map(({ target, scope }) => this.fileOf(target, scope)));
    const { values, refusals } = jsonValues(changes);
    if (file === undefined || refusals.length > 0) return refusals;
    const edits = changes.map(({ key, scope, expected }, index): FileEdit => ({ at: this.#place(key, scope), value: values[index], expected }));
    return this.#file(file).edit(edits, signal);
  }

  async lock({ target, scope }: Slot, signal: AbortSignal): Promise<Disposable> {
    return lockFile(this.fileOf(target, scope), signal);
  }

  lockProblem(): string | undefined {
    return [...this.#files.keys()].map(lockProblem).find((problem) => problem !== undefined);
  }

  async readBack({ key, target, scope }: Slot): Promise<unknown> {
    const file = this.#file(this.fileOf(target, scope));
    return valueAt(understood(await file.look()).root, this.#place(key, scope));
  }

  async readBackAll(slots: readonly Slot[]): Promise<readonly unknown[]> {
    const file = oneFile(slots.map(({ target, scope }) => this.fileOf(target, scope)));
    if (file === undefined) return [];
    const { root } = understood(await this.#file(file).look());
    return slots.map(({ key, scope }) => valueAt(root, this.#place(key, scope)));
  }

  async probe(target: Target, scope: Scope): Promise<void> {
    const file = this.fileOf(target, scope);
    const { stamp } = understood(await this.#file(file).look());
    const real = realFile(file);
    try {
      if (stamp !== undefined) await access(real, constants.W_OK);
      const { bavail, blocks } = await statfs(stamp === undefined ? await writableFolder(file, path.dirname(real)) : await safelyWritable(file, real));
      // Some file systems do not count at all.
      if (blocks > 0 && bavail === 0) throw new StoreError('no-space', `The disk of ${file} is full.`, { context: { file } });
    } catch (error) {
      throw fileFailure(file, error);
    }
  }

  fileOf(target: Target, scope: Scope): string {
    const file = this.#pathOf(target, scope);
    if (file !== undefined) return file;
    if (this.#paths[target] === undefined) throw new StoreError('no-workspace', `There are no ${target} settings.`);
    throw new StoreError('scope', 'Folder settings need a resource that lies in a folder.');
  }

  settingsScope(scope: Scope): Scope {
    const { resource, languageId } = scope;
    const file = this.#pathOf('folder', scope);
    if (file !== undefined && !this.#resources.has(file)) this.#resources.set(file, resource!);
    return { ...(file === undefined ? {} : { resource: this.#resources.get(file)! }), ...(languageId === undefined ? {} : { languageId }) };
  }

  /** Of the folders, those that something was read for. */
  scopes(): readonly Scope[] {
    return [...this.#files.values()].flatMap((file) => {
      const resource = this.#resources.get(file.path);
      const scope = resource === undefined ? {} : { resource };
      return [scope, ...file.known().values.languages.map((languageId) => ({ ...scope, languageId }))];
    });
  }

  defaultTarget(key: string, scope: Scope): Target {
    return targets.findLast((target) => {
      const file = this.#pathOf(target, scope);
      return file !== undefined && this.#file(file).known().values.get(key, scope.languageId) !== undefined;
    }) ?? 'user';
  }

  trusted(): boolean {
    return true;
  }

  onDidChange(listener: () => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
    for (const file of this.#files.values()) file.dispose();
  }

  #pathOf(target: Target, { resource }: Scope): string | undefined {
    const { user, workspace, folder } = this.#paths;
    const file = target === 'user' ? user : target === 'workspace' ? workspace : resource === undefined ? undefined : folder?.(resource);
    return file === undefined ? undefined : path.resolve(file);
  }

  #file(name: string): WatchedFile {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = new WatchedFile(name, this.#section, () => {
        for (const { listener } of [...this.#listeners]) tell(listener);
      });
      this.#files.set(name, file);
      if (this.#disposed) {
        file.dispose();
      } else {
        file.clearAway();
        file.watch();
      }
    }
    return file;
  }

  #place(key: string, { languageId }: Scope): Place {
    return { name: settingName(this.#section, key), ...(languageId === undefined ? {} : { languageId }) };
  }
}

/** What a settings file says of one section, known without looking: read again whenever it changes. */
class WatchedFile {
  readonly path: string;
  readonly #section: string;
  readonly #changed: () => void;
  readonly #settling = new Settling();
  readonly #disposal = new AbortController();
  #known: Known | undefined;
  #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the file is read again at the latest, on the monotonic clock; `undefined`: nothing has changed since it was. */
  #due: number | undefined;

  constructor(file: string, section: string, changed: () => void) {
    this.path = file;
    this.#section = section;
    this.#changed = changed;
  }

  /** What was found at the last look, which is now if there was none. */
  known(): Known {
    if (this.#known !== undefined) return this.#known;
    const look = readJsonSync(this.path);
    // It cannot wait here: should it be in flux, the watch tells what becomes of it.
    if (!(look instanceof StoreError)) this.#settling.inFlux(look);
    return this.#known = this.#understood(look);
  }

  /** What is on disk now. */
  look(options?: SettledOptions): Promise<JsonText> {
    return readSettled(this.path, this.#settling, { signal: this.#disposal.signal, ...options });
  }

  /** Looks again: after all writes under way, so that what is older never takes the place of what is newer. */
  async load(options?: SettledOptions): Promise<void> {
    // What changes after this is told, what changed before it is read.
    this.watch();
    await inTurn(realFile(this.path), async () => this.#take(await this.look(options).catch((error: unknown) => error as StoreError)));
  }

  /** Puts right what killed processes have left behind. */
  clearAway(): void {
    clearAway(realFile(this.path));
  }

  async edit(edits: readonly FileEdit[], signal: AbortSignal): Promise<readonly Refusal[]> {
    const result = await editJson(this.path, edits, signal, this.#settling);
    if ('refused' in result) return [...result.refused].map(([index, error]) => ({ index, error }));
    this.#take(result.look);
    return [];
  }

  /** Remembers what is on disk now, and tells if that is news. */
  #take(look: JsonText | StoreError): void {
    const before = this.#known;
    this.#known = this.#understood(look);
    if (before !== undefined && !sameKnown(before, this.#known)) this.#changed();
  }

  #understood(look: JsonText | StoreError): Known {
    const failure = look instanceof StoreError ? look : look.problem;
    if (look instanceof StoreError || failure !== undefined) return { values: new SectionValues(undefined, this.#section), failure: failure! };
    if (look.text === this.#known?.text) return this.#known;
    return { text: look.text, values: new SectionValues(look.root, this.#section) };
  }

  /** Anew each time, as a folder or a link may have come or gone. */
  watch(): void {
    const before = this.#watchers;
    const { signal } = this.#disposal;
    const soon = (): void => {
      clearTimeout(this.#timer);
      if (signal.aborted) return;
      const now = performance.now();
      this.#due ??= now + longestDelay;
      // Neither this nor the wait for a file in flux keeps a process alive.
      this.#timer = setTimeout(() => {
        this.#due = undefined;
        void this.load({ ref: false });
      }, Math.max(0, Math.min(quietTime, this.#due - now))).unref();
    };
    this.#watchers = signal.aborted ? [] : watchWay(this.path, soon);
    for (const watcher of before) watcher.close();
  }

  dispose(): void {
    this.#disposal.abort();
    clearTimeout(this.#timer);
    this.watch();
  }
}

/** @throws StoreError why the file could not be read */
function valuesOf(file: WatchedFile): SectionValues {
  const { values, failure } = file.known();
  if (failure !== undefined) throw failure;
  return values;
}

function tell(listener: () => void): void {
  try {
    listener();
  } catch {
    // The value is stored all the same (P12).
  }
}

function sameKnown(a: Known, b: Known): boolean {
  return a.failure?.message === b.failure?.message && a.values.same(b.values);
}
