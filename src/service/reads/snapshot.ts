import type { SettingsDefinition } from '../../settings/define-settings.ts';
import type { AcceptResult } from '../../settings/validation.ts';
import { sameData } from '../../settings/plain-data.ts';
import { merged } from '../../store/memory-store.ts';
import { layers, type Layer, type RawSetting, type Scope, type Store, type Target } from '../../store/store.ts';
import { isByPolicy } from '../../store/policy.ts';
import { asScope, type ConfigurationScope } from './configuration-scope.ts';
import { readSetting } from './former-values.ts';
import { toScope } from '../writes/requests.ts';
import { ScopedValuesMap, type ScopedValues } from './scoped-values.ts';
import { keyOf, memberOf, Sections } from './sections.ts';
import { isAbout, showsIn, type SettingsChange } from './settings-change.ts';

type Values = Record<string, unknown>;

/** A setting whose stored value is invalid, and what is served instead (P31). */
export interface SettingIssue {
  readonly key: string;
  /** What is wrong with the stored value. */
  readonly problem: string;
  /** Where the invalid value comes from, as far as one layer is to blame. */
  readonly layer: Layer | undefined;
  /** `valid items`: the stored value without what is invalid in it, as the declaration wants it (`onInvalidItem`). */
  readonly served: 'last good value' | 'default' | 'valid items';
  /** The items without which it is served: `[2]` of a list, names of an object. Of a secret setting none are named. */
  readonly dropped?: readonly string[];
  /** The folder or language that it is a value for. Absent: it is the window's as well. */
  readonly scope?: Scope;
}

/** The valid values that are kept for one folder or language. */
export interface KeptValues {
  readonly scope: Scope;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Where a value comes from. */
export type Origin = Layer | 'last good value' | 'policy';

/** Everything known about one setting. Values of secret settings are masked. */
export interface Inspection {
  readonly key: string;
  /** What `get` returns. */
  readonly value: unknown;
  readonly origin: Origin;
  /** The raw values, as stored, by layer, lowest precedence first. */
  readonly layers: Readonly<Partial<Record<Layer, unknown>>>;
  /** Layers whose values an untrusted workspace may not set (P52). */
  readonly ignored: readonly Layer[];
  /** Layers whose value is one of an earlier version and is honoured in today's form, with the key it is stored under. */
  readonly formerly?: Readonly<Partial<Record<Layer, string>>>;
  /** What is wrong with the stored value. */
  readonly problem?: string;
  /** The items without which the stored value is served. Of a secret setting none are named. */
  readonly dropped?: readonly string[];
}

export interface SettingChange {
  readonly key: string;
  /** Of which folder or language; empty: of the window. */
  readonly scope: Scope;
  readonly now: unknown;
  readonly before: unknown;
}

interface Resolved {
  readonly value: unknown;
  readonly origin: Origin;
  readonly issue: SettingIssue | undefined;
}

export const masked = '••••••';
const untrustedLayers: readonly Layer[] = ['workspace', 'folder', 'workspace-language', 'folder-language'];
/** The values that are served: always complete, always valid, replaced as a whole (P30, P31, P32). */
export class Snapshot {
  readonly #definition: SettingsDefinition;
  readonly #store: Store;
  /** Settings that stay as they are: they are being written. */
  readonly #held: ReadonlyMap<string, unknown>;
  readonly #onScopedNews: () => void;
  #values: Readonly<Values>;
  /** The same values: a `Map` is read in half the time, and knows no key but the settings. */
  #served: ReadonlyMap<string, unknown>;
  /** Those of the window. */
  readonly #windowIssues = new Map<string, SettingIssue>();
  #issues: readonly SettingIssue[] | undefined = [];
  /** How the store was read the last time. Not live: it could not be, and the last good values stand in. */
  #source: { readonly isLive: boolean; readonly trusted: boolean } = { isLive: false, trusted: true };
  readonly #scoped: ScopedValuesMap;
  readonly #sections: Sections;

