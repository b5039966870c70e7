import type { FailedRun, Simulation } from './simulate.ts';

/** What a person wants to know of a simulation. */
export function report({ violations, tally, recoveries }: Simulation, verbose: boolean): string {
  const lines = violations.map(failure);
  if (verbose) {
    lines.push(...[...tally].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `  ${String(count).padStart(8)}  ${what}`));
    const at = (share: number): number => recoveries[Math.min(recoveries.length - 1, Math.floor(recoveries.length * share))]!;
    if (recoveries.length > 0) lines.push(`  Recovery after everything has healed (P16), of ${recoveries.length}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
  }
  return lines.join('\n');
}

/** The promise, the shortest history that breaks it, and how to see it again. */
export function failure({ property, message, seed, steps, options, history }: FailedRun): string {
  return [
    `${property} is broken: ${message}`,
    `  again: npm run simulate -- --runs 1 --steps ${steps} --seed ${seed}`,
    `  ${JSON.stringify(options)}`,
    ...history.map((step, index) => `  ${String(index + 1).padStart(3)}  ${JSON.stringify(step)}`),
  ].join('\n');
}
