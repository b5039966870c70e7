import type { Edit, Node, ParseError } from 'jsonc-parser';
import { StoreError } from '../errors.ts';
import { sameData } from '../settings/plain-data.ts';
import { jsonProblem } from './json-problem.ts';
import { treeOf } from './json-tree.ts';
import { blockOf, hindranceOf, settingIn, spellingsOf, type Member } from './json-values.ts';

/** The text of a settings file: understood, and edited so that everything else, comments and layout included, stays as it was. */

/** What a value belongs to: a setting by its full name, or its value for one language. */
export interface Place {
  readonly name: string;
  readonly languageId?: string;
}

/** What was parsed last, for as long as there is memory: a text that is edited and stored is looked at several times. */
let parsed: WeakRef<{ readonly text: string; readonly root: Node | undefined }> | undefined;

/** The outermost object. `undefined` when the text holds none, but for comments. @throws StoreError `invalid-file` */
export function parseJson(file: string, text: string): Node | undefined {
  const last = parsed?.deref();
  if (last?.text === text) return last.root;
  const root = parseAnew(file, text);
  parsed = new WeakRef({ text, root });
  return root;
}

function parseAnew(file: string, text: string): Node | undefined {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = treeOf(text, errors);
  } catch (cause) {
    // See `mostLevels` in json-tree.ts; the parser itself may overflow the stack before that.
    throw new StoreError('invalid-file', `${file} is nested too deeply to be read.`, { cause, context: { file } });
  }
  const [first] = errors;
  if (first !== undefined) throw damaged(file, text, first.offset, jsonProblem(first));
  if (root !== undefined && root.type !== 'object') throw damaged(file, text, root.offset, 'an object is expected');
  return root;
}

function damaged(file: string, text: string, offset: number, problem: string): StoreError {
  return invalid(file, text, offset, `is not valid JSON: ${problem}`);
}

function invalid(file: string, text: string, offset: number, problem: string): StoreError {
  const { line, column } = position(text, offset);
  const where = `line ${line}, column ${column}`;
  return new StoreError('invalid-file', `${file} ${problem} in ${where}.`, {
    userAction: `Correct ${where} of ${file}, then try again.`,
    context: { file, line, column },
  });
}

function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
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

function styleOf(text: string, root: Node | undefined): Style {
  const [first] = root?.children ?? [];
  return { eol: /\r\n|\r|\n/.exec(text)?.[0] ?? '\n', indent: (first && indentAt(text, first.offset)) || '    ' };
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

/** Takes members out, each with one comma, and its line if nothing else is on it. Comments stay. One pass, however many there are. */
function removals(text: string, object: Node, gone: ReadonlySet<Node>): Edit[] {
  const members = object.children!;
  const commas = members.map((each, index) => commaBetween(text, end(each), members[index + 1]?.offset ?? end(object) - 1));
  const lastKept = members.findLastIndex((each) => !gone.has(each));
  const edits: Edit[] = [];
  /** Up to where the text is gone already; whether that is all of its line so far, but for an indentation, and where that is. */
  let [upTo, lineIsGone, indentation] = [0, false, { offset: 0, length: 0, content: '' }];
  for (const [index, property] of members.entries()) {
    if (!gone.has(property)) continue;
    let [from, to] = [property.offset, end(property)];
    // The last has no comma of its own: with it goes the one behind what is last then.
    const comma = commas[index] ?? commas[lastKept];
    if (comma !== undefined && comma >= to && text.slice(to, comma).trim() === '') to = comma + 1;
    else if (comma !== undefined) edits.push({ offset: comma, length: 1, content: '' });
    let [start, stop] = [from, to];
    while (start > upTo && isBlank(text[start - 1])) start--;
    while (isBlank(text[stop])) stop++;
    const goesOn = start === upTo && lineIsGone;
    const startsLine = goesOn || lineBreak.test(text[start - 1]!);
    const endOfLine = text.startsWith('\r\n', stop) ? 2 : lineBreak.test(text[stop]!) ? 1 : 0;
    // What is left of a line keeps the indentation, or the blanks behind.
    if (startsLine) to = stop + endOfLine;
    if (!startsLine || endOfLine > 0) from = start;
    edits.push({ offset: from, length: to - from, content: '' });
    if (goesOn && endOfLine > 0 && indentation.length > 0) edits.push(indentation);
    if (!goesOn) indentation = { offset: start, length: property.offset - start, content: '' };
    [upTo, lineIsGone] = [to, startsLine && endOfLine === 0];
  }
  return edits;
}

/** As `applyEdits` of jsonc-parser, which copies the whole text for each edit. */
function applied(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { offset, length, content } of edits.toSorted((a, b) => a.offset - b.offset)) {
    parts.push(text.slice(at, offset), content);
    at = offset + length;
  }
  return parts.join('') + text.slice(at);
}

