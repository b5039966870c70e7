/**
 * `npm run stryker [-- part…]`: mutation testing of machines/ and src/guard/. Every mutant of a part is run against the
 * tests that are meant to prove that part, and the run fails below the score that is asked for. What was tested before
 * and has not changed is not tested again: `--force` does.
 */
import { Stryker } from '@stryker-mutator/core';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.join(import.meta.dirname, '..');
/** Percent of the mutants that tests must notice, over all parts. */
const wanted = 90;
const mirror = 'test/unit/guard/*.test.ts';
const model = (name: string): string => `test/model/${name}/*.test.ts`;

/** What is mutated, and the tests that must notice, the quickest first. */
const parts: Readonly<Record<string, { readonly mutate: readonly string[]; readonly tests: readonly string[] }>> = {
  'circuit-breaker': { mutate: ['machines/circuit-breaker.ts'], tests: [model('circuit-breaker'), mirror] },
  'retry-sequencer': { mutate: ['machines/retry-sequencer.ts'], tests: [model('retry-sequencer'), mirror] },
  'write-queue': { mutate: ['machines/write-queue.ts'], tests: ['test/unit/machines/write-queue.test.ts', model('write-queue')] },
  'config-lifecycle': { mutate: ['machines/config-lifecycle.ts'], tests: [model('config-lifecycle')] },
  'supervisor': { mutate: ['machines/supervisor.ts'], tests: ['test/unit/machines/*.test.ts', model('supervisor')] },
  'guard': { mutate: ['src/guard/*.ts'], tests: [model('retry-sequencer'), model('circuit-breaker'), mirror] },
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { force: { type: 'boolean', default: false } } });
const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
const lines: string[] = [];
let caught = 0;
let counted = 0;
for (const name of chosen) {
  const part = parts[name];
  if (part === undefined) throw new Error(`Not a part: ${name}. There are ${Object.keys(parts).join(', ')}.`);
  const results = await new Stryker({
    testRunner: 'command',
    commandRunner: { command: `node node_modules/mocha/bin/mocha.js --no-config --bail --timeout 60000 ${part.tests.join(' ')}` },
    mutate: [...part.mutate],
    ignorePatterns: ['/docs', '/dist', '/out', '/examples', '/bench', '/.ci', '/test/vscode'],
    plugins: [],
    concurrency: 1,
    timeoutMS: 60_000,
    incremental: true,
    force: values.force,
    incrementalFile: path.join(root, `out/stryker/${name}.json`),
    tempDirName: path.join(root, 'out/stryker/sandbox'),
    jsonReporter: { fileName: path.join(root, `out/stryker/${name}-report.json`) },
    reporters: ['clear-text', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false, allowEmojis: false, skipFull: false, reportMutants: true },
    logLevel: 'warn',
  } as ConstructorParameters<typeof Stryker>[0]).runMutationTest();
  const of = (...statuses: readonly string[]): number => results.filter(({ status }) => statuses.includes(status)).length;
  const killed = of('Killed', 'Timeout');
  const all = killed + of('Survived', 'NoCoverage');
  lines.push(`${name}: ${killed} of ${all} caught, ${of('Ignored')} equivalent`);
  console.log(lines.at(-1));
  caught += killed;
  counted += all;
}
const score = (100 * caught) / counted;
console.log(`\n${lines.join('\n')}\n${caught}/${counted} caught: ${score.toFixed(1)} %`);
process.exitCode = score >= wanted ? 0 : 1;
