import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import { merged } from '../store/memory-store.ts';
import { layers, type Layer, type RawSetting, type Scope, type Store, type Target } from '../store/store.ts';
import { isByPolicy } from '../store/policy.ts';
import { readSetting } from './former-values.ts';

type Values = Record<string, unknown>;

/** A setting whose stored value is not legal, and what is served instead (P31). */
export interface SettingIssue {
  readonly key: string;
  /** What is wrong with the stored value. */
  readonly problem: string;
  /** Where the illegal value comes from, as far as one layer is to blame. */
  readonly layer: Layer | undefined;
  readonly served: 'last good value' | 'default';
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
}

export interface SettingChange {
  readonly key: string;
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
/** Scoped values kept; more than that many files and languages at once, and the oldest are computed anew. */
const maxScopes = 1_000;

/** The values that are served: always complete, always legal, replaced as a whole (P30, P31, P32). */
export class Snapshot {
  readonly #definition: SettingsDefinition;
  readonly #store: Store;
  /** Settings that stay as they are: they are being written. */
  readonly #held: ReadonlyMap<string, unknown>;
  #values: Readonly<Values>;
  /** The same values: a `Map` is read in half the time, and knows no key but the settings. */
  #served: ReadonlyMap<string, unknown>;
  #issues: readonly SettingIssue[] = [];
  #trusted = true;
  /** The store was read well the last time. */
  #live = false;
  readonly #scoped = new Map<string, Values>();
  /** What was served for a scope before the last refresh: stands in while the store cannot be read for it. */
  readonly #lastGoodScoped = new Map<string, Values>();

  constructor(definition: SettingsDefinition, store: Store, lastGood: Values, held: ReadonlyMap<string, unknown>) {
    this.#definition = definition;
    this.#store = store;
    this.#held = held;
    this.#values = frozen({ ...definition.defaults, ...lastGood });
    this.#served = new Map(Object.entries(this.#values));
  }

  get values(): Readonly<Values> {
    return this.#values;
  }

  get issues(): readonly SettingIssue[] {
    return this.#issues;
  }

