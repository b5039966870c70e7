import path from 'node:path';
import { expect } from 'chai';
import { build } from 'esbuild';
import type { AnyActorRef } from 'xstate';
import type { Clock } from '../../../src/clock.ts';
import { concurrency } from '../../../src/guard/bulkhead.ts';
import { fallback } from '../../../src/guard/fallback.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import { createGuards } from '../../../src/guard/guards.ts';
import { shared } from '../../../src/guard/keyed-calls.ts';
import type { GuardOptions } from '../../../src/guard/options.ts';
import { retryAfter } from '../../../src/guard/retry-after.ts';
import { retryBudget } from '../../../src/guard/retry-budget.ts';
import { slidingWindow } from '../../../src/guard/sliding-window.ts';
import { TimeoutError } from '../../../src/errors.ts';
import { whatIsMissing } from '../../../src/extension/api.ts';
import { attach } from '../../../src/extension/looked-at.ts';
import { Recorder, type InspectedActor } from '../../../src/inspect/recorder.ts';
import { Alerts } from '../../../src/observe/alerts.ts';
import { logService, type LogEntry } from '../../../src/observe/log.ts';
import { prometheusText } from '../../../src/observe/prometheus.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import { SupervisedGuard } from '../../../src/service/guards/supervised-guard.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import fc from '../../fast-check.ts';

const flaky = (): never => {
  throw new Error('flaky');
};
const ignore = (): undefined => undefined;

/** A guard of one attempt unless told otherwise, and what makes it visible. */
function visible(options: Partial<GuardOptions> = {}) {
  const clock = new VirtualClock();
  const guard = createGuard({ name: 'git', clock, retry: { attempts: 1, jitter: 0 }, ...options });
  const supervised = new SupervisedGuard(guard, { id: 'publisher.extension/git', name: 'git', faultInjection: true });
  const events: ServiceEvent[] = [];
  supervised.onEvent((event) => events.push(event));
  const fail = (times: number): Promise<unknown> => Promise.all(Array.from({ length: times }, () => guard.execute(flaky).catch(ignore)));
  return { clock, guard, supervised, events, fail };
}

/** The actors that an inspector is shown, and how it stops looking. */
function look(supervised: SupervisedGuard): { actors: AnyActorRef[]; state(index?: number): unknown; dispose(): void } {
  const actors: AnyActorRef[] = [];
  const { dispose } = supervised.look((actor) => actors.push(actor));
  return { actors, state: (index = 0) => (actors[index]!.getSnapshot() as { value: unknown }).value, dispose };
}

