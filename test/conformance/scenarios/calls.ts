import { openFor, PermanentError, TransientError } from '../peer.ts';
import type { Scenario } from '../scenarios.ts';
import { admits, expect, fail, spoilTimes, gate, settled, succeed, watch } from '../world.ts';

const plainly = { retry: false, timeout: 5_000 };
const retrying = { retry: true, timeout: 5_000 };

export const callScenarios: readonly Scenario[] = [
  {
    id: 'P5',
    property: 'An abort while waiting to retry ends the call at once',
    async run(peer, time) {
      const subject = peer.make(retrying);
      const caller = new AbortController();
      let calls = 0;
      const call = watch(subject.call((signal) => (calls++, fail(signal)), caller.signal));
      await time.pass(100);
      caller.abort();
      await settled();
      const inTime = call.done;
      await time.pass(60_000);
      expect(calls === 1, 'calls the function again after the abort');
      expect(inTime, 'waits the backoff out');
    },
  },
  {
    id: 'P6',
    property: 'A caller’s abort is reported as an abort, not as a timeout',
    async run(peer, time) {
      for (const heedsSignal of [true, false]) {
        const subject = peer.make(plainly);
        const caller = new AbortController();
        const call = watch(subject.call(gate(heedsSignal).operation, caller.signal));
        await time.pass(1_000);
        caller.abort();
        await time.pass(10_000);
        const how = heedsSignal ? 'heeds' : 'does not heed';
        expect(call.done && !peer.isTimeout(call.error), `reported as a timeout when the function ${how} its signal`);
      }
    },
  },
  {
    id: 'P8',
    property: 'What cannot heal is not tried again',
    async run(peer, time) {
      const subject = peer.make(retrying);
      let calls = 0;
      const call = watch(subject.call(() => {
        calls++;
        return Promise.reject(new PermanentError('injected'));
      }));
      await time.pass(60_000);
      expect(call.done && calls === 1, `tries ${calls} times`);
    },
  },
  {
    id: 'P9',
    property: 'The caller sees the real error, with the attempts if there were several',
    async run(peer, time) {
      const subject = peer.make(retrying);
      const cause = new TransientError('the third');
      let calls = 0;
      const call = watch(subject.call(() => Promise.reject(++calls < 3 && peer.retries ? new TransientError('an earlier one') : cause)));
      await time.pass(60_000);
      expect(call.error === cause, 'another error takes its place');
      if (!peer.retries) return;
      const { attempts } = call.error as { attempts?: unknown };
      expect(Array.isArray(attempts) && attempts.length === 3, 'the last error comes through, without a word of the other attempts');
    },
  },
  {
    id: 'P12',
    property: 'A listener that throws changes no outcome',
    async run(peer, time) {
      const subject = peer.make(plainly);
      subject.listen!(() => {
        throw new Error('the listener’s own');
      });
      // What is thrown past everyone, into the process, is not looked at here.
      const calling = async (operation: typeof succeed): Promise<string> => subject.call(operation);
      const call = watch(calling(succeed));
      await settled();
      expect(call.done && call.value === 'done', 'a call that succeeded is rejected with the listener’s error');
      const failing = watch(calling(fail));
      await settled();
      expect(failing.error instanceof TransientError, 'a call that failed is rejected with the listener’s error');
      await spoilTimes(peer, subject, time, 4);
      await time.pass(openFor + 1);
      expect(await admits(subject), 'it does not recover');
    },
  },
  {
    id: 'P13',
    property: 'One call’s timeout aborts no other call',
    async run(peer, time) {
      const subject = peer.make(plainly);
      const first = gate();
      const second = gate();
      watch(subject.call(first.operation));
      await time.pass(4_000);
      watch(subject.call(second.operation));
      await time.pass(1_500);
      expect(second.aborted === 0, 'the signal of a call that began later is aborted with it');
    },
  },
];
