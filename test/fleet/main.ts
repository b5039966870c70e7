/**
 * `npm run fleet`: 500 services in 5 processes export to one collector stand-in, through an outage of it. Prints what it
 * measured, and ends with a verdict; with code 1 when a promise is broken. Takes three minutes.
 *
 * --processes N  --services N (in each)  --phase N (seconds of each phase)
 */
import { parseArgs } from 'node:util';
import { elapse } from '../limits.ts';
import { runFleet, sum } from './fleet.ts';
import { verdicts } from './verdict.ts';

const { values } = parseArgs({ options: { processes: { type: 'string', default: '5' }, services: { type: 'string', default: '100' }, phase: { type: 'string', default: '30' } } });
const [processes, services, seconds] = [Number(values.processes), Number(values.services), Number(values.phase)];

console.log(`${processes * services} services in ${processes} processes; each is written once a second, and read a hundred times. Phases of ${seconds} s.\n`);
const columns = ['phase', 'writes', 'p50', 'p99', 'a read', 'largest heap', 'spans received'];
console.log(`| ${columns.join(' | ')} |\n| ${columns.map(() => '---').join(' | ')} |`);
const result = await runFleet({
  processes, services, every: 1_000, lasts: () => elapse(seconds * 1_000),
  // A queue that is full soon after the outage has begun.
  limits: { metricsEvery: 5_000, queue: 512 },
  onPhase: ({ name, reports, spans }) => {
    const worst = (of: (report: (typeof reports)[number]) => number): number => Math.max(...reports.map(of));
    console.log(`| ${[
      name, sum(reports.map(({ writes }) => writes)), `${worst(({ p50 }) => p50).toFixed(2)} ms`, `${worst(({ p99 }) => p99).toFixed(2)} ms`,
      `${worst(({ read }) => read).toFixed(0)} ns`, `${(worst(({ heap }) => heap) / (1 << 20)).toFixed(1)} MB`, spans,
    ].join(' | ')} |`);
  },
});
console.log('');
const all = verdicts(result);
for (const { what, ok, detail } of all) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${what}: ${detail}`);
const broken = all.filter(({ ok }) => !ok).length;
console.log(`\n${broken === 0 ? 'The outage of the collector has cost spans, all of them counted, and nothing else.' : `${broken} of ${all.length} promises are broken.`}`);
process.exitCode = broken === 0 ? 0 : 1;
