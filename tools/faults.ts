/**
 * `npm run faults`: each condition of docs/faults.md, with the tests that name it, and whether it is finished. Exits with 1
 * when one has no test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './vscode-host/paths.ts';

export interface Fault {
  readonly number: string;
  readonly condition: string;
  /** What a person sees now. */
  readonly now: string;
  /** `file: title`, as far as titles can be read from the source. */
  readonly tests: readonly string[];
  /** Those of its tests that are skipped until what they say is so: `pending` in test/skip.ts. */
  readonly pending: readonly string[];
}

interface Title {
  readonly test: string;
  readonly isPending: boolean;
}

/** The conditions, by the order of the table, each with its tests. */
export function faults(root = projectRoot): Fault[] {
  const rows = [...readFileSync(path.join(root, 'docs/faults.md'), 'utf8').matchAll(/^\| (F\d+) \| (.*?) \| (.*) \|$/gm)];
  const titles = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => titlesIn(`test/${name.replaceAll('\\', '/')}`, readFileSync(path.join(root, 'test', name), 'utf8')));
  return rows.map(([, number, condition, now]) => {
    const its = titles.filter(({ test }) => new RegExp(`\\b${number}\\b`).test(test));
    const names = (which: readonly Title[]): string[] => which.map(({ test }) => test);
    return { number: number!, condition: condition!, now: now!, tests: names(its), pending: names(its.filter(({ isPending }) => isPending)) };
  });
}

const titlesIn = (file: string, source: string): Title[] =>
  [...source.matchAll(/\b(it|describe|pending)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\2).)*)\2/g)].map(([, kind, , title]) => ({ test: `${file}: ${title}`, isPending: kind === 'pending' }));

if (process.argv[1] === import.meta.filename) {
  const all = faults();
  for (const { number, condition, tests, pending } of all) {
    const lines = tests.length === 0 ? ['no test names it'] : tests.map((test) => (pending.includes(test) ? `PENDING ${test}` : test));
    console.log([`${number.padEnd(4)} ${pending.length === 0 ? '' : 'PENDING: '}${condition}`, ...lines.map((line) => `     ${line}`)].join('\n'));
  }
  const untested = all.filter(({ tests }) => tests.length === 0);
  const unfinished = all.filter(({ pending }) => pending.length > 0).map(({ number }) => number);
  console.log(`\n${all.length} conditions, ${untested.length} without a test; ${unfinished.length} pending${unfinished.length === 0 ? '' : `: ${unfinished.join(', ')}`}`);
  process.exitCode = untested.length === 0 ? 0 : 1;
}
