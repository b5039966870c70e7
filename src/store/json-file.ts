import { applyEdits, getNodeValue, parseTree, printParseErrorCode, type Edit, type Node, type ParseError } from 'jsonc-parser';
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, realpathSync, type BigIntStats } from 'node:fs';
import { access, constants, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StoreError, type StoreReason } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import type { WriteOptions } from './store.ts';

/** One JSON-with-comments file: read, edited in place of its text, and replaced as a whole or not at all. */

/** What tells one state of a file from another, and what a replacement takes over from it. */
interface Stamp {
  readonly identity: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A member's name, or the names of a member and of a member of that. */
export type Place = readonly [name: string, inner?: string];

export interface JsonText {
  /** Without its byte order mark. Empty when there is no file. */
  readonly text: string;
  readonly bom: boolean;
  /** `undefined`: there is no file. */
  readonly stamp: Stamp | undefined;
}

const reasons: Readonly<Record<string, StoreReason>> = {
  EACCES: 'permission', EPERM: 'permission', EROFS: 'read-only', ENOSPC: 'no-space', EDQUOT: 'no-space',
  EISDIR: 'invalid-file', ENOTDIR: 'invalid-file', EEXIST: 'invalid-file',
};

/** What the file system said, as a `StoreError`. */
export function fileFailure(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code = 'no code', message } = error as NodeJS.ErrnoException;
  const reason = reasons[code] ?? 'io';
  return new StoreError(reason, `${file}: ${message}`, {
    cause: error,
    context: { file, code },
    ...(reason === 'invalid-file' ? { userAction: `A folder is in the place of ${file}, or a file in the place of its folder: remove it.` } : {}),
  });
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Where links lead, also when nothing is there yet: a link is written through, not replaced. Never throws. */
export function realFile(file: string): string {
  const folder = path.dirname(file);
  try {
    return realpathSync(file);
  } catch (error) {
    // Whatever else is wrong is said when the file is opened.
    if (!isMissing(error) || folder === file) return file;
  }
  try {
    return realFile(path.resolve(folder, readlinkSync(file)));
  } catch {
    // Not a link.
    return path.join(realFile(folder), path.basename(file));
  }
}

const turns = new Map<string, Promise<unknown>>();

/** Work on one file, in the order asked for, across all stores of this process. */
export async function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(file) ?? Promise.resolve()).then(work, work);
  turns.set(file, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(file) === turn) turns.delete(file);
  }
}

function decoded(file: string, bytes: Uint8Array, stamp: Stamp | undefined): JsonText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const bom = text.startsWith('\uFEFF');
    return { text: bom ? text.slice(1) : text, bom, stamp };
  } catch (cause) {
    throw new StoreError('invalid-file', `${file} is not UTF-8 text.`, { cause, context: { file }, userAction: `Save ${file} as UTF-8, then try again.` });
  }
}

const noFile: JsonText = { text: '', bom: false, stamp: undefined };

async function stampOf(file: string): Promise<Stamp | undefined> {
  try {
    return stamped(await stat(file, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function stamped({ ino, size, mtimeNs, mode, uid, gid }: BigIntStats): Stamp {
  return { identity: `${ino} ${size} ${mtimeNs}`, mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid) };
}

export async function readJsonText(file: string): Promise<JsonText> {
  try {
    // Looked at before it is read: what changes meanwhile is noticed at the replacement.
    const stamp = await stampOf(file);
    return stamp === undefined ? noFile : decoded(file, await readFile(file), stamp);
  } catch (error) {
    throw fileFailure(file, error);
  }
}

/** For the first look at a file that a synchronous read asks for. */
export function readJsonTextSync(file: string): JsonText | StoreError {
  try {
    return decoded(file, readFileSync(file), undefined);
  } catch (error) {
    return isMissing(error) ? noFile : fileFailure(file, error);
  }
}

/** The outermost object. `undefined` when the text holds none, but for comments. @throws StoreError `invalid-file` */
export function parseJson(file: string, text: string): Node | undefined {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  } catch (cause) {
    // The parser calls itself for each level.
    throw new StoreError('invalid-file', `${file} is nested too deeply to be read.`, { cause, context: { file } });
  }
  const [first] = errors;
  if (first !== undefined) throw damaged(file, text, first.offset, printParseErrorCode(first.error));
  if (root !== undefined && root.type !== 'object') throw damaged(file, text, root.offset, 'an object is expected');
  return root;
}

function damaged(file: string, text: string, offset: number, problem: string): StoreError {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  const line = lines.length;
  const column = lines.at(-1)!.length + 1;
  const where = `line ${line}, column ${column}`;
  return new StoreError('invalid-file', `${file} is not valid JSON: ${problem} in ${where}.`, {
    userAction: `Correct ${where} of ${file}, then try again.`,
    context: { file, line, column },
  });
}

/** The last member of that name: it is the one that counts. */
const member = (object: Node, name: string): Node | undefined => object.children!.findLast(({ children }) => children![0]!.value === name);

/** The value at a path of member names, or `undefined`. */
export function valueAt(root: Node | undefined, [name, inner]: Place): unknown {
  const node = root?.type === 'object' ? member(root, name)?.children![1] : undefined;
  if (inner !== undefined) return valueAt(node, [inner]);
  return node && getNodeValue(node);
}

interface Style {
  readonly eol: string;
  readonly indent: string;
}

const end = (node: Node): number => node.offset + node.length;
const lineBreak = /[\r\n]/;
const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
const comments = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g;
const commentsOnThisLine = /(?:[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/))*/y;

function indentAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))![0];
}

