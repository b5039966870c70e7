import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findNodeAtLocation, parseTree, printParseErrorCode, type JSONPath, type Node, type ParseError } from 'jsonc-parser';
import type { ExtensionManifest } from '../settings/manifest-settings.ts';

/** Nothing can be done: its message is one sentence that says why. The program ends with exit code 2. */
export class CannotError extends Error {
  override readonly name = 'CannotError';
}

const byteOrderMark = '\uFEFF';

/** A package.json as it stands in its file, and as it is changed: formatting, line ends and byte order mark stay as they are. */
export class PackageFile {
  readonly file: string;
  readonly folder: string;
  /** As it was read. */
  readonly before: string;
  #text: string;
  readonly #mark: string;

  /** @throws CannotError there is none, it cannot be read, or it is no JSON */
  constructor(file: string) {
    this.file = path.resolve(file);
    this.folder = path.dirname(this.file);
    const before = readOrNothing(this.file);
    if (before === undefined) throw new CannotError(`There is no ${this.file}.`);
    this.before = before;
    this.#mark = this.before.startsWith(byteOrderMark) ? byteOrderMark : '';
    this.#text = this.before.slice(this.#mark.length);
    const errors: ParseError[] = [];
    const tree = parseTree(this.#text, errors, { disallowComments: true, allowTrailingComma: false });
    const [error] = errors;
    if (error !== undefined) throw new CannotError(`${this.file} is damaged: ${printParseErrorCode(error.error)} in line ${this.#lineAt(error.offset)}.`);
    if (tree?.type !== 'object') throw new CannotError(`${this.file} is no package.json: it holds no object.`);
  }

  get manifest(): ExtensionManifest & Readonly<Record<string, unknown>> {
    return JSON.parse(this.#text) as ExtensionManifest & Record<string, unknown>;
  }

  /** As it will be. */
  get text(): string {
    return this.#mark + this.#text;
  }

  get isChanged(): boolean {
    return this.text !== this.before;
  }

  /** The line in which something stands, from 1: the nearest there is on its way. */
  lineOf(place: JSONPath): number {
    const tree = parseTree(this.#text)!;
    let node: Node | undefined;
    for (let length = place.length; node === undefined; length--) node = findNodeAtLocation(tree, place.slice(0, length));
    return this.#lineAt((node.parent?.type === 'property' ? node.parent : node).offset);
  }

  /**
   * Adds a member to an object, which is made if need be: in its place where names are sorted, else last. It is set as what stands
   * beside it, and nothing else is touched.
   * @throws CannotError something else is in the place of the object
   */
  add(parent: string, name: string, value: string): void {
    const root = parseTree(this.#text)!;
    const object = findNodeAtLocation(root, [parent]);
    const objectText = (gap: string): string => `{${gap.includes('\n') ? gap + this.#indent : gap}${JSON.stringify(name)}: ${JSON.stringify(value)}${gap}}`;
    if (object === undefined) this.#insert(root, parent, objectText);
    else if (object.type !== 'object') throw new CannotError(`${this.file} is no package.json: its "${parent}" is no object.`);
    else if (object.children!.length > 0) this.#insert(object, name, () => JSON.stringify(value));
    else this.#replace(object.offset, object.length, objectText(this.#gapBefore(object.parent!)));
  }

  /** Adds a member to an object that has some. @param textOf its value, by the gap before it */
  #insert({ children: members = [] }: Node, name: string, textOf: (gap: string) => string): void {
    const names = members.map(({ children }) => String(children![0]!.value));
    const isSorted = names.length > 1 && names.every((each, index) => index === 0 || names[index - 1]! <= each);
    const before = members[(isSorted ? names.filter((each) => each < name).length : names.length) - 1];
    const gap = this.#gapBefore(before ?? members[0]!);
    const member = `${JSON.stringify(name)}: ${textOf(gap)}`;
    if (before === undefined) this.#replace(members[0]!.offset, 0, `${member},${gap}`);
    else this.#replace(before.offset + before.length, 0, `,${gap}${member}`);
  }

  #replace(offset: number, length: number, text: string): void {
    this.#text = this.#text.slice(0, offset) + text + this.#text.slice(offset + length);
  }

  /** The line break and the blanks before a member. */
  #gapBefore({ offset }: Node): string {
    return /(?:\r?\n)?[ \t]*$/.exec(this.#text.slice(0, offset))![0];
  }

  save(): void {
    if (this.isChanged) writeText(this.file, this.text);
  }

  #lineAt(offset: number): number {
    return this.#text.slice(0, offset).split('\n').length;
  }

  get #indent(): string {
    return /^\s*\{\s*?\n([ \t]+)"/.exec(this.#text)?.[1] ?? '  ';
  }
}

/** How the lines of a text end: as its first one. */
export const lineEnd = (text: string): string => (/\r?\n/.exec(text)?.[0] ?? '\n');

/**
 * What a file holds; `undefined`: it does not exist.
 * @throws CannotError it cannot be read
 */
export function readOrNothing(file: string): string | undefined {
  try {
    // What is in another encoding would be damaged when it is written again.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    throw new CannotError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * Writes a file, and makes its folder if need be.
 * @throws CannotError it cannot be written
 */
export function writeText(file: string, text: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    throw new CannotError(`${file} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}
