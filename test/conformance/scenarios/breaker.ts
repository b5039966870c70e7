import { InvalidError, openFor, slowAfter, TransientError, windowTime } from '../peer.ts';
import type { Scenario } from '../scenarios.ts';
import { admits, errorOf, expect, gate, halfOpen, never, open, settled, spoilTimes, succeed, succeedTimes, watch } from '../world.ts';

const plainly = { retry: false, timeout: 5_000 };
/** So that what is under way outlasts the time it is open. */
const patiently = { retry: false, timeout: 600_000 };

export const breakerScenarios: readonly Scenario[] = [
  {
    id: 'P1',
    property: 'With consecutive counting, one success clears the count',
    ways: ['in a row'],
    async run(peer, time) {
      const subject = peer.make(plainly);
      await spoilTimes(peer, subject, time, 4);
      await subject.call(succeed);
      await spoilTimes(peer, subject, time, 4);
      expect(subject.isClosed(), 'opens after 4 failures, a success and 4 failures');
      await spoilTimes(peer, subject, time, 1);
      expect(!subject.isClosed(), 'stays closed after 5 failures in a row');
    },
  },
  {
    id: 'P2',
    property: 'HALF_OPEN admits its probe and refuses all others at once',
    async run(peer, time) {
      const subject = peer.make(plainly);
      await halfOpen(peer, subject, time);
      const dependency = gate();
      const calls = Array.from({ length: 100 }, () => watch(subject.call(dependency.operation)));
      await settled();
      expect(dependency.calls === 1, `${dependency.calls} of 100 callers reach the dependency`);
      const waiting = calls.filter(({ done }) => !done).length - 1;
      expect(waiting === 0, `${waiting} callers wait behind the probe`);
    },
  },
  {
    id: 'P3',
    property: 'A probe that hangs does not keep it half open for ever (a timeout is set)',
    async run(peer, time) {
      const subject = peer.make(plainly);
      await halfOpen(peer, subject, time);
      watch(subject.call(never));
      await time.pass(10 * openFor);
      const later = watch(subject.call(succeed));
      await time.pass(10 * openFor);
      expect(later.done && later.value === 'done', 'no call gets through any more');
    },
  },
  {
    id: 'P4',
    property: 'A result that comes too late changes nothing, either way',
    async run(peer, time) {
      for (const late of ['success', 'failure'] as const) {
        const subject = peer.make(patiently);
        const old = gate();
        watch(subject.call(old.operation));
        await halfOpen(peer, subject, time);
        const probe = gate();
        watch(subject.call(probe.operation));
        await settled();
        if (late === 'success') old.open('late');
        else old.fail(new TransientError('late'));
        await settled();
        expect(!subject.isClosed(), 'a success from before it opened closes it, while its probe is under way');
        probe.open('done');
        await settled();
        expect(subject.isClosed(), 'a failure from before it opened keeps it open, though its probe succeeds');
      }
    },
  },
  {
    id: 'P7',
    property: 'The caller’s own errors, aborts and refusals are no failures',
    async run(peer, time) {
      const misused = peer.make(plainly);
      for (let i = 0; i < 10; i++) {
        const dependency = gate();
        watch(misused.call(dependency.operation));
        await time.pass(slowAfter + 1);
        dependency.fail(new InvalidError('injected'));
        await settled();
      }
      expect(misused.isClosed(), 'ten validation errors open it');
      const aborted = peer.make(plainly);
      for (let i = 0; i < 10; i++) {
        const caller = new AbortController();
        const call = watch(aborted.call(gate(true).operation, caller.signal));
        await time.pass(slowAfter + 1);
        caller.abort();
        await settled();
        expect(call.done, 'an aborted call goes on');
      }
      expect(aborted.isClosed(), 'ten aborted calls open it');
      const refusing = peer.make(plainly);
      await open(peer, refusing, time);
      for (let i = 0; i < 9; i++) {
        await time.pass(openFor / 10);
        await errorOf(refusing.call(succeed));
      }
      await time.pass(openFor / 10 + 1);
      expect(await admits(refusing), 'calls that were refused keep it open longer');
    },
  },
  {
    id: 'P10',
    property: 'A wall clock that jumps changes nothing',
    async run(peer, time) {
      const hour = 3_600_000;
      const forward = peer.make(plainly);
      await open(peer, forward, time);
      time.jump(hour);
      await time.pass(1_000);
      const early = await admits(forward);
      const back = peer.make(plainly);
      await open(peer, back, time);
      time.jump(-hour);
      await time.pass(openFor);
      expect(await admits(back), `stays open for an hour more after a jump back${early ? ', and probes at once after one forward' : ''}`);
      expect(!early, 'probes at once after a jump forward');
    },
  },
  {
    id: 'P11',
    property: 'A restored state is honoured: the deadline, and being held',
    async run(peer, time) {
      const before = peer.make(plainly);
      await open(peer, before, time);
      await time.pass(20_000);
      const saved = before.save!();
      before.dispose?.();
      await time.pass(10_000);
      const after = peer.make({ ...plainly, restore: saved });
      await time.pass(29_000);
      expect(!await admits(after), 'probes before its deadline');
      await time.pass(1_001);
      expect(await admits(after), 'waits its whole time anew, past its deadline');

      if (before.hold === undefined) return;
      const holding = peer.make(plainly);
      holding.hold!();
      const held = peer.make({ ...plainly, restore: holding.save!() });
      await time.pass(10 * openFor);
      expect(!await admits(held), 'lets calls through that was held open');
      held.release!();
      expect(await admits(held), 'the deadline is kept, but what was held open cannot be let go after a restart');
    },
  },
  {
    id: 'P74',
    property: 'With a window: a share of enough calls opens it, and what is older counts for nothing',
    ways: ['by calls', 'over time', 'slow calls'],
    async run(peer, time) {
      const few = peer.make(plainly);
      await spoilTimes(peer, few, time, 4);
      expect(few.isClosed(), 'opens after fewer calls than the least number');
      const many = peer.make(plainly);
      await succeedTimes(many, 6);
      await spoilTimes(peer, many, time, 4);
      expect(many.isClosed(), 'opens at 4 of 10, below the share');
      await spoilTimes(peer, many, time, 3);
      expect(!many.isClosed(), 'stays closed above the share');
      const old = peer.make(plainly);
      await succeedTimes(old, 30);
      await time.pass(1.2 * windowTime);
      await spoilTimes(peer, old, time, 6);
      expect(!old.isClosed(), 'successes that are older than the window keep it closed');
    },
  },
];