  /**
   * @param lastGood the valid values of an earlier process
   * @param onScopedNews a folder or language was read for the first time, and has values of its own, valid or not
   */
  constructor(
    definition: SettingsDefinition, store: Store, lastGood: { readonly window: Values; readonly scoped: readonly KeptValues[] },
    held: ReadonlyMap<string, unknown>, onScopedNews: () => void,
  ) {
    this.#definition = definition;
    this.#store = store;
    this.#held = held;
    this.#onScopedNews = onScopedNews;
    this.#values = frozen({ ...definition.defaults, ...lastGood.window });
    this.#served = new Map(Object.entries(this.#values));
    this.#sections = new Sections(definition.keys);
    this.#scoped = new ScopedValuesMap((scope) => store.settingsScope?.(scope) ?? scope);
    for (const { scope, values } of lastGood.scoped) this.#restore(scope, values);
  }

  #restore(scope: Scope, values: KeptValues['values']): void {
    try {
      const scoped = this.#scoped.of(scope);
      if (scoped === undefined) return;
      for (const [key, value] of Object.entries(values)) {
        scoped.values.set(key, value);
        scoped.good.add(key);
      }
    } catch {
      // There is no such scope any more.
    }
  }

  get values(): Readonly<Values> {
    return this.#values;
  }

