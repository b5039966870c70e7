/**
 * `npm run conformance`: who holds which of the properties P1 to P15, and why not. Fails when Holdfast
 * does not hold them all.
 *
 * --markdown   prints the table and the reasons as they are in docs/comparison.md
 * --write      puts them there
 * --json FILE  writes the verdicts to a file as well
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeGeneratedBlock } from '../../tools/generated-block.ts';
import { writeReadme } from '../../tools/readme.ts';
import { comparison, command } from './document.ts';
import { asMarkdown, asText } from './report.ts';
import { judgeAll, peers } from './run.ts';
import { scenarios } from './scenarios.ts';

const { values: { json, markdown, write } } = parseArgs({
  options: { json: { type: 'string' }, markdown: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
const verdicts = await judgeAll();
console.log(markdown ? asMarkdown(verdicts) : asText(verdicts));
if (write) {
  writeGeneratedBlock(comparison, command, asMarkdown(verdicts));
  writeReadme();
}
if (json !== undefined) {
  writeFileSync(json, `${JSON.stringify({
    peers: peers.map(({ name, version }) => ({ name, version })),
    properties: scenarios.map(({ id, property }) => ({ id, property })),
    verdicts,
  }, undefined, 2)}\n`);
}
process.exitCode = verdicts.every(({ peer, holds }) => peer !== 'Holdfast' || holds === 'yes') ? 0 : 1;
