import { expect } from 'chai';
import { QueueFullError, StoreError } from '../../../src/errors.ts';
import { Alerts, type Alert } from '../../../src/observe/alerts.ts';
import type { HealthReport } from '../../../src/service/health.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import fc from '../../fast-check.ts';
import { FakeService } from './fake-service.ts';

const file = 'user settings';
const io = new StoreError('io', 'It failed.');
const check = (status: 'healthy' | 'degraded'): HealthReport['checks']['api'] => ({ status, detail: status });

/** Alerts on a history of writes. */
function watch(raiseAt?: number) {
  const service = new FakeService();
  const alerts = new Alerts(service, { clock: new VirtualClock(), ...(raiseAt === undefined ? {} : { raiseAt }) });
  const heard: { readonly alert: Alert; readonly at: number }[] = [];
  let step = 0;
  alerts.onAlert((alert) => heard.push({ alert, at: step }));
  const write = (ok: boolean): void => {
    step++;
    if (ok) service.emit({ type: 'stored', keys: ['name'], file, latency: 1 });
    else service.emit({ type: 'failed', keys: ['name'], file, error: io, latency: 1 });
  };
  return { service, alerts, heard, write };
}

describe('Alerts do not flap', () => {
  it('of the error rate, when as many writes fail as raise it: a mere threshold would come and go a thousand times in 20,000 writes', () => {
    for (const raiseAt of [undefined, 0.2, 0.35, 0.8]) {
      const { heard, write } = watch(raiseAt);
      const random = seededRandom(17);
      const share = raiseAt ?? 0.5;
      const last: boolean[] = [];
      let naive = 0;
      let above = false;
      for (let i = 0; i < 20_000; i++) {
        const ok = random() > share;
        last.push(ok);
        if (last.length > 20) last.shift();
        const now = last.filter((each) => !each).length / last.length >= share;
        if (now !== above) naive++;
        above = now;
        write(ok);
      }
      expect(naive, `a mere threshold of ${share}`).to.be.greaterThan(1_000);
      expect(heard.length, `raised at ${share}`).to.be.below(naive / 4);
    }
  });

  it('of the error rate, whatever the history: from raised to over takes six good writes, from over to raised six bad ones', () => {
    const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 })), { minLength: 5, maxLength: 60 });
    fc.assert(fc.property(runs, (history) => {
      const { heard, write } = watch();
      const outcomes = history.flatMap(([ok, times]) => Array.from({ length: times }, () => ok));
      outcomes.forEach(write);
      for (const [index, { alert, at }] of heard.entries()) {
        expect(alert.active, 'raised and over by turns').to.equal(index % 2 === 0);
        if (index === 0) continue;
        const between = outcomes.slice(heard[index - 1]!.at, at);
        expect(between.filter((ok) => ok === !alert.active).length, `from write ${heard[index - 1]!.at} to ${at}`).to.be.at.least(6);
      }
    }), { numRuns: 500 });
  });

  it('of anything, whatever happens: each id is raised and over by turns, and the history agrees with what was heard', () => {
    const mode = fc.constantFrom('CLOSED' as const, 'OPEN' as const, 'HALF_OPEN' as const);
    const health = fc.constantFrom('healthy' as const, 'degraded' as const, 'unhealthy' as const);
    const event = fc.oneof(
      fc.record({ type: fc.constant('breaker' as const), file: fc.constantFrom('a', 'b'), from: mode, to: mode }),
      fc.record({ type: fc.constant('health' as const), health, before: health }),
      fc.constant({ type: 'load-failed' as const, error: io }),
      fc.constant({ type: 'loaded' as const, changed: [], issues: [] }),
      fc.constant({ type: 'stored' as const, keys: ['name'], file, latency: 1 }),
      fc.constantFrom(io, new QueueFullError(file, 100)).map((error) => ({ type: 'failed' as const, keys: ['name'], file, error, latency: 1 })),
      fc.constant({ type: 'crash' as const, actor: 'a', error: io, givenUp: true }),
      fc.record({ access: health, resources: health, queueDepth: fc.integer({ min: 0, max: 100 }) }).map((report) => ({ type: 'report' as const, report })),
    );
    fc.assert(fc.property(fc.array(event, { maxLength: 150 }), (events) => {
      const { service, alerts, heard } = watch();
      for (const each of events) {
        if (each.type !== 'report') service.emit(each);
        else {
          service.queueDepth = each.report.queueDepth;
          alerts.note({ status: 'degraded', checkedAt: 0, checks: { api: check('healthy'), breaker: check('healthy'), access: check(each.report.access === 'healthy' ? 'healthy' : 'degraded'), resources: check(each.report.resources === 'healthy' ? 'healthy' : 'degraded') } });
        }
      }
      const ids = new Set(heard.map(({ alert }) => alert.id));
      for (const id of ids) {
        const turns = heard.filter(({ alert }) => alert.id === id).map(({ alert }) => alert.active);
        expect(turns, id).to.deep.equal(turns.map((_, index) => index % 2 === 0));
        expect(alerts.active.some((alert) => alert.id === id), id).to.equal(turns.at(-1));
      }
      expect(alerts.history.filter(({ active }) => active)).to.have.deep.members(alerts.active);
      expect(alerts.history.filter(({ active }) => !active)).to.have.lengthOf(Math.min(50, heard.filter(({ alert }) => !alert.active).length));
      for (const { active, since, until } of alerts.history) expect(until === undefined ? active : until >= since).to.equal(true);
    }), { numRuns: 300 });
  });

  it('of settings that can be read and cannot by turns, and of access: once it was over, only twice in a row is again', () => {
    const sign = fc.constantFrom('bad' as const, 'good' as const, 'bad, once more the same report' as const);
    for (const id of ['load', 'access'] as const) {
      fc.assert(fc.property(fc.array(sign, { maxLength: 80 }), (signs) => {
        const { service, alerts, heard } = watch();
        const report = (access: 'healthy' | 'degraded'): HealthReport => ({ status: access, checkedAt: 0, checks: { api: check('healthy'), breaker: check('healthy'), access: check(access), resources: check('healthy') } });
        const at: number[] = [];
        let last = report('healthy');
        signs.forEach((each, index) => {
          if (id === 'access') alerts.note(last = each === 'bad, once more the same report' ? last : report(each === 'bad' ? 'degraded' : 'healthy'));
          else if (each === 'good') service.emit({ type: 'loaded', changed: [], issues: [] });
          else service.emit({ type: 'load-failed', error: io });
          while (at.length < heard.length) at.push(index);
        });
        const kinds = id === 'load' ? signs.map((each) => each !== 'good') : signs.map((each, index) => (each === 'bad, once more the same report' ? undefined : signs[index] === 'bad'));
        heard.forEach(({ alert }, index) => {
          expect(alert.active).to.equal(index % 2 === 0);
          if (!alert.active || index === 0) return;
          const between = kinds.slice(at[index - 1]! + 1, at[index]! + 1).filter((bad) => bad !== undefined);
          expect(between.slice(-2), `raised again at sign ${at[index]}`).to.deep.equal([true, true]);
        });
        // By turns: once, whatever the number of turns.
        const turns = kinds.filter((bad) => bad !== undefined);
        if (!turns.some((bad, index) => bad && turns[index + 1] === true)) expect(heard.length).to.be.at.most(2);
      }), { numRuns: 500 });
    }
  });

  it('of what comes back after more than five minutes: that is told at once', async () => {
    const clock = new VirtualClock();
    const service = new FakeService();
    const alerts = new Alerts(service, { clock });
    const comesAndGoes = (): void => service.emit({ type: 'load-failed', error: io }, { type: 'loaded', changed: [], issues: [] });
    comesAndGoes();
    comesAndGoes();
    expect(alerts.history).to.have.lengthOf(1);
    await clock.advance(300_001);
    comesAndGoes();
    expect(alerts.history).to.have.lengthOf(2);
  });

  it('of the breaker and of health: what is half well is the same alert', () => {
    const state = fc.constantFrom(['CLOSED', 'healthy'] as const, ['HALF_OPEN', 'degraded'] as const, ['OPEN', 'unhealthy'] as const);
    fc.assert(fc.property(fc.array(state, { maxLength: 60 }), (states) => {
      const { service, heard } = watch();
      let expected = 0;
      let raised = false;
      for (const [mode, health] of states) {
        service.emit({ type: 'breaker', file, from: 'CLOSED', to: mode }, { type: 'health', health, before: 'healthy' });
        if (mode === 'OPEN' && !raised) [raised, expected] = [true, expected + 2];
        if (mode === 'CLOSED' && raised) [raised, expected] = [false, expected + 2];
      }
      expect(heard).to.have.lengthOf(expected);
    }), { numRuns: 300 });
  });

  it('of resources: a queue around its mark is one alert, until half of it is gone', () => {
    const { service, alerts, heard } = watch();
    for (const depth of [81, 79, 82, 60, 90, 41]) {
      service.queueDepth = depth;
      alerts.note({ status: 'degraded', checkedAt: 0, checks: { api: check('healthy'), breaker: check('healthy'), access: check('healthy'), resources: check(depth > 80 ? 'degraded' : 'healthy') } });
    }
    expect(heard.map(({ alert }) => alert.active)).to.deep.equal([true]);
    service.queueDepth = 40;
    service.emit({ type: 'stored', keys: ['name'], file, latency: 1 });
    expect(heard.map(({ alert }) => alert.active)).to.deep.equal([true, false]);
  });
});

