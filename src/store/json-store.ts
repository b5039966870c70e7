import { getNodeValue, type Node } from 'jsonc-parser';
import { watch, type FSWatcher } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from '../errors.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import { editJson, fileFailure, inTurn, parseJson, readJsonText, readJsonTextSync, realFile, valueAt, writableFolder, type JsonText, type Place } from './json-file.ts';
import { merged } from './memory-store.ts';
import { targets, type Disposable, type Layer, type RawSetting, type Scope, type Store, type StoreFactory, type Target, type WriteOptions, type WriteRequest } from './store.ts';

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
  readonly values: ReadonlyMap<string, unknown>;
  readonly failure?: StoreError;
}

type Slot = Omit<WriteRequest, 'value'>;

/** How long a file must have been left alone before it is read again, in milliseconds. */
const settleTime = 50;

/** Makes a store that keeps settings in JSON files with comments, laid out as VS Code's settings.json. Needs Node: see `JsonStore`. */
export function jsonStore(paths: JsonPaths): StoreFactory {
  return (definition) => new JsonStore(definition, paths);
}

/**
 * Settings in JSON files that people edit as well, and other programs: comments, layout and other keys are kept.
 *
 * @throws StoreError `unsupported` in a browser, which has no disk
 */
export class JsonStore implements Store {
  readonly name: string;
  readonly #section: string;
  readonly #paths: JsonPaths;
  readonly #files = new Map<string, WatchedFile>();
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  #disposed = false;

  constructor({ section }: SettingsDefinition, paths: JsonPaths) {
    this.name = path.basename(paths.user);
    this.#section = section;
    this.#paths = paths;
  }

  async load(): Promise<void> {
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
        const values = valuesOf(this.#file(file));
        const name = slotName(key, languageId);
        if (values.has(name)) layers.set(languageId === undefined ? target : `${target}-language`, values.get(name));
      }
    }
    let effective: unknown;
    for (const value of layers.values()) effective = merged(effective, value);
    return { effective, layers };
  }

  async write({ key, value, target, scope }: WriteRequest, options: WriteOptions): Promise<void> {
    const file = this.#file(this.fileOf(target, scope));
    file.take(await editJson(file.path, this.#place(key, scope), value, options));
  }

  async readBack({ key, target, scope }: Slot): Promise<unknown> {
    const file = this.fileOf(target, scope);
    const { text } = await readJsonText(file);
    return valueAt(parseJson(file, text), this.#place(key, scope));
  }

  async probe(target: Target, scope: Scope): Promise<void> {
    const real = realFile(this.fileOf(target, scope));
    const { text, stamp } = await readJsonText(real);
    parseJson(real, text);
    try {
      if (stamp !== undefined) await access(real, constants.W_OK);
      const { bavail, blocks } = await statfs(await writableFolder(path.dirname(real)));
      // Some file systems do not count at all.
      if (blocks > 0 && bavail === 0) throw new StoreError('no-space', `The disk of ${real} is full.`, { context: { file: real } });
    } catch (error) {
      throw fileFailure(real, error);
    }
  }

  fileOf(target: Target, scope: Scope): string {
    const file = this.#pathOf(target, scope);
    if (file !== undefined) return file;
    if (this.#paths[target] === undefined) throw new StoreError('no-workspace', `There are no ${target} settings.`);
    throw new StoreError('scope', 'Folder settings need a resource that lies in a folder.');
  }

  defaultTarget(key: string, scope: Scope): Target {
    return targets.findLast((target) => {
      const file = this.#pathOf(target, scope);
      return file !== undefined && this.#file(file).known().values.has(slotName(key, scope.languageId));
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
      if (this.#disposed) file.dispose();
      else file.watch();
    }
    return file;
  }

  #place(key: string, { languageId }: Scope): Place {
    const name = `${this.#section}.${key}`;
    return languageId === undefined ? [name] : [`[${languageId}]`, name];
  }
}

/** What a settings file says of one section, known without looking: read again whenever it changes. */
class WatchedFile {
  readonly path: string;
  readonly #section: string;
  readonly #changed: () => void;
  #known: Known | undefined;
  #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #watching = true;

  constructor(file: string, section: string, changed: () => void) {
    this.path = file;
    this.#section = section;
    this.#changed = changed;
  }

  /** What was found at the last look, which is now if there was none. */
  known(): Known {
    return this.#known ??= this.#understood(readJsonTextSync(this.path));
  }

  /** Looks again: after all writes under way, so that what is older never takes the place of what is newer. */
  async load(): Promise<void> {
    // What changes after this is told, what changed before it is read.
    this.watch();
    await inTurn(realFile(this.path), async () => this.take(await readJsonText(this.path).catch((error: unknown) => error as StoreError)));
  }

  /** Remembers what is on disk now, and tells if that is news. */
  take(look: JsonText | StoreError): void {
    const before = this.#known;
    this.#known = this.#understood(look);
    if (before !== undefined && !sameKnown(before, this.#known)) this.#changed();
  }

  #understood(look: JsonText | StoreError): Known {
    if (look instanceof StoreError) return { values: new Map(), failure: look };
    const { text } = look;
    if (text === this.#known?.text) return this.#known;
    try {
      return { text, values: sectionOf(parseJson(this.path, text), this.#section) };
    } catch (failure) {
      return { values: new Map(), failure: failure as StoreError };
    }
  }

  /** Watches folders, not the file: editors replace files. Anew each time, as a folder may have come or gone. */
  watch(): void {
    const before = this.#watchers;
    const soon = (): void => {
      clearTimeout(this.#timer);
      if (this.#watching) this.#timer = setTimeout(() => void this.load(), settleTime).unref();
    };
    this.#watchers = this.#watching ? [...new Set([this.path, realFile(this.path)])].flatMap((file) => watchNearest(file, soon)) : [];
    for (const watcher of before) watcher.close();
  }

  dispose(): void {
    this.#watching = false;
    clearTimeout(this.#timer);
    this.watch();
  }
}

/** Watches the folder of a file; while it is missing, the nearest folder above it, where it will appear. */
function watchNearest(file: string, soon: () => void): FSWatcher[] {
  const folder = path.dirname(file);
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || name === path.basename(file) || name === path.basename(folder)) soon();
    });
    return [watcher.on('error', soon)];
  } catch {
    return folder === file ? [] : watchNearest(folder, soon);
  }
}

/** @throws StoreError why the file could not be read */
function valuesOf(file: WatchedFile): ReadonlyMap<string, unknown> {
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

const slotName = (key: string, languageId: string | undefined): string => (languageId === undefined ? key : `[${languageId}]${key}`);

/** The values of a section: plain ones by key, those for a language by `[language]key`. */
function sectionOf(root: Node | undefined, section: string): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const collect = (object: Node | undefined, prefix: string): void => {
    for (const { children } of object?.children ?? []) {
      const [name, value] = children!;
      const text = name!.value as string;
      if (text.startsWith(`${section}.`)) values.set(prefix + text.slice(section.length + 1), getNodeValue(value!));
      // Of a name that is there twice the last one counts, as a whole.
      if (prefix !== '' || !/^\[.+\]$/.test(text)) continue;
      for (const known of [...values.keys()]) if (known.startsWith(text)) values.delete(known);
      if (value!.type === 'object') collect(value, text);
    }
  };
  collect(root, '');
  return values;
}

function sameKnown(a: Known, b: Known): boolean {
  return a.failure?.message === b.failure?.message && sameData(Object.fromEntries(a.values), Object.fromEntries(b.values));
}