describe('A guard that is visible', () => {
  describe('metrics', () => {
    it('P100 P61 count each call once, however it ends and whatever its attempts', async () => {
      const { clock, guard, supervised } = visible({ retry: { attempts: 3, jitter: 0 } });
      let attempts = 0;
      await guard.execute(() => 'at once');
      await guard.execute(async () => 'a little later');
      await guard.execute(() => 'with options', { critical: true });
      await clock.run(guard.execute(() => (++attempts < 3 ? flaky() : 'at last')));
      await clock.run(guard.execute(flaky).catch(ignore));
      await guard.execute(() => 'never', { signal: AbortSignal.abort() }).catch(ignore);
      const { operationCount, successCount, errorCount, retryCount, errors, latency, lastSuccessTime, lastErrorTime } = supervised.metrics();
      expect([operationCount, successCount, errorCount, retryCount]).to.deep.equal([6, 4, 2, 4]);
      expect(errors).to.deep.equal({ OTHER: 1, ABORTED: 1 });
      expect(latency.max, 'with the waits').to.equal(3_000);
      expect([lastSuccessTime, lastErrorTime]).to.not.include(undefined);
    });

    it('P100 count what is refused: by the breaker, by a full queue, by the dependency', async () => {
      const limit = retryBudget({}, retryAfter((error) => (error as { wait?: number }).wait, concurrency({ limit: 1, queue: 1 })));
      const { clock, guard, supervised, fail } = visible({ limit, budget: 5_000 });
      const running = guard.execute(() => new Promise((resolve) => clock.setTimeout(() => resolve('done'), 100)));
      const waiting = guard.execute(() => 'waited');
      await guard.execute(() => 'never').catch(ignore);
      expect(supervised.metrics().queueDepth, 'one waits').to.equal(1);
      await clock.advance(100);
      expect(await Promise.all([running, waiting])).to.deep.equal(['done', 'waited']);
      await guard.execute(() => Promise.reject(Object.assign(new Error('429'), { wait: 60_000 }))).catch(ignore);
      await guard.execute(() => 'not yet').catch(ignore);
      await clock.advance(60_000);
      for (let each = 0; each < 5; each++) await fail(1);
      await guard.execute(() => 'refused').catch(ignore);
      const { successCount, errors, rejectionCount, latency } = supervised.metrics();
      expect(successCount).to.equal(2);
      expect(errors).to.deep.equal({ QUEUE_FULL: 1, OTHER: 5, RATE_LIMITED: 1, CIRCUIT_OPEN: 2 });
      expect(rejectionCount).to.equal(4);
      expect(latency.max, 'the wait for a slot is a part of it').to.equal(100);
    });

    it('P100 count a call once that is postponed, because the dependency has asked for it', async () => {
      const { clock, guard, supervised } = visible({ limit: retryAfter((error) => (error as { wait?: number }).wait) });
      await guard.execute(() => Promise.reject(Object.assign(new Error('429'), { wait: 2_000 }))).catch(ignore);
      expect(await clock.run(guard.execute(() => 'later'))).to.equal('later');
      const { successCount, errorCount, latency } = supervised.metrics();
      expect([successCount, errorCount, latency.max]).to.deep.equal([1, 1, 2_000]);
    });

    it('P100 count timeouts, and a call that the dependency answered late once', async () => {
      const { clock, guard, supervised, events } = visible({ timeout: 1_000 });
      let answer!: (value: string) => void;
      await clock.run(guard.execute(() => new Promise((resolve) => (answer = resolve))).catch(ignore));
      answer('late');
      await clock.flush();
      const { timeoutCount, errors } = supervised.metrics();
      expect([timeoutCount, errors]).to.deep.equal([1, { TIMEOUT: 1 }]);
      expect(events.map(({ type }) => type)).to.deep.equal(['attempt-failed', 'failed', 'guard']);
    });

    it('P100 count the calls that policies make, and not those that they answer', async () => {
      const { guard, supervised } = visible();
      expect(await guard.execute(flaky, { with: fallback(() => 'something else') })).to.equal('something else');
      await Promise.all([1, 2, 3].map(() => guard.execute(async () => 'one', { with: shared('key') })));
      const { successCount, errorCount } = supervised.metrics();
      expect([successCount, errorCount]).to.deep.equal([1, 1]);
    });

    it('P100 count no more kinds of errors than fifty, and nothing that is no code', async () => {
      const { guard, supervised } = visible({ breaker: { threshold: Infinity } });
      const codes = [...Array.from({ length: 60 }, (_, index) => `E_${index}`), 'a secret', 128, undefined];
      for (const code of codes) await guard.execute(() => Promise.reject(Object.assign(new Error('no'), { code }))).catch(ignore);
      const hostile = { get code() { return flaky(); } };
      await guard.execute(() => Promise.reject(hostile as unknown as Error)).catch(ignore);
      const { errors, errorCount } = supervised.metrics();
      expect(errorCount).to.equal(64);
      expect(Object.keys(errors)).to.have.length(51).and.to.include('OTHER').and.not.to.include('a secret');
    });

    it('P100 of calls that end in the turn in which they began all are counted, and one in eight is measured', async () => {
      let looks = 0;
      const turns: (() => void)[] = [];
      const inner = new VirtualClock();
      const clock: Clock = {
        now: () => (looks++, inner.now()), wallTime: () => inner.wallTime(), setTimeout: (...timer) => inner.setTimeout(...timer),
        clearTimeout: (timer) => inner.clearTimeout(timer), nextTurn: (callback) => turns.push(callback),
      };
      const { guard, supervised } = visible({ clock });
      for (let call = 0; call < 21; call++) guard.execute(() => 'at once').catch(ignore);
      expect(turns, 'after the first twenty, which are told').to.have.length(1);
      const before = looks;
      for (let call = 0; call < 79; call++) guard.execute(() => 'at once').catch(ignore);
      expect(looks - before, 'one look each by the guard itself, and one for eight').to.equal(79 + 9);
      expect(supervised.metrics().successCount).to.equal(100);
      expect(supervised.metrics().latency.buckets[0]!.count).to.equal(100);
      turns[0]!();
      const slow = guard.execute(() => new Promise((resolve) => inner.setTimeout(() => resolve('done'), 700)));
      await inner.advance(700);
      await slow;
      expect(supervised.metrics().latency.max, 'what takes longer is measured').to.equal(700);
      supervised.resetMetrics();
      expect(supervised.metrics().operationCount).to.equal(0);
      // Within a turn in which not all are measured.
      await guard.execute(() => 'at once');
      await guard.execute(flaky).catch(ignore);
      const told: ServiceEvent[] = [];
      supervised.onEvent((event) => told.push(event));
      for (let call = 0; call < 30; call++) guard.execute(() => 'at once').catch(ignore);
      expect(told.map(({ type }) => type), 'after a failure').to.deep.equal(Array.from({ length: 20 }, () => 'succeeded'));
    });

    it('P100 after any history say what a plain count says', () => fc.assert(fc.asyncProperty(
      fc.array(fc.record({
        how: fc.constantFrom('at once', 'later', 'throws', 'fails later', 'hangs'),
        options: fc.constantFrom(undefined, { critical: true }, { priority: 'interactive' as const }, { with: fallback(() => 'other') }),
        wait: fc.nat(3_000),
      }), { maxLength: 30 }),
      fc.constantFrom<Partial<GuardOptions>>({}, { counting: slidingWindow({ calls: 10 }) }, { limit: concurrency({ limit: 2, queue: 2 }) }),
      async (calls, way) => {
        const { clock, guard, supervised } = visible({ retry: { attempts: 2, jitter: 0 }, timeout: 1_000, ...way });
        const ended = { well: 0, badly: 0 };
        const all: Promise<unknown>[] = [];
        for (const { how, options, wait } of calls) {
          const operation = {
            'at once': () => 'value', 'later': async () => 'value', 'throws': flaky, 'fails later': async () => flaky(), 'hangs': () => new Promise(() => undefined),
          }[how];
          let real: unknown;
          // What a fallback answers is a failure all the same.
          const call = guard.execute(operation, options === undefined || !('with' in options) ? options : { with: fallback((error) => void (real = error)) });
          all.push(call.then(() => (real === undefined ? ended.well++ : ended.badly++), () => ended.badly++));
          await clock.advance(wait);
        }
        await clock.advance(60_000);
        await Promise.all(all);
        const { successCount, errorCount } = supervised.metrics();
        expect([successCount, errorCount]).to.deep.equal([ended.well, ended.badly]);
      },
    ), { numRuns: 200 }));
  });

  describe('health', () => {
    it('P101 P60 follows from the breaker', async () => {
      const { clock, guard, supervised, events, fail } = visible();
      const seen = async (): Promise<unknown> => {
        const { status, checks } = await supervised.health();
        return [supervised.status, status, checks.api.detail, checks.breaker.detail, supervised.breakers()[0]!.mode];
      };
      expect(await seen()).to.deep.equal(['healthy', 'healthy', 'Calls are let through.', 'Closed.', 'CLOSED']);
      await fail(5);
      expect(await seen()).to.deep.equal(['unhealthy', 'unhealthy', 'Calls are refused.', 'Open.', 'OPEN']);
      expect(supervised.breakers()[0]).to.include({ file: 'git', held: false, retryAfter: 60_000 });
      await clock.advance(60_000);
      expect(await seen()).to.deep.equal(['degraded', 'degraded', 'Calls are let through.', 'Half open.', 'HALF_OPEN']);
      await guard.execute(() => 'well');
      supervised.hold();
      expect(await seen()).to.deep.equal(['unhealthy', 'unhealthy', 'Calls are refused.', 'Held open.', 'OPEN']);
      supervised.release();
      supervised.probe();
      supervised.reset();
      expect(await seen()).to.deep.equal(['healthy', 'healthy', 'Calls are let through.', 'Closed.', 'CLOSED']);
      expect(events.filter(({ type }) => type === 'health')).to.have.length(events.filter(({ type }) => type === 'breaker').length).and.to.have.length(6);
    });

    it('P101 tells of slots, and of a queue that is slow', async () => {
      const { clock, guard, supervised } = visible({ limit: concurrency({ limit: 2, reserve: 0 }), timeout: Infinity, budget: Infinity });
      const calls = [1, 2, 3].map(() => guard.execute(() => new Promise((resolve) => clock.setTimeout(() => resolve('done'), 6_000))));
      expect((await supervised.health()).checks.resources).to.deep.equal({ status: 'healthy', detail: 'Slots taken: 2/2, calls waiting: 1.' });
      await clock.advance(5_000);
      expect((await supervised.health()).checks.resources.status).to.equal('degraded');
      await clock.advance(20_000);
      await Promise.all(calls);
      expect((await supervised.health()).status).to.equal('healthy');
    });
  });

  describe('log, alerts and Prometheus', () => {
    it('P102 tell what happens in words of calls', async () => {
      const { clock, guard, supervised, fail } = visible({ limit: retryAfter(() => -1, concurrency({ limit: 1, queue: 0 })) });
      const entries: LogEntry[] = [];
      const log = logService(supervised, [{ write: (entry) => entries.push(entry) }], { clock });
      const alerts = new Alerts(supervised, { clock });
      await guard.execute(() => 'well');
      const running = guard.execute(() => new Promise((resolve) => clock.setTimeout(() => resolve('done'), 10)));
      await guard.execute(() => 'refused').catch(ignore);
      await clock.advance(10);
      await running;
      await guard.execute(flaky, { with: fallback(() => 'other') });
      for (let each = 0; each < 4; each++) await fail(1);
      supervised.dispose();
      const said = new Set(entries.map(({ level, message }) => `${level}: ${message}`));
      expect([...said]).to.include.members([
        'info: The log begins: the service is healthy.', 'debug: A call has succeeded.', 'warn: The queue is full: a call was refused.', 'warn: A call has failed: QUEUE_FULL.',
        'warn: The dependency has named a time to come back that makes no sense.', 'info: An attempt failed.', 'warn: A call has failed: Error.',
        'warn: A call has failed, and its caller was given something else.', 'warn: The circuit breaker has opened: calls are refused.', 'error: The guard is unhealthy.',
        'info: The guard is not watched any more.',
      ]);
      expect(entries.every(({ service, instanceId }) => service === 'git' && instanceId === 'publisher.extension/git')).to.equal(true);
      expect(alerts.active.map(({ message }) => message)).to.include.members(['Calls are refused: the circuit breaker is open.', 'The guard is unhealthy.']);
      log.dispose();
      alerts.dispose();
    });

    it('P102 the share of failures is of the last calls, also after many that went well', async () => {
      const { clock, guard, supervised } = visible({ breaker: { threshold: Infinity } });
      const alerts = new Alerts(supervised, { clock });
      for (let each = 0; each < 100; each++) await guard.execute(() => 'well');
      for (let each = 0; each < 9; each++) await guard.execute(flaky).catch(ignore);
      expect(alerts.active).to.deep.equal([]);
      await guard.execute(flaky).catch(ignore);
      expect(alerts.active.map(({ message }) => message)).to.deep.equal(['50 % of the last 20 calls failed.']);
      for (let each = 0; each < 20; each++) await guard.execute(() => 'well');
      expect(alerts.active).to.deep.equal([]);
      alerts.dispose();
    });

    it('P103 label with the name of the guard, and of guards by key never with a key', async () => {
      const clock = new VirtualClock();
      const guards = createGuards((key) => ({ name: `git in ${key}`, breaker: { threshold: 1 }, retry: { attempts: 1 } }), { clock });
      await guards.for('/home/somebody/a').execute(() => 'well');
      const supervised = new SupervisedGuard(guards, { id: 'publisher.extension/git', name: 'git', faultInjection: false });
      await guards.for('/home/somebody/a').execute(() => 'well');
      await guards.for('/home/somebody/b').execute(flaky).catch(ignore);
      const text = prometheusText([supervised]);
      const labels = 'service="git",instance_id="publisher.extension/git"';
      expect(text).to.include(`holdfast_operations_total{${labels},outcome="success"} 1\n`)
        .and.include(`holdfast_operation_errors_total{${labels},code="OTHER"} 1\n`)
        .and.include(`holdfast_breaker_state{${labels},state="open"} 1\n`)
        .and.include(`holdfast_health_status{${labels},status="unhealthy"} 1\n`);
      expect(text).to.not.include('somebody').and.not.include('file=').and.not.include('holdfast_invalid_settings');
      guards.dispose();
    });
  });

  describe('guards by key', () => {
    it('P100 P103 count the calls of those that are forgotten', () => {
      const clock = Object.assign(new VirtualClock(), { nextTurn: ignore });
      const guards = createGuards((key) => ({ name: key }), { clock, max: 1 });
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: false });
      const guard = guards.for('a');
      for (let call = 0; call < 25; call++) guard.execute(() => 'at once').catch(ignore);
      guards.dispose();
      expect(supervised.metrics().successCount).to.equal(25);
    });

    it('P103 P9 are told of without their keys and names, also in what their errors say', async () => {
      const clock = new VirtualClock();
      const guards = createGuards((key) => ({ name: `git in ${key}`, timeout: 100, retry: { attempts: 1 }, limit: concurrency({ limit: 1, queue: 0 }) }), { clock });
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: false });
      const [entries, errors]: [LogEntry[], unknown[]] = [[], []];
      const log = logService(supervised, [{ write: (entry) => entries.push(entry) }], { clock });
      supervised.onEvent((event) => ('error' in event ? errors.push(event.error) : undefined));
      const guard = guards.for('/home/somebody');
      const hangs = guard.execute(() => new Promise(() => undefined)).catch((error: unknown) => error);
      await guard.execute(() => 'refused').catch(ignore);
      await clock.advance(100);
      expect((await hangs as Error).message, 'to its caller').to.include('git in /home/somebody did not finish');
      const thrown = [
        new Error('No repository: /home/somebody.'), new Error('no name'), 'in /home/somebody',
        { get message() { return flaky(); } },
      ];
      for (const each of thrown) await guard.execute(() => Promise.reject(each as Error), { with: fallback(() => 'other') });
      await guard.execute(() => 'refused').catch(ignore);
      const text = JSON.stringify(entries);
      expect(text).to.include('git did not finish within 100 ms').and.include('The circuit breaker of git is open.').and.include('0 calls of git are waiting already.')
        .and.include('No repository: git.').and.include('"in git"');
      expect(text).to.not.include('somebody');
      expect(String((errors.find((error) => error instanceof TimeoutError) as Error).stack)).to.not.include('somebody');
      expect([errors.includes(thrown[1]), errors.includes(thrown[3])], 'which name nothing').to.deep.equal([true, true]);
      log.dispose();
    });

    it('P103 tell of their end, and not that their breakers have closed', () => {
      const clock = new VirtualClock();
      const guards = createGuards((key) => ({ name: key }), { clock });
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: false });
      guards.for('a').trip();
      const events: ServiceEvent[] = [];
      supervised.onEvent((event) => events.push(event));
      guards.dispose();
      expect(events).to.deep.equal([{ type: 'disposed', unsettled: 0 }]);
    });

    it('P106 one that is visible by itself is not one of them: each guard is shown once', async () => {
      const guards = createGuards((key) => ({ name: key }), { clock: new VirtualClock() });
      const one = new SupervisedGuard(guards.for('a'), { id: 'a', name: 'a', faultInjection: true });
      const all = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: true });
      expect([guards, guards.for('a'), guards.for('b')].map((each) => SupervisedGuard.of(each))).to.deep.equal([all, one, all]);
      await guards.for('a').execute(() => 'well');
      await guards.for('b').execute(() => 'well');
      all.dispose();
      await guards.for('a').execute(() => 'well');
      expect([one.metrics().successCount, all.metrics().successCount]).to.deep.equal([2, 1]);
      one.dispose();
      expect([guards, guards.for('a'), guards.for('b')].map((each) => SupervisedGuard.of(each))).to.deep.equal([undefined, undefined, undefined]);
    });

    it('P104 leave no actor behind that are forgotten, nor their own limits', () => {
      const shared = concurrency({ limit: 2 });
      const guards = createGuards((key) => ({ name: key, limit: key.startsWith('own') ? concurrency({ limit: 2 }) : shared }), { clock: new VirtualClock(), max: 2 });
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: false });
      const recorder = new Recorder(10_000);
      const attached = attach(supervised, (actor) => recorder.attach(supervised.id, actor));
      const names = (): readonly string[] => attached.roots.map(({ id }) => id);
      for (const key of ['own 1', 'own 2', 'own 3', 'a', 'b']) guards.for(key);
      expect(names()).to.deep.equal(['git: breaker 4', 'git: bulkhead', 'git: breaker 5']);
      guards.for('c');
      expect(names(), 'the limit is shared').to.deep.equal(['git: bulkhead', 'git: breaker 5', 'git: breaker 6']);
      const stopped = (): number => recorder.history.records().filter(({ kind }) => kind === 'stop').length;
      expect(stopped(), 'and nothing else has ended for it').to.equal(7);
      attached.dispose();
      expect(stopped()).to.equal(10);
    });

    it('P103 are shown as the worst of them, and forgotten with them', async () => {
      const clock = new VirtualClock();
      const guards = createGuards((key) => ({ name: key, breaker: { threshold: 1, openFor: 1_000 }, retry: { attempts: 1 } }), { clock, max: 2 });
      guards.for('a');
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: true });
      const events: ServiceEvent[] = [];
      supervised.onEvent((event) => events.push(event));
      await guards.for('b').execute(flaky).catch(ignore);
      expect(supervised.breakers()).to.deep.equal([{ file: 'git', mode: 'OPEN', held: false, consecutiveFailures: 0, retryAfter: 1_000, queueDepth: 0 }]);
      const { checks } = await supervised.health();
      expect([checks.api.detail, checks.breaker.detail]).to.deep.equal(['Some calls are refused.', '1 of 2 are open.']);
      const looking = look(supervised);
      expect(looking.actors.map(({ id }) => id)).to.deep.equal(['git: breaker 1', 'git: breaker 2']);
      guards.for('c');
      expect(looking.actors[0]!.getSnapshot(), 'the guard of a has made room').to.have.property('status', 'stopped');
      expect(looking.actors.map(({ id }) => id).at(-1)).to.equal('git: breaker 3');
      supervised.faults!.inject('fail');
      await guards.for('c').execute(() => 'well').catch(ignore);
      supervised.reset();
      const forgotten = guards.for('c');
      guards.for('b');
      expect(await guards.for('d').execute(() => 'well').catch((error: unknown) => error), 'which was made since').to.include({ code: 'INJECTED' });
      expect(await forgotten.execute(() => 'well'), 'which was forgotten').to.equal('well');
      supervised.faults!.heal();
      supervised.reset();
      expect(supervised.status).to.equal('healthy');
      guards.for('b').dispose();
      expect(events.some(({ type }) => type === 'disposed'), 'of one of them').to.equal(false);
      guards.dispose();
      expect(events.at(-1)).to.deep.equal({ type: 'disposed', unsettled: 0 });
      looking.dispose();
    });
  });

  describe('to an inspector', () => {
    it('P104 has an actor while it is looked at, and none before and after', async () => {
      const { guard, supervised, fail } = visible();
      await fail(2);
      expect(guard.breaker.actor).to.equal(undefined);
      const [one, other] = [look(supervised), look(supervised)];
      expect(one.actors).to.have.length(1).and.to.deep.equal(other.actors);
      expect(one.state()).to.equal('CLOSED');
      expect(one.actors[0]!.getSnapshot().context).to.include({ streak: 2 });
      await guard.execute(() => 'well');
      expect(one.actors[0]!.getSnapshot().context).to.include({ streak: 0 });
      const sent: string[] = [];
      one.actors[0]!.system.inspect((event) => (event.type === '@xstate.event' ? sent.push(event.event.type) : undefined));
      await guard.execute(() => 'well');
      expect(sent, 'each success is an event').to.deep.equal(['SUCCESS']);
      await fail(1);
      one.dispose();
      one.dispose();
      expect(guard.breaker.actor, 'the other looks on').to.equal(other.actors[0]);
      other.dispose();
      expect([guard.breaker.actor, guard.breaker.watched, guard.consecutiveFailures]).to.deep.equal([undefined, false, 1]);
      expect(other.actors[0]!.getSnapshot()).to.have.property('status', 'stopped');
    });

    it('P104 is driven: what is sent to the actor happens to the guard', async () => {
      const { clock, guard, supervised } = visible();
      const { actors, dispose } = look(supervised);
      actors[0]!.send({ type: 'TRIP' });
      expect([guard.breakerMode, supervised.status]).to.deep.equal(['OPEN', 'unhealthy']);
      await clock.advance(20_000);
      dispose();
      expect(guard.retryAfter, 'it goes on waiting').to.equal(40_000);
      await clock.advance(40_000);
      expect(guard.breakerMode).to.equal('HALF_OPEN');
      await guard.execute(() => 'well');
      expect(guard.breakerMode).to.equal('CLOSED');
    });

    it('P104 goes on from an actor of its own, with the probe that runs', async () => {
      const { clock, guard, supervised, fail } = visible();
      await fail(5);
      const own = guard.breaker.actor!;
      await clock.advance(60_000);
      let answer!: (value: string) => void;
      const probe = guard.execute(() => new Promise<string>((resolve) => (answer = resolve)));
      const { state, dispose } = look(supervised);
      expect(own.getSnapshot().status).to.equal('stopped');
      expect(state()).to.deep.equal({ HALF_OPEN: 'probing' });
      expect(guard.permits(), 'P2').to.equal(false);
      dispose();
      expect([guard.breakerMode, guard.permits()]).to.deep.equal(['HALF_OPEN', false]);
      answer('well');
      await probe;
      expect(guard.breakerMode).to.equal('CLOSED');
    });

    it('P104 P2 goes on with the probes that have ended', async () => {
      const probing = visible({ breaker: { probes: 4, probeShare: 0.75 } });
      const { clock, guard, supervised, fail } = probing;
      guard.trip();
      await clock.advance(60_000);
      await guard.execute(() => 'well');
      await fail(1);
      for (let each = 0; each < 3; each++) look(supervised).dispose();
      await guard.execute(() => 'well');
      const looking = look(supervised);
      expect(guard.permits(), 'three of four have ended').to.equal(true);
      await guard.execute(() => 'well');
      expect(guard.breakerMode).to.equal('CLOSED');
      looking.dispose();
    });

    it('P104 outlives an actor that crashes, and a guard that is disposed of', async () => {
      const { guard, supervised } = visible();
      const looking = look(supervised);
      // Rules that throw when they are read.
      looking.actors[0]!.send({ type: 'CONFIGURE', get rules() { return flaky(); } });
      expect(looking.actors[0]!.getSnapshot()).to.have.property('status', 'error');
      expect(guard.breaker.actor, 'the guard has one of its own').to.not.equal(looking.actors[0]);
      expect(await guard.execute(() => 'well')).to.equal('well');
      looking.dispose();
      const next = look(supervised);
      guard.dispose();
      expect(next.actors[0]!.getSnapshot()).to.have.property('status', 'stopped');
      next.dispose();
    });

    it('P104 shows its limit as well, which several guards may share', async () => {
      const limit = concurrency({ limit: 1, reserve: 0 });
      const [git, hg] = [visible({ limit }), visible({ limit })];
      const [one, other] = [look(git.supervised), look(hg.supervised)];
      expect(one.actors.map(({ id }) => id)).to.deep.equal(['git: breaker', 'git: bulkhead']);
      const call = git.guard.execute(() => new Promise((resolve) => git.clock.setTimeout(() => resolve('done'), 10)));
      const waiting = hg.guard.execute(() => 'well');
      for (const looking of [one, other]) expect(looking.state(1)).to.deep.equal({ slots: 'full', queue: 'prompt' });
      one.dispose();
      await git.clock.advance(10);
      await Promise.all([call, waiting]);
      expect(other.state(1)).to.deep.equal({ slots: 'free', queue: 'empty' });
      other.dispose();
      expect(other.actors[1]!.getSnapshot()).to.have.property('status', 'stopped');
    });

    it('P104 after any history says the same as one that nobody looks at', () => fc.assert(fc.asyncProperty(
      fc.array(fc.constantFrom('well', 'badly', 'look', 'look away', 'wait', 'hold', 'release', 'reset', 'trip', 'probe'), { maxLength: 60 }),
      fc.constantFrom<Partial<GuardOptions>>({}, { counting: slidingWindow({ calls: 6, minimum: 3 }) }, { limit: concurrency({ limit: 3 }) }),
      async (steps, way) => {
        const both = [visible(way), visible(way)] as const;
        let looking: { dispose(): void } | undefined;
        for (const step of steps) {
          if (step === 'look') looking ??= look(both[0].supervised);
          if (step === 'look away') looking = void looking?.dispose();
          for (const { clock, guard, supervised } of both) {
            if (step === 'well') await guard.execute(() => 'value').catch(ignore);
            if (step === 'badly') await guard.execute(flaky).catch(ignore);
            if (step === 'wait') await clock.advance(17_000);
            if (step === 'hold' || step === 'release' || step === 'reset' || step === 'probe') supervised[step]();
            if (step === 'trip') guard.trip();
          }
          const [one, other] = both.map(({ guard }) => [guard.breakerMode, guard.isHeld, guard.consecutiveFailures, guard.retryAfter, guard.permits()]);
          expect(one, `after ${step}`).to.deep.equal(other);
        }
        looking?.dispose();
        expect(both[0].supervised.metrics().errors).to.deep.equal(both[1].supervised.metrics().errors);
      },
    ), { numRuns: 300 }));

    it('P104 is recorded: what was there before, since when, and what happens', async () => {
      const { clock, guard, supervised, fail } = visible();
      await fail(5);
      await clock.advance(10_000);
      const recorder = new Recorder(100, () => clock.wallTime());
      const attached: { dispose(): void }[] = [];
      const looking = supervised.look((actor) => attached.push(recorder.attach(supervised.id, actor as unknown as InspectedActor, undefined, (each) => supervised.timesOf(each))));
      const [first] = recorder.history.records();
      expect(first).to.deep.include({ kind: 'actor', name: 'git: breaker', machine: 'circuit-breaker', service: 'publisher.extension/git', parent: undefined });
      expect((first as { entered: object }).entered).to.include({ 'circuit-breaker.OPEN': clock.wallTime() - 10_000 });
      guard.reset();
      expect(recorder.history.records().at(-1)).to.deep.include({ kind: 'event', type: 'RESET' });
      attached.forEach((each) => each.dispose());
      looking.dispose();
      expect(supervised.timesOf({})).to.equal(undefined);
    });
  });

  describe('faults', () => {
    it('P105 strike the calls from then on, until they are taken back', async () => {
      const { clock, guard, supervised } = visible({ retry: { attempts: 3, jitter: 0 }, timeout: 1_000, budget: 10_000, breaker: { threshold: 10 } });
      const { faults } = supervised;
      expect(faults!.injectable).to.deep.equal(['fail', 'hang', 'lag']);
      expect(() => faults!.inject('burn')).to.throw(RangeError, '"burn" is not one of fail, hang, lag.');
      faults!.inject('fail');
      const error = await guard.execute(() => 'never').catch((caught: unknown) => caught);
      expect(error).to.include({ code: 'INJECTED', retryable: false }).and.to.deep.include({ context: { injected: true } });
      expect(supervised.metrics().retryCount, 'it is not tried again').to.equal(0);
      faults!.inject('hang');
      expect(faults!.injected).to.equal('hang');
      expect(await clock.run(guard.execute(() => 'never').catch((caught: unknown) => caught))).to.include({ code: 'TIMEOUT' });
      faults!.inject('lag');
      const lagging = guard.execute(() => 'well', { critical: true });
      expect(await clock.run(lagging)).to.equal('well');
      expect(supervised.metrics().latency.max).to.be.at.least(2_000);
      expect(await guard.execute('no function' as never).catch((caught: unknown) => caught)).to.be.instanceOf(TypeError);
      faults!.heal();
      expect(faults!.injected).to.equal(undefined);
      expect(await guard.execute(() => 'well')).to.equal('well');
    });

    it('P105 apply to an execute that the author has replaced, and restore that one', async () => {
      const { guard, supervised } = visible();
      const execute = <T>(): Promise<T> => Promise.resolve('theirs' as T);
      Object.assign(guard, { execute });
      const { faults } = supervised;
      faults!.inject('hang');
      faults!.inject('fail');
      expect(guard.execute).not.to.equal(execute);
      faults!.heal();
      expect(guard.execute).to.equal(execute);
      faults!.inject('fail');
      supervised.dispose();
      expect(guard.execute).to.equal(execute);
    });

    it('P105 are there only where they are asked for', () => {
      const guard = createGuard({ name: 'git' });
      expect(new SupervisedGuard(guard, { id: 'git', name: 'git', faultInjection: false }).faults).to.equal(undefined);
    });
  });

  describe('its end', () => {
    it('P106 leaves the guard as it was, and tells nobody any more', async () => {
      const { guard, supervised, events } = visible();
      const before = createGuard({ name: 'other' });
      supervised.faults!.inject('fail');
      const looking = look(supervised);
      supervised.dispose();
      supervised.dispose();
      expect(Object.keys(guard).sort()).to.deep.equal(Object.keys(before).sort());
      expect(Object.keys(guard.breaker).sort()).to.deep.equal(Object.keys(before.breaker).sort());
      expect(await guard.execute(() => 'well')).to.equal('well');
      expect(events.filter(({ type }) => type !== 'disposed')).to.deep.equal([]);
      expect([guard.breaker.actor, looking.actors[0]!.getSnapshot().status]).to.deep.equal([undefined, 'stopped']);
    });

    it('P106 comes with that of the guard', () => {
      const { guard, events } = visible();
      guard.dispose();
      expect(events).to.deep.equal([{ type: 'disposed', unsettled: 0 }]);
    });

    it('P106 of guards by key is no recovery of one whose breaker is open', async () => {
      const guards = createGuards((key) => ({ name: key, breaker: { threshold: 1 }, retry: { attempts: 1 } }), { clock: new VirtualClock() });
      const supervised = new SupervisedGuard(guards, { id: 'git', name: 'git', faultInjection: false });
      await guards.for('a').execute(flaky).catch(ignore);
      const events: ServiceEvent[] = [];
      supervised.onEvent((event) => events.push(event));
      guards.dispose();
      expect(events).to.deep.equal([{ type: 'disposed', unsettled: 0 }]);
    });

    it('P106 who asks for each call is told of each, until they ask no more', async () => {
      const { guard, supervised } = visible();
      let calls = 0;
      const one = supervised.onCall(() => calls++);
      for (let each = 0; each < 100; each++) await guard.execute(() => 'well');
      expect(calls).to.equal(100);
      one.dispose();
      one.dispose();
      await guard.execute(() => 'well');
      expect(calls).to.equal(100);
    });
  });

  describe('its cost to others', () => {
    it('P108 is nothing: who does not make guards visible has none of it in their bundle', async () => {
      const folder = path.resolve(import.meta.dirname, '../../..');
      const partsOf = async (names: string): Promise<string[]> => {
        const { metafile } = await build({
          stdin: { contents: `export { ${names} } from './src/vscode.ts';`, resolveDir: folder }, absWorkingDir: folder,
          bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent',
        });
        return Object.entries(Object.values(metafile.outputs)[0]!.inputs).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : []));
      };
      const isOfIt = (name: string): boolean => /service\/guards|observe-calls|machines\/bulkhead\.ts/.test(name);
      expect((await partsOf('superviseConfiguration, createGuard, createGuards, concurrency')).filter(isOfIt)).to.deep.equal([]);
      expect((await partsOf('superviseGuard')).filter(isOfIt)).to.have.length(7);
    });
  });

  describe('its shape', () => {
    it('P107 is known to this extension, and is none to an earlier one', () => {
      const { supervised } = visible();
      expect(whatIsMissing(supervised)).to.equal(undefined);
      // What 0.1.0 asked for.
      const asked = ['get', 'inspect', 'onEvent', 'health', 'metrics', 'breakers', 'reload', 'reset', 'probe', 'hold', 'release', 'evidence', 'restoreDefaults'];
      expect(asked.find((name) => typeof (supervised as unknown as Record<string, unknown>)[name] !== 'function')).to.equal('reload');
      expect([supervised.get(), supervised.inspect().layers, supervised.supervisor.getSnapshot()]).to.deep.equal([undefined, {}, undefined]);
    });
  });
});
