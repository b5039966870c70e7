import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { report } from '../../../tools/nightly/report.ts';
import { commandOf, runNightly } from '../../../tools/nightly/run.ts';
import { suites, type Batch, type NightlySuite } from '../../../tools/nightly/suites.ts';
import { temporaryFolder } from '../../../tools/vscode-host/home.ts';
import { projectRoot } from '../../../tools/vscode-host/paths.ts';

const main = 'tools/nightly/main.ts';
const suite = (name: string, batches: Iterable<Batch>, more: Partial<NightlySuite> = {}): NightlySuite =>
  ({ name, about: name, takes: 0, limit: 10, minutes: 10, batches: () => batches, ...more });
/** Ends at once, well or not, as the program itself does. */
const passes: Batch = { what: 'a list', script: 'nightly', args: ['--list'] };
const fails: Batch = { what: 'no such thing', seed: 7, script: 'nightly', args: ['--only', 'no such suite'] };
/** Would go on for days. */
const endless: Batch = { what: 'a long time', script: 'simulate', args: ['--runs', '1000000000'] };

/** What it printed, the standard output last: in which order two streams arrive is a matter of luck. */
function failureOf(words: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: projectRoot, encoding: 'utf8', env: { ...process.env, ...env } });
  return `ended with ${status}:\n${stderr}${stdout.trimEnd()}`;
}

function* forever<T>(each: T): Generator<T> {
  for (;;) yield each;
}

describe('npm run nightly', () => {
  it('ends with code 1 when a batch fails, and says which command repeats it', () => {
    const failure = failureOf(['--only', 'conformance', '--seed', '5'], { PATH: '' });
    expect(failure).to.include('ended with 1:').and.to.include('Seed 5.').and.to.include('    again: npm run conformance\n');
    expect(failure).to.match(/\n0 passed, 1 failed$/);
  });

  it('shows nothing when no suite had the time, and ends with code 1', () => {
    const failure = failureOf(['--minutes', '0.001']);
    expect(failure).to.include('ended with 1:').and.to.include('left out: it takes').and.to.match(/\n0 passed, 0 failed$/);
  });

  it('refuses a suite that it does not know, and says which there are', () => {
    const failure = failureOf(['--only', 'nothing']);
    expect(failure).to.include('ended with 2:').and.to.include('Not a suite: nothing. There are conformance, ');
  });

  it('goes on after a failure, counts batches, and leaves the rest of a suite out after three failures', async () => {
    const outcomes = await runNightly([suite('worse', forever(fails)), suite('well', [passes, passes])], { seed: 7 });
    const { text, ok } = report(outcomes, 7);
    expect(ok).to.equal(false);
    expect(text.split('\n').filter((line) => line === '    again: npm run nightly -- --only \'no such suite\'')).to.have.lengthOf(3);
    expect(text).to.match(/FAIL +worse +7 +\d+\.\d +0 passed, 3 failed/).and.to.match(/ok +well +\d+\.\d +2 passed, 0 failed/);
    expect(text).to.match(/\n2 passed, 3 failed$/);
  });

  it('takes the commands that a program names itself: each test that failed, with its seed', async () => {
    const file = path.join(temporaryFolder(), 'fails.test.mjs');
    writeFileSync(file, "describe('One', () => { it('isn\\'t well', () => { throw new Error('no'); }); it('is well', () => {}); });\n");
    const args = ['--no-config', '--reporter', 'tools/nightly/again-reporter.cjs', file];
    const batch = { what: 'a test', script: 'test:unit', env: { HOLDFAST_SEED: '17' }, args };
    const [outcome] = await runNightly([suite('unit', [batch])], { seed: 1 });
    const command = "HOLDFAST_SEED=17 npm run test:unit -- --timeout 0 --fgrep 'One isn'\\''t well'";
    expect(outcome!.batches.map(({ again }) => again)).to.deep.equal([[command]]);
  });

  it('a batch that hangs has failed; one whose suite has no time left is stopped, and is no failure', async () => {
    const outcomes = await runNightly([
      suite('hangs', [endless], { limit: 0.005 }), suite('stopped', [endless], { minutes: 0.005 }), suite('well', [passes]),
    ], { seed: 1 });
    expect(outcomes.map(({ batches }) => batches.map(({ ended }) => ended))).to.deep.equal([['failed'], ['stopped'], ['passed']]);
    expect(outcomes[0]!.batches[0]!.again).to.deep.equal(['npm run simulate -- --runs 1000000000']);
    const { text, ok } = report(outcomes, 1);
    expect(ok).to.equal(false);
    expect(text).to.match(/none +stopped .* 0 passed, 0 failed, stopped when its time was over/).and.to.match(/\n1 passed, 1 failed$/);
  });

  it('shares out a total: a suite for which there is not enough leaves its time to those after it', async () => {
    const all = [suite('long', [endless], { takes: 300, minutes: 30 }), suite('short', [passes], { minutes: 10 })];
    const outcomes = await runNightly(all, { seed: 1, minutes: 200 });
    expect(outcomes.map(({ batches }) => batches.length)).to.deep.equal([0, 1]);
    expect(outcomes[0]!.share).to.be.closeTo(150, 1);
    expect(outcomes[1]!.share).to.be.within(150, 200);
  });

  it('every batch is a script of package.json, and draws from a seed of its own', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    expect(new Set(suites.map(({ name }) => name)).size).to.equal(suites.length);
    for (const each of suites) {
      const batches = [...take(each.batches(1_000), 12)];
      expect(batches.filter(({ script }) => !(script in scripts)), each.name).to.deep.equal([]);
      expect(new Set(batches.map(commandOf)).size, each.name).to.equal(batches.length);
      const seeds = batches.flatMap(({ seed }) => (seed === undefined ? [] : [seed]));
      expect(seeds, each.name).to.deep.equal([...new Set(seeds)]);
      const another = [...take(each.batches(2_000_000), 12)].map(commandOf);
      if (seeds.length > 0) expect(another, each.name).to.not.include(commandOf(batches.at(-1)!));
    }
    const batchesOf = (name: string, count: number): Batch[] => [...take(suites.find((each) => each.name === name)!.batches(1), count)];
    expect(batchesOf('simulation', 4).map(({ args }) => args![3])).to.deep.equal(['150', '200', '750', '1000']);
    expect(batchesOf('unit', 1)[0]!.args).to.include.members(['test/unit/many/history.test.ts', 'test/unit/guard/mirror.test.ts']);
  });

  it('is the only one that draws a seed by the clock', () => {
    const own = path.relative(projectRoot, import.meta.filename).replaceAll(path.sep, '/');
    const files = ['test', 'tools', 'bench'].flatMap(filesIn).filter((name) => name.endsWith('.ts') && name !== own);
    expect(files.filter((name) => /seed\b.*\bDate\.now\(\)/i.test(textOf(name)))).to.deep.equal([main]);
  });
});

const textOf = (name: string): string => readFileSync(path.join(projectRoot, name), 'utf8');

function filesIn(folder: string): string[] {
  return readdirSync(path.join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (!entry.isDirectory()) return [name];
    return entry.name === 'node_modules' ? [] : filesIn(name);
  });
}

function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  for (const each of all) {
    if (count-- === 0) return;
    yield each;
    if (count === 0) return;
  }
}
