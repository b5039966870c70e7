/**
 * `npm run bench:scale`: how the service scales. Each curve is measured in a process of its own, checked to be linear
 * or better, and plotted into docs/images.
 *
 * --quick      fewer and smaller sizes, and no plots
 * --only NAME  one curve (can be repeated)
 * --json FILE  writes the figures as JSON as well
 * --write      writes the report into docs/performance.md
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exponent, isAsExpected, type Curve, type Series } from './curve.ts';
import { say, writeDocument } from './document.ts';
import { median } from './harness.ts';
import { buildLibrary, loadLibrary } from './library.ts';
import { plot } from './plot.ts';
import { printChecks, table } from './report.ts';
import { show, type Check } from './scenario.ts';
import { surroundings } from './surroundings.ts';

const names = ['services', 'settings', 'subscribers', 'events', 'writes'];
/** How often each size is measured; what takes long is steady enough when measured once. */
const repetitions = 5;
const longEnough = 5_000;

const { values: options } = parseArgs({
  options: {
    'quick': { type: 'boolean', default: false },
    'only': { type: 'string', multiple: true },
    'json': { type: 'string' },
    'write': { type: 'boolean', default: false },
    /** For our own processes: the library that the parent has built. */
    'library': { type: 'string' },
  },
});

const load = async (name: string): Promise<Curve> => (await import(`./curves/${name}.ts`) as { default: Curve }).default;

if (options.library !== undefined) await measureHere(options.only![0]!, options.library);
else await measureAll();

async function measureHere(name: string, file: string): Promise<void> {
  const library = await loadLibrary(file);
  const curve = await load(name);
  const sizes = options.quick ? curve.quickSizes : curve.sizes;
  const long = new Set<number>();
  const samples = sizes.map(() => [] as Readonly<Record<string, number>>[]);
  // Once to warm up, and the sizes in turns: what drifts, drifts for all.
  await curve.measure(library, sizes[Math.floor(sizes.length / 2)]!);
  for (let round = 0; round < (options.quick ? 3 : repetitions); round++) {
    for (const [index, size] of sizes.entries()) {
      if (long.has(size)) continue;
      const started = performance.now();
      samples[index]!.push(await curve.measure(library, size));
      if (performance.now() - started > longEnough) long.add(size);
    }
  }
  const series = curve.series.map((each): Series => ({ ...each, values: samples.map((rounds) => median(rounds.map((round) => round[each.name]!))) }));
  process.send!({ sizes, series }, () => process.exit(0));
}

async function measureAll(): Promise<void> {
  const wanted = options.only ?? names;
  const library = await buildLibrary();
  const checks: Check[] = [];
  const results: unknown[] = [];
  say(`node ${process.version}; ${surroundings()}`);
  for (const name of wanted) {
    const curve = await load(name);
    const { sizes, series } = await inItsOwnProcess(name, library);
    say(`\n### ${curve.title}\n\n${table(sizes.map((size, i) => ({
      name: size.toLocaleString('en-US'),
      more: Object.fromEntries(series.map(({ name: column, unit, values }) => [`${column}, ${unit}`, values[i]!])),
    })))}`);
    for (const each of series) {
      checks.push({
        what: `${curve.title}: ${each.name}`,
        target: each.expected === 'flat' ? 'does not grow' : 'linear or better',
        measured: `grows with the power ${show(exponent(sizes, each))}`,
        ok: isAsExpected(sizes, each),
      });
    }
    results.push({ name, title: curve.title, of: curve.of, sizes, series });
    if (!options.quick) {
      const file = path.resolve(import.meta.dirname, `../docs/images/scale-${name}.svg`);
      writeFileSync(file, plot(curve.title, curve.of, sizes, series));
      say(`\n![${curve.title}](images/scale-${name}.svg)`);
    }
  }
  printChecks(checks);
  if (options.write) writeDocument('bench:scale');
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, surroundings: surroundings(), results, checks }, null, 2)}\n`);
  }
  if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

function inItsOwnProcess(name: string, library: string): Promise<{ sizes: number[]; series: Series[] }> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--only', name, '--library', library, ...(options.quick ? ['--quick'] : [])], { execArgv: ['--expose-gc'] });
    let answer: { sizes: number[]; series: Series[] } | undefined;
    child.once('message', (message) => (answer = message as typeof answer));
    child.once('error', reject);
    child.once('exit', (code) => (answer === undefined ? reject(new Error(`The curve "${name}" ended with code ${code} and without a result.`)) : resolve(answer)));
  });
}
