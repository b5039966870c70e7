/**
 * `npm run sla`: a month of an editor's life, with what goes wrong in it (schedule.json), the same for Holdfast and its
 * peers. Fails when Holdfast misses a target.
 *
 * --days N     only so many days
 * --json FILE  writes the figures to a file as well
 * --write      puts the table into docs/comparison.md
 * --check      fails when the table there says something else
 * --seed N     another month than the published one, drawn from this seed
 * --draw SEED  replaces the published schedule by the one of this seed, and does nothing else
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { generatedBlock, writeGeneratedBlock } from '../../tools/generated-block.ts';
import { writeReadme } from '../../tools/readme.ts';
import { contenders } from './contenders.ts';
import type { Contender } from './contender.ts';
import { comparison, command } from './document.ts';
import type { Measures } from './measures.ts';
import { asMarkdown, asText, type Result } from './report.ts';
import { drawSchedule, loadSchedule, scheduleFile, scheduleText } from './schedule.ts';
import { checkTargets } from './targets.ts';
import type { Message } from './worker.ts';

const { values: options } = parseArgs({
  options: {
    days: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    seed: { type: 'string' },
    draw: { type: 'string' },
  },
});

if (options.draw !== undefined) {
  writeFileSync(scheduleFile, scheduleText(drawSchedule(Number(options.draw))));
  process.exit();
}
const whole = loadSchedule();
const days = Number(options.days ?? whole.days.length);
if (!(days >= 1 && days <= whole.days.length) || ((days < whole.days.length || options.seed !== undefined) && (options.write || options.check))) {
  console.error(`The schedule has ${whole.days.length} days: --days takes 1 to ${whole.days.length}, and the document is about all of the published ones.`);
  process.exit(2);
}
const schedule = options.seed === undefined ? loadSchedule(days) : drawSchedule(Number(options.seed), days);

const started = performance.now();
const waiting = [...contenders];
const measured = new Map<Contender, Measures>();
await Promise.all(Array.from({ length: Math.min(availableParallelism(), waiting.length) }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) measured.set(next, await inItsOwnProcess(next));
}));
const results = contenders.map((contender): Result => ({ name: contender.name, version: contender.version, measures: measured.get(contender)! }));

console.log(`${days} days${options.seed === undefined ? ' of test/sla/schedule.json' : ''}, seed ${schedule.seed}, in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
console.log(asText(results));
const checks = checkTargets(results[0]!.measures);
console.log('\nTargets for Holdfast:');
for (const { target, met } of checks) console.log(`${met ? 'ok  ' : 'MISS'}  ${target}`);
process.exitCode = checks.every(({ met }) => met) ? 0 : 1;

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ days, seed: schedule.seed, results, checks }, undefined, 2)}\n`);
if (options.write) {
  writeGeneratedBlock(comparison, command, asMarkdown(schedule, results));
  writeReadme();
}
if (options.check && generatedBlock(comparison, command) !== asMarkdown(schedule, results)) {
  console.error(`\ndocs/comparison.md says something else: ${command}`);
  process.exitCode = 1;
}

function inItsOwnProcess({ name }: Contender): Promise<Measures> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, 'worker.ts'), [name, String(days), ...(options.seed === undefined ? [] : [options.seed])]);
    let measures: Measures | undefined;
    child.on('message', (message: Message) => {
      if ('measures' in message) ({ measures } = message);
      else if (message.day % 5 === 0) console.error(`${name}: day ${message.day} of ${days}`);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (measures !== undefined) resolve(measures);
      else reject(new Error(`"${name}" ended with code ${code} and without a result.`));
    });
  });
}
