import { expect } from 'chai';
import { getNodeValue, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { treeOf } from '../../../src/store/json-tree.ts';
import fc from '../../fast-check.ts';

/** What is used of a tree, all of it looked at. */
const plain = ({ type, offset, length, value, children }: Node): object => ({
  type, offset, length, ...(value === undefined ? {} : { value }), ...(children === undefined ? {} : { children: children.map(plain) }),
});

function both(text: string): void {
  const [errors, expected]: [ParseError[], ParseError[]] = [[], []];
  const tree = treeOf(text, errors);
  const whole = parseTree(text, expected, { allowTrailingComma: true, allowEmptyContent: true });
  expect(errors).to.deep.equal(expected);
  // Nobody looks at the tree of a text with errors, or at one that is no object.
  if (errors.length > 0) return;
  if (whole?.type === 'object') expect(plain(tree!)).to.deep.equal(plain(whole));
  else expect([tree?.type, tree?.offset]).to.deep.equal([whole?.type, whole?.offset]);
}

describe('The tree of a text', () => {
  const texts = [
    '', ' // nothing\n', '{}', '[]', '1', 'null', '"text"', '[{"a": 1}, [2]]', '{"a": {"b": [1, {"c": null}], "": {}}, "a": [], "d": [[]], "e": -1.5e3,}',
    '{ // one\n  "a" /* two */ : /* three */ {"b": true, /* four */}, // five\n\t"c": [ 1, // six\n 2 ],\r\n}\n// seven', '{"a": {"b": {"c": {"d": [0, {"e": "\\u00e9"}]}}}}',
  ];

  for (const text of texts) it(`is that of jsonc-parser, opened where it is looked at: ${JSON.stringify(text)}`, () => both(text));

  it('so it is for any value, in any layout, and wherever the text is damaged or ends (P22)', () => {
    const gap = fc.constantFrom('', ' ', '\n  ', '\r\n', ' /* c */ ', ' // c\n');
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), fc.array(gap, { minLength: 1 }), fc.nat(), fc.constantFrom('', '{', ']', '"', ',', ':', '/'), fc.boolean(), (json, gaps, at, damage, isDamaged) => {
      let index = 0;
      const text = `{"first": ${json}, "second": ${json}}`.replace(/[{}[\],:]/g, (sign) => `${gaps[index++ % gaps.length]}${sign}${gaps[index++ % gaps.length]}`);
      const position = at % (text.length + 1);
      both(isDamaged ? text.slice(0, position) + damage + text.slice(position + (damage === '' ? text.length : 1)) : text);
    }), { numRuns: 2_000 });
  });

  it('has lists with more items than a call can have arguments', () => {
    const items = Array.from({ length: 200_000 }, (_, item) => item);
    const [member] = treeOf(JSON.stringify({ setting: { list: items } }), [])!.children!;
    expect(getNodeValue(member!.children![1]!)).to.deep.equal({ list: items });
  });

  it('is not made of what is nested without end', () => {
    expect(() => treeOf('{"x":'.repeat(200_000), [])).to.throw(RangeError);
  });
});
