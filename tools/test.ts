/**
 * `npm test`: everything, two suites at a time, each told when it has ended. First what needs Node alone: types, lint and
 * layering, unit tests with their coverage, and so on. Then what runs inside VS Code, and last, one after the other, what
 * drives its workbench. Goes on after a failure, and ends with the line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
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

/** Runs a program, and resolves to whether it ended well, and what it printed if that is not shown as it comes. */
async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, stdio: 'inherit' | 'pipe' = 'inherit'): Promise<{ ok: boolean; printed: string }> {
  const program = path.join(root, 'node_modules/.bin', command);
  const child = spawn(command === 'node' ? process.execPath : program, args, {
    cwd: root,
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  process.off('exit', stop);
  return { ok: code === 0, printed };
}

async function step(title: string, work: () => Promise<void>): Promise<void> {
  console.log(`\n== ${title}`);
  const started = performance.now();
  await work();
  console.log(`   ${seconds(started)}`);
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

interface Task {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly note: (ok: boolean) => void;
}

/** Runs tasks two at a time, the first of the list first. */
async function together(tasks: readonly Task[]): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const { name, command, args, env, note } = task;
      console.log(`   ${name} …`);
      const started = performance.now();
      const { ok, printed } = await run(command, args, env, 'pipe');
      console.log(`\n-- ${name}: ${ok ? 'ok' : 'FAILED'}, ${seconds(started)}\n${printed.trimEnd()}\n`);
      note(ok);
    }
  };
  await Promise.all([work(), work()]);
}

const noteCheck = (name: string, ok: boolean): void => note(name, { passed: ok ? 1 : 0, failed: ok ? 0 : 1 });

const check = (name: string, command: string, args: readonly string[]): Task => ({ name, command, args, note: (ok) => noteCheck(name, ok) });

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

/** A suite, without the settings of the unit tests. */
const mocha = (name: string, spec: string, env: NodeJS.ProcessEnv = {}): Task => ({
  name,
  command: 'mocha',
  args: ['--no-config', '--timeout', '120000', '--reporter', path.join(root, 'tools/unit-reporter.cjs'), spec],
  env: { ...env, HOLDFAST_TEST_RESULTS: path.join(results, `${name}.json`) },
  note: (ok) => noteSuite(name, ok),
});

/** Runs a task with its output shown as it comes. */
async function alone({ command, args, env, note }: Task): Promise<void> {
  note((await run(command, args, env)).ok);
}

rmSync(path.join(root, 'out'), { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/** A desktop VS Code is downloaded by the tool chain that runs it. */
const desktop = (process.env['HOLDFAST_VSCODE'] || (process.platform === 'linux' ? 'server' : 'desktop')) === 'desktop';
const counted = { NODE_V8_COVERAGE: path.join(coverage, 'v8') };
const suites = {
  'simulation': 'test/simulation',
  'conformance': 'test/conformance',
  'fuzz': 'test/fuzz',
  'sla': 'test/sla',
  'monitoring': 'test/ops',
  'other inspectors': 'test/xstate-inspect',
};

await step('On Node', () => together([
  ...(desktop ? [] : [check('VS Code', 'node', ['tools/vscode-host/prepare.ts'])]),
  mocha('composition', 'test/model/*.test.ts'),
  // The tests generated from the machines count for the coverage: they drive the same code through its public doors.
  mocha('generated from the machines', 'test/model/*/**/*.test.ts', counted),
  mocha('unit', 'test/unit/**/*.test.ts', counted),
  mocha('opentelemetry', 'test/opentelemetry/**/*.test.ts', counted),
  mocha('packages', 'test/package/**/*.test.ts'),
  check('lint and layering', 'eslint', ['.', '--max-warnings', '0']),
  ...Object.entries(suites).map(([name, folder]) => mocha(name, `${folder}/**/*.test.ts`)),
  check('types', 'tsc', ['--noEmit']),
  check('types of the page', 'tsc', ['--project', 'tools/tsconfig.webview.json']),
]));

await step('Coverage (out/coverage/index.html)', async () => {
  await run('c8', [
    'report', '--temp-directory', counted.NODE_V8_COVERAGE, '--reports-dir', coverage, '--reporter', 'json-summary', '--reporter', 'html',
    '--all', '--include', 'machines/**/*.ts', '--include', 'src/**/*.ts', '--exclude', 'src/extension/**', '--exclude', 'src/store/vscode-{store,settings-file,host,disk}.ts', '--exclude', 'src/**/*.browser.ts',
  ]);
  noteCoverage('coverage', checkCoverage(root, coverage));
});

await step('Build', () => alone(check('build', 'node', ['tools/build.ts', '--tests', '--types'])));
await step('Suites inside VS Code', async () => {
  // Most of the time VS Code waits. The longest first.
  const windows = ['huge', 'no-workspace', 'multi-root', ...(desktop ? [] : ['untrusted'])];
  const labels = ['1.139.1', '1.100.3', ...(desktop ? [] : ['1.139.1-web']), ...windows.flatMap((window) => [`1.139.1-${window}`, `1.100.3-${window}`])];
  await together(labels.map((label) => `vscode-${label}`).map((name) => ({
    name, command: 'vscode-test', args: ['--label', name], env: { HOLDFAST_TEST_COVERAGE: path.join(coverage, 'vscode') }, note: (ok) => noteSuite(name, ok),
  })));
  noteCoverage('coverage in VS Code', [checkVscodeErrorPaths(root, path.join(coverage, 'vscode'))]);
});

for (const [name, folder] of [['workbench', 'test/workbench'], ['examples', 'test/examples'], ['getting started', 'test/getting-started'], ['documents', 'test/documents']] as const) {
  await step(`Suite: ${name}`, () => alone(mocha(name, `${folder}/**/*.test.ts`)));
}
await step('Demo', () => alone(check('demo', 'node', ['tools/demo.ts'])));

if (failures.length > 0) console.log(`\n== What failed\n${failures.join('\n')}`);
console.log(`\n== Summary\n${summary.join('\n')}\n`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
