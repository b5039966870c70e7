/**
 * `npm run conformance`: who holds which of the properties, and why not. Fails when Holdfast does not hold them all.
 *
 * --markdown      prints the tables and the reasons as they are in docs/comparison.md
 * --write         puts them there
 * --json FILE     writes the verdicts to a file as well
 * --by-hand FILE  judges a peer by an adapter outside of the repository (see by-hand.ts), and keeps what is found for the tables
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeGeneratedBlock } from '../../tools/generated-block.ts';
import { writeReadme } from '../../tools/readme.ts';
import { keep, loadAdapter } from './by-hand.ts';
import { comparison, command } from './document.ts';
import { asMarkdown, asText } from './report.ts';
import { columns, judgeAll, judgePeer } from './run.ts';
import { further, scenarios } from './scenarios.ts';

const { values: { json, markdown, write, 'by-hand': adapter } } = parseArgs({
  options: {
    'json': { type: 'string' }, 'markdown': { type: 'boolean', default: false }, 'write': { type: 'boolean', default: false }, 'by-hand': { type: 'string' },
  },
});
if (adapter !== undefined) {
  const other = await loadAdapter(adapter);
  keep(other, await judgePeer(other.peer));
}
const verdicts = await judgeAll();
console.log(markdown ? asMarkdown(verdicts) : asText(verdicts));
if (write) {
  writeGeneratedBlock(comparison, command, asMarkdown(verdicts));
  writeReadme();
}
if (json !== undefined) {
  writeFileSync(json, `${JSON.stringify({
    peers: columns(),
    properties: [...scenarios, ...further].map(({ id, property }) => ({ id, property })),
    verdicts,
  }, undefined, 2)}\n`);
}
process.exitCode = verdicts.every(({ peer, holds }) => peer !== 'Holdfast' || holds !== 'no') ? 0 : 1;
