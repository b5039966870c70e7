import type { SettingsDefinition } from '../../settings/define-settings.ts';
import { keyOf as keyOfSetting } from '../../settings/setting-key.ts';

/** The names of the sub-sections of settings: of `hovers.delay`, `hovers`. */
export type SubSections<K extends string> = K extends `${infer Head}.${infer Rest}` ? Head | `${Head}.${SubSections<Rest>}` : never;

/** The settings of a sub-section, by what is left of their keys. */
type Within<V, P extends string> = { readonly [K in keyof V & string as K extends `${P}.${infer Rest}` ? Rest : never]: V[K] };

/** Settings as one object: `hovers.delay` is the member `delay` of the member `hovers`. */
export type SectionValues<V> = {
  readonly [K in keyof V & string as K extends `${infer Head}.${string}` ? Head : K]: K extends `${infer Head}.${string}` ? SectionValues<Within<V, Head>> : V[K];
};

/** The values of a sub-section, as one object. */
export type SubSectionValues<V, P extends string> = SectionValues<Within<V, P>>;

interface Built {
  readonly parts: readonly unknown[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** The settings of a definition as objects, as VS Code's own `get` gives them for a section or a part of one. */
export class Sections {
  /** By the name of a sub-section, `''` for all: the names of what is in it, and the whole names of these. */
  readonly #members = new Map<string, Map<string, string>>();
  /** What was made last, by whom it was read for. While nothing has changed it is given again. */
  readonly #built = new WeakMap<object, Map<string, Built>>();

  constructor(keys: readonly string[]) {
    this.#members.set('', new Map());
    for (const key of keys) {
      const parts = key.split('.');
      parts.forEach((part, index) => {
        const group = parts.slice(0, index).join('.');
        if (!this.#members.has(group)) this.#members.set(group, new Map());
        this.#members.get(group)!.set(part, parts.slice(0, index + 1).join('.'));
      });
    }
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /**
   * A frozen object; `undefined` when there is no such sub-section.
   * @param owner whom it is read for: each has objects of its own
   */
  get(name: string, owner: object, read: (key: string) => unknown): Readonly<Record<string, unknown>> | undefined {
    const members = this.#members.get(name);
    if (members === undefined) return undefined;
    let built = this.#built.get(owner);
    if (built === undefined) this.#built.set(owner, (built = new Map()));
    const parts = [...members.values()].map((member) => this.get(member, owner, read) ?? read(member));
    const before = built.get(name);
    if (before?.parts.every((part, index) => part === parts[index]) === true) return before.values;
    const values = Object.freeze(Object.fromEntries([...members.keys()].map((part, index) => [part, parts[index]])));
    built.set(name, { parts, values });
    return values;
  }
}

/** What is called so in settings.json: a key, a sub-section, `''` for the section itself; `undefined`: it is no part of the section. */
export function keyOf({ section }: Pick<SettingsDefinition, 'section'>, name: string): string | undefined {
  return name === section ? '' : keyOfSetting(section, name);
}

/** What an object holds at the end of a path; `undefined`: nothing. */
export function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((outer, part) => (typeof outer === 'object' && outer !== null && Object.hasOwn(outer, part) ? (outer as Record<string, unknown>)[part] : undefined), value);
}
