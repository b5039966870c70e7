import { sum, type FleetResult } from './fleet.ts';

export interface Verdict {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Of the heap of one process, in bytes: noise of a collector, and of code that is compiled on the way. */
const noise = 4 << 20;

const megabytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MB`;

/** What the run shows, one line a promise. */
export function verdicts({ phases, writes, failed, wrong, received, reported, said }: FleetResult): Verdict[] {
  const [, up, refused, silent, back] = phases;
  const heaps = (phase: (typeof phases)[number]): number => Math.max(...phase.reports.map(({ heap }) => heap));
  const middle = (phase: (typeof phases)[number]): number => phase.reports.map(({ p50 }) => p50).sort((a, b) => a - b)[Math.floor(phase.reports.length / 2)]!;
  const slowest = Math.max(middle(refused!), middle(silent!));
  const lost = sum(Object.values(reported));
  const causes = Object.entries(reported).map(([cause, count]) => `${count} ${cause}`).join(', ');
  return [
    { what: 'no write fails, and every read gives the value stored last', ok: failed === 0 && wrong === 0, detail: `${writes} writes, ${failed} failed; ${wrong} wrong reads` },
    // A machine that does something else meanwhile makes writes slower, not an outage: the bound is wide.
    { what: 'writes take as long as before', ok: slowest <= middle(up!) * 3 + 2, detail: `p50 ${middle(up!).toFixed(2)} ms with a collector, ${slowest.toFixed(2)} ms without` },
    { what: 'memory does not grow once the queues are full', ok: heaps(silent!) - heaps(refused!) < noise, detail: `the largest heap: ${megabytes(heaps(refused!))}, later ${megabytes(heaps(silent!))}` },
    { what: 'memory is as before when the collector is back', ok: heaps(back!) - heaps(up!) < noise, detail: `${megabytes(heaps(up!))} before, ${megabytes(heaps(back!))} after` },
    { what: 'there is a loss, and the collector is told of it afterwards, to the last span', ok: lost > 0 && received + lost === writes, detail: `${writes} spans = ${received} received + ${lost} reported as lost (${causes})` },
    { what: 'a person is told, once when it begins and once when it is over', ok: said.length === 2 * phases[0]!.reports.length, detail: said.slice(0, 2).join(' … ') },
  ];
}
