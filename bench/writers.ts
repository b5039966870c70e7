/**
 * `npm run bench:writers [-- --processes N --updates N --json --write]`: N processes, each with N `update(fn)`, one after the other, on one
 * `JsonStore` file: how long an update takes from call to answer, and how long the moment is between a writer's last look at its lock and
 * the end of the replacement, where the file is replaced, and where it is written in place (it has a second name). Exit code 1 when an
 * update was lost. The aim is a p99 below 250 ms on a quiet machine. `--write` writes the report into docs/performance.md.
 */
import { execFile } from 'node:child_process';
import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { say, writeDocument } from './document.ts';
import { table } from './report.ts';
import { surroundings } from './surroundings.ts';
import type { Measured } from './writers-process.ts';

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '8' }, updates: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
const [processes, updates] = [values.processes, values.updates].map(Number) as [number, number];

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function figures(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function run(inPlace: boolean): Promise<{ update: Figures; moment: Figures; lost: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-writers-'));
  try {
    const file = path.join(folder, 'settings.json');
    writeFileSync(file, '{}');
    if (inPlace) linkSync(file, path.join(folder, 'second name'));
    const program = path.join(import.meta.dirname, 'writers-process.ts');
    const all = await Promise.all(Array.from({ length: processes }, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, file, `${updates}`], { maxBuffer: 100_000_000 });
      return JSON.parse(stdout) as Measured;
    }));
    const { 's.n1': count } = JSON.parse(readFileSync(file, 'utf8')) as { readonly 's.n1': number };
    return { update: figures(all.flatMap(({ took }) => took)), moment: figures(all.flatMap(({ moments }) => moments)), lost: processes * updates - count };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = { 'replaced': await run(false), 'written in place': await run(true) };
if (values.json) console.log(JSON.stringify({ processes, updates, cores: cpus().length, ...results }));
else {
  const columns = (what: string, all: Figures): Record<string, string> => Object.fromEntries(Object.entries(all).map(([name, each]) => [`${what}, ${name}`, `${(each as number).toFixed(2)} ms`]));
  say(`node ${process.version}; ${surroundings()}\n`);
  say('### Writers of one file\n');
  say(`${processes} processes with ${updates} updates each, one after the other, on one \`JsonStore\` file.\n`);
  say(table(Object.entries(results).map(([how, { update, moment, lost }]) => ({
    name: how, more: { ...columns('an update', update), ...columns('the moment', moment), lost: `${lost}` },
  }))));
  if (values.write) writeDocument('bench:writers');
}
process.exitCode = Object.values(results).every(({ lost }) => lost === 0) ? 0 : 1;
