import type { Node, Rule } from './rule.ts';

const untilHere = 'Wait for a condition: `until` in test/limits.ts.';

/** By selectors, what no test has. */
const refused: Readonly<Record<string, string>> = {
  'CallExpression[callee.property.name="timeout"]': 'Limits stand in test/limits.ts: the runner gives each test the same one.',
  'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"][arguments.0.type="Identifier"]': `${untilHere} To show that nothing happens: \`elapse\` there.`,
  'CallExpression[callee.property.name="waitForTimeout"]': untilHere,
  'CallExpression[callee.property.name=/^(waitFor|waitForSelector|click|dblclick|hover|fill|press|check|selectOption)$/] Property[key.name="timeout"] > Literal':
    'Limits stand in test/limits.ts: `limits.attempt` within `again`, or none at all.',
};

/** Every limit of the tests stands in test/limits.ts; a test waits for a condition, and never for a time. */
export const waits: Rule = {
  create: ({ report }) => Object.fromEntries(Object.entries(refused).map(([selector, message]) => [selector, (node: Node) => report({ node, message })])),
};
