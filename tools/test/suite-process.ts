/** One suite as a process: its output is kept, its progress is watched, and it is ended with all that it started. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { limits } from '../../test/limits.ts';
import { startFamily, type Family } from '../family.ts';
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

function commandLine(suite: Suite, { fgrep, list = false }: RunOptions): { program: string; args: readonly string[] } {
  const program = suite.command === 'node' ? process.execPath : path.join(projectRoot, 'node_modules/.bin', suite.command);
  return {
    program,
    args: [...suite.args, ...(list && suite.command === 'mocha' ? ['--dry-run'] : []), ...(fgrep !== undefined && hasTests(suite) ? ['--fgrep', fgrep] : [])],
  };
}

/** Node keeps what it has compiled, for all processes of a suite, unless what they execute is counted: that would be less precise. */
function compiledOnce({ env }: Suite): NodeJS.ProcessEnv {
  const isCounted = env !== undefined && ('NODE_V8_COVERAGE' in env || 'HOLDFAST_TEST_COVERAGE' in env);
  return isCounted ? {} : { NODE_COMPILE_CACHE: path.join(projectRoot, 'node_modules/.cache/compiled') };
}

/** Runs a suite to its end, or stops it when no test has ended for `limits.withoutProgress`. */
export async function runSuite(suite: Suite, options: RunOptions = {}): Promise<Outcome> {
  const started = performance.now();
  rmSync(resultsOf(suite.name), { force: true });
  const { program, args } = commandLine(suite, options);
  const env = { ...compiledOnce(suite), ...suite.env, HOLDFAST_TEST_RESULTS: resultsOf(suite.name), ...(options.list === true ? { HOLDFAST_TEST_LIST: '1' } : {}) };
  const family = startFamily(program, args, env, { live: options.live ?? false });
  const watch = watchProgress(suite, family, options);
  const code = await family.ended;
  const stopped = watch.end();
  const outcome = { suite, seconds: (performance.now() - started) / 1_000, ok: code === 0 && stopped === undefined, printed: family.printed() };
  return { ...outcome, ...(hasTests(suite) ? { result: readResult(suite.name) } : {}), ...(stopped === undefined ? {} : { stopped }) };
}

/** Ends a suite that makes no progress. @returns `end`, which says why it was stopped, if it was */
function watchProgress(suite: Suite, family: Family, { onLook, patience }: RunOptions): { end(): string | undefined } {
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
    family.end();
  }, Math.min(1_000, limit));
  return { end: () => { clearInterval(timer); return stopped; } };
}
