import { expect } from 'chai';
import Mocha from 'mocha';
import { lastLines, summarize, type TestSummary } from '../../../tools/test-summary.cjs';
import { elapse } from '../../limits.ts';
import { skip } from '../../skip.ts';

type Body = (this: Mocha.Context) => void | Promise<void>;
type Hook = 'beforeAll' | 'beforeEach' | 'afterEach';

/** Runs tests, and gives all that was saved of the run, in order. */
async function saved(tests: Readonly<Record<string, Body>>, hooks: Partial<Record<Hook, Body>> = {}, options: Mocha.MochaOptions = {}): Promise<TestSummary[]> {
  const texts: string[] = [];
  class Reporter {
    constructor(runner: Mocha.Runner) {
      summarize(runner, (text) => void texts.push(text));
    }
  }
  const mocha = new Mocha({ ...options, reporter: Reporter as unknown as Mocha.ReporterConstructor });
  const suite = Mocha.Suite.create(mocha.suite, 'A suite');
  for (const [hook, body] of Object.entries(hooks) as [Hook, Body][]) suite[hook](body);
  for (const [title, body] of Object.entries(tests)) suite.addTest(new Mocha.Test(title, body));
  await new Promise((resolve) => mocha.run(resolve));
  return texts.map((text) => JSON.parse(text) as TestSummary);
}

const pass = (): void => undefined;
const fail = (): void => { throw new Error('No.'); };

describe('The summary of a run of tests', () => {
  it('says of each test what became of it, and that the run has come to its end', async () => {
    const last = (await saved({ passes: pass, fails: fail, 'is skipped'() { skip(this, 'It rains.'); } })).at(-1)!;
    expect(last).to.include({ complete: true, passed: 1, failed: 1, pending: 1, ended: 3, running: null });
    expect(last.failures).to.have.lengthOf(1);
    expect(last.failures[0]).to.include({ title: 'A suite fails', message: 'No.' });
    expect(last.tests.map(({ title, state, reason }) => [title, state, reason])).to.deep.equal([
      ['A suite passes', 'passed', undefined], ['A suite fails', 'failed', undefined], ['A suite is skipped', 'pending', 'It rains.'],
    ]);
  });

  it('says meanwhile which test is under way, and how many have ended', async () => {
    // Longer than the pause between two savings.
    const states = await saved({ first: () => elapse(300), second: () => elapse(300) });
    expect(states[0]).to.include({ complete: false, ended: 0, running: null });
    expect(states.map(({ running, ended }) => `${running} ${ended}`)).to.include.members(['A suite first 0', 'A suite second 1']);
  });

  it('is saved a few times a second at most', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, number) => [`number ${number}`, pass]));
    const states = await saved(many);
    expect(states.length).to.be.at.most(2 + Math.ceil(states.at(-1)!.durationMs / 250));
    expect(states.at(-1)).to.include({ complete: true, passed: 500, ended: 500 });
  });

  it('counts the time of hooks to their test', async () => {
    const { tests } = (await saved({ quick: pass }, { beforeEach: () => elapse(60), afterEach: () => elapse(60) })).at(-1)!;
    expect(tests[0]!.ms).to.be.at.least(110);
  });

  it('lists a hook that failed, and the reason of a suite that was skipped', async () => {
    const failing = (await saved({ never: pass }, { beforeAll: fail })).at(-1)!;
    expect(failing).to.include({ passed: 0, failed: 1, ended: 0 });
    expect(failing.tests.map(({ state }) => state)).to.deep.equal(['failed']);
    expect(failing.tests[0]!.title).to.match(/^A suite "before all" hook.* for "never"$/);
    for (const hook of ['beforeAll', 'beforeEach'] as const) {
      const { tests } = (await saved({ one: pass, other: pass }, { [hook](this: Mocha.Context) { skip(this, 'It snows.'); } })).at(-1)!;
      expect(tests.map(({ state, reason }) => [state, reason]), hook).to.deep.equal([['pending', 'It snows.'], ['pending', 'It snows.']]);
    }
  });

  it('of a dry run has all titles, and nothing was run', async () => {
    let ran = 0;
    const { tests } = (await saved({ one: () => { ran++; }, other: () => { ran++; } }, {}, { dryRun: true })).at(-1)!;
    expect(tests.map(({ title }) => title)).to.deep.equal(['A suite one', 'A suite other']);
    expect(ran).to.equal(0);
  });

  it('ends with its slowest tests where there are many, and with what was skipped', () => {
    const tests = Array.from({ length: 30 }, (_, number) => ({ title: `number ${number}`, state: 'passed' as const, ms: number * 100 }));
    const lines = lastLines({ tests: [...tests, { title: 'other', state: 'pending', ms: 0, reason: 'It rains.' }] });
    expect(lines.filter((line) => line.includes('number'))).to.have.lengthOf(10);
    expect(lines[1]).to.match(/^ +2\.9 s {2}number 29$/);
    expect(lines).to.include('    other: It rains.');
    expect(lastLines({ tests })).not.to.include('  Skipped:');
    expect(lastLines({ tests: tests.slice(0, 5) })).to.deep.equal([]);
  });
});
