/**
 * `npm run simulate -- --runs N --steps M --seed S [--violations V] [--verbose] [--first-kinds] [--one-by-one]`: services in a simulated world
 * that fails them, checked against docs/verification.md. `--first-kinds` leaves out the kinds of steps that came later,
 * `--one-by-one` bursts, and stores with locks and with commits. Ends with one line of JSON, and exit code 1 when a promise was broken.
 */
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    steps: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    violations: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    'first-kinds': { type: 'boolean', default: false },
    'one-by-one': { type: 'boolean', default: false },
  },
});
const [runs, steps, seed, maxViolations] = [values.runs, values.steps, values.seed, values.violations].map((text) => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`"${text}" is not a whole number.`);
  return number;
}) as [number, number, number, number];

console.log(`Simulating ${runs} runs of ${steps} steps, seed ${seed}`);
const interval = Math.max(1, Math.ceil(runs / 20));
const result = await simulate({
  runs, steps, seed, maxViolations, later: !values['first-kinds'], latest: !values['first-kinds'] && !values['one-by-one'],
  onRun: (done) => {
    if (done % interval === 0) console.log(`  ${done} of ${runs}`);
  },
});
console.log(report(result, values.verbose));
const { operations, violations, opsPerSecond } = result;
console.log(JSON.stringify({ runs: result.runs, operations, violations: violations.length, seed, opsPerSecond }));
process.exitCode = violations.length === 0 ? 0 : 1;
