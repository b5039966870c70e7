/**
 * `npm run faults`: each condition of docs/faults.md, with the tests that name it. Exits with 1 when one
 * has no test.
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
}

/** The conditions, by the order of the table, each with its tests. */
export function faults(root = projectRoot): Fault[] {
  const rows = [...readFileSync(path.join(root, 'docs/faults.md'), 'utf8').matchAll(/^\| (F\d+) \| (.*?) \| (.*) \|$/gm)];
  const titles = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => titlesIn(`test/${name.replaceAll('\\', '/')}`, readFileSync(path.join(root, 'test', name), 'utf8')));
  return rows.map(([, number, condition, now]) => ({
    number: number!, condition: condition!, now: now!, tests: titles.filter((title) => new RegExp(`\\b${number}\\b`).test(title)),
  }));
}

const titlesIn = (file: string, source: string): string[] =>
  [...source.matchAll(/\b(?:it|describe)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(([, , title]) => `${file}: ${title}`);

if (process.argv[1] === import.meta.filename) {
  const all = faults();
  for (const { number, condition, tests } of all) {
    console.log([`${number.padEnd(4)} ${condition}`, ...(tests.length === 0 ? ['no test names it'] : tests).map((line) => `     ${line}`)].join('\n'));
  }
  const untested = all.filter(({ tests }) => tests.length === 0);
  console.log(`\n${all.length} conditions, ${untested.length} without a test`);
  process.exitCode = untested.length === 0 ? 0 : 1;
}
