import { parseTree, visit, type Node, type ParseError } from 'jsonc-parser';

/**
 * The tree of a text with an object, to read and to edit its members: what is within their values is parsed when it is first looked at.
 * Of a big file that is little, and the tree of all of it would take a hundred times its memory.
 */

/** The deepest nesting that is read: functions that parse a text or walk its tree recurse once for each level. */
const mostLevels = 500;

const options = { allowTrailingComma: true, allowEmptyContent: true } as const;

type Container = 'object' | 'array';

/** The value of a member that holds others. */
class ClosedNode implements Node {
  readonly type: Container;
  readonly offset: number;
  length = 0;
  readonly #text: string;
  #children: Node[] | undefined;

  constructor(text: string, type: Container, offset: number) {
    this.#text = text;
    this.type = type;
    this.offset = offset;
  }

  get children(): Node[] {
    if (this.#children !== undefined) return this.#children;
    const { children = [] } = parseTree(this.#text.slice(this.offset, this.offset + this.length), [], options)!;
    // One by one: a list may have more items than a call can have arguments.
    const toMove = [...children];
    for (let node = toMove.pop(); node !== undefined; node = toMove.pop()) {
      Object.assign(node, { offset: node.offset + this.offset });
      for (const child of node.children ?? []) toMove.push(child);
    }
    return this.#children = children;
  }
}

/**
 * @param errors is filled with what is wrong with the text, in its order
 * @returns the outermost value; `undefined`: there is none
 * @throws RangeError the text is nested too deeply
 */
export function treeOf(text: string, errors: ParseError[]): Node | undefined {
  type Open = Node & { length: number };
  let root: (Open & { readonly children: Node[] }) | undefined;
  let member: Open | undefined;
  let value: Open | undefined;
  let depth = 0;
  const add = (node: Open): void => {
    if (depth === 0) root = { ...node, children: [] };
    else if (depth === 1) member?.children!.push(value = node);
  };
  const complete = (end: number): void => {
    if (depth === 0) root!.length = end - root!.offset;
    if (depth !== 1 || member === undefined || value === undefined) return;
    value.length = end - value.offset;
    member.length = end - member.offset;
    member = value = undefined;
  };
  const begin = (type: Container) => (offset: number): void => {
    add(depth === 1 ? new ClosedNode(text, type, offset) : { type, offset, length: 0 });
    if (++depth > mostLevels) throw new RangeError(`There are more than ${mostLevels} levels.`);
  };
  const end = (offset: number, length: number): void => {
    depth--;
    complete(offset + length);
  };
  visit(text, {
    onObjectBegin: begin('object'),
    onObjectEnd: end,
    onArrayBegin: begin('array'),
    onArrayEnd: end,
    onObjectProperty: (name, offset, length) => {
      if (depth !== 1) return;
      member = { type: 'property', offset, length, children: [{ type: 'string', offset, length, value: name }] };
      root!.children.push(member);
    },
    onLiteralValue: (literal: unknown, offset, length) => {
      if (depth > 1) return;
      add({ type: literal === null ? 'null' : typeof literal as 'string' | 'number' | 'boolean', offset, length, value: literal });
      complete(offset + length);
    },
    onError: (error, offset, length) => errors.push({ error, offset, length }),
  }, options);
  return root;
}
