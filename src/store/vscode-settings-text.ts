import { applyEdits, modify, parse, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { jsonProblem } from './json-problem.ts';

/** A change of a text: what stood there, and what takes its place. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

/** A value that VS Code reads in a settings file and does not change when the setting is written, and where it stands. */
export interface StrayValue {
  /**
   * `twice`: the name stands there more than once; `nested`: in an object; `hides`: an object stands after it and takes its
   * place; `languages`: in a block for several languages.
   */
  readonly kind: 'twice' | 'nested' | 'hides' | 'languages';
  /** What to look for in the file. */
  readonly name: string;
  /** Where it stands, counted from 1. */
  readonly lines: readonly number[];
}

/** A value that stands where the settings, or those of a group, should be. */
export interface Obstacle {
  readonly name: string;
  readonly line: number;
  /** What it is, for people. */
  readonly value: string;
  /** It is the settings of a .code-workspace file. */
  readonly isSettings: boolean;
}

type Values = Record<string, unknown>;

const parseOptions = { allowTrailingComma: true, allowEmptyContent: true };

/** A block for languages: `[go]`, `[javascript][typescript]`. */
const languageBlock = /^(\[([^\]]+)\])+$/;

/** The text of a settings file, and what VS Code reads in it. */
export class SettingsText {
  readonly text: string;
  /** Why VS Code cannot change it. */
  readonly problem: string | undefined;
  readonly #inWorkspaceFile: boolean;
  readonly #raw: Values = {};
  /** Of a .code-workspace file. */
  readonly #settings: unknown = {};
  #tree: Values | undefined;
  readonly #languageTrees = new Map<string, Values>();

