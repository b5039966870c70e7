import { getNodeValue, parseTree, type Node } from 'jsonc-parser';
import { sectionsOf } from '../../settings/setting-key.ts';
import type { RegisteredDefinition } from '../api.ts';

/** A part of a text, by offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One setting as a settings file spells it. */
export interface WrittenSetting {
  readonly section: string;
  /** Its whole name, such as `nofx.maxAgents`. */
  readonly name: string;
  readonly value: unknown;
  /** Of the name, with its quotes. */
  readonly nameSpan: Span;
  readonly valueSpan: Span;
  /** Of the whole entry with the comma that goes with it: what is deleted to remove it. */
  readonly entrySpan: Span;
  /** The name is spelt whole, and not as members of nested objects. */
  readonly flat: boolean;
  /** When it is said for one language only: `"[typescript]": { … }`. */
  readonly languageId?: string;
}

/** The settings of a definition's section that a settings file spells, or of its sections when it has several: one section after the other. */
export function settingsOfAll(text: string, { section, keys, formerKeys = new Map() }: RegisteredDefinition, isWorkspaceFile: boolean): WrittenSetting[] {
  const isSetting = (name: string): boolean => keys.includes(name) || (formerKeys.has(name) && !keys.some((key) => key.startsWith(`${name}.`)));
  return sectionsOf({ section, keys, formerKeys }).flatMap((each) => settingsOf(text, each, isWorkspaceFile, section === '' && isSetting(each)));
}

/**
 * The settings of one section that a settings file spells, in its order. Never throws; an entry without a value is left out.
 * @param isSetting whether the section is a setting itself, or was one
 */
export function settingsOf(text: string, section: string, isWorkspaceFile: boolean, isSetting = false): WrittenSetting[] {
  const tree = parseTree(text, [], { allowTrailingComma: true, allowEmptyContent: true });
  const root = isWorkspaceFile ? member(tree, 'settings') : tree;
  const found: WrittenSetting[] = [];
  const collect = (node: Node | undefined, languageId: string | undefined): void => {
    const add = (name: string, property: Node, flat: boolean): void => void found.push({ section, ...written(text, name, property, languageId, flat) });
    for (const property of properties(node)) {
      const [nameNode, valueNode] = property.children!;
      const name = String(nameNode!.value);
      if (name.startsWith(`${section}.`) || (isSetting && name === section)) add(name, property, true);
      else if (name === section && valueNode!.type === 'object') {
        for (const inner of properties(valueNode)) add(`${section}.${String(inner.children![0]!.value)}`, inner, false);
      } else if (languageId === undefined) {
        for (const [, language] of name.matchAll(/\[([^\]]+)\]/g)) collect(valueNode, language);
      }
    }
  };
  collect(root, undefined);
  return found;
}

function properties(node: Node | undefined): Node[] {
  if (node?.type !== 'object') return [];
  return (node.children ?? []).filter(({ type, children }) => type === 'property' && children?.length === 2);
}

function member(node: Node | undefined, name: string): Node | undefined {
  return properties(node).find(({ children }) => children![0]!.value === name)?.children![1];
}

function written(text: string, name: string, property: Node, languageId: string | undefined, flat: boolean): Omit<WrittenSetting, 'section'> {
  const [nameNode, valueNode] = property.children as [Node, Node];
  return {
    name,
    value: getNodeValue(valueNode),
    nameSpan: span(nameNode),
    valueSpan: span(valueNode),
    entrySpan: entrySpan(text, property),
    flat,
    ...(languageId === undefined ? {} : { languageId }),
  };
}

const span = ({ offset, length }: Node): Span => ({ start: offset, end: offset + length });

/** With the comma after it, or the one before it when it is the last; and with its line when nothing else is on it. */
function entrySpan(text: string, property: Node): Span {
  let { start, end } = span(property);
  const after = /^\s*,/.exec(text.slice(end));
  if (after !== null) end += after[0].length;
  else {
    const before = /,\s*$/.exec(text.slice(0, start));
    if (before !== null) start -= before[0].length;
  }
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const rest = /^[^\S\n]*\n/.exec(text.slice(end));
  if (text.slice(lineStart, start).trim() === '' && rest !== null) return { start: lineStart, end: end + rest[0].length };
  return { start, end };
}
