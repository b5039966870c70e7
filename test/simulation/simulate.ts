import { seededRandom } from '../../src/testing/seeded-random.ts';
import type { Life } from './life.ts';
import type { Violation } from './promises.ts';
import { Run, type RunResult } from './run.ts';
import { shrink } from './shrink.ts';
import { Generator, type RunOptions, type Step } from './steps.ts';

export interface SimulationOptions {
  readonly runs: number;
  readonly steps: number;
  /** The first run has this seed, each further one the next. */
  readonly seed: number;
  /** After so many failed runs the rest is left out. Default 1. */
  readonly maxViolations?: number;
  /** Find a short history for each violation. Default true. */
  readonly shrink?: boolean;
  readonly onRun?: (done: number) => void;
  /** With steps of the kinds that came later. Default true; false: a seed that failed before them is played as it was. */
  readonly later?: boolean;
  /** With those of the latest kinds, as well: bursts, and stores with locks and with commits. Default true. */
  readonly latest?: boolean;
  /** Sees each life of a service when it begins. */
  readonly onLife?: (life: Life) => void;
}

/** A run that broke a promise: `simulate({ runs: 1, steps, seed })` repeats it. */
export interface FailedRun extends Violation {
  readonly seed: number;
  readonly steps: number;
  readonly options: RunOptions;
  /** A short history that breaks the same promise. */
  readonly history: readonly Step[];
}

export interface Simulation {
  readonly runs: number;
  readonly operations: number;
  readonly violations: readonly FailedRun[];
  readonly seed: number;
  readonly opsPerSecond: number;
  /** How often each kind of step, fault and outcome occurred. */
  readonly tally: ReadonlyMap<string, number>;
  /** Milliseconds from the healing of the store to the closing of the last breaker, sorted. */
  readonly recoveries: readonly number[];
}

/** Plays so many runs of so many steps; the same seed plays the same runs. */
export async function simulate({ runs, steps, seed, maxViolations = 1, shrink: isShrunk = true, later = true, latest = later, onRun, onLife }: SimulationOptions): Promise<Simulation> {
  const tally = new Map<string, number>();
  const violations: FailedRun[] = [];
  const recoveries: number[] = [];
  const started = performance.now();
  let operations = 0;
  let done = 0;
  while (done < runs && violations.length < maxViolations) {
    const runSeed = seed + done++;
    const { options, history } = generate(runSeed, steps, later, latest);
    const result = await play(options, history, runSeed, tally, onLife);
    operations += result.operations;
    if (result.recovery !== undefined) recoveries.push(result.recovery);
    if (result.violation !== undefined) violations.push({ ...await explain(result.violation, options, history, runSeed, isShrunk), steps });
    onRun?.(done);
  }
  const seconds = (performance.now() - started) / 1_000;
  return { runs: done, operations, violations, seed, opsPerSecond: Math.round(operations / seconds), tally, recoveries: recoveries.sort((a, b) => a - b) };
}

function generate(seed: number, steps: number, later: boolean, latest: boolean): { options: RunOptions; history: Step[] } {
  const generator = new Generator(seededRandom(seed));
  const options = generator.options();
  const first = generator.steps(steps);
  const history = later ? new Generator(seededRandom(~seed)).later(first) : first;
  if (!latest) return { options, history };
  const third = new Generator(seededRandom(seed ^ 0x5eed5eed));
  return { options: { ...options, ...third.abilities() }, history: third.latest(history) };
}

/** Plays one history. What nobody catches counts as broken. */
async function play(options: RunOptions, history: readonly Step[], seed: number, tally = new Map<string, number>(), onLife?: (life: Life) => void): Promise<RunResult> {
  const run = new Run(options, seed, tally, onLife);
  const note = (error: unknown): void => run.unhandled(error);
  process.on('unhandledRejection', note);
  // Nobody reads the stack of an injected error, and to note it takes longer than to make the error.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await run.play(history);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    process.off('unhandledRejection', note);
  }
}

async function explain(found: NonNullable<RunResult['violation']>, options: RunOptions, all: readonly Step[], seed: number, isShrunk: boolean): Promise<Omit<FailedRun, 'steps'>> {
  const breaks = async (history: readonly Step[]): Promise<Violation | undefined> => {
    const { violation } = await play(options, history, seed);
    return violation?.property === found.property ? violation : undefined;
  };
  const upToThere = all.slice(0, found.step + 1);
  const history = isShrunk ? await shrink(upToThere, async (steps) => (await breaks(steps)) !== undefined) : upToThere;
  const { property, message } = (await breaks(history)) ?? found;
  return { property, message, seed, options, history };
}