  /** The value of a setting: for the window, or for one file or language. Never throws. */
  get(key: string, scope?: Scope): unknown {
    const value = this.#served.get(key);
    if (scope === undefined || !this.#served.has(key)) return value;
    try {
      return this.#getScoped(key, scope);
    } catch {
      return value;
    }
  }

  #getScoped(key: string, scope: Scope): unknown {
    const id = `${scope.languageId ?? ''}\n${scope.resource ?? ''}`;
    const values = valuesOf(this.#scoped, id);
    if (key in values) return values[key];
    // While the store cannot be read, what it says of a scope never asked for before cannot be trusted.
    if (!this.#live) return this.#values[key];
    // Nor can what it says in the middle of a transaction (P24).
    if (this.#held.has(key)) return this.#asBeforeScoped(key, id);
    return (values[key] = this.#readScoped(key, scope, id));
  }

  #readScoped(key: string, scope: Scope, id: string): unknown {
    try {
      return this.#resolve(key, readSetting(this.#definition, this.#store, key, scope)).value;
    } catch {
      return this.#asBeforeScoped(key, id);
    }
  }

  #asBeforeScoped(key: string, id: string): unknown {
    const before = this.#lastGoodScoped.get(id);
    return before !== undefined && key in before ? before[key] : this.#values[key];
  }

  /**
   * The store has been read: takes over what is legal, field by field.
   * @param only the one setting that has changed, if that is known; all are read when more than that may be news
   * @returns what has changed
   */
  refresh(only?: string): SettingChange[] {
    const trusted = this.#store.trusted();
    const one = this.#live && trusted === this.#trusted ? only : undefined;
    const stays = (key: string): boolean => this.#held.has(key) || (one !== undefined && key !== one);
    this.#trusted = trusted;
    const values = Object.create(null) as Values;
    const issues: SettingIssue[] = [];
    for (const key of this.#definition.keys) {
      const { value, issue } = stays(key) ? this.#asBefore(key) : this.#resolve(key, readSetting(this.#definition, this.#store, key, {}));
      values[key] = value;
      if (issue !== undefined) issues.push(issue);
    }
    this.#live = true;
    for (const [id, scoped] of this.#scoped) {
      Object.assign(valuesOf(this.#lastGoodScoped, id), scoped);
      const kept = Object.entries(scoped).filter(([key]) => stays(key));
      if (kept.length === 0) this.#scoped.delete(id);
      else this.#scoped.set(id, Object.assign(Object.create(null) as Values, Object.fromEntries(kept)));
    }
    this.#issues = Object.freeze(issues);
    return this.#replace(values);
  }

  #asBefore(key: string): Pick<Resolved, 'value' | 'issue'> {
    return { value: this.#values[key], issue: this.#issues.find((issue) => issue.key === key) };
  }

  /** The store cannot be read: what is served stays as it is. */
  freeze(): void {
    this.#live = false;
  }

  #replace(values: Values): SettingChange[] {
    const before = this.#values;
    const changes: SettingChange[] = [];
    for (const key of this.#definition.keys) {
      if (sameData(values[key], before[key])) values[key] = before[key];
      else changes.push({ key, now: values[key], before: before[key] });
    }
    if (changes.length === 0) return changes;
    this.#values = frozen(values);
    this.#served = new Map(Object.entries(values));
    return changes;
  }

  #resolve(key: string, raw: RawSetting): Resolved {
    const { effective, origin } = this.#permitted(key, raw);
    if (effective === undefined) return { value: this.#definition.defaults[key], origin: 'default', issue: undefined };
    const checked = this.#definition.check(key, effective);
    if (checked.ok) return { value: checked.value, origin, issue: undefined };
    // The last good value may itself have come from a workspace that was trusted then.
    const value = this.#ignored(key).length > 0 ? this.#definition.defaults[key] : this.#values[key];
    const isDefault = sameData(value, this.#definition.defaults[key]);
    const issue: SettingIssue = { key, problem: checked.problem, layer: origin, served: isDefault ? 'default' : 'last good value' };
    return { value, origin: isDefault ? 'default' : 'last good value', issue };
  }

  /** The effective value and its highest layer, without what an untrusted workspace may not say (P52). */
  #permitted(key: string, raw: RawSetting): { effective: unknown; origin: Layer } {
    const ignored = this.#ignored(key);
    const origin = layers.findLast((layer) => raw.layers.has(layer) && !ignored.includes(layer)) ?? 'default';
    if (!ignored.some((layer) => raw.layers.has(layer))) return { effective: raw.effective, origin };
    return { effective: raw.layers.get(origin), origin };
  }

  #ignored(key: string): readonly Layer[] {
    return !this.#trusted && this.#definition.declarations[key]?.restricted === true ? untrustedLayers : [];
  }

  /**
   * What keeps a value that is stored at a target from being served as it is: a higher layer, a lower one whose members
   * show through, or that the store cannot be read, or not yet (P29).
   */
  shadow(key: string, target: Target, scope: Scope, stored: { readonly value: unknown } | undefined): string | undefined {
    if (!this.#live) return 'last good value';
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
    const value = show(this.get(key, scoped ? scope : undefined));
    try {
      const raw = readSetting(this.#definition, this.#store, key, scope);
      const { origin, issue } = this.#resolve(key, raw);
      const honoured = (raw.former ?? []).filter(({ layer, isNewest, conversion }) => isNewest && conversion.ok && raw.layers.has(layer));
      const asStored = new Map([...raw.layers, ...honoured.map(({ layer, stored }) => [layer, stored] as const)]);
      return {
        key,
        value,
        origin: !this.#live ? 'last good value' : issue === undefined && isByPolicy(this.#definition, key, raw) ? 'policy' : origin,
        layers: Object.fromEntries([...asStored].map(([layer, stored]) => [layer, show(stored)])),
        ignored: this.#ignored(key).filter((layer) => raw.layers.has(layer)),
        ...(honoured.length === 0 ? {} : { formerly: Object.fromEntries(honoured.map(({ layer, storedAs }) => [layer, storedAs])) }),
        ...(issue === undefined ? {} : { problem: issue.problem }),
      };
    } catch {
      return { key, value, origin: 'last good value', layers: {}, ignored: [], problem: 'the store cannot be read' };
    }
  }
}

function frozen(values: Values): Readonly<Values> {
  return Object.freeze(Object.assign(Object.create(null) as Values, values));
}

/** The values kept for a scope; the oldest scope gives way when there are too many. */
function valuesOf(scopes: Map<string, Values>, id: string): Values {
  let values = scopes.get(id);
  if (values === undefined) {
    if (scopes.size >= maxScopes) scopes.delete(scopes.keys().next().value!);
    scopes.set(id, (values = Object.create(null) as Values));
  }
  return values;
}
