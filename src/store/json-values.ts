import { getNodeValue, type Node } from 'jsonc-parser';
import { sameData } from '../settings/plain-data.ts';
import { merged } from './memory-store.ts';

/**
 * What a settings file says, as VS Code makes it out: `"app.count": 6` and `"app": { "count": 6 }` are two spellings of one
 * setting, and `"[javascript][typescript]": { … }` is for both languages.
 */

/** A member of an object, and the object. */
export interface Member {
  readonly object: Node;
  readonly property: Node;
}

type Tree = Record<string, unknown>;

const nameOf = (property: Node): string => property.children![0]!.value as string;
const valueOf = (property: Node): Node => property.children![1]!;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The members that are asked for, by name. Of a name that is there twice, the last one counts, in the place of the first. */
function membersOf(object: Node, isWanted: (name: string) => boolean): Map<string, Node> {
  return new Map(object.children!.filter((property) => isWanted(nameOf(property))).map((property) => [nameOf(property), property]));
}

const isWithin = (name: string, other: string): boolean =>
  name.startsWith(other) && (name.length === other.length || name[other.length] === '.');
/** One of them is a part of the other. */
const areRelated = (name: string, other: string): boolean => isWithin(name, other) || isWithin(other, name);

/** What an object of the file says of a name with dots; `''`: of all names. `undefined`: nothing. */
export function settingIn(object: Node | undefined, name: string): unknown {
  const tree = Object.create(null) as Tree;
  if (object?.type !== 'object') return undefined;
  for (const [spelled, property] of membersOf(object, (spelled) => name === '' || areRelated(spelled, name))) {
    add(tree, spelled.split('.'), getNodeValue(valueOf(property)));
  }
  return name === '' ? tree : lookUp(tree, name);
}

/** A later name takes the place of what an earlier one has put there, or adds to it; below what is no object nothing can be. */
function add(tree: Tree, names: readonly string[], value: unknown): void {
  let at = tree;
  for (const name of names.slice(0, -1)) {
    const next = (at[name] === undefined ? (at[name] = Object.create(null)) : at[name]) as unknown;
    if (!isTree(next)) return;
    at = next;
  }
  at[names.at(-1)!] = value;
}

function lookUp(tree: unknown, name: string): unknown {
  let at = tree;
  for (const each of name.split('.')) at = isTree(at) && Object.hasOwn(at, each) ? at[each] : undefined;
  return at;
}

/** All members that are a name, and those that are a part of its value (`app.limits.low` of `app.limits`). What counts most is last. */
export function spellingsOf(object: Node, name: string): { readonly whole: readonly Member[]; readonly parts: readonly Member[] } {
  const [whole, parts]: [Member[], Member[]] = [[], []];
  const byName = new Map<string, Node[]>();
  for (const property of object.children!) {
    if (!areRelated(nameOf(property), name)) continue;
    const others = byName.get(nameOf(property));
    if (others === undefined) byName.set(nameOf(property), [property]);
    else others.push(property);
  }
  for (const [spelled, properties] of byName) {
    const members = properties.map((property) => ({ object, property }));
    if (spelled === name) whole.push(...members);
    else if (isWithin(spelled, name)) parts.push(...members);
    else whole.push(...nested(valueOf(properties.at(-1)!), name.slice(spelled.length + 1).split('.')));
  }
  return { whole, parts };
}

function nested(object: Node, [name, ...inner]: readonly string[]): Member[] {
  if (object.type !== 'object') return [];
  const properties = object.children!.filter((property) => nameOf(property) === name);
  if (inner.length === 0) return properties.map((property) => ({ object, property }));
  return properties.length === 0 ? [] : nested(valueOf(properties.at(-1)!), inner);
}

/** The member that keeps a name from being read: it should be an object, and is not. */
export function hindranceOf(object: Node, name: string): Member | undefined {
  const names = name.split('.');
  const outer = names.slice(1).map((_, index) => names.slice(0, index + 1).join('.'));
  const at = outer.find((each) => {
    const value = settingIn(object, each);
    return value !== undefined && !isTree(value);
  });
  return at === undefined ? undefined : spellingsOf(object, at).whole.at(-1);
}

/** The languages that a name such as `[javascript][typescript]` stands for; none: it is a setting's. */
function languagesOf(name: string): string[] {
  return /^(\[[^\]]+\])+$/.test(name) ? [...name.matchAll(/\[([^\]]+)\]/g)].map(([, language]) => language!.trim()) : [];
}

/** The block in which a language's own values stand: other languages have no part in it. Of several names for it the last counts. */
export function blockOf(root: Node, languageId: string): Node | undefined {
  const blocks = membersOf(root, (name) => {
    const languages = languagesOf(name);
    return languages.length === 1 && languages[0] === languageId;
  });
  const property = [...blocks.values()].at(-1);
  return property && valueOf(property);
}

/** What a file says of the settings of one section. */
export class SectionValues {
  readonly #plain: unknown;
  /** Those that say something; for one language alone there is one at most. */
  readonly #blocks: readonly { readonly languages: readonly string[]; readonly values: unknown }[];
  readonly #byLanguage = new Map<string, unknown>();

  constructor(root: Node | undefined, section: string) {
    this.#plain = settingIn(root, section);
    const blocks = (root === undefined ? [] : [...membersOf(root, (name) => languagesOf(name).length > 0)])
      .map(([name, property]) => ({ languages: languagesOf(name), values: settingIn(valueOf(property), section) }));
    // As `blockOf`: the last one counts, whether or not it says anything of this section.
    const own = new Map(blocks.filter(({ languages }) => languages.length === 1).map((block) => [block.languages[0]!, block]));
    this.#blocks = blocks.filter((block) =>
      block.values !== undefined && (block.languages.length > 1 || own.get(block.languages[0]!) === block));
  }

  /** The value of a setting, or that for one language alone; `undefined`: there is none. */
  get(key: string, languageId: string | undefined): unknown {
    return lookUp(languageId === undefined ? this.#plain : this.#of(languageId), key);
  }

  /** The languages for which there are values. */
  get languages(): string[] {
    return [...new Set(this.#blocks.flatMap(({ languages }) => languages))];
  }

  same(other: SectionValues): boolean {
    return sameData(this.#plain, other.#plain) && sameData(this.#blocks, other.#blocks);
  }

  /** A block for one language alone wins over those that are for others as well. */
  #of(languageId: string): unknown {
    if (!this.#byLanguage.has(languageId)) {
      const blocks = this.#blocks.filter(({ languages }) => languages.includes(languageId));
      const shared = blocks.filter(({ languages }) => languages.length > 1);
      const own = blocks.filter(({ languages }) => languages.length === 1);
      this.#byLanguage.set(languageId, [...shared, ...own].reduce<unknown>((below, { values }) => merged(below, values), undefined));
    }
    return this.#byLanguage.get(languageId);
  }
}
