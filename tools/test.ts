/**
 * `npm test`: everything, three suites more at a time than there are processors. What fails does not stop the rest. Ends with a
 * table of where the time went, and the line `N passed, N failed`.
 *
 *   npm test -- --list               every suite and the titles of its tests; runs nothing
 *   npm test -- --only unit          one suite, and what it needs; may be given several times
 *   npm test -- --only unit --fgrep 'P12'   its tests with this text in their titles
 *   npm run test:busy                the same as npm test, beside six busy loops
 *   HOLDFAST_NIGHT=1 npm test        also the tests that are left to the night (test/night.ts)
 */
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkCoverage, checkVscodeErrorPaths, type CoverageCheck } from './coverage.ts';
import { run } from './run.ts';
import { startBusyLoops } from './test/busy.ts';
import { runPool } from './test/pool.ts';
import { report, type Row } from './test/report.ts';
import { StatusLine } from './test/status-line.ts';
import { runSuite, type Outcome } from './test/suite-process.ts';
import { counted, countedSuites, coverage, hasTests, results, suites, vscodeSuites, type Suite } from './test/suites.ts';
import { projectRoot } from './vscode-host/paths.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    fgrep: { type: 'string' },
    list: { type: 'boolean', default: false },
    busy: { type: 'string', default: '0' },
  },
});

const wanted = withNeeds(options.only ?? suites.map(({ name }) => name));
const whole = options.only === undefined && options.fgrep === undefined;

/** The suites of these names, with all that they need. */
function withNeeds(names: readonly string[]): Suite[] {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`No suite is called ${unknown.map((name) => `"${name}"`).join(', ')}. There are: ${suites.map(({ name }) => name).join(', ')}.`);
    process.exit(2);
  }
  const all = new Set<string>();
  const add = (name: string): void => {
    all.add(name);
    for (const need of suites.find((suite) => suite.name === name)?.needs ?? []) add(need);
  };
  names.forEach(add);
  return suites.filter(({ name }) => all.has(name));
}

async function list(): Promise<void> {
  const status = new StatusLine(() => '');
  for (const suite of wanted) {
    if (!hasTests(suite)) {
      // What is not a suite of tests counts as one, and VS Code's suites must be built to be read.
      if (suite.name === 'build' || suite.name === 'VS Code') await runSuite(suite);
      console.log(`${suite.name}`);
      continue;
    }
    status.begin(suite.name);
    const { result, printed } = await runSuite(suite, { list: true, fgrep: options.fgrep });
    status.end(suite.name);
    if (result === undefined) {
      console.error(`${suite.name}: its titles could not be read.\n${printed}`);
      process.exitCode = 1;
    }
    for (const { title } of result?.tests ?? []) console.log(`${suite.name} › ${title}`);
  }
  status.close();
}

const rows: Row[] = [];

async function runWanted(): Promise<void> {
  let left = wanted.length;
  const status = new StatusLine(() => `${left} of ${wanted.length} suites left`);
  const live = wanted.filter(hasTests).length === 1;
  // Windows of VS Code wait more than they work.
  await runPool(wanted, availableParallelism() + 3, async (suite) => {
    status.clear();
    console.log(`   ${suite.name} …`);
    status.begin(suite.name);
    const outcome = await runSuite(suite, { live: live && hasTests(suite), fgrep: options.fgrep, onLook: (result) => status.look(suite.name, result) });
    left -= 1;
    status.end(suite.name);
    tell(outcome);
    rows.push({ name: suite.name, seconds: outcome.seconds, share: suite.share, outcome });
  });
  status.close();
}

function tell({ suite, ok, seconds, printed }: Outcome): void {
  const text = printed.trimEnd();
  console.log(`\n-- ${suite.name}: ${ok ? 'ok' : 'FAILED'}, ${seconds.toFixed(1)} s${text === '' ? '' : `\n${text}`}\n`);
}

/** What the suites have executed: known only when all of them have run. */
async function addCoverage(): Promise<void> {
  const started = performance.now();
  const add = (name: string, checks: readonly CoverageCheck[]): void => {
    for (const { name: what, ok, detail } of checks) console.log(`   ${ok ? 'ok  ' : 'FAIL'}  ${what}: ${detail}`);
    rows.push({ name, seconds: (performance.now() - started) / 1_000, share: 0.5, checks });
  };
  const ran = new Set(wanted.map(({ name }) => name));
  if (countedSuites.every((name) => ran.has(name))) {
    await run(process.execPath, [path.join(projectRoot, 'node_modules/c8/bin/c8.js'),
      'report', '--temp-directory', counted.NODE_V8_COVERAGE, '--reports-dir', coverage, '--reporter', 'json-summary', '--reporter', 'html',
      '--all', '--include', 'machines/**/*.ts', '--include', 'src/**/*.ts', '--exclude', 'src/extension/**',
      '--exclude', 'src/store/vscode-{store,settings-file,files,host,disk}.ts', '--exclude', 'src/**/*.browser.ts',
    ], projectRoot);
    add('coverage', checkCoverage(projectRoot, coverage));
  }
  if (vscodeSuites.every((name) => ran.has(name))) add('coverage in VS Code', [checkVscodeErrorPaths(projectRoot, path.join(coverage, 'vscode'))]);
}

if (options.list) {
  await list();
} else {
  const started = performance.now();
  rmSync(path.join(projectRoot, 'out'), { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const count = Number(options.busy);
  const busy = startBusyLoops(count);
  await runWanted();
  if (options.fgrep === undefined) await addCoverage();
  const alive = busy.alive();
  busy.end();
  const beside = count === 0 ? undefined : { count, alive, load: loadavg()[0]! };
  const { text, ok } = report(rows, { minutes: (performance.now() - started) / 60_000, whole, beside });
  console.log(text);
  process.exitCode = ok ? 0 : 1;
}
