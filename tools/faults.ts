/** `npm run faults`: each condition of docs/faults.md, with the tests that name it. Exits with 1 when one has none. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './vscode-host/paths.ts';

export interface Fault {
  readonly number: string;
  readonly condition: string;
  /** `file: title`, as far as titles can be read from the source. */
  readonly tests: readonly string[];
}

/** The conditions, by the order of the table, each with its tests. */
export function faults(root = projectRoot): Fault[] {
  const rows = [...readFileSync(path.join(root, 'docs/faults.md'), 'utf8').matchAll(/^\| (F\d+) \| (.*?) \|/gm)];
  const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => titlesIn(readFileSync(path.join(root, 'test', name), 'utf8')).map((title) => `test/${name.replaceAll('\\', '/')}: ${title}`));
  return rows.map(([, number, condition]) => ({ number: number!, condition: condition!, tests: tests.filter((test) => new RegExp(`\\b${number}\\b`).test(test)) }));
}

const titlesIn = (source: string): string[] => [...source.matchAll(/\b(?:it|describe)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(([, , title]) => title!);

if (process.argv[1] === import.meta.filename) {
  const all = faults();
  for (const { number, condition, tests } of all) console.log(`${number.padEnd(4)} ${condition}\n${tests.length === 0 ? '     no test names it' : tests.map((test) => `     ${test}`).join('\n')}`);
  const untested = all.filter(({ tests }) => tests.length === 0);
  console.log(`\n${all.length} conditions, ${untested.length} without a test`);
  process.exitCode = untested.length === 0 ? 0 : 1;
}
