import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyEdits, findNodeAtLocation, modify, parseTree, printParseErrorCode, type JSONPath, type Node, type ParseError } from 'jsonc-parser';
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

  /** Adds a member to an object, which is made if need be: in its place where names are sorted, else last. */
  add(parent: string, name: string, value: string): void {
    const { [parent]: object } = this.manifest;
    const names = Object.keys(Object(object) as object);
    const isSorted = names.every((each, index) => index === 0 || names[index - 1]! <= each);
    const getInsertionIndex = (): number => (isSorted && names.length > 1 ? names.filter((each) => each < name).length : names.length);
    const edits = modify(this.#text, [parent, name], value, { formattingOptions: this.#formatting, getInsertionIndex });
    this.#text = applyEdits(this.#text, edits);
  }

  save(): void {
    if (this.isChanged) writeText(this.file, this.text);
  }

  #lineAt(offset: number): number {
    return this.#text.slice(0, offset).split('\n').length;
  }

  get #formatting(): { readonly insertSpaces: boolean; readonly tabSize: number; readonly eol: string } {
    const indent = /^\s*\{\s*?\n([ \t]+)"/.exec(this.#text)?.[1] ?? '  ';
    return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.startsWith('\t') ? 1 : indent.length, eol: lineEnd(this.#text) };
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
    return readFileSync(file, 'utf8');
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
