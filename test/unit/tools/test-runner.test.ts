import { expect } from 'chai';
import { startBusyLoops } from '../../../tools/test/busy.ts';
import { runPool } from '../../../tools/test/pool.ts';
import { report, type Row } from '../../../tools/test/report.ts';
import { runSuite, type SuiteResult } from '../../../tools/test/suite-process.ts';
import { suites, type Suite } from '../../../tools/test/suites.ts';
import { until } from '../../limits.ts';

describe('The runner of the tests', () => {
  describe('runs suites', () => {
    it('after those that they need, and no more at once than it is told', async () => {
      const log: string[] = [];
      let running = 0;
      let most = 0;
      await runPool([{ name: 'a', needs: ['c'] }, { name: 'b' }, { name: 'c', needs: ['not there'] }, { name: 'd' }], 2, async ({ name }) => {
        most = Math.max(most, ++running);
        log.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} ends`);
        running -= 1;
      });
      expect(most).to.equal(2);
      expect(log).to.have.length(8);
      expect(log.indexOf('a begins')).to.be.above(log.indexOf('c ends'));
    });

    it('and says so when none can begin', async () => {
      const error: unknown = await runPool([{ name: 'a', needs: ['b'] }, { name: 'b', needs: ['a'] }], 2, async () => undefined).catch((reason: unknown) => reason);
      expect(String(error)).to.include('These need each other: a, b.');
    });

    it('of which each has its own name, and needs only what there is', () => {
      const names = suites.map(({ name }) => name);
      expect(new Set(names)).to.have.property('size', names.length);
      for (const { needs = [] } of suites) expect(names).to.include.members([...needs]);
    });
  });

  describe('watches a suite', () => {
    const node = (script: string): Suite => ({ name: 'runner', command: 'node', args: ['-e', script], share: 1 });

    it('keeps what it prints, and how it ends', async () => {
      expect(await runSuite(node('console.log("out"); console.error("err")'))).to.include({ ok: true, printed: 'out\nerr\n' });
      expect(await runSuite(node('process.exit(3)'))).to.include({ ok: false });
    });

    it('and stops one that makes no progress, with all that it started', async () => {
      const outcome = await runSuite(node('console.log(require("child_process").spawn("sleep", ["10000"]).pid); setInterval(() => {}, 1000);'), { patience: 500 });
      expect(outcome.ok).to.equal(false);
      expect(outcome.stopped).to.match(/^stopped after \d+ s without an end$/);
      const grandchild = Number(outcome.printed);
      if (grandchild > 0) await until('the process that it started is gone', () => !isAlive(grandchild));
    });
  });

  describe('reports', () => {
    const suite: Suite = { name: 'other inspectors', command: 'mocha', args: [], share: 10 };
    const result: SuiteResult = {
      complete: true, passed: 2, failed: 0, pending: 1, ended: 3, running: null, failures: [],
      tests: [{ title: 'a', state: 'passed', ms: 1 }, { title: 'b', state: 'passed', ms: 1 }, { title: 'c', state: 'pending', ms: 0, reason: 'needs root' }],
    };
    const row = (more: Partial<SuiteResult>, ok = true): Row => ({ name: suite.name, seconds: 12, share: 9, outcome: { suite, seconds: 12, ok, printed: '', result: { ...result, ...more } } });
    const told = (rows: readonly Row[], beside?: { count: number; alive: number; load: number }): { text: string; ok: boolean } => report(rows, { minutes: 1.5, whole: true, beside });

    it('what passed, what was skipped and why, and what took longer than its share', () => {
      const { text, ok } = told([row({}), { name: 'coverage', seconds: 108, share: 95, checks: [] }]);
      expect(ok).to.equal(true);
      expect(text).to.include('other inspectors: c: needs root').and.to.match(/ok +other inspectors +2 +0 +1 +12\.0 +10\.0 +9\.0 +over/);
      expect(text).to.match(/ok +coverage +0 +0 +0 +108\.0 +90\.0 +95\.0\n/);
      expect(text).to.match(/2 suites, 2 tests, 1 skipped, 1\.5 minutes\n\n2 passed, 0 failed$/);
    });

    it('a failure with the command that repeats it alone', () => {
      const { text, ok } = told([row({ failed: 1, passed: 1, failures: [{ title: 'it\'s a test', message: 'no' }] }, false)]);
      expect(ok).to.equal(false);
      expect(text).to.include('npm test -- --only \'other inspectors\' --fgrep \'it\'\\\'\'s a test\'').and.to.match(/\n1 passed, 1 failed$/);
    });

    it('a run that did not come to its end as a failure, with the test under way', () => {
      expect(told([row({ complete: false, running: 'd' })])).to.have.property('ok', false);
      expect(told([row({ complete: false, running: 'd' })]).text).to.include('did not run to its end; under way: d').and.to.match(/\n2 passed, 1 failed$/);
      expect(told([row({}, false)]).text).to.match(/\n2 passed, 1 failed$/);
    });

    it('the busy loops beside it, and shows nothing when one of them ended', () => {
      expect(told([row({})], { count: 6, alive: 6, load: 8.25 }).text).to.include('beside 6 busy loops, load 8.3');
      expect(told([row({})], { count: 6, alive: 5, load: 8.25 })).to.have.property('ok', false);
    });
  });

  it('starts busy loops, and ends them', async () => {
    const busy = startBusyLoops(1);
    expect(busy.alive()).to.equal(1);
    busy.end();
    await until('it has ended', () => busy.alive() === 0);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
