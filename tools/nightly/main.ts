/**
 * `npm run nightly`: what `npm test` leaves out, because it draws new seeds or takes long. Here alone a seed is drawn by
 * the clock. Each failure comes with the command that repeats it alone; the last line says `N passed, N failed`.
 *
 * --list       what there is, and the minutes of each
 * --only NAME  only this suite; may be given several times
 * --minutes N  so long for everything; default: the minutes of the suites, which are hours
 * --seed N     the night that began with this seed, again
 */
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { showProgress } from '../progress.ts';
import { textTable } from '../text-table.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { report } from './report.ts';
import { commandOf, runNightly } from './run.ts';
import { suites } from './suites.ts';

const { values: options } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const unknown = options.only.filter((name) => !suites.some((suite) => suite.name === name));
const chosen = suites.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const seed = Number(options.seed);
const minutes = options.minutes === undefined ? undefined : Number(options.minutes);
const refuse = (why: string): never => {
  console.error(why);
  process.exit(2);
};
if (unknown.length > 0) refuse(`Not a suite: ${unknown.join(', ')}. There are ${suites.map(({ name }) => name).join(', ')}.`);
if (!Number.isSafeInteger(seed)) refuse('--seed takes a whole number.');
if (minutes !== undefined && !(minutes > 0)) refuse('--minutes takes a number above 0.');
if (options.list) {
  console.log(textTable([['suite', 'minutes', 'what'], ...chosen.map((suite) => [suite.name, String(suite.minutes), suite.about])], [1]));
  process.exit();
}

/** All that is printed, and the whole output of every batch, is kept here. */
const folder = path.join(projectRoot, 'out/nightly');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const progress = showProgress();
const say = (text: string): void => {
  progress.done();
  console.log(text);
  appendFileSync(path.join(folder, 'nightly.log'), `${text}\n`);
};
/** Lines of a batch that has failed: what is wrong stands at the end. */
const shown = 100;

say(`Seed ${seed}. The whole output of each suite: ${path.relative(process.cwd(), folder)}`);
const outcomes = await runNightly(chosen, {
  seed,
  ...(minutes === undefined ? {} : { minutes }),
  onBegin: ({ name }, batch) => progress.step(`${name}: ${commandOf(batch)}`),
  onEnd: ({ name }, { batch, ended, minutes: took, printed }) => {
    appendFileSync(path.join(folder, `${name}.log`), `$ ${commandOf(batch)}\n${printed}\n`);
    const drawn = batch.seed === undefined ? '' : `, seed ${batch.seed}`;
    say(`${ended.padEnd(7)}  ${name}: ${batch.what}${drawn}  (${took.toFixed(1)} min)`);
    if (ended === 'failed') say(`${printed.trimEnd().split('\n').slice(-shown).join('\n')}\n`);
  },
});
const { text, ok } = report(outcomes, seed);
say(`\n${text}`);
process.exitCode = ok ? 0 : 1;
