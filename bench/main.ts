/**
 * `npm run bench`: what a call through the guard costs, against doing without, against the peers, and against the
 * targets. Each scenario runs in a process of its own, with a bare baseline in it.
 *
 * --quick           less than a minute, and rougher
 * --only NAME       one scenario (can be repeated)
 * --json FILE       writes the figures as JSON as well
 * --write           writes the report into docs/performance.md
 * --also NAME=TREE  builds the library of another working tree too, and measures both in the same processes
 */
import { fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installOrExit } from '../tools/on-demand.ts';
import { versionOf } from '../tools/peers/versions.ts';
import { say, writeDocument } from './document.ts';
import { buildLibrary } from './library.ts';
import { print, printChecks } from './report.ts';
import type { Result } from './scenario.ts';
import { surroundings } from './surroundings.ts';
import type { Order } from './worker.ts';

export type Measured = Result & { readonly name: string; readonly title: string; readonly about: string };

const peers = ['cockatiel', 'opossum', 'p-retry', 'p-timeout', 'effect'] as const;
/** The scenarios without a peer in them. */
const ways = ['way-limit', 'way-paced', 'way-calls', 'way-time', 'way-slow', 'ways', 'visible'];
const alone = [...ways, 'reads', 'updates', 'inspected'];
const order = ['happy', ...ways, 'concurrent', 'failing', 'rejected', 'retried', 'in-flight', 'idle', 'reads', 'updates', 'inspected'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    also: { type: 'string', multiple: true, default: [] },
  },
});

const known = readdirSync(path.join(import.meta.dirname, 'scenarios')).map((file) => path.basename(file, '.ts'));
const wanted = options.only ?? order;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`Not a scenario: ${unknown.join(', ')}. There are: ${order.join(', ')}.`);
  process.exit(2);
}

if (!wanted.every((name) => alone.includes(name))) await installOrExit('tools/peers');

const builds: Order['builds'][number][] = [{ name: 'holdfast', file: await buildLibrary() }];
for (const other of options.also) {
  const [name = '', tree = ''] = other.split('=');
  builds.push({ name, file: await buildLibrary(path.resolve(tree)) });
}

const started = performance.now();
const { version: xstateVersion } = JSON.parse(readFileSync(new URL('../node_modules/xstate/package.json', import.meta.url), 'utf8')) as { version: string };
const versions = { node: process.version, ...Object.fromEntries(peers.map((peer) => [peer, versionOf(peer)])), xstate: xstateVersion };
say(`${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')}; ${surroundings()}`);
const results: Measured[] = [];
for (const name of wanted) {
  const result = await inItsOwnProcess({ scenario: name, quick: options.quick, builds });
  results.push({ ...result, name });
  print(result);
}
const checks = results.flatMap((result) => result.checks);
printChecks(checks);
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s. ${surroundings()}`);
if (options.json !== undefined) {
  const report = { at: new Date().toISOString(), versions, surroundings: surroundings(), quick: options.quick, results };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (options.write) writeDocument('bench');

function inItsOwnProcess(scenario: Order): Promise<Omit<Measured, 'name'>> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, 'worker.ts'), [JSON.stringify(scenario)], { execArgv: ['--expose-gc'] });
    let answer: Omit<Measured, 'name'> | undefined;
    child.once('message', (message) => (answer = message as Omit<Measured, 'name'>));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (answer !== undefined) resolve(answer);
      else reject(new Error(`The scenario "${scenario.scenario}" ended with code ${code} and without a result.`));
    });
  });
}
