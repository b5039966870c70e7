import { BusyError, openFor, threshold, TransientError, type Subject } from '../peer.ts';
import type { Scenario } from '../scenarios.ts';
import { admits, errorOf, expect, fail, gate, open, settled, spoilTimes, succeed, watch, type FakeTime } from '../world.ts';

const plainly = { retry: false, timeout: 5_000 };
const retrying = { retry: true, timeout: 5_000 };
const hour = 3_600_000;

/** Does it let a call through, which fails? */
async function probes(subject: Subject): Promise<boolean> {
  let called = false;
  watch(subject.call((signal) => (called = true, fail(signal))));
  await settled();
  return called;
}

export const outageScenarios: readonly Scenario[] = [
  {
    id: 'P75',
    property: 'OPEN can last longer each time a probe fails, up to a limit, and begins again once it has closed',
    async run(peer, time) {
      const subject = peer.make({ ...plainly, growsUpTo: 4 * openFor });
      await open(peer, subject, time);
      await time.pass(openFor + 1);
      expect(await probes(subject), 'the first time it is open for longer than it should be');
      for (const times of [2, 4, 4]) {
        await time.pass((times - 1) * openFor);
        expect(!await probes(subject), 'is open no longer when a probe has failed');
        await time.pass(openFor + 1);
        expect(await probes(subject), 'is open for longer than its limit');
      }
      await time.pass(4 * openFor + 1);
      expect(await admits(subject) && subject.isClosed(), 'does not recover');
      await open(peer, subject, time);
      await time.pass(openFor + 1);
      expect(await admits(subject), 'is open for long although it has closed meanwhile');
    },
  },
  {
    id: 'P76',
    property: 'Several probes are judged by their share',
    async run(peer, time) {
      const afterProbes = async (...failures: boolean[]): Promise<Subject> => {
        const subject = peer.make({ ...plainly, probes: 4 });
        await open(peer, subject, time);
        await time.pass(openFor + 1);
        for (const fails of failures) {
          watch(subject.call(fails ? fail : succeed));
          await settled();
        }
        return subject;
      };
      const half = await afterProbes(false, true, true, false);
      expect(half.isClosed(), 'half of four probes succeed, as is asked for, and it stays open');
      const fewer = await afterProbes(true, true, true);
      expect(!await probes(fewer), 'goes on probing though too many have failed');
    },
  },
  {
    id: 'P77',
    property: 'A result that is a failure is tried again and counts; the caller gets the result',
    async run(peer, time) {
      const isFailure = (result: unknown): boolean => result === 'exit code 1';
      const subject = peer.make({ ...plainly, isFailure });
      for (let call = 0; call < threshold; call++) {
        const failed = watch(subject.call(() => Promise.resolve('exit code 1')));
        await settled();
        expect(failed.value === 'exit code 1', 'the caller does not get the result');
      }
      expect(!subject.isClosed(), 'five results that are failures do not open it');
      const patient = peer.make({ ...retrying, isFailure });
      let calls = 0;
      const cured = watch(patient.call(() => Promise.resolve(++calls < 3 ? 'exit code 1' : 'done')));
      await time.pass(60_000);
      expect(cured.value === 'done', 'a result that is a failure is not tried again');
    },
  },
  {
    id: 'P78',
    property: 'Nothing is sent before the time that the dependency has named: no retry, no other call, no probe',
    async run(peer, time) {
      const retryAfter = (error: unknown): number | undefined => (error instanceof BusyError ? error.comeBackIn : undefined);
      const subject = peer.make({ ...retrying, retryAfter });
      let calls = 0;
      const busyOnce = (wait: number) => (): Promise<string> => (++calls === 1 ? Promise.reject(new BusyError(wait)) : Promise.resolve('done'));
      const first = watch(subject.call(busyOnce(10_000)));
      await time.pass(5_000);
      expect(calls === 1, 'tries again before the time');
      const other = watch(subject.call(() => (calls++, Promise.resolve('done'))));
      await time.pass(4_990);
      expect(calls === 1, 'sends another call before the time');
      await time.pass(5_000);
      expect(first.value === 'done' && other.value === 'done', 'sends nothing after the time');

      const impatient = peer.make({ ...retrying, retryAfter });
      calls = 0;
      const ended = watch(impatient.call(busyOnce(hour)));
      await settled();
      expect(ended.done && (ended.error as { retryAfter?: unknown }).retryAfter === hour, 'a call that may not wait so long waits, or is not told how long');
      const absurd = peer.make({ ...retrying, retryAfter });
      calls = 0;
      const ignored = watch(absurd.call(busyOnce(-1)));
      await time.pass(5_000);
      expect(ignored.value === 'done', 'a time that makes no sense is heeded');

      const broken = peer.make({ ...plainly, retryAfter });
      const dependency = gate();
      for (let call = 0; call < threshold; call++) watch(broken.call(dependency.operation));
      dependency.fail(new BusyError(2 * openFor));
      await settled();
      await time.pass(openFor + 1);
      expect(!await probes(broken), 'probes before the time');
      await time.pass(openFor);
      expect(await admits(broken), 'does not probe after the time');
    },
  },
  {
    id: 'P79',
    property: 'Breakers by key, made on demand: never more than allowed, none forgotten that is in use or not closed',
    async run(peer, time) {
      const keyed = peer.byKey(plainly, { max: 3, forgetAfter: hour });
      try {
        await spoilTimes(peer, keyed.for('down'), time, threshold);
        expect(await admits(keyed.for('idle')), 'one that is down stops another');
        const dependency = gate();
        const busy = watch(keyed.for('busy').call(dependency.operation));
        const further = watch(keyed.for('further').call(dependency.operation));
        expect(keyed.size === 3, 'there are more than are allowed, or one too few');
        expect(!keyed.for('down').isClosed(), 'one that is open is forgotten');
        expect(await refuses(() => keyed.for('one too many')), 'one is made beyond what is allowed');
        dependency.open('done');
        await settled();
        expect(busy.value === 'done' && further.value === 'done', 'one in use is forgotten');
        await time.pass(hour + 1);
        const left: number = keyed.size;
        expect(left === 1, 'one that is idle is kept for ever');
      } finally {
        keyed.dispose();
      }
    },
  },
  {
    id: 'P80',
    property: 'A fallback hides a failure from its caller only: it counts, and is told with the real error',
    async run(peer, time) {
      const subject = peer.make({ ...plainly, fallback: () => 'instead' });
      const told: unknown[] = [];
      subject.onFallback?.((error) => void told.push(error));
      for (let call = 0; call < threshold; call++) {
        const failed = watch(subject.call(fail));
        await settled();
        expect(failed.value === 'instead', 'the caller sees the failure');
      }
      expect(!subject.isClosed(), 'a failure with a fallback does not count');
      expect(told.length === threshold && told.every((error) => error instanceof TransientError), 'the real error is not told');
      if (peer.offers?.includes('last good') !== true) return;
      const read = peer.make({ ...plainly, lastGood: 60_000 });
      await read.call(() => Promise.resolve('good'));
      await time.pass(59_000);
      const served = watch(read.call(fail));
      await settled();
      expect(served.value === 'good', 'the last good answer is not served');
      await time.pass(2_000);
      expect(await errorOf(read.call(fail)) instanceof TransientError, 'an answer is served that is older than allowed');
    },
  },
  {
    id: 'P81',
    property: 'With a retry budget at most a tenth of the calls of an outage are retries, and at least three a minute may be',
    async run(peer, time) {
      const subject = peer.make({ ...retrying, retryBudget: true });
      let attempts = 0;
      const flaky = (signal: AbortSignal): Promise<string> => (attempts++, fail(signal));
      const started = Date.now();
      for (let call = 0; call < 200; call++) {
        await ended(time, subject.call(flaky));
        await errorOf(subject.call(succeed));
      }
      const retries = attempts - 200;
      const minutes = Math.ceil((Date.now() - started) / 60_000);
      expect(retries <= 400 / 10 + 3 * minutes, 'more of the calls are retries', `${retries} of 400`);
      expect(retries >= 3, 'nothing is tried again');
    },
  },
];

async function ended(time: FakeTime, promise: Promise<unknown>): Promise<void> {
  const call = watch(promise);
  await settled();
  for (let second = 0; second < 10 && !call.done; second++) await time.pass(1_000);
}

async function refuses(make: () => unknown): Promise<boolean> {
  return await errorOf((async () => make())()) !== undefined;
}