function without(text: string, members: readonly Member[]): string {
  const byObject = new Map<Node, Set<Node>>();
  for (const { object, property } of members) byObject.set(object, (byObject.get(object) ?? new Set()).add(property));
  return applied(text, [...byObject].flatMap(([object, gone]) => removals(text, object, gone)));
}

function exchange(text: string, { object, property }: Member, value: unknown, style: Style): Edit[] {
  const { offset, length } = property.children![1]!;
  return [{ offset, length, content: printed(value, indentAt(text, property.offset), style, isOnOneLine(text, object)) }];
}

/** The object in which a place is; `undefined`: a language has no block of its own. */
function objectOf(file: string, text: string, root: Node, { languageId }: Place): Node | undefined {
  const object = languageId === undefined ? root : blockOf(root, languageId);
  if (object !== undefined && object.type !== 'object') throw damaged(file, text, object.offset, 'an object is expected');
  return object;
}

/** What is stored at a place, whatever shines through from elsewhere; `undefined`: nothing. */
export function valueAt(root: Node | undefined, { name, languageId }: Place): unknown {
  return settingIn(languageId === undefined || root === undefined ? root : blockOf(root, languageId), name);
}

/** The text with one value changed and everything else as it was. @throws StoreError `invalid-file` */
export function edited(file: string, text: string, at: Place, value: unknown): string {
  const { name } = at;
  const root = parseJson(file, text);
  const style = styleOf(text, root);
  if (root === undefined) {
    if (value === undefined) return text;
    const start = text === '' || /[\r\n]$/.test(text) ? text : text + style.eol;
    return edited(file, `${start}{${style.eol}}${style.eol}`, at, value);
  }
  const object = objectOf(file, text, root, at);
  if (object === undefined) return value === undefined ? text : applied(text, insertion(text, root, `[${at.languageId}]`, { [name]: value }, style));
  const { whole, parts } = spellingsOf(object, name);
  if (value === undefined) return without(text, [...whole, ...parts]);
  const holds = (changed: string): boolean => sameData(valueAt(parseJson(file, changed), at), value);
  if (holds(text)) return text;
  const last = whole.at(-1);
  const exchanged = last && applied(text, exchange(text, last, value, style));
  if (exchanged !== undefined && holds(exchanged)) return exchanged;
  // Another spelling of the name hides it, or adds to it: one is left, behind all that it is affected by.
  const cleared = without(text, [...whole, ...parts]);
  const inserted = applied(cleared, insertion(cleared, objectOf(file, cleared, parseJson(file, cleared)!, at)!, name, value, style));
  if (holds(inserted)) return inserted;
  const { property } = hindranceOf(object, name)!;
  throw invalid(file, text, property.offset, `has no room for "${name}": ${text.slice(property.offset, end(property.children![0]!))} is no object`);
}

/** A value that a text is to hold at a place; `undefined`: none. */
export interface TextEdit {
  readonly at: Place;
  readonly value: unknown;
}

/** The text with several values changed, one after the other. An edit that cannot be made is left out, and named by its index. */
export function editedAll(file: string, text: string, edits: readonly TextEdit[]): { readonly text: string; readonly refused: ReadonlyMap<number, StoreError> } {
  const refused = new Map<number, StoreError>();
  let result = text;
  for (const [index, { at, value }] of edits.entries()) {
    try {
      result = edited(file, result, at, value);
    } catch (error) {
      refused.set(index, error as StoreError);
    }
  }
  return { text: result, refused };
}
