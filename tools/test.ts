/**
 * `npm test`: everything. Types, lint and layering, unit tests with their coverage, the demo and the suites inside two
 * versions of VS Code. Goes on after a failure, and ends with the line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkCoverage, checkVscodeErrorPaths, type CoverageCheck } from './coverage.ts';

const root = path.join(import.meta.dirname, '..');
const results = path.join(root, 'out/test-results');
const coverage = path.join(root, 'out/coverage');

interface Totals {
  passed: number;
  failed: number;
}

/** What recording-reporter.cjs writes. */
interface SuiteResult extends Totals {
  complete: boolean;
  pending: number;
  failures: { title: string; message: string }[];
}

const totals: Totals = { passed: 0, failed: 0 };
const summary: string[] = [];
/** Told again at the end, where they are found without scrolling through minutes of output. */
const failures: string[] = [];

function note(name: string, { passed, failed }: Totals, detail = ''): void {
  totals.passed += passed;
  totals.failed += failed;
  summary.push(`  ${failed === 0 ? 'ok  ' : 'FAIL'}  ${name}: ${passed} passed, ${failed} failed${detail === '' ? '' : `  (${detail})`}`);
}

/** Runs a program with our own output, and resolves to whether it ended well. */
async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const program = path.join(root, 'node_modules/.bin', command);
  const child = spawn(command === 'node' ? process.execPath : program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  process.off('exit', stop);
  return code === 0;
}

async function step(title: string, work: () => Promise<void>): Promise<void> {
  console.log(`\n== ${title}`);
  const started = performance.now();
  await work();
  console.log(`   ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function check(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void> {
  const ok = await run(command, args, env);
  note(name, { passed: ok ? 1 : 0, failed: ok ? 0 : 1 });
}

function noteCoverage(name: string, checks: readonly CoverageCheck[]): void {
  for (const { name: what, ok, detail } of checks) {
    console.log(`   ${ok ? 'ok  ' : 'FAIL'}  ${what}: ${detail}`);
    if (!ok) failures.push(`  ${name}: ${what}: ${detail}`);
  }
  note(name, { passed: checks.filter(({ ok }) => ok).length, failed: checks.filter(({ ok }) => !ok).length });
}

/** What a suite left in its results file; a run that did not come to its end has failed. */
function noteSuite(name: string, ranToTheEnd: boolean): void {
  try {
    const result = JSON.parse(readFileSync(path.join(results, `${name}.json`), 'utf8')) as SuiteResult;
    for (const { title, message } of result.failures) failures.push(`  ${name}: ${title}\n    ${message.split('\n').slice(0, 6).join('\n    ')}`);
    const lost = !result.complete || (!ranToTheEnd && result.failed === 0) ? 1 : 0;
    const skipped = result.pending === 0 ? '' : `${result.pending} skipped`;
    note(name, { passed: result.passed, failed: result.failed + lost }, lost === 0 ? skipped : 'did not run to its end');
  } catch {
    note(name, { passed: 0, failed: 1 }, 'left no results');
  }
}

/** A suite on Node, without the settings of the unit tests. */
async function mocha(name: string, spec: string): Promise<void> {
  const ok = await run('mocha', ['--no-config', '--timeout', '120000', '--reporter', path.join(root, 'tools/unit-reporter.cjs'), spec], {
    HOLDFAST_TEST_RESULTS: path.join(results, `${name}.json`),
  });
  noteSuite(name, ok);
}

rmSync(path.join(root, 'out'), { recursive: true, force: true });
mkdirSync(results, { recursive: true });

await step('Types', async () => {
  await check('types', 'tsc', ['--noEmit']);
  await check('types of the page', 'tsc', ['--project', 'tools/tsconfig.webview.json']);
});
await step('Lint and layering', () => check('lint and layering', 'eslint', ['.', '--max-warnings', '0']));

await step('Unit tests, and those generated from the machines', async () => {
  const ok = await run('c8', [
    '--temp-directory', path.join(coverage, 'v8'), '--reports-dir', coverage, '--reporter', 'json-summary', '--reporter', 'html',
    '--all', '--include', 'machines/**/*.ts', '--include', 'src/**/*.ts', '--exclude', 'src/extension/**', '--exclude', 'src/store/vscode-{store,settings-file,host}.ts',
    // The tests generated from the machines count: they drive the same code through its public doors.
    'mocha', '--reporter', path.join(root, 'tools/unit-reporter.cjs'), '--spec', 'test/model/**/*.test.ts', '--timeout', '120000',
  ], { HOLDFAST_TEST_RESULTS: path.join(results, 'unit.json') });
  noteSuite('unit', ok);
  console.log('   Coverage (out/coverage/index.html):');
  noteCoverage('coverage', checkCoverage(root, coverage));
});

const suites = {
  'packages': 'test/package',
  'examples': 'test/examples',
  'getting started': 'test/getting-started',
  'documents': 'test/documents',
  'other inspectors': 'test/xstate-inspect',
  'simulation': 'test/simulation',
  'fuzz': 'test/fuzz',
  'conformance': 'test/conformance',
  'sla': 'test/sla',
};
for (const [name, folder] of Object.entries(suites)) {
  if (!existsSync(path.join(root, folder))) continue;
  await step(`Suite: ${name}`, () => mocha(name, `${folder}/**/*.test.ts`));
}

await step('Build', () => check('build', 'node', ['tools/build.ts', '--tests', '--types']));
await step('Suites inside VS Code', async () => {
  // One after the other: each has the machine for itself.
  for (const version of ['1.139.1', '1.100.3']) {
    for (const window of ['', '-no-workspace', '-multi-root', '-untrusted']) {
      const label = `vscode-${version}${window}`;
      noteSuite(label, await run('vscode-test', ['--label', label], { HOLDFAST_TEST_COVERAGE: path.join(coverage, 'vscode') }));
    }
  }
  noteCoverage('coverage in VS Code', [checkVscodeErrorPaths(root, path.join(coverage, 'vscode'))]);
});

await step('Workbench: what a person sees', () => mocha('workbench', 'test/workbench/**/*.test.ts'));
await step('Demo', () => check('demo', 'node', ['tools/demo.ts']));

if (failures.length > 0) console.log(`\n== What failed\n${failures.join('\n')}`);
console.log(`\n== Summary\n${summary.join('\n')}\n`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
