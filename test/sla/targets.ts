import type { Measures } from './measures.ts';

export interface Check {
  readonly target: string;
  readonly met: boolean;
}

/** What Holdfast has to reach. */
const conditions: Readonly<Record<string, (measures: Measures) => boolean>> = {
  'reads served with a valid value: 100 %': ({ reads, readsValid }) => readsValid === reads && reads > 0,
  'writes that lied: 0': ({ lied }) => lied === 0,
  'lost updates: 0': ({ lost }) => lost === 0,
  'availability of accepted operations: at least 99.99 %': ({ availability }) => availability >= 0.9999,
  'time to recover, p99: under 30 s': ({ recovery }) => recovery.p99 < 30_000,
  'P95 latency over the store’s own time: under 100 ms': ({ latency }) => latency.p95 < 100,
};
export const targets = Object.keys(conditions);

export function checkTargets(measures: Measures): Check[] {
  return Object.entries(conditions).map(([target, isMet]) => ({ target, met: isMet(measures) }));
}
