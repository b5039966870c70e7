/**
 * `npm run stryker [-- part…]`: mutation testing of machines/ and src/guard/. Every mutant of a part is run against the
 * tests that are meant to prove that part, and the run fails below the score that is asked for. What was caught before
 * and has not changed is not tested again: `--force` does.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installOrExit } from '../on-demand.ts';
import { projectRoot as root } from '../vscode-host/paths.ts';

/** Percent of the mutants that tests must notice, over all parts. */
const wanted = 90;
const testsIn = (folder: string): string[] => readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.test.ts')).map((name) => `${folder}/${name}`);
const model = (name: string): string[] => testsIn(`test/model/${name}`);
const guard = testsIn('test/unit/guard');
const mirror = guard.filter((name) => name.endsWith('mirror.test.ts'));

/** What is mutated, and the tests that must notice, the quickest first. */
const parts: Readonly<Record<string, { readonly mutate: string; readonly tests: readonly string[] }>> = {
  'circuit-breaker': { mutate: 'machines/circuit-breaker.ts', tests: [...model('circuit-breaker'), ...guard] },
  'retry-sequencer': { mutate: 'machines/retry-sequencer.ts', tests: [...model('retry-sequencer'), ...guard] },
  'write-queue': { mutate: 'machines/write-queue.ts', tests: [...testsIn('test/unit/machines'), ...model('write-queue')] },
  'config-lifecycle': { mutate: 'machines/config-lifecycle.ts', tests: model('config-lifecycle') },
  'supervisor': { mutate: 'machines/supervisor.ts', tests: [...testsIn('test/unit/machines'), ...model('supervisor')] },
  'bulkhead': { mutate: 'machines/bulkhead.ts', tests: model('bulkhead') },
  'write': { mutate: 'machines/write.ts', tests: model('write') },
  'recovery': { mutate: 'machines/recovery.ts', tests: model('recovery') },
  'guard': { mutate: 'src/guard/*.ts', tests: [...guard.filter((name) => !mirror.includes(name)), ...model('retry-sequencer'), ...model('circuit-breaker'), ...mirror] },
};

/** Forgets what survived: the tests may be better by now. */
function retrySurvivors(incrementalFile: string): void {
  if (!existsSync(incrementalFile)) return;
  const report = JSON.parse(readFileSync(incrementalFile, 'utf8')) as { readonly files: Record<string, { mutants: { readonly status: string }[] }> };
  for (const file of Object.values(report.files)) file.mutants = file.mutants.filter(({ status }) => status !== 'Survived' && status !== 'NoCoverage');
  writeFileSync(incrementalFile, JSON.stringify(report));
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { force: { type: 'boolean', default: false } } });
// What is loaded anew for a mutant is not compiled anew.
process.env['NODE_COMPILE_CACHE'] = path.join(root, 'out/stryker/compiled');
await installOrExit('tools/stryker');
const { Stryker } = await import('@stryker-mutator/core');
const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
const lines: string[] = [];
let caught = 0;
let counted = 0;
for (const name of chosen) {
  const part = parts[name];
  if (part === undefined) throw new Error(`Not a part: ${name}. There are ${Object.keys(parts).join(', ')}.`);
  const incrementalFile = path.join(root, `out/stryker/${name}.json`);
  retrySurvivors(incrementalFile);
  const results = await new Stryker({
    testRunner: 'mocha-in-process',
    part: { tests: part.tests },
    mutate: [part.mutate],
    ignorePatterns: ['/docs', '/dist', '/out', '/examples', '/bench', '/.ci', '/test/vscode'],
    plugins: [path.join(import.meta.dirname, 'runner.ts')],
    // Most of the time is waited: for what a mutant has made hang.
    concurrency: 3,
    coverageAnalysis: 'perTest',
    timeoutMS: 30_000,
    warnings: { unknownOptions: false },
    incremental: true,
    force: values.force,
    incrementalFile,
    tempDirName: path.join(root, 'out/stryker/sandbox'),
    jsonReporter: { fileName: path.join(root, `out/stryker/${name}-report.json`) },
    reporters: ['clear-text', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false, allowEmojis: false, skipFull: false, reportMutants: true },
    logLevel: 'warn',
  } as unknown as ConstructorParameters<typeof Stryker>[0]).runMutationTest();
  const of = (...statuses: readonly string[]): number => results.filter(({ status }) => statuses.includes(status)).length;
  const killed = of('Killed', 'Timeout');
  const all = killed + of('Survived', 'NoCoverage');
  lines.push(`${name}: ${killed} of ${all} caught, ${of('Timeout')} of these by running out of time; ${of('Ignored')} left out`);
  console.log(lines.at(-1));
  caught += killed;
  counted += all;
}
const score = (100 * caught) / counted;
console.log(`\n${lines.join('\n')}\n${caught}/${counted} caught: ${score.toFixed(1)} %`);
process.exitCode = score >= wanted ? 0 : 1;
