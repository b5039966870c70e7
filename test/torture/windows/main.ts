/**
 * `npm run torture:windows [-- --updates N --windows N --kills N --seed N --version V --target T --beside WAY]`: windows of a real VS Code that
 * write into one settings file, each with an extension host of its own: every update that was acknowledged is in the file, once; none is there
 * that was said not to be; no file that parses holds a part of a transaction; and at the end every window can still write, and has no unsaved
 * changes.
 *
 * In both VS Codes, at the workspace's file and at the user settings: alone; beside an editor that saves the file by truncation, by rename, and
 * in place; and while extension hosts are killed, `--kills` of them in the middle of 50 updates, and as many in the middle of a transaction of
 * ten settings. At last without the lock: until updates are lost, which shows that this finds them. `--version`, `--target` and `--beside`
 * (`none`, `kills`, a way, or `without lock`) do a part of that. Ends with one line of JSON, and exit code 1 when a promise was broken, or
 * nothing was lost without the lock.
 */
import { parseArgs } from 'node:util';
import { textTable } from '../../../tools/text-table.ts';
import { asVersion, vscodeVersions } from '../../../tools/vscode-host/versions.ts';
import { isFaultless, ways, type Way } from '../verdict.ts';
import { tortureWindows, type WindowsResult } from './windows.ts';
import { wholeNumber } from '../whole-number.ts';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '600' },
    windows: { type: 'string', default: '3' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    version: { type: 'string' },
    target: { type: 'string' },
    beside: { type: 'string' },
  },
});
const [updates, windows, kills, seed] = [values.updates, values.windows, values.kills, values.seed].map(wholeNumber) as [number, number, number, number];

function chosen<T extends string>(all: readonly T[], one: string | undefined): readonly T[] {
  if (one === undefined) return all;
  if (!all.includes(one as T)) throw new RangeError(`"${one}" is not one of ${all.join(', ')}.`);
  return [one as T];
}

const versions = values.version === undefined ? vscodeVersions : [asVersion(values.version)];
const targets = chosen(['workspace', 'user'], values.target);
const besides = chosen<Way | 'none' | 'kills' | 'without lock'>(['none', 'kills', ...ways, 'without lock'], values.beside);
const isWay = (beside: string): beside is Way => (ways as readonly string[]).includes(beside);

console.log(`${windows} windows, ${updates} updates, seed ${seed}`);
const results: { readonly what: readonly [string, string, string]; readonly result: WindowsResult; readonly ok: boolean }[] = [];
for (const version of versions) {
  for (const target of targets) {
    for (const beside of besides) {
      const what = [version, `${target} settings`, isWay(beside) ? `an editor saves ${beside}` : beside] as const;
      const result = await tortureWindows({
        seed, version, target, windows, updates,
        ...(beside === 'kills' ? { kills, burst: 50 } : { kills: 0, burst: 1 }),
        withoutLock: beside === 'without lock',
        ...(isWay(beside) ? { editor: [beside] } : {}),
        onProgress: (text) => console.log(`  ${what.join(', ')}: ${text}`),
      });
      const ok = beside === 'without lock' ? result.lost.length > 0 : isFaultless(result) && result.torn.length + result.unsaved.length + result.stuck.length === 0;
      results.push({ what, result, ok });
      for (const kind of ['lost', 'repeated', 'unasked', 'stale', 'torn', 'unsaved', 'stuck'] as const) if (result[kind].length > 0) console.log(`  ${kind}: ${result[kind].join(', ')}`);
    }
  }
}
console.log(textTable([
  ['VS Code', 'file', 'beside', 'acknowledged', 'transactions', 'lost', 'repeated', 'unasked', 'stale', 'torn', 'unsaved', 'stuck', 'denied', 'unknown', 'kills', 'saves (updates buried)', 's'],
  ...results.map(({ what, result }) => [
    ...what, ...[result.acknowledged, result.transactions, result.lost.length, result.repeated.length, result.unasked.length, result.stale.length, result.torn.length, result.unsaved.length, result.stuck.length, result.denied, result.unknown].map(String),
    `${result.kills.updates + result.kills.transactions}`, `${result.saves} (${result.buried.length})`, (result.took / 1_000).toFixed(0),
  ]),
], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]));
console.log(JSON.stringify({ seed, windows, updates, runs: results.map(({ what: [version, file, beside], result: { buried, ...counts } }) => ({ version, file, beside, ...counts, buried: buried.length })) }));
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
