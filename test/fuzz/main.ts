/**
 * `npm run fuzz -- --cases N --seed S`: a million keys, values, settings files, recordings and persisted snapshots, made
 * by their structure and damaged. A case that fails is shrunk and shown.
 */
import { parseArgs } from 'node:util';
import { fuzz, targets } from './targets.ts';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (!Number.isSafeInteger(cases) || !Number.isSafeInteger(seed)) throw new RangeError('--cases and --seed are whole numbers.');
console.log(`${cases} cases, seed ${seed}`);
let tried = 0;
for (const target of targets) {
  const started = performance.now();
  const count = await fuzz(target, cases, seed);
  tried += count;
  console.log(`  ${target.name}: ${count} cases, ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}
console.log(JSON.stringify({ cases: tried, failures: 0, seed }));