describe('The history of alerts', () => {
  it('has the latest first, with the time it began and ended, and keeps the last 50', async () => {
    const clock = new VirtualClock();
    const service = new FakeService();
    const alerts = new Alerts(service, { clock });
    for (let i = 0; i < 60; i++) {
      service.emit({ type: 'breaker', file: `f${i}`, from: 'CLOSED', to: 'OPEN' });
      await clock.advance(1_000);
      service.emit({ type: 'breaker', file: `f${i}`, from: 'HALF_OPEN', to: 'CLOSED' });
      await clock.advance(1_000);
    }
    service.emit({ type: 'load-failed', error: io });
    expect(alerts.history).to.have.lengthOf(51);
    expect(alerts.history[0]).to.include({ id: 'load', active: true }).and.not.to.have.property('until');
    expect(alerts.history[1]).to.include({ id: 'breaker f59', active: false });
    expect(alerts.history[1]!.until! - alerts.history[1]!.since).to.equal(1_000);
    expect(alerts.history.at(-1)).to.include({ id: 'breaker f10' });
    alerts.dispose();
    expect(alerts.history).to.deep.equal([]);
  });

  it('P51 quotes no secret', () => {
    const service = new FakeService();
    const alerts = new Alerts(service);
    alerts.note({ status: 'degraded', checkedAt: 0, checks: { api: check('healthy'), breaker: check('healthy'), access: { status: 'degraded', detail: 'No "the secret" here' }, resources: check('healthy') } });
    service.emit({ type: 'load-failed', error: new Error('I read the secret') });
    expect(JSON.stringify(alerts.history)).not.to.include('the secret');
  });
});