/** Where the comma between two members is, behind comments perhaps. */
function commaBetween(text: string, from: number, to: number): number | undefined {
  const at = text.slice(from, to).replace(comments, (comment) => ' '.repeat(comment.length)).indexOf(',');
  return at < 0 ? undefined : from + at;
}

const isOnOneLine = (text: string, object: Node): boolean => !lineBreak.test(text.slice(object.offset, object.children![0]!.offset));

function printed(value: unknown, indent: string, style: Style, onOneLine: boolean): string {
  return onOneLine ? JSON.stringify(value) : JSON.stringify(value, null, style.indent).replaceAll('\n', style.eol + indent);
}

function insertion(text: string, object: Node, name: string, value: unknown, style: Style): Edit[] {
  const last = object.children!.at(-1);
  const inside = object.offset + 1;
  if (last === undefined) {
    const base = indentAt(text, object.offset);
    const added = `${style.eol}${base}${style.indent}${JSON.stringify(name)}: ${printed(value, base + style.indent, style, false)}`;
    const isEmpty = text.slice(inside, end(object) - 1).trim() === '';
    return [isEmpty ? { offset: inside, length: object.length - 2, content: `${added}${style.eol}${base}` } : { offset: inside, length: 0, content: added }];
  }
  const onOneLine = isOnOneLine(text, object);
  const indent = indentAt(text, last.offset);
  const added = `${JSON.stringify(name)}: ${printed(value, indent, style, onOneLine)}`;
  const comma = commaBetween(text, end(last), end(object) - 1);
  const behind = comma === undefined ? end(last) : comma + 1;
  const [before, after] = comma === undefined ? [',', ''] : ['', ','];
  if (onOneLine) return [{ offset: behind, length: 0, content: `${before} ${added}${after}` }];
  commentsOnThisLine.lastIndex = behind;
  const offset = behind + commentsOnThisLine.exec(text)![0].length;
  const line = `${style.eol}${indent}${added}${after}`;
  if (offset === behind) return [{ offset, length: 0, content: before + line }];
  return [{ offset: behind, length: 0, content: before }, { offset, length: 0, content: line }];
}

/** Takes a member out, with one comma, and its line if nothing else is on it. Comments stay. */
function removal(text: string, object: Node, property: Node): Edit[] {
  const index = object.children!.indexOf(property);
  const next = object.children![index + 1];
  const previous = object.children![index - 1];
  const edits: Edit[] = [];
  let [from, to] = [property.offset, end(property)];
  let comma = commaBetween(text, to, next?.offset ?? end(object) - 1);
  if (comma !== undefined && text.slice(to, comma).trim() === '') to = comma + 1;
  else {
    if (comma === undefined && previous !== undefined) comma = commaBetween(text, end(previous), from);
    if (comma !== undefined) edits.push({ offset: comma, length: 1, content: '' });
  }
  let [start, stop] = [from, to];
  while (isBlank(text[start - 1])) start--;
  while (isBlank(text[stop])) stop++;
  const startsLine = lineBreak.test(text[start - 1]!);
  const endOfLine = text.startsWith('\r\n', stop) ? 2 : lineBreak.test(text[stop]!) ? 1 : 0;
  // What is left of a line keeps the indentation, or the blanks behind.
  if (startsLine) to = stop + endOfLine;
  if (!startsLine || endOfLine > 0) from = start;
  return [...edits, { offset: from, length: to - from, content: '' }];
}