  /** @param inWorkspaceFile it is a .code-workspace file: the settings are one member of several */
  constructor(text: string, inWorkspaceFile: boolean) {
    this.text = text;
    this.#inWorkspaceFile = inWorkspaceFile;
    const errors: ParseError[] = [];
    let root: unknown;
    try {
      root = parse(text, errors, parseOptions) ?? {};
    } catch {
      // The parser calls itself for each level.
      this.problem = 'it is nested too deeply.';
      return;
    }
    const [error] = errors;
    if (error !== undefined) this.problem = `${jsonProblem(error)} in line ${this.#lineAt(error.offset)}.`;
    else if (!isObject(root)) this.problem = 'it is not a JSON object.';
    else if (!inWorkspaceFile) this.#raw = root;
    else {
      this.#settings = Object.hasOwn(root, 'settings') ? root['settings'] : {};
      if (isObject(this.#settings)) this.#raw = this.#settings;
    }
  }

  get isEmpty(): boolean {
    return this.text.trim() === '';
  }

  /** The names of what it holds, as they stand there. */
  get names(): string[] {
    const others = this.#inWorkspaceFile ? membersOf(this.#root()).map((member) => `/${keyOf(member)}`) : [];
    return [...Object.keys(this.#raw), ...others];
  }

  /** What VS Code reads for a setting, by its whole name: also in nested objects. `undefined`: nothing. */
  valueOf(name: string, languageId?: string): unknown {
    return valueAt(languageId === undefined ? this.#tree ??= asTree(this.#raw) : this.#languageTree(languageId), name);
  }

  /** The languages for which the file holds anything. */
  get languages(): string[] {
    return [...new Set(Object.keys(this.#raw).flatMap(languagesOf))];
  }

  /** Does any of these names stand there, for all languages or for one? */
  holdsAny(names: ReadonlySet<string>): boolean {
    const holds = (values: Values): boolean => Object.keys(values).some((name) => names.has(name));
    return holds(this.#raw) || Object.entries(this.#raw).some(([name, block]) => languageBlock.test(name) && isObject(block) && holds(block));
  }

  /** What stands in the way of a setting's name: VS Code does not store the setting then, or ignores it. */
  obstacle(name: string): Obstacle | undefined {
    if (!isObject(this.#settings)) {
      const [member] = this.#membersNamed(this.#root(), 'settings').slice(-1);
      return { name: 'settings', line: this.#lineOf(member!), value: nameOf(this.#settings), isSettings: true };
    }
    const parts = name.split('.');
    for (let count = 1; count < parts.length; count++) {
      const above = parts.slice(0, count).join('.');
      const value = this.#raw[above];
      if (!Object.hasOwn(this.#raw, above) || isObject(value)) continue;
      const [member] = this.#membersNamed(this.#holder(), above).slice(-1);
      return { name: above, line: this.#lineOf(member!), value: nameOf(value), isSettings: false };
    }
    return undefined;
  }

  /** Values of a setting that VS Code reads, and leaves as they are when the setting is written or removed. */
  strayValues(name: string, languageId?: string): StrayValue[] {
    return this.#strays(name, languageId).map(({ kind, shown, members }) => {
      const lines = members.map((member) => this.#lineOf(member));
      return { kind, name: shown, lines };
    });
  }

  /** What takes the stray values out: of a name that stands twice the last stays, which is the one that VS Code reads. */
  withoutStrayValues(name: string, languageId?: string): TextEdit[] {
    return this.#removalsOf(new Set(this.#strays(name, languageId).flatMap(({ removed }) => removed)));
  }

  /**
   * The text with one setting changed, as VS Code's own editor of settings changes it, and without stray values of it. Removing one
   * leaves no comma behind that is none.
   * @param value `undefined`: the setting is removed
   */
  withValue(name: string, languageId: string | undefined, value: unknown): string {
    if (value === undefined) return applyEdits(this.text, this.#without(name, languageId));
    const cleared = applyEdits(this.text, this.withoutStrayValues(name, languageId));
    const path = [...(this.#inWorkspaceFile ? ['settings'] : []), ...(languageId === undefined ? [] : [`[${languageId}]`]), name];
    return applyEdits(cleared, modify(cleared, path, value, { formattingOptions: this.#formatting() }));
  }

  #without(name: string, languageId: string | undefined): TextEdit[] {
    const root = this.#root();
    const holder = this.#holder(root);
    const object = languageId === undefined ? holder : this.#membersNamed(holder, `[${languageId}]`).at(-1)?.children?.[1];
    const strays = this.#strays(name, languageId, root).flatMap(({ removed }) => removed);
    return this.#removalsOf(new Set([...this.#membersNamed(object, name), ...strays]));
  }

  /** As the file has it: the indentation of its first member, and the line ends. Default: VS Code's own. */
  #formatting(): { insertSpaces: boolean; tabSize: number; eol: string } {
    const [first] = membersOf(this.#root());
    const line = first === undefined ? '' : this.text.slice(this.text.lastIndexOf('\n', first.offset) + 1, first.offset);
    const indentation = /^(?:\t+| +)$/.exec(line)?.[0] ?? '    ';
    const insertSpaces = indentation.startsWith(' ');
    return { insertSpaces, tabSize: insertSpaces ? indentation.length : 4, eol: /\r?\n/.exec(this.text)?.[0] ?? '\n' };
  }

  #strays(name: string, languageId: string | undefined, root = this.#root()): Stray[] {
    const found: Stray[] = [];
    const noteTwice = (parent: Node | undefined, shown: string): Node | undefined => {
      const members = this.#membersNamed(parent, shown);
      if (members.length > 1) found.push({ kind: 'twice', shown, members, removed: members.slice(0, -1) });
      return members.at(-1)?.children?.[1];
    };
    let holder = this.#inWorkspaceFile ? noteTwice(root, 'settings') : root;
    if (languageId !== undefined) {
      for (const block of membersOf(holder)) {
        const languages = languagesOf(keyOf(block));
        const members = languages.length > 1 && languages.includes(languageId) ? this.#holding(block.children?.[1], name) : [];
        // They are the other languages' as well.
        if (members.length > 0) found.push({ kind: 'languages', shown: keyOf(block), members, removed: [] });
      }
      holder = noteTwice(holder, `[${languageId}]`);
    }
    noteTwice(holder, name);
    const nested = this.#holding(holder, name).filter((member) => member.parent !== holder);
    if (nested.length > 0) found.push({ kind: 'nested', shown: name.split('.')[0]!, members: nested, removed: nested });
    const [own] = this.#membersNamed(holder, name).slice(-1);
    const after = own === undefined ? [] : membersOf(holder).filter((member) => name.startsWith(`${keyOf(member)}.`) && member.offset > own.offset);
    // VS Code writes where it stands; without it, at the end.
    if (after.length > 0) found.push({ kind: 'hides', shown: keyOf(after[0]!), members: after, removed: [own!] });
    return found;
  }

  /** The members of an object that hold a setting, by its whole name or in nested objects. */
  #holding(object: Node | undefined, name: string): Node[] {
    const parts = name.split('.');
    return parts.flatMap((_, index) => {
      let members = this.#membersNamed(object, parts.slice(0, index + 1).join('.')).slice(-1);
      for (const part of parts.slice(index + 1)) {
        members = members.flatMap((member) => this.#membersNamed(member.children?.[1], part).slice(-1));
      }
      return members;
    });
  }

  /** As in VS Code: blocks for several languages are merged, and the language's own wins. */
  #languageTree(languageId: string): Values {
    let tree = this.#languageTrees.get(languageId);
    if (tree === undefined) this.#languageTrees.set(languageId, (tree = this.#blocksOf(languageId)));
    return tree;
  }

  #blocksOf(languageId: string): Values {
    const blocks = Object.entries(this.#raw).filter(([name, block]) => languagesOf(name).includes(languageId) && isObject(block));
    const own = ([name]: [string, unknown]): boolean => languagesOf(name).length === 1;
    const ordered = [...blocks.filter((block) => !own(block)), ...blocks.filter(own)];
    return ordered.reduce<Values>((all, [, block]) => mergedDeeply(all, asTree(block as Values)), {});
  }

  #root(): Node | undefined {
    return parseTree(this.text, [], parseOptions);
  }

  #holder(root = this.#root()): Node | undefined {
    return this.#inWorkspaceFile ? this.#membersNamed(root, 'settings').at(-1)?.children?.[1] : root;
  }

  #membersNamed(object: Node | undefined, name: string): Node[] {
    return object?.type === 'object' ? membersOf(object).filter((member) => keyOf(member) === name) : [];
  }

  #removalsOf(removed: ReadonlySet<Node>): TextEdit[] {
    const parents = new Set([...removed].map(({ parent }) => parent!));
    return [...parents].flatMap((parent) => this.#removals(parent, removed)).sort((a, b) => a.offset - b.offset);
  }

  /** With the comma before each; at the beginning, with the one after it. */
  #removals({ children = [] }: Node, removed: ReadonlySet<Node>): TextEdit[] {
    const edits: TextEdit[] = [];
    const first = children.findIndex((member) => !removed.has(member));
    const remove = (from: number, to: number): void => void edits.push({ offset: from, length: to - from, content: '' });
    if (first === -1) remove(children[0]!.offset, this.#afterComma(endOf(children.at(-1)!)));
    if (first > 0) remove(children[0]!.offset, children[first]!.offset);
    children.forEach((member, index) => {
      if (first !== -1 && index > first && removed.has(member)) remove(endOf(children[index - 1]!), endOf(member));
    });
    return edits;
  }

  #afterComma(offset: number): number {
    const comma = /^\s*,/.exec(this.text.slice(offset));
    return offset + (comma?.[0].length ?? 0);
  }

  #lineOf(node: Node): number {
    return this.#lineAt(node.offset);
  }

  #lineAt(offset: number): number {
    return this.text.slice(0, offset).split('\n').length;
  }
}

interface Stray {
  readonly kind: StrayValue['kind'];
  readonly shown: string;
  readonly members: readonly Node[];
  /** What has to go, so that VS Code reads what it writes. */
  readonly removed: readonly Node[];
}

const endOf = ({ offset, length }: Node): number => offset + length;

const membersOf = (object: Node | undefined): readonly Node[] => object?.children ?? [];

const keyOf = (member: Node): string => String(member.children?.[0]?.value);

function languagesOf(name: string): string[] {
  return languageBlock.test(name) ? [...new Set([...name.matchAll(/\[([^\]]+)\]/g)].map(([, id]) => id!.trim()))] : [];
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** As VS Code reads names with dots: in their order, each as a path, the later one over the earlier. */
function asTree(values: Values): Values {
  const root = Object.create(null) as Values;
  /** What was made here, and need not be copied again: the values themselves are left as they are. */
  const copies = new Set<unknown>();
  for (const [name, value] of Object.entries(values)) {
    const parts = name.split('.');
    const last = parts.pop()!;
    let here: Values | undefined = root;
    for (const part of parts) {
      const below: unknown = Object.hasOwn(here, part) ? here[part] : {};
      // VS Code ignores what lies below a value that is no object.
      if (!isObject(below)) {
        here = undefined;
        break;
      }
      if (copies.has(below)) here = below;
      else {
        here = here[part] = Object.assign(Object.create(null) as Values, below);
        copies.add(here);
      }
    }
    if (here !== undefined) here[last] = value;
  }
  return root;
}

function valueAt(tree: Values, name: string): unknown {
  let here: unknown = tree;
  for (const part of name.split('.')) {
    if (!isObject(here) || !Object.hasOwn(here, part)) return undefined;
    here = here[part];
  }
  return here;
}

function mergedDeeply(below: Values, above: Values): Values {
  const all = Object.assign(Object.create(null) as Values, below);
  for (const [name, value] of Object.entries(above)) {
    const under = all[name];
    all[name] = isObject(under) && isObject(value) ? mergedDeeply(under, value) : value;
  }
  return all;
}
