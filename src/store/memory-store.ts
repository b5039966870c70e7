import { StoreError } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import { jsonValues, oneFile } from './commit.ts';
import { targets, type Change, type Disposable, type Layer, type RawSetting, type Refusal, type Scope, type Store, type Target, type WriteOptions, type WriteRequest } from './store.ts';

type Slot = Omit<WriteRequest, 'value'>;

/** The values behind one or more `MemoryStore`s: what a settings file is to several windows. */
export class MemoryBackend {
  /** Whether a workspace is open; without one only user settings can be written. */
  workspaceOpen = true;
  trusted = true;
  /** By key, then by place. */
  readonly #values = new Map<string, Map<string, { readonly scope: Scope; readonly value: unknown }>>();
  readonly #listeners = new Set<{ readonly listener: (keys?: readonly string[]) => void }>();

  get({ key, target, scope }: Slot): unknown {
    return this.#values.get(key)?.get(placeName(target, scope))?.value;
  }

  has({ key, target, scope }: Slot): boolean {
    return this.#values.get(key)?.has(placeName(target, scope)) === true;
  }

  /** The folders and languages for which there are values of a setting. */
  scopes(key: string): readonly Scope[] {
    return Array.from(this.#values.get(key)?.values() ?? [], ({ scope }) => scope);
  }

  /** Stores a value, or with `undefined` removes it, and tells everyone. */
  set(slot: Slot, value: unknown): void {
    this.setAll([{ ...slot, value }]);
  }

  /** Stores several values, and tells everyone once all are stored. */
  setAll(requests: readonly WriteRequest[]): void {
    for (const { key, value, target, scope } of requests) {
      const name = placeName(target, scope);
      let values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, (values = new Map()));
      if (value === undefined) values.delete(name);
      else values.set(name, { scope: scopeOf(name), value });
    }
    this.changed(requests.map(({ key }) => key));
  }

  /** Tells everyone that values may have changed. @param keys of these settings; default: of any */
  changed(keys?: readonly string[]): void {
    for (const { listener } of [...this.#listeners]) listener(keys);
  }

  onDidChange(listener: (keys?: readonly string[]) => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}

/** Folder settings belong to the resource's folder: everything up to the last slash. */
const folderOf = (resource: string): string => resource.slice(0, resource.lastIndexOf('/') + 1);

/** No URI and no language holds a line break. */
function placeName(target: Target, scope: Scope): string {
  const folder = target === 'folder' ? folderOf(scope.resource ?? '') : '';
  return `${target}\n${folder}\n${scope.languageId ?? ''}`;
}

function scopeOf(place: string): Scope {
  const [, folder, languageId] = place.split('\n');
  return slotScope(folder === '' ? undefined : folder, languageId === '' ? undefined : languageId);
}

/** Settings in memory that resolve as VS Code's do: for tests, and for hosts that keep nothing. */
export class MemoryStore implements Store {
  readonly name = 'memory';
  readonly backend: MemoryBackend;
  readonly #defaults: Readonly<Record<string, unknown>>;
  readonly #subscriptions = new Set<Disposable>();

  /** @param defaults the layer below all others, as an extension's manifest is to VS Code */
  constructor(backend = new MemoryBackend(), defaults: Readonly<Record<string, unknown>> = {}) {
    this.backend = backend;
    this.#defaults = defaults;
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  read(key: string, scope: Scope): RawSetting {
    const layers = new Map<Layer, unknown>();
    if (Object.hasOwn(this.#defaults, key)) layers.set('default', this.#defaults[key]);
    for (const languageId of scope.languageId === undefined ? [undefined] : [undefined, scope.languageId]) {
      for (const target of targets) {
        const slot = { key, target, scope: slotScope(scope.resource, languageId) };
        if (target === 'folder' && scope.resource === undefined) continue;
        if (this.backend.has(slot)) layers.set(languageId === undefined ? target : `${target}-language`, this.backend.get(slot));
      }
    }
    let effective: unknown;
    for (const value of layers.values()) effective = merged(effective, value);
    return { effective, layers };
  }

  async write(request: WriteRequest, { signal, expected }: WriteOptions): Promise<void> {
    const [refusal] = this.#commit([expected === undefined ? request : { ...request, expected }], signal);
    if (refusal !== undefined) throw refusal.error;
  }

  canCommit(): boolean {
    return true;
  }

  async commit(changes: readonly Change[], { signal }: Pick<WriteOptions, 'signal'>): Promise<readonly Refusal[]> {
    return this.#commit(changes, signal);
  }

  readBack(slot: Slot): Promise<unknown> {
    return Promise.resolve(this.backend.get(slot));
  }

  async readBackAll(slots: readonly Slot[]): Promise<readonly unknown[]> {
    return slots.map((slot) => this.backend.get(slot));
  }

  probe(target: Target, scope: Scope): Promise<void> {
    return Promise.resolve().then(() => void this.fileOf(target, scope));
  }

  fileOf(target: Target, scope: Scope): string {
    if (target === 'user') return 'user settings';
    if (!this.backend.workspaceOpen) throw new StoreError('no-workspace', 'No workspace is open.');
    if (target === 'workspace') return 'workspace settings';
    if (scope.resource === undefined) throw new StoreError('scope', 'Folder settings need a resource that tells the folder.');
    return `settings of ${folderOf(scope.resource)}`;
  }

  settingsScope({ resource, languageId }: Scope): Scope {
    return slotScope(resource === undefined ? undefined : folderOf(resource), languageId);
  }

  scopes(key: string): readonly Scope[] {
    return this.backend.scopes(key);
  }

  defaultTarget(key: string, scope: Scope): Target {
    const holds = (target: Target): boolean => this.backend.has({ key, target, scope });
    if (scope.resource !== undefined && holds('folder')) return 'folder';
    return holds('workspace') ? 'workspace' : 'user';
  }

  trusted(): boolean {
    return this.backend.trusted;
  }

  onDidChange(listener: (keys?: readonly string[]) => void): Disposable {
    const subscription = this.backend.onDidChange(listener);
    this.#subscriptions.add(subscription);
    return {
      dispose: () => {
        subscription.dispose();
        this.#subscriptions.delete(subscription);
      },
    };
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#subscriptions.clear();
  }

  #commit(changes: readonly Change[], signal: AbortSignal): readonly Refusal[] {
    if (oneFile(changes.map(({ target, scope }) => this.fileOf(target, scope))) === undefined) return [];
    if (signal.aborted) throw new StoreError('io', `${changes.map(({ key }) => `"${key}"`).join(', ')}: not stored, as the attempt was given up.`);
    const { refusals } = jsonValues(changes);
    if (refusals.length > 0) return refusals;
    const other = changes.find(({ expected, ...slot }) => expected !== undefined && !sameData(this.backend.get(slot), expected.value));
    if (other !== undefined) throw new StoreError('newer', `"${other.key}" was changed by someone else meanwhile.`);
    this.backend.setAll(changes);
    return [];
  }
}

function slotScope(resource: string | undefined, languageId: string | undefined): Scope {
  return { ...(resource === undefined ? {} : { resource }), ...(languageId === undefined ? {} : { languageId }) };
}

/** As VS Code merges layers: objects member by member, everything else as a whole. */
export function merged(below: unknown, above: unknown): unknown {
  if (!isObject(below) || !isObject(above)) return above;
  // Not by assignment: that takes `__proto__` for something else.
  const members = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) members.set(name, merged(members.get(name), value));
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
