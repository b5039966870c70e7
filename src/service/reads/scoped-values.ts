import type { Scope } from '../../store/store.ts';
import type { SettingIssue } from './snapshot.ts';

/** Scopes that are kept: with more folders and languages than that, the oldest are forgotten. */
const maxScopes = 300;

/** What is served for one folder, one language, or one language in one folder. */
export class ScopedValues {
  readonly scope: Scope;
  /** The settings that were read for it: the values, all of them valid. */
  readonly values = new Map<string, unknown>();
  /** Those of which a valid value was stored: it is its own last good value, and not the window's. */
  readonly good = new Set<string>();
  /** Those of which something else is stored. */
  readonly issues = new Map<string, SettingIssue>();

  constructor(scope: Scope) {
    this.scope = scope;
  }
}

/** The scopes that settings were read for. Files of one folder share what is kept for it. */
export class ScopedValuesMap {
  readonly #settingsScope: (scope: Scope) => Scope;
  readonly #kept = new Map<string, ScopedValues>();
  /** The same, by what callers ask for; `undefined` stands for the window. */
  readonly #asked = new Map<string, ScopedValues | undefined>();

  /** @param settingsScope the scope whose settings hold for a given one */
  constructor(settingsScope: (scope: Scope) => Scope) {
    this.#settingsScope = settingsScope;
  }

  get all(): Iterable<ScopedValues> {
    return this.#kept.values();
  }

  /** What is kept for a scope; `undefined` when it is the window. May throw for what is no scope. */
  of(scope: Scope): ScopedValues | undefined {
    const id = idOf(scope);
    const known = this.#asked.get(id);
    if (known !== undefined || this.#asked.has(id)) return known;
    const found = this.#keep(this.#settingsScope(scope));
    if (this.#asked.size >= maxScopes) this.#asked.clear();
    this.#asked.set(id, found);
    return found;
  }

  /** The same, if it is kept already. */
  find(scope: Scope): ScopedValues | undefined {
    return this.#kept.get(idOf(scope));
  }

  /** Another scope would take the place of one that is kept. */
  get isFull(): boolean {
    return this.#kept.size >= maxScopes;
  }

  /** Which files belong to which folder may have changed. */
  forgetFolders(): void {
    this.#asked.clear();
  }

  #keep({ resource, languageId }: Scope): ScopedValues | undefined {
    const scope = { ...(resource === undefined ? {} : { resource }), ...(languageId === undefined ? {} : { languageId }) };
    const id = idOf(scope);
    let kept = this.#kept.get(id);
    if (kept !== undefined || (resource === undefined && languageId === undefined)) return kept;
    if (this.isFull) this.#forgetOldest();
    this.#kept.set(id, (kept = new ScopedValues(scope)));
    return kept;
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest!);
    this.#asked.clear();
  }
}

/** No URI and no language has a line break. */
const idOf = ({ resource, languageId }: Scope): string => `${languageId ?? ''}\n${resource ?? ''}`;
