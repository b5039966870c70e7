/**
 * `npm run torture [-- --updates N --processes N --kills N --pauses N --moment MS --seed N --beside WAY --without-lock]`: processes that update one
 * settings file, are killed and stopped, also while they hold the lock, and replaced: every update that was acknowledged is in the file,
 * once. First alone, then beside an editor that saves the file by truncation, by rename, and in place; `--beside WAY` (`none`, or one of
 * these) does one of them. Half of the kills and of the pauses hit a process that holds the lock. `--moment` stretches the moment between
 * the last look and the replacement of the file; `--without-lock` then shows that this finds what is lost. Ends with one line of JSON, and
 * exit code 1 when an update was lost.
 */
import { parseArgs } from 'node:util';
import { textTable } from '../../tools/text-table.ts';
import { torture, type Result } from './processes.ts';
import { isFaultless, ways, type Way } from './verdict.ts';
import { wholeNumber } from './whole-number.ts';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '8000' },
    processes: { type: 'string', default: '8' },
    kills: { type: 'string', default: '50' },
    pauses: { type: 'string', default: '20' },
    moment: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    beside: { type: 'string' },
    'without-lock': { type: 'boolean', default: false },
  },
});
const [updates, processes, kills, pauses, moment, seed] = [values.updates, values.processes, values.kills, values.pauses, values.moment, values.seed].map(wholeNumber) as [number, number, number, number, number, number];
const all: readonly (Way | 'none')[] = ['none', ...ways];
if (values.beside !== undefined && !all.includes(values.beside as Way)) throw new RangeError(`"${values.beside}" is not one of ${all.join(', ')}.`);
const withoutLock = values['without-lock'];
const holding = (count: number): { anytime: number; holding: number } => {
  const half = withoutLock ? 0 : Math.ceil(count / 2);
  return { anytime: count - half, holding: half };
};

console.log(`${processes} processes, ${updates} updates, ${kills} kills, ${pauses} pauses, seed ${seed}`);
const results: { beside: Way | 'none'; result: Result; ok: boolean }[] = [];
for (const beside of values.beside === undefined ? all : [values.beside as Way | 'none']) {
  const result = await torture({
    seed, processes, updates, kills: holding(kills), pauses: holding(pauses), moment, withoutLock, ...(beside === 'none' ? {} : { editor: [beside] }),
    onProgress: (text) => console.log(`  ${beside === 'none' ? 'alone' : `an editor saves ${beside}`}: ${text}`),
  });
  results.push({ beside, result, ok: isFaultless(result) });
  for (const kind of ['lost', 'repeated', 'unasked', 'stale'] as const) if (result[kind].length > 0) console.log(`  ${kind}: ${result[kind].join(', ')}`);
}
console.log(textTable([
  ['editor', 'acknowledged', 'lost', 'repeated', 'unasked', 'stale', 'denied', 'unknown', 'kills (holding)', 'pauses (holding)', 'saves (updates buried)', 's'],
  ...results.map(({ beside, result }) => [
    beside, ...[result.acknowledged, result.lost.length, result.repeated.length, result.unasked.length, result.stale.length, result.denied, result.unknown].map(String),
    ...[result.kills, result.pauses].map((each) => `${each.anytime + each.holding} (${each.holding})`),
    `${result.saves} (${result.buried.length})`, (result.took / 1_000).toFixed(0),
  ]),
], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
console.log(JSON.stringify({ seed, updates, processes, runs: results.map(({ beside, result: { lost, buried, ...counts } }) => ({ beside, ...counts, lost: lost.length, buried: buried.length })) }));
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
