/** The end of a run: what was skipped and why, where the time went, and last what failed and how to repeat it. */
import type { CoverageCheck } from '../coverage.ts';
import { quoted } from '../quoted.ts';
import { textTable } from '../text-table.ts';
import type { Outcome } from './suite-process.ts';
import { hasTests } from './suites.ts';

export interface Row {
  readonly name: string;
  readonly seconds: number;
  /** What it may take of the time of all, in percent: see suites.ts. */
  readonly share: number;
  readonly outcome?: Outcome;
  readonly checks?: readonly CoverageCheck[];
}

export interface Circumstances {
  readonly minutes: number;
  /** Whether all suites ran. */
  readonly whole: boolean;
  /** The busy loops beside the tests: how many were started, how many were at work to the end, and the load of the machine. */
  readonly beside?: { readonly count: number; readonly alive: number; readonly load: number } | undefined;
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A run that did not come to its end has failed, even when no test of it has. */
function totalsOf({ outcome, checks }: Row): Totals {
  if (checks !== undefined) return { passed: checks.filter(({ ok }) => ok).length, failed: checks.filter(({ ok }) => !ok).length, skipped: 0 };
  const { suite, ok, result } = outcome!;
  if (!hasTests(suite)) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const lost = !result.complete || (!ok && result.failed === 0) ? 1 : 0;
  return { passed: result.passed, failed: result.failed + lost, skipped: result.pending };
}

function failuresOf({ name, outcome, checks = [] }: Row): string[] {
  const failed = checks.filter(({ ok }) => !ok).map(({ name: what, detail }) => `  ${name}: ${what}: ${detail}`);
  if (outcome === undefined) return failed;
  const { suite, ok, result, stopped } = outcome;
  const repeat = `npm test -- --only ${quoted(suite.name)}`;
  for (const { title, message } of result?.failures ?? []) {
    failed.push(`  ${name}: ${title}\n    ${message.split('\n').slice(0, 6).join('\n    ')}\n    to repeat it alone: ${repeat} --fgrep ${quoted(title)}`);
  }
  const why = stopped ?? (hasTests(suite) && result === undefined ? 'left no results' : result?.complete === false ? `did not run to its end; under way: ${result.running ?? 'no test'}` : undefined);
  if (why !== undefined || (!ok && failed.length === 0)) failed.push(`  ${name}: ${why ?? 'failed'}\n    to repeat it alone: ${repeat}`);
  return failed;
}

/** The last lines of a run, and whether everything passed. */
export function report(rows: readonly Row[], { minutes, whole, beside }: Circumstances): { readonly text: string; readonly ok: boolean } {
  const lines: string[] = [];
  const add = (text: string): void => void lines.push(text);
  const skipped = rows.flatMap(({ name, outcome }) => (outcome?.result?.tests ?? []).filter(({ state }) => state === 'pending')
    .map(({ title, reason }) => `  ${name}: ${title}: ${reason ?? 'no reason given'}`));
  if (skipped.length > 0) add(`\n== Skipped\n${skipped.join('\n')}`);
  add(`\n== Where the time went\n${table(rows, whole)}`);
  const failures = rows.flatMap(failuresOf);
  if (failures.length > 0) add(`\n== What failed\n${failures.join('\n')}`);
  const totals = rows.map(totalsOf);
  const sum = (key: keyof Totals): number => totals.reduce((total, each) => total + each[key], 0);
  const loopsLost = beside === undefined ? 0 : beside.count - beside.alive;
  if (loopsLost > 0) add(`\n${loopsLost} of the ${beside!.count} busy loops ended before the tests did: this run shows nothing.`);
  const load = beside === undefined ? '' : `, beside ${beside.alive} busy loops, load ${beside.load.toFixed(1)}`;
  add(`\n${rows.length} suites${whole ? '' : ' of them all'}, ${sum('passed') + sum('failed')} tests, ${sum('skipped')} skipped${load}, ${minutes.toFixed(1)} minutes\n`);
  const failed = sum('failed') + (loopsLost > 0 ? 1 : 0);
  add(`${sum('passed')} passed, ${failed} failed`);
  return { text: lines.join('\n'), ok: failed === 0 };
}

function table(rows: readonly Row[], whole: boolean): string {
  const all = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = [...rows].sort((a, b) => b.seconds - a.seconds).map((row) => {
    const { passed, failed, skipped } = totalsOf(row);
    const cells = [failed === 0 ? 'ok' : 'FAIL', row.name, String(passed), String(failed), String(skipped), row.seconds.toFixed(1)];
    if (!whole) return cells;
    const percent = 100 * row.seconds / all;
    return [...cells, percent.toFixed(1), row.share.toFixed(1), percent > row.share ? 'over' : ''];
  });
  const head = ['', 'suite', 'passed', 'failed', 'skipped', 'seconds', ...(whole ? ['%', 'share', ''] : [])];
  return textTable([head, ...lines], [2, 3, 4, 5, 6, 7]);
}
