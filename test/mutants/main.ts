/**
 * `npm run mutants [-- P4 P21…]`: puts deliberate faults into a copy of the sources, one at a time, and sees whether the
 * generated tests or the simulation notice. Ends with `caught/total`, and exit code 1 when one survives.
 */
import { availableParallelism } from 'node:os';
import { faults } from './faults.ts';
import { Workshop } from './workshop.ts';

const wanted = process.argv.slice(2);
const waiting = faults.filter(({ property }) => wanted.length === 0 || wanted.includes(property));
const total = waiting.length;
let caught = 0;

const first = new Workshop();
const failure = await first.try();
if (failure !== undefined) throw new Error(`Without any fault the ${failure.by} fail: ${failure.finding}`);

async function work(workshop: Workshop): Promise<void> {
  for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
    const started = performance.now();
    const found = await workshop.try(fault);
    const seconds = `${((performance.now() - started) / 1_000).toFixed(1)} s`;
    if (found !== undefined) caught++;
    console.log(`${found === undefined ? 'SURVIVED' : 'caught  '} ${fault.property.padEnd(3)} ${fault.fault}\n         ${found === undefined ? seconds : `${found.by}, ${seconds}: ${found.finding}`}`);
  }
  workshop.close();
}

const workshops = [first, ...Array.from({ length: Math.min(availableParallelism(), total) - 1 }, () => new Workshop())];
await Promise.all(workshops.map(work));
console.log(`${caught}/${total}`);
process.exitCode = caught === total ? 0 : 1;
