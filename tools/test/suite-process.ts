/** One suite as a process: its output is kept, its progress is watched, and it is ended with all that it started. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { limits } from '../../test/limits.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { hasTests, resultsOf, type Suite } from './suites.ts';

/** What test-summary.cjs keeps of a run. */
export interface SuiteResult {
  readonly complete: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
  /** How many tests have ended. */
  readonly ended: number;
  /** The test under way. */
  readonly running: string | null;
  readonly tests: readonly { readonly title: string; readonly state: 'passed' | 'failed' | 'pending'; readonly ms: number; readonly reason?: string }[];
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

export interface Outcome {
  readonly suite: Suite;
  readonly seconds: number;
  /** Whether the process ended well. */
  readonly ok: boolean;
  readonly printed: string;
  readonly result?: SuiteResult | undefined;
  /** Why it was stopped, if it was. */
  readonly stopped?: string;
}

export interface RunOptions {
  /** Runs the tests with this text in their full titles. */
  readonly fgrep?: string | undefined;
  /** Finds the titles and runs nothing. */
  readonly list?: boolean;
  /** Shows the output as it comes. */
  readonly live?: boolean;
  /** Hears what is going on, about once a second. */
  readonly onLook?: (result: SuiteResult | undefined) => void;
  /** How long nothing may happen, in ms. Default: as test/limits.ts says, and a minute for mocha, which gives up a test after the same time and says more. */
  readonly patience?: number;
}

export function readResult(name: string): SuiteResult | undefined {
  try {
    return JSON.parse(readFileSync(resultsOf(name), 'utf8')) as SuiteResult;
  } catch {
    // There is none yet, or it is being written.
    return undefined;
  }
}

const processes = new Set<ChildProcess>();
process.once('exit', () => { for (const child of processes) endFamily(child); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

function endFamily(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

function commandLine(suite: Suite, { fgrep, list = false }: RunOptions): { program: string; args: readonly string[] } {
  const program = suite.command === 'node' ? process.execPath : path.join(projectRoot, 'node_modules/.bin', suite.command);
  return {
    program,
    args: [...suite.args, ...(list && suite.command === 'mocha' ? ['--dry-run'] : []), ...(fgrep !== undefined && hasTests(suite) ? ['--fgrep', fgrep] : [])],
  };
}

/** Runs a suite to its end, or stops it when no test has ended for `limits.withoutProgress`. */
export async function runSuite(suite: Suite, options: RunOptions = {}): Promise<Outcome> {
  const started = performance.now();
  rmSync(resultsOf(suite.name), { force: true });
  const { program, args } = commandLine(suite, options);
  const stdio = options.live === true ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    cwd: projectRoot,
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, ...suite.env, HOLDFAST_TEST_RESULTS: resultsOf(suite.name), ...(options.list === true ? { HOLDFAST_TEST_LIST: '1' } : {}) },
    shell: process.platform === 'win32',
    // A group of its own, which can be ended as a whole.
    detached: process.platform !== 'win32',
  });
  processes.add(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const watch = watchProgress(suite, child, options);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => { printed += `${error.message}\n`; resolve(1); });
    child.once('close', resolve);
  });
  processes.delete(child);
  const stopped = watch.end();
  const outcome = { suite, seconds: (performance.now() - started) / 1_000, ok: code === 0 && stopped === undefined, printed };
  return { ...outcome, ...(hasTests(suite) ? { result: readResult(suite.name) } : {}), ...(stopped === undefined ? {} : { stopped }) };
}

/** Ends a suite that makes no progress. @returns `end`, which says why it was stopped, if it was */
function watchProgress(suite: Suite, child: ChildProcess, { onLook, patience }: RunOptions): { end(): string | undefined } {
  const limit = patience ?? (hasTests(suite) ? limits.withoutProgress : limits.check) + 60_000;
  let ended = -1;
  let since = performance.now();
  let stopped: string | undefined;
  const timer = setInterval(() => {
    const result = hasTests(suite) ? readResult(suite.name) : undefined;
    onLook?.(result);
    const now = performance.now();
    if (result !== undefined && result.ended !== ended) [ended, since] = [result.ended, now];
    if (now - since <= limit || stopped !== undefined) return;
    const running = result?.running ? `; under way: ${result.running}` : '';
    stopped = `stopped after ${Math.round(limit / 1_000)} s ${hasTests(suite) ? 'without a test that ended' : 'without an end'}${running}`;
    endFamily(child);
  }, Math.min(1_000, limit));
  return { end: () => { clearInterval(timer); return stopped; } };
}
