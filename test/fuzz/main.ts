/**
 * `npm run fuzz -- --cases N --seed S`: a million keys, values, settings files, recordings and persisted snapshots, made
 * by their structure and damaged. A case that fails is shrunk and shown, with the command that repeats it.
 *
 * --only NAME  only the target of this name
 */
import { parseArgs } from 'node:util';
import { quoted } from '../../tools/quoted.ts';
import { fuzz, targets } from './targets.ts';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, only: { type: 'string' } },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (!Number.isSafeInteger(cases) || !Number.isSafeInteger(seed)) throw new RangeError('--cases and --seed are whole numbers.');
const chosen = targets.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0) throw new RangeError(`Not a target: ${values.only}. There are ${targets.map(({ name }) => name).join(', ')}.`);
console.log(`${cases} cases, seed ${seed}`);
let tried = 0;
let failures = 0;
for (const target of chosen) {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1_000).toFixed(1)} s`;
  try {
    const count = await fuzz(target, cases, seed);
    tried += count;
    console.log(`  ${target.name}: ${count} cases, ${seconds()}`);
  } catch (error) {
    failures++;
    console.log(`  ${target.name}: FAILED, ${seconds()}\n${error instanceof Error ? error.message : String(error)}`);
    console.log(`again: npm run fuzz -- --cases ${cases} --seed ${seed} --only ${quoted(target.name)}`);
  }
}
console.log(JSON.stringify({ cases: tried, failures, seed }));
process.exitCode = failures === 0 ? 0 : 1;
