import type { StoreError, ValidationError } from '../errors.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';

/** Where a value may be written. In order of precedence, lowest first. */
export const targets = ['user', 'workspace', 'folder'] as const;
export type Target = (typeof targets)[number];

/** Where a value is read for: a file or folder (its URI as text) and a language, as VS Code's `ConfigurationScope`. */
export interface Scope {
  readonly resource?: string;
  readonly languageId?: string;
}

/** One place in which a setting can have a value. */
export type Layer = 'default' | Target | `${'default' | Target}-language`;

/** All layers, lowest precedence first: any language value wins over every plain one, as in VS Code. */
export const layers: readonly Layer[] = [
  'default', 'user', 'workspace', 'folder', 'default-language', 'user-language', 'workspace-language', 'folder-language',
];

/** What a store holds for one key in one scope; nothing here has been validated. */
export interface RawSetting {
  /** The value as the store resolves it (object values may be merged from several layers); `undefined` when no layer has one. */
  readonly effective: unknown;
  /** The layers that hold a value. */
  readonly layers: ReadonlyMap<Layer, unknown>;
}

/**
 * How long a settings file that held settings and is now empty, missing or cut off counts as one that another program is
 * saving, in milliseconds of the real clock; a time in which the process is held up counts little. Until then it is neither
 * believed, nor built on, nor replaced; what it says after that is what it says.
 */
export const settlingTime = 1_000;

/** One write, complete: nothing of it depends on what happens meanwhile. */
export interface WriteRequest {
  readonly key: string;
  /** Plain frozen JSON data; `undefined` removes the value at the target. */
  readonly value: unknown;
  readonly target: Target;
  readonly scope: Scope;
}

export interface WriteOptions {
  /** Aborted when the attempt is given up. A store that can still stop must then store nothing and reject. */
  readonly signal: AbortSignal;
  /** When present: store only if the target still holds this (`undefined`: nothing); else reject with reason `newer` (P28). */
  readonly expected?: { readonly value: unknown };
}

/** One of several values that are stored together. */
export interface Change extends WriteRequest {
  /** As in `WriteOptions`. */
  readonly expected?: { readonly value: unknown };
}

/** Why one change cannot be stored, whatever becomes of the others. */
export interface Refusal {
  /** Of the change, in the list that was given. */
  readonly index: number;
  readonly error: StoreError | ValidationError;
}

export interface Disposable {
  dispose(): void;
}

/**
 * Where values live. The service needs nothing else; `verifyStore` tells whether an implementation keeps this contract.
 *
 * Every method rejects with `StoreError` and a `reason` found out by facts. Nothing is thrown synchronously but by `read`.
 */
export interface Store {
  /** For messages: "VS Code settings", or the file's name. */
  readonly name: string;
  /** Loads what `read` needs; called once, and again by a reload. May reject: the service then serves the last good values. */
  load(): Promise<void>;
  /** The raw setting as known now, from memory. May throw when the store cannot be read. */
  read(key: string, scope: Scope): RawSetting;
  /** Stores one value; resolves when it is stored. */
  write(request: WriteRequest, options: WriteOptions): Promise<void>;
  /**
   * Keeps other services, in all windows and processes of this machine, from writing the file behind a target until it is disposed
   * of: a value is read, computed and written meanwhile. Waits until it is free. Never rejects: where there is no lock, writers
   * that meet are told so by `newer`. Default: there is none.
   * @param signal aborted when the attempt is given up: then nobody waits
   */
  lock?(request: Omit<WriteRequest, 'value'>, signal: AbortSignal): Promise<Disposable>;
  /**
   * Why `lock` keeps nobody away, as a part of a sentence: health says so. `undefined`: it does, as far as can be told. Default:
   * nothing is said.
   */
  lockProblem?(): string | undefined;
  /**
   * Whether `commit` can store several values in the file behind a place by one save, as far as is known now. Asked before each
   * `commit`. Default: no.
   */
  canCommit?(place: Omit<WriteRequest, 'value'>): boolean;
  /**
   * Stores several values by one save: all of them, or none. No program ever sees a file that parses and holds a part of them.
   * Listeners are called once all of them can be read.
   *
   * @param changes all in one file (`fileOf`), each of another setting or language. None: nothing is done
   * @returns empty: all is stored. Else nothing was stored, because of these, in their order; without them the others can be tried again
   * @throws StoreError nothing was stored, for a reason that is no single change's: `newer` when an `expected` does not hold
   */
  commit?(changes: readonly Change[], options: Pick<WriteOptions, 'signal'>): Promise<readonly Refusal[]>;
  /** As `readBack`, for several values of one file, from one look at it. Default: one `readBack` for each. */
  readBackAll?(places: readonly Omit<WriteRequest, 'value'>[]): Promise<readonly unknown[]>;
  /** What the target really holds now, from as close to the file as the store can look. `undefined`: nothing. */
  readBack(request: Omit<WriteRequest, 'value'>): Promise<unknown>;
  /**
   * Can the target be written? Rejects with the reason why not. Changes nothing.
   * @param key a setting, where it makes a difference which
   */
  probe(target: Target, scope: Scope, key?: string): Promise<void>;
  /**
   * A stable name of the file behind a target: one write at a time to each (P23). Throws `StoreError` when the target has none.
   * @param key a setting, where it makes a difference which: a remote window of VS Code keeps those of the machine in a file of their own
   */
  fileOf(target: Target, scope: Scope, key?: string): string;
  /**
   * The widest scope whose settings hold for a given one as well: for a file, its folder; `{}` where the window's do. What is
   * read for scopes with the same answer is read once, and shares its last good value. Default: each scope stands for itself.
   */
  settingsScope?(scope: Scope): Scope;
  /**
   * The folders, languages, and languages in folders for which a setting may have another value than for the window: these are
   * watched for changes, whether they are asked for or not. Default: only those that are.
   */
  scopes?(key: string): readonly Scope[];
  /** The target an `update` without a target writes to. */
  defaultTarget(key: string, scope: Scope): Target;
  /** False in a workspace the user has not trusted: its values of restricted settings are ignored (P52). */
  trusted(): boolean;
  /**
   * Calls back after values may have changed, for whatever reason.
   * @param listener is given the keys of the settings that may have other values, in whatever scope: these are read again. An
   *   empty list asks for a `load` alone. Without a list, all settings are read again.
   */
  onDidChange(listener: (keys?: readonly string[]) => void): Disposable;
  /** Ends watching; pending writes may still settle. */
  dispose(): void;
}

/** Makes a store for a definition: the service calls it once. */
export type StoreFactory = (definition: SettingsDefinition) => Store;
