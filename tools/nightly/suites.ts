/**
 * What `npm run nightly` consists of: whatever `npm test` leaves out because it draws new seeds or takes long. Each batch
 * is a script of package.json, and is what repeats it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../vscode-host/paths.ts';
import { vscodeVersions } from '../vscode-host/versions.ts';

/** One process. */
export interface Batch {
  /** For people: "40 lives of 200 steps". */
  readonly what: string;
  /** What it draws from, if it does. */
  readonly seed?: number;
  /** A script of package.json. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface NightlySuite {
  readonly name: string;
  readonly about: string;
  /** About what one batch takes, in minutes, on a quiet machine of two cores. A suite with less time than that is left out. */
  readonly takes: number;
  /** A batch that takes so many minutes hangs, and has failed. */
  readonly limit: number;
  /** Minutes it may take when no total is named. What draws goes on until they are over. */
  readonly minutes: number;
  /** Its batches for one night; without end when it draws. */
  batches(seed: number): Iterable<Batch>;
}

/** Steps of a life, and how many lives take about as long as the other kinds. */
const lives = [[150, 240], [200, 180], [750, 48], [1_000, 36]] as const;

function* simulations(first: number): Generator<Batch> {
  for (let seed = first; ;) {
    for (const [steps, runs] of lives) {
      const args = ['--runs', `${runs}`, '--steps', `${steps}`, '--seed', `${seed}`];
      yield { what: `${runs} lives of ${steps} steps`, seed, script: 'simulate', args };
      seed += runs;
    }
  }
}

function* fuzzing(first: number): Generator<Batch> {
  const cases = 100_000;
  for (let seed = first; ; seed++) {
    yield { what: `${cases} cases`, seed, script: 'fuzz', args: ['--cases', `${cases}`, '--seed', `${seed}`] };
  }
}

/** The unit tests that draw: fast-check's, and random histories of services. */
function drawingTests(): string[] {
  return readdirSync(path.join(projectRoot, 'test/unit'), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join('test/unit', ...name.split(path.sep)))
    .filter((name) => name.endsWith('.test.ts') && /\/(fast-check|seed)\.ts'/.test(readFileSync(path.join(projectRoot, name), 'utf8')));
}

function* units(first: number): Generator<Batch> {
  const histories = 100;
  const args = mocha(['--no-config', '--timeout', '0', ...drawingTests()]);
  for (let seed = first; ; seed += histories) {
    const env = { HOLDFAST_NIGHT: '1', HOLDFAST_SEED: `${seed}`, HOLDFAST_HISTORIES: `${histories}` };
    yield { what: `tests that draw, ${histories} histories`, seed, script: 'test:unit', args, env };
  }
}

function* replays(first: number): Generator<Batch> {
  const histories = 2_000;
  const args = mocha(['--timeout', '0']);
  for (let seed = first; ; seed += histories) {
    const env = { HOLDFAST_SEED: `${seed}`, HOLDFAST_HISTORIES: `${histories}` };
    yield { what: `${histories} histories, and a fifth as many lives`, seed, script: 'test:replay', args, env };
  }
}

function* months(first: number): Generator<Batch> {
  yield { what: 'the published month, as docs/comparison.md says', script: 'sla', args: ['--check'] };
  for (let seed = first; ; seed++) yield { what: 'a month', seed, script: 'sla', args: ['--seed', `${seed}`] };
}

/** Every second time what is rare is made frequent. */
function* tortures(first: number): Generator<Batch> {
  for (let seed = first; ; seed++) {
    const moment = seed % 2 === 0 ? '0' : '5';
    yield { what: `8,000 updates, moment ${moment} ms`, seed, script: 'torture', args: ['--seed', `${seed}`, '--moment', moment] };
  }
}

/** Has mocha say which command repeats a test that failed. */
const mocha = (more: readonly string[]): string[] => ['--reporter', 'tools/nightly/again-reporter.cjs', ...more];

/** Of a VS Code, these of its windows in .vscode-test.mjs. */
const inVscode = (version: string, windows: readonly string[]): string[] =>
  windows.flatMap((window) => ['--label', `vscode-${version}${window}`]);

/** What comes to an end by itself: on a busy or slow machine it takes longer. */
const once = (name: string, about: string, takes: number, batch: Batch): NightlySuite =>
  ({ name, about, takes, limit: 4 * takes + 2, minutes: 4 * takes + 2, batches: () => [batch] });

const drawing = (name: string, about: string, minutes: number, batches: NightlySuite['batches']): NightlySuite =>
  ({ name, about, takes: 1, limit: 10, minutes, batches });

/** What comes to an end by itself stands first: what it leaves of its time is for those that draw. */
export const suites: readonly NightlySuite[] = [
  once('conformance', 'who holds which of the properties, with each way of counting', 1, { what: 'all scenarios', script: 'conformance' }),
  once('fleet', '500 services export through an outage of their collector', 4, { what: 'five processes', script: 'fleet' }),
  once('endurance', 'a day of one service, a hundred million operations', 1, {
    what: 'a day', script: 'endurance', args: ['--operations', '100000000'],
  }),
  once('endurance-vscode', 'an hour of an extension inside VS Code', 8, { what: 'an hour', script: 'endurance:vscode' }),
  once('whole', 'npm test, with the tests that it leaves out (test/night.ts)', 12, {
    what: 'every suite', script: 'test', env: { HOLDFAST_NIGHT: '1' },
  }),
  once('vscode-oldest', 'the tests inside VS Code that npm test runs in the newest alone, and an unsaved workspace in both', 5, {
    what: 'the rest', script: 'test:vscode', env: { HOLDFAST_NIGHT: '1' },
    args: [
      ...inVscode(vscodeVersions.at(-1)!, ['-rest', '-unsaved']),
      ...inVscode(vscodeVersions[0]!, ['-unsaved']),
    ],
  }),
  once('composition', 'supervisor, breaker, queue and retry together, explored further than in npm test', 15, {
    what: 'two actions more', script: 'test:model', env: { MODEL_DEPTH: '5' },
    args: mocha(['--timeout', '0', '--fgrep', 'supervisor, breaker, queue and retry together']),
  }),
  once('mutants', 'deliberate faults, which the tests must notice', 10, { what: 'all faults', script: 'mutants' }),
  once('stryker', 'mutation testing of machines and guard', 40, { what: 'all parts', script: 'stryker' }),
  once('torture-windows', 'windows of VS Code that write into one settings file, killed, beside an editor, and without the lock', 50, { what: 'both VS Codes', script: 'torture:windows' }),
  { name: 'torture', about: 'processes that are killed and stopped while they update one file', takes: 12, limit: 60, minutes: 30, batches: tortures },
  drawing('sla', 'a simulated month, the published one and new ones', 20, months),
  drawing('unit', 'unit tests that draw', 20, units),
  drawing('replay', 'what the State Inspector shows, against the machines', 10, replays),
  drawing('fuzz', 'damaged keys, values, settings files, recordings, snapshots', 30, fuzzing),
  drawing('simulation', 'lives of services in a world that fails them', 60, simulations),
];
