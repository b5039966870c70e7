/**
 * `npm run mutants [-- P4 P21…]`: puts deliberate faults into a copy of the sources, one at a time, and sees whether the
 * generated tests or the simulation notice. Ends with `caught/total`, and exit code 1 when one survives.
 */
import { faults } from './faults.ts';
import { simulated, Workshop } from './workshop.ts';

const wanted = process.argv.slice(2);
const chosen = faults.filter(({ property }) => wanted.length === 0 || wanted.includes(property));
const workshop = new Workshop();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { workshop.close(); process.exit(130); });
console.log(`${chosen.length} faults; for each, the generated tests, and ${simulated.runs} simulated runs of ${simulated.steps} steps from seed ${simulated.seed}`);
let caught = 0;
try {
  const failure = await workshop.try();
  if (failure !== undefined) throw new Error(`Without any fault the ${failure.by} fail: ${failure.finding}`);
  for (const fault of chosen) {
    const started = performance.now();
    const found = await workshop.try(fault);
    const seconds = `${((performance.now() - started) / 1_000).toFixed(1)} s`;
    if (found !== undefined) caught++;
    console.log(`${found === undefined ? 'SURVIVED' : 'caught  '} ${fault.property.padEnd(3)} ${fault.fault}\n         ${found === undefined ? seconds : `${found.by}, ${seconds}: ${found.finding}`}`);
    if (found === undefined) console.log(`again: npm run mutants -- ${fault.property}`);
  }
} finally {
  workshop.close();
}
console.log(`${caught}/${chosen.length}`);
process.exitCode = caught === chosen.length ? 0 : 1;
