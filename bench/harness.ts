/**
 * Times contestants against each other on a machine that others use as well. Figures drift there by the minute, so
 * every round runs each contestant once, in an order of its own, and a contestant's ratio is taken within the round:
 * against the baseline as it was in the same fraction of a second. What is reported are medians over the rounds.
 *
 * Time is the processor time of the whole process: what the garbage collector's threads do counts, what other
 * programs take away does not, and neither does waiting for a timer.
 */

export interface Contestant {
  readonly name: string;
  /** Does so many operations. Each contestant brings its own loop, so that none suffers from the others' types. */
  readonly run: (operations: number) => Promise<void> | void;
  /** `run` is given multiples of this. Default 1. */
  readonly batch?: number;
  /** Leave out the allocation: it would say nothing (a promise that is never settled, a table of results). */
  readonly noBytes?: boolean;
}

export interface Effort {
  readonly rounds: number;
  /** How long one contestant runs in one round, in milliseconds. */
  readonly slice: number;
  /** How long each contestant runs before anything is noted, in milliseconds. */
  readonly warmUp: number;
}

export const thorough: Effort = { rounds: 41, slice: 15, warmUp: 300 };
export const quick: Effort = { rounds: 11, slice: 5, warmUp: 40 };

export interface Timing {
  readonly name: string;
  /** Nanoseconds of processor time an operation. */
  readonly ns: number;
  /** So many times as long as the first contestant, the baseline, in the same round. */
  readonly ratio: number;
  /** Half of all rounds have their ratio between these two. */
  readonly spread: readonly [number, number];
  /** Bytes allocated an operation. */
  readonly bytes: number | undefined;
}

/** Measures the contestants, the first of which is the baseline. */
export async function measure(contestants: readonly Contestant[], effort: Effort): Promise<Timing[]> {
  const runners: { readonly contestant: Contestant; operations: number; readonly times: number[] }[] = [];
  for (const contestant of contestants) runners.push({ contestant, operations: contestant.batch ?? 1, times: [] });
  // Twice, so that everybody meets what the others have made of the shared machinery.
  for (let pass = 0; pass < 2; pass++) {
    for (const runner of runners) runner.operations = await warmedUp(runner.contestant, effort);
  }
  for (let round = 0; round < effort.rounds; round++) {
    for (const runner of shuffled(runners, round)) runner.times.push(await timed(runner.contestant, runner.operations));
  }
  const base = runners[0]!.times;
  const timings: Timing[] = [];
  for (const { contestant, times } of runners) {
    const ratios = times.map((time, round) => time / base[round]!).sort((a, b) => a - b);
    timings.push({
      name: contestant.name,
      ns: median(times),
      ratio: median(ratios),
      spread: [ratios[Math.floor(ratios.length / 4)]!, ratios[Math.floor((ratios.length * 3) / 4)]!],
      bytes: contestant.noBytes === true ? undefined : await allocation(contestant),
    });
  }
  return timings;
}

/** Runs a contestant until it is warm. @returns how many operations fill a slice */
async function warmedUp(contestant: Contestant, { slice, warmUp }: Effort): Promise<number> {
  const end = performance.now() + warmUp;
  let operations = whole(contestant, 1);
  for (;;) {
    const started = performance.now();
    await contestant.run(operations);
    const now = performance.now();
    const took = now - started;
    if (took >= slice / 2 && now >= end) return whole(contestant, (operations * slice) / took);
    if (took < slice) operations = whole(contestant, operations * Math.min(8, Math.max(1.2, (slice / Math.max(took, 0.001)) * 0.9)));
  }
}

/** So many operations, or the nearest number above that the contestant can do. */
function whole({ batch = 1 }: Contestant, operations: number): number {
  return Math.max(1, Math.ceil(operations / batch)) * batch;
}

async function timed(contestant: Contestant, operations: number): Promise<number> {
  const started = process.cpuUsage();
  await contestant.run(operations);
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1_000) / operations;
}

/** More than this in one go, and the young generation would be collected midway. */
const youngLimit = 4e6;

/** Bytes an operation, the median of several short runs between which garbage is collected. Needs `--expose-gc`. */
async function allocation(contestant: Contestant): Promise<number | undefined> {
  const collect = globalThis.gc;
  if (collect === undefined) return undefined;
  const samples: number[] = [];
  let operations = whole(contestant, 16);
  for (let tries = 0; samples.length < 9 && tries < 60; tries++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    await contestant.run(operations);
    const grown = process.memoryUsage().heapUsed - before;
    if ((grown > youngLimit || grown < 0) && operations > (contestant.batch ?? 1)) operations = whole(contestant, operations >> 2);
    else if (grown < youngLimit / 4 && operations < 100_000) operations = whole(contestant, operations * 2);
    else if (grown > 0) samples.push(grown / operations);
  }
  return samples.length === 0 ? undefined : Math.max(0, median(samples));
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Another order in each round, the same in each run. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed * 2_654_435_761 + 1;
  for (let last = result.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
