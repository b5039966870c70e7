import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { report } from '../../../tools/nightly/report.ts';
import { commandOf, runNightly } from '../../../tools/nightly/run.ts';
import { suites, type Batch, type NightlySuite } from '../../../tools/nightly/suites.ts';
import { run } from '../../../tools/run.ts';
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

function* forever<T>(each: T): Generator<T> {
  for (;;) yield each;
}

describe('npm run nightly', () => {
  it('ends with code 1 when a batch fails, and says which command repeats it', async () => {
    const failure = await run(process.execPath, [main, '--only', 'conformance', '--seed', '5'], projectRoot, { PATH: '' }).then(() => '', (error: Error) => error.message);
    expect(failure).to.include('ended with 1:').and.to.include('Seed 5.').and.to.include('    again: npm run conformance\n').and.to.match(/\n0 passed, 1 failed$/);
  });

  it('shows nothing when no suite had the time, and ends with code 1', async () => {
    const failure = await run(process.execPath, [main, '--minutes', '0.001'], projectRoot).then(() => '', (error: Error) => error.message);
    expect(failure).to.include('ended with 1:').and.to.include('left out: it takes').and.to.match(/\n0 passed, 0 failed$/);
  });

  it('refuses a suite that it does not know, and says which there are', async () => {
    const failure = await run(process.execPath, [main, '--only', 'nothing'], projectRoot).then(() => '', (error: Error) => error.message);
    expect(failure).to.include('ended with 2:').and.to.include('Not a suite: nothing. There are conformance, ');
  });

  it('goes on after a failure, counts batches, and leaves the rest of a suite out after three failures', async () => {
    const outcomes = await runNightly([suite('worse', forever(fails)), suite('well', [passes, passes])], { seed: 7 });
    const { text, ok } = report(outcomes, 7);
    expect(ok).to.equal(false);
    expect(text.split('\n').filter((line) => line === '    again: npm run nightly -- --only \'no such suite\'')).to.have.lengthOf(3);
    expect(text).to.match(/FAIL +worse +7 +\d+\.\d +0 passed, 3 failed/).and.to.match(/ok +well +\d+\.\d +2 passed, 0 failed/).and.to.match(/\n2 passed, 3 failed$/);
  });

  it('takes the commands that a program names itself: each test that failed, with its seed', async () => {
    const file = path.join(temporaryFolder(), 'fails.test.mjs');
    writeFileSync(file, "describe('One', () => { it('isn\\'t well', () => { throw new Error(process.env.HOLDFAST_SEED); }); it('is well', () => {}); });\n");
    const [outcome] = await runNightly([suite('unit', [{
      what: 'a test', script: 'test:unit', env: { HOLDFAST_SEED: '17' }, args: ['--no-config', '--reporter', 'tools/nightly/again-reporter.cjs', file],
    }])], { seed: 1 });
    expect(outcome!.batches.map(({ again }) => again)).to.deep.equal([["HOLDFAST_SEED=17 npm run test:unit -- --timeout 0 --fgrep 'One isn'\\''t well'"]]);
  });

  it('a batch that hangs has failed; one whose suite has no time left is stopped, and is no failure', async () => {
    const outcomes = await runNightly([suite('hangs', [endless], { limit: 0.02 }), suite('stopped', [endless], { minutes: 0.02 }), suite('well', [passes])], { seed: 1 });
    expect(outcomes.map(({ batches }) => batches.map(({ ended }) => ended))).to.deep.equal([['failed'], ['stopped'], ['passed']]);
    expect(outcomes[0]!.batches[0]!.again).to.deep.equal(['npm run simulate -- --runs 1000000000']);
    const { text, ok } = report(outcomes, 1);
    expect(ok).to.equal(false);
    expect(text).to.match(/none +stopped .* 0 passed, 0 failed, stopped when its time was over/).and.to.match(/\n1 passed, 1 failed$/);
  });

  it('shares out a total: a suite for which there is not enough leaves its time to those after it', async () => {
    const outcomes = await runNightly([suite('long', [endless], { takes: 3, minutes: 30 }), suite('short', [passes], { minutes: 10 })], { seed: 1, minutes: 2 });
    expect(outcomes.map(({ batches }) => batches.length)).to.deep.equal([0, 1]);
    expect(outcomes[0]!.share).to.be.closeTo(1.5, 0.01);
    expect(outcomes[1]!.share).to.be.within(1.5, 2);
  });

  it('every batch is a script of package.json, and draws from a seed of its own', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    expect(new Set(suites.map(({ name }) => name)).size).to.equal(suites.length);
    for (const each of suites) {
      const batches = [...take(each.batches(1_000), 12)];
      expect(batches.filter(({ script }) => !(script in scripts)), each.name).to.deep.equal([]);
      expect(new Set(batches.map(commandOf)).size, each.name).to.equal(batches.length);
      const seeds = batches.flatMap(({ seed }) => (seed === undefined ? [] : [seed]));
      expect(seeds, each.name).to.deep.equal([...new Set(seeds)]);
      if (seeds.length > 0) expect([...take(each.batches(2_000_000), 12)].map(commandOf), each.name).to.not.include(commandOf(batches.at(-1)!));
    }
    const lives = [...take(suites.find(({ name }) => name === 'simulation')!.batches(1), 4)].map(({ args }) => args![3]);
    expect(lives).to.deep.equal(['150', '200', '750', '1000']);
  });
});

function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  for (const each of all) {
    if (count-- === 0) return;
    yield each;
    if (count === 0) return;
  }
}
