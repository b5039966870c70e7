/** Runs suites one after the other, each batch as a process of its own, within a number of minutes. */
import { startFamily } from '../family.ts';
import { quoted } from '../quoted.ts';
import type { Batch, NightlySuite } from './suites.ts';

export interface BatchOutcome {
  readonly batch: Batch;
  readonly minutes: number;
  /** `stopped`: the time of its suite was over. */
  readonly ended: 'passed' | 'failed' | 'stopped';
  readonly printed: string;
  /** The commands that repeat what failed, each alone. */
  readonly again: readonly string[];
}

export interface SuiteOutcome {
  readonly suite: NightlySuite;
  readonly minutes: number;
  /** The minutes it was given. With less than one of its batches takes it was left out. */
  readonly share: number;
  readonly batches: readonly BatchOutcome[];
}

export interface NightlyOptions {
  /** Every suite draws from it. */
  readonly seed: number;
  /** For all suites together. Default: each has its own. */
  readonly minutes?: number;
  readonly onBegin?: (suite: NightlySuite, batch: Batch) => void;
  readonly onEnd?: (suite: NightlySuite, outcome: BatchOutcome) => void;
}

/** After so many failures of a suite its rest is left out: they will be alike. */
const mostFailures = 3;
const minute = 60_000;

/** Within a total, each suite has a share of what is left; what it does not need goes to those after it. */
export async function runNightly(suites: readonly NightlySuite[], options: NightlyOptions): Promise<SuiteOutcome[]> {
  const began = performance.now();
  const outcomes: SuiteOutcome[] = [];
  for (const [index, suite] of suites.entries()) {
    const left = options.minutes === undefined ? undefined : Math.max(0, options.minutes - (performance.now() - began) / minute);
    const weights = suites.slice(index).reduce((total, each) => total + each.minutes, 0);
    const share = left === undefined ? suite.minutes : (left * suite.minutes) / weights;
    outcomes.push(share < suite.takes ? { suite, minutes: 0, share, batches: [] } : await runSuite(suite, share, options));
  }
  return outcomes;
}

async function runSuite(suite: NightlySuite, share: number, { seed, onBegin, onEnd }: NightlyOptions): Promise<SuiteOutcome> {
  const started = performance.now();
  const left = (): number => started + share * minute - performance.now();
  const batches: BatchOutcome[] = [];
  for (const batch of suite.batches(seed)) {
    // One that failed may have ended early.
    const usual = Math.max(0, ...batches.filter(({ ended }) => ended === 'passed').map(({ minutes }) => minutes));
    if (left() <= usual * minute || batches.filter(({ ended }) => ended === 'failed').length >= mostFailures) break;
    onBegin?.(suite, batch);
    // One that takes ten times as long as the others hangs, too, however little time the suite has left.
    const limit = usual === 0 ? suite.limit : Math.min(suite.limit, Math.max(1, 10 * usual));
    const outcome = await runBatch(batch, limit * minute, left());
    batches.push(outcome);
    onEnd?.(suite, outcome);
  }
  return { suite, minutes: (performance.now() - started) / minute, share, batches };
}

/** The command that repeats a batch, for a shell. */
export function commandOf({ script, args = [], env = {} }: Batch): string {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)} `).join('');
  return `${environment}npm run ${script}${args.length === 0 ? '' : ` -- ${args.map(quoted).join(' ')}`}`;
}

/** @param limit after which it hangs @param left after which it is stopped, in ms */
async function runBatch(batch: Batch, limit: number, left: number): Promise<BatchOutcome> {
  const started = performance.now();
  const family = startFamily('npm', ['run', '--silent', batch.script, '--', ...batch.args ?? []], batch.env ?? {});
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    family.end();
  }, Math.min(limit, left));
  const code = await family.ended;
  clearTimeout(timer);

  const hangs = over && limit <= left;
  const printed = `${family.printed()}${hangs ? `\nStopped: it has not come to an end in ${(limit / minute).toFixed(1)} minutes.\n` : ''}`;
  const ended = hangs || (!over && code !== 0) ? 'failed' : over ? 'stopped' : 'passed';
  const said = [...printed.matchAll(/^ *again: (.*\S)/gm)].map(([, command]) => command!);
  const again = ended !== 'failed' ? [] : said.length > 0 ? said : [commandOf(batch)];
  return { batch, minutes: (performance.now() - started) / minute, ended, printed, again };
}