function edits(file: string, text: string, object: Node, [name, inner]: Place, value: unknown, style: Style): Edit[] {
  const property = member(object, name);
  if (property === undefined) return value === undefined ? [] : insertion(text, object, name, inner === undefined ? value : { [inner]: value }, style);
  const node = property.children![1]!;
  if (inner !== undefined) {
    if (node.type !== 'object') throw damaged(file, text, node.offset, 'an object is expected');
    return edits(file, text, node, [inner], value, style);
  }
  if (value === undefined) return removal(text, object, property);
  if (sameData(getNodeValue(node), value)) return [];
  return [{ offset: node.offset, length: node.length, content: printed(value, indentAt(text, property.offset), style, isOnOneLine(text, object)) }];
}

/** The text with one value changed and everything else, comments and layout included, as it was. */
export function edited(file: string, text: string, at: Place, value: unknown): string {
  const root = parseJson(file, text);
  const [first] = root?.children ?? [];
  const style: Style = { eol: /\r\n|\r|\n/.exec(text)?.[0] ?? '\n', indent: (first && indentAt(text, first.offset)) || '    ' };
  if (root === undefined) {
    if (value === undefined) return text;
    const start = text === '' || /[\r\n]$/.test(text) ? text : text + style.eol;
    return edited(file, `${start}{${style.eol}}${style.eol}`, at, value);
  }
  const changes = edits(file, text, root, at, value, style);
  if (changes.length === 0) return text;
  const changed = applyEdits(text, changes);
  // Of a name that is there twice, the other one would show up.
  return value === undefined ? edited(file, changed, at, value) : changed;
}

/**
 * Changes one value, at a member name or at a member of a member, on disk.
 *
 * @returns what is on disk now
 * @throws StoreError; then nothing was stored
 */
export function editJson(file: string, at: Place, value: unknown, { signal, expected }: WriteOptions): Promise<JsonText> {
  const real = realFile(file);
  return inTurn(real, async () => {
    const before = await readJsonText(real);
    if (expected !== undefined && !sameData(valueAt(parseJson(file, before.text), at), expected.value)) {
      throw new StoreError('newer', `"${at.at(-1)}" was changed by someone else meanwhile.`, { context: { file } });
    }
    const text = edited(file, before.text, at, value);
    if (text === before.text) return before;
    return { ...before, text, stamp: await replaceFile(real, (before.bom ? '\uFEFF' : '') + text, before.stamp, signal) };
  });
}

/** Puts a text in the place of a file that is still as it was `before`: the whole text is there, or the file is as before. */
export async function replaceFile(file: string, text: string, before: Stamp | undefined, signal?: AbortSignal): Promise<Stamp> {
  const temporary = path.join(path.dirname(file), `.holdfast-${randomUUID()}.tmp`);
  const checkSignal = (): void => {
    if (signal?.aborted === true) throw new StoreError('io', `${file} was not written: the attempt was given up.`, { context: { file } });
  };
  try {
    checkSignal();
    // The folder's permissions would do for a replacement; the file's count.
    if (before !== undefined) await access(file, constants.W_OK);
    // Node says ENOENT when a new folder's parent is read-only: so that is asked first.
    else if (await writableFolder(path.dirname(file)) !== path.dirname(file)) await mkdir(path.dirname(file), { recursive: true });
    await writeTemporary(temporary, text, before);
    const now = await stampOf(file);
    if (now?.identity !== before?.identity) throw new StoreError('newer', `${file} was changed by someone else meanwhile.`, { context: { file } });
    const stamp = (await stampOf(temporary))!;
    checkSignal();
    await rename(temporary, file);
    return stamp;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileFailure(file, error);
  }
}

async function writeTemporary(temporary: string, text: string, { mode, uid, gid }: Partial<Stamp> = {}): Promise<void> {
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(text);
    // Past the umask; and what the administrator changes still belongs to its owner.
    if (mode !== undefined) await handle.chmod(mode);
    if (uid !== undefined && gid !== undefined && process.getuid?.() === 0) await handle.chown(uid, gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folder a file would be created in: the nearest that exists. Rejects unless it can be written. */
export async function writableFolder(folder: string): Promise<string> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return writableFolder(path.dirname(folder));
  }
}