  /** Of the window, and of the folders and languages that were read. What several of them have in common is one issue. */
  get issues(): readonly SettingIssue[] {
    return (this.#issues ??= Object.freeze([...this.#listIssues().values()]));
  }

  #listIssues(): Map<string, SettingIssue> {
    const issues = new Map<string, SettingIssue>();
    const add = (issue: SettingIssue): void => {
      const id = `${issue.key}\n${this.#fileOf(issue)}\n${issue.problem}`;
      if (!issues.has(id)) issues.set(id, issue);
    };
    for (const key of this.#definition.keys) if (this.#windowIssues.has(key)) add(this.#windowIssues.get(key)!);
    for (const scoped of this.#scoped.all) for (const issue of scoped.issues.values()) add(issue);
    return issues;
  }

  /** Where the value of an issue stands: VS Code shows the settings of a single folder as those of the workspace, too. */
  #fileOf({ key, layer = 'default', scope = {} }: SettingIssue): string {
    const [target] = layer.split('-') as [Target | 'default'];
    const language = layer.endsWith('-language') ? ` [${scope.languageId ?? ''}]` : '';
    if (target === 'default') return target + language;
    try {
      return this.#store.fileOf(target, scope, key) + language;
    } catch {
      return `${target} ${scope.resource ?? ''}${language}`;
    }
  }

  /** What is valid for folders and languages, and another value than the window's. Without secrets. */
  get scopedValues(): KeptValues[] {
    return [...this.#scoped.all].flatMap(({ scope, values, good }) => {
      const isKept = (key: string): boolean => good.has(key) && !this.#definition.isSecret(key);
      const own = [...values].filter(([key, value]) => isKept(key) && !sameData(value, this.#values[key]));
      return own.length === 0 ? [] : [{ scope, values: Object.fromEntries(own) }];
    });
  }

  /** The value of a setting: for the window, or for one file or language. Never throws. */
  get(key: string, scope?: ConfigurationScope): unknown {
    const value = this.#served.get(key);
    if (scope === undefined || !this.#served.has(key)) return value;
    try {
      const scoped = this.#scoped.of(asScope(scope));
      if (scoped === undefined) return value;
      const known = scoped.values.get(key);
      return known === undefined ? this.#readFirst(key, scoped) : known;
    } catch {
      return value;
    }
  }

  /** Whether it is a setting or a sub-section. */
  has(name: string): boolean {
    return this.#served.has(name) || (name !== '' && this.#sections.has(name));
  }

  /** The values of a sub-section as one object, `''`: all; `undefined`: there is no such sub-section. Never throws. */
  section(name: string, scope?: ConfigurationScope): Readonly<Values> | undefined {
    return this.#sections.get(name, this.#ownerOf(scope), (key) => this.get(key, scope));
  }

  #ownerOf(scope: ConfigurationScope | undefined): object {
    try {
      return (scope === undefined ? undefined : this.#scoped.of(asScope(scope))) ?? this;
    } catch {
      return this;
    }
  }

  /** A member of an object, as VS Code's own `get` finds it: of the setting `tree`, `tree.a`. `undefined`: there is none. */
  member(name: string, scope?: ConfigurationScope): unknown {
    const parts = name.split('.');
    const length = parts.findIndex((_, index) => this.#served.has(parts.slice(0, index).join('.')));
    if (length < 0) return undefined;
    return memberOf(this.get(parts.slice(0, length).join('.'), scope), parts.slice(length));
  }

  #readFirst(key: string, scoped: ScopedValues): unknown {
    const ofWindow = this.#values[key];
    // While the store cannot be read, what it says of a scope never asked for before cannot be trusted (nor, in the middle
    // of a transaction, P24).
    if (!this.isLive || this.#held.has(key)) return ofWindow;
    const value = this.#readScoped(key, scoped);
    if (scoped.issues.has(key) || !sameData(value, ofWindow)) this.#onScopedNews();
    return value;
  }

  /** Reads the store for a folder or language. What is valid is served from now on; else its last good value, or the window's. */
  #readScoped(key: string, { scope, values, good, issues }: ScopedValues): unknown {
    const before = values.get(key);
    const lastGood = (layer?: Layer): unknown => (good.has(key) ? before : this.#lastGoodOf(key, partOf(scope, layer).scope));
    try {
      const { value, issue } = this.#resolve(key, readSetting(this.#definition, this.#store, key, scope), lastGood);
      if (issue !== undefined || issues.has(key)) this.#issues = undefined;
      if (issue === undefined || issue.served === 'valid items') good.add(key);
      if (issue === undefined) (issues satisfies Map<string, unknown>).delete(key);
      else issues.set(key, { ...issue, ...partOf(scope, issue.layer) });
      values.set(key, sameData(value, before) ? before : value);
    } catch {
      values.set(key, lastGood());
    }
    return values.get(key);
  }

  /** Of a language in a folder that was never read before, the language may have one, or the folder. */
  #lastGoodOf(key: string, part: Scope | undefined): unknown {
    const scoped = part && this.#scoped.find(part);
    return scoped?.good.has(key) === true ? scoped.values.get(key) : this.#values[key];
  }

  /**
   * The store has been read: takes over what is valid, field by field. Throws when it cannot be read for the window.
   * @param stale the settings that may have changed; all are read when others may have, too
   * @returns which were read, and what has changed: for the window, and for each folder and language that was read before
   */
  refresh(stale: readonly string[]): { readonly read: readonly string[]; readonly changes: readonly SettingChange[] } {
    const trusted = this.#store.trusted();
    const isKnown = this.isLive && trusted === this.#source.trusted;
    this.#source = { ...this.#source, trusted };
    const keys = (isKnown ? stale : this.#definition.keys).filter((key) => this.#served.has(key) && !this.#held.has(key));
    const resolved = keys.map((key) => {
      const raw = readSetting(this.#definition, this.#store, key, {});
      return { key, ...this.#resolve(key, raw, () => this.#values[key]) };
    });
    this.#source = { isLive: true, trusted };
    if (keys.length === 0) return { read: keys, changes: [] };
    this.#issues = undefined;
    this.#scoped.forgetFolders();
    const before = this.#values;
    const changes = this.#replace(resolved);
    this.#watchScopes(keys, before);
    for (const scoped of this.#scoped.all) changes.push(...this.#refreshScope(scoped, keys));
    return { read: keys, changes };
  }

  /** Folders and languages that have values of their own are read with the window. Until now what shows through was their value. */
  #watchScopes(keys: readonly string[], before: Readonly<Values>): void {
    for (const key of keys) {
      for (const scoped of this.#scopesOf(key)) {
        if (scoped.values.has(key)) continue;
        const { resource, languageId } = scoped.scope;
        // A value for a language wins over one for a folder.
        const broader = resource === undefined || languageId === undefined ? [] : [{ languageId }, { resource }];
        const shown = broader.map((each) => this.#scoped.find(each)?.values.get(key));
        scoped.values.set(key, shown.find((value) => value !== undefined && !sameData(value, before[key])) ?? before[key]);
      }
    }
  }

  #scopesOf(key: string): ScopedValues[] {
    try {
      const scopes = this.#store.scopes?.(key) ?? [];
      return scopes.flatMap((scope) => (this.#scoped.isFull ? [] : this.#scoped.of(scope) ?? []));
    } catch {
      // Those that are known already are watched all the same.
      return [];
    }
  }

  /** Changes as callers hear of them. */
  changeOf(changes: readonly SettingChange[]): SettingsChange {
    const keys = [...new Set(changes.map(({ key }) => key))];
    const watched = new Map(keys.map((key) => [key, new Set([...this.#scoped.all].filter(({ values }) => values.has(key)))]));
    const isIn = (scope: ConfigurationScope): ((change: SettingChange) => boolean) => {
      const scoped = this.#scoped.of(toScope(scope));
      const asked = scoped?.scope ?? {};
      return (change) => {
        const isWatched = scoped === undefined || watched.get(change.key)!.has(scoped);
        return isWatched ? sameData(change.scope, asked) : showsIn(change.scope, asked);
      };
    };
    const affects = (name: string | undefined, scope?: ConfigurationScope): boolean => {
      const isThere = scope === undefined ? () => true : isIn(scope);
      return changes.some((change) => isAbout(change, name) && isThere(change));
    };
    return Object.freeze({
      keys: Object.freeze(keys),
      changes: Object.freeze(changes.map((change) => Object.freeze(change))),
      affects,
      affectsConfiguration: (name: string, scope?: ConfigurationScope) => affects(keyOf(this.#definition, name), scope),
    });
  }

  #refreshScope(scoped: ScopedValues, keys: readonly string[]): SettingChange[] {
    return keys.filter((key) => scoped.values.has(key)).flatMap((key) => {
      const before = scoped.values.get(key);
      const now = this.#readScoped(key, scoped);
      return sameData(now, before) ? [] : [{ key, scope: scoped.scope, now, before }];
    });
  }

  /** The store was read well the last time. */
  get isLive(): boolean {
    return this.#source.isLive;
  }

  /** The store cannot be read: what is served stays as it is. */
  freeze(): void {
    this.#source = { ...this.#source, isLive: false };
  }

  #replace(resolved: readonly (Resolved & { readonly key: string })[]): SettingChange[] {
    const changes: SettingChange[] = [];
    for (const { key, value, issue } of resolved) {
      if (issue === undefined) this.#windowIssues.delete(key);
      else this.#windowIssues.set(key, issue);
      const before = this.#values[key];
      if (!sameData(value, before)) changes.push({ key, scope: {}, now: value, before });
    }
    if (changes.length === 0) return changes;
    this.#values = frozen({ ...this.#values, ...Object.fromEntries(changes.map(({ key, now }) => [key, now])) });
    this.#served = new Map(Object.entries(this.#values));
    return changes;
  }

  /** @param lastGood what takes the place of an invalid value of a layer */
  #resolve(key: string, raw: RawSetting, lastGood: (layer: Layer) => unknown): Resolved {
    const { effective, origin } = this.#permitted(key, raw);
    if (effective === undefined) return { value: this.#definition.defaults[key], origin: 'default', issue: undefined };
    const checked = this.#definition.accept(key, effective);
    if (checked.ok) return { value: checked.value, origin, issue: this.#issueOf(key, checked, origin) };
    // The last good value may itself have come from a workspace that was trusted then.
    const value = this.#ignored(key).length > 0 ? this.#definition.defaults[key] : lastGood(origin);
    const isDefault = sameData(value, this.#definition.defaults[key]);
    const issue: SettingIssue = { key, problem: checked.problem, layer: origin, served: isDefault ? 'default' : 'last good value' };
    return { value, origin: isDefault ? 'default' : 'last good value', issue };
  }

  #issueOf(key: string, { dropped }: AcceptResult, layer: Layer): SettingIssue | undefined {
    return dropped && { key, problem: dropped.problem, layer, served: 'valid items', dropped: dropped.items };
  }

  /** The effective value and its highest layer, without what an untrusted workspace may not say (P52). */
  #permitted(key: string, raw: RawSetting): { effective: unknown; origin: Layer } {
    const ignored = this.#ignored(key);
    const origin = layers.findLast((layer) => raw.layers.has(layer) && !ignored.includes(layer)) ?? 'default';
    if (!ignored.some((layer) => raw.layers.has(layer))) return { effective: raw.effective, origin };
    return { effective: raw.layers.get(origin), origin };
  }

  #ignored(key: string): readonly Layer[] {
    return !this.#source.trusted && this.#definition.declarations[key]?.restricted === true ? untrustedLayers : [];
  }

  /**
   * What keeps a value that is stored at a target from being served as it is: a higher layer, a lower one whose members
   * show through, or that the store cannot be read, or not yet (P29).
   */
  shadow(key: string, target: Target, scope: Scope, stored: { readonly value: unknown } | undefined): string | undefined {
    if (!this.isLive) return 'last good value';
    const own: Layer = scope.languageId === undefined ? target : `${target}-language`;
    const ignored = this.#ignored(key);
    // Asked of the definition, not of the store: VS Code does not show what it leaves out of account itself.
    if (ignored.includes(own)) return 'workspace trust';
    try {
      const { layers: holding, former = [], effective } = readSetting(this.#definition, this.#store, key, scope);
      const above = layers.findLast((layer) => holding.has(layer) && !ignored.includes(layer) && layers.indexOf(layer) > layers.indexOf(own));
      // Removed, and the value of an earlier version shows through.
      if (above === undefined && stored?.value === undefined && former.some(({ layer, isNewest }) => layer === own && isNewest) && holding.has(own)) return 'old setting';
      if (above !== undefined || stored === undefined) return above;
      // A write that was stored without an answer may be news to the store's own memory.
      if (!sameData(holding.get(own), stored.value)) return 'last good value';
      // An object is merged with those below it.
      if (stored.value === undefined || ignored.length > 0 || sameData(effective, stored.value)) return undefined;
      const below = layers.slice(0, layers.indexOf(own));
      return below.findLast((layer) => !sameData(merged(holding.get(layer), stored.value), stored.value));
    } catch {
      return 'last good value';
    }
  }

  inspect(key: string, scope: Scope): Inspection {
    const secret = this.#definition.isSecret(key);
    const show = (value: unknown): unknown => (secret && value !== undefined ? masked : value);
    const scoped = scope.resource !== undefined || scope.languageId !== undefined;
    const served = this.get(key, scoped ? scope : undefined);
    const value = show(served);
    try {
      const raw = readSetting(this.#definition, this.#store, key, scope);
      const { origin, issue } = this.#resolve(key, raw, () => served);
      const honoured = (raw.former ?? []).filter(({ layer, isNewest, conversion }) => isNewest && conversion.ok && raw.layers.has(layer));
      const asStored = new Map([...raw.layers, ...honoured.map(({ layer, stored }) => [layer, stored] as const)]);
      return {
        key,
        value,
        origin: !this.isLive ? 'last good value' : issue === undefined && isByPolicy(this.#definition, key, raw) ? 'policy' : origin,
        layers: Object.fromEntries([...asStored].map(([layer, stored]) => [layer, show(stored)])),
        ignored: this.#ignored(key).filter((layer) => raw.layers.has(layer)),
        ...(honoured.length === 0 ? {} : { formerly: Object.fromEntries(honoured.map(({ layer, storedAs }) => [layer, storedAs])) }),
        ...(issue === undefined ? {} : { problem: issue.problem }),
        ...(issue?.dropped === undefined ? {} : { dropped: issue.dropped }),
      };
    } catch {
      return { key, value, origin: 'last good value', layers: {}, ignored: [], problem: 'the store cannot be read' };
    }
  }
}

function frozen(values: Values): Readonly<Values> {
  return Object.freeze(Object.assign(Object.create(null) as Values, values));
}

/** The part of a scope that the value of a layer belongs to. */
function partOf({ resource, languageId }: Scope, layer: Layer | undefined): Pick<SettingIssue, 'scope'> {
  const scope = {
    ...(resource === undefined || layer?.startsWith('folder') === false ? {} : { resource }),
    ...(languageId === undefined || layer?.endsWith('-language') === false ? {} : { languageId }),
  };
  return Object.keys(scope).length === 0 ? {} : { scope };
}
