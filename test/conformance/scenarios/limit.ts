import type { Operation, Subject } from '../peer.ts';
import type { Scenario } from '../scenarios.ts';
import { expect, fail, gate, settled, succeed, watch, type Watched } from '../world.ts';
import { costPerCall, verdictOf } from './cost.ts';

const patiently = { retry: false, timeout: 600_000 };

/** Waiting calls may make each other dearer by so much, in units of a bare promise. */
const mostGrowth = 60;

export const limitScenarios: readonly Scenario[] = [
  {
    id: 'P70',
    property: 'A limit of concurrency: no more run, no more wait than may, and an aborted call leaves the queue at once',
    async run(peer) {
      const subject = peer.make({ ...patiently, limit: { limit: 2, queue: 3 } });
      const dependency = gate();
      const callers = Array.from({ length: 6 }, () => new AbortController());
      const calls = callers.map(({ signal }) => watch(subject.call(dependency.operation, signal)));
      await settled();
      expect(dependency.calls === 2, 'more calls run than there are slots', `${dependency.calls} on 2 slots`);
      expect(calls.slice(0, 5).every(({ done }) => !done), 'a call that could wait is refused');
      expect(calls[5]!.done && calls[5]!.error !== undefined, 'its queue is unbounded');
      callers[3]!.abort();
      await settled();
      expect(calls[3]!.done, 'an aborted call stays in the queue until its turn comes');
      const further = watch(subject.call(dependency.operation));
      await settled();
      expect(!further.done, 'the place of an aborted call stays taken');
      for (let round = 0; round < 4; round++) {
        dependency.open('done');
        await settled();
      }
      const begun: number = dependency.calls;
      expect(further.value === 'done' && begun === 5, 'calls that wait are lost');
    },
  },
  {
    id: 'P71',
    property: 'No call is starved by more urgent ones',
    async run(peer) {
      const subject = peer.make({ ...patiently, limit: { limit: 1, queue: 500, reserve: 0 } });
      const dependency = gate();
      const urgent = (): Watched => watch(subject.call(dependency.operation, undefined, { priority: 'interactive' }));
      urgent();
      const background = watch(subject.call(succeed, undefined, { priority: 'background' }));
      for (let call = 0; call < 50 && !background.done; call++) {
        urgent();
        dependency.open('done');
        await settled();
      }
      expect(background.value === 'done', 'a background call has not begun after 50 that came later');
    },
  },
  {
    id: 'P72',
    property: 'Beside 500 background calls of 100 ms on 7 slots an interactive call waits less than 50 ms at p99',
    async run(peer, time) {
      const subject = peer.make({ ...patiently, limit: { limit: 7, queue: 500, reserve: 2 } });
      const work = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('done'), 100));
      const background = Array.from({ length: 500 }, () => watch(subject.call(work, undefined, { priority: 'background' })));
      const waits: number[] = [];
      for (let call = 0; call < 100; call++) {
        await time.pass(37);
        const asked = Date.now();
        watch(subject.call(() => {
          waits.push(Date.now() - asked);
          return work();
        }, undefined, { priority: 'interactive' }));
      }
      await time.pass(60_000);
      expect(background.every(({ value }) => value === 'done'), 'background calls are lost');
      waits.sort((a, b) => a - b);
      expect(waits.length === 100 && waits[98]! < 50, 'an interactive call waits longer', `${waits[98]} ms at p99`);
    },
  },
  {
    id: 'P73',
    property: 'Equal calls are made once, and one caller’s abort ends no other’s; a newer call can take the place of an older one',
    async run(peer) {
      const subject = peer.make({ ...patiently, sharing: true });
      const dependency = gate();
      const caller = new AbortController();
      const calls = [caller.signal, undefined, undefined].map((signal) => watch(subject.call(dependency.operation, signal, { shared: 'status' })));
      await settled();
      expect(dependency.calls === 1, 'equal calls are made several times');
      caller.abort();
      await settled();
      dependency.open('done');
      await settled();
      expect(calls.slice(1).every(({ value }) => value === 'done'), 'one caller’s abort ends the others');
      const later = watch(subject.call(dependency.operation, undefined, { shared: 'status' }));
      await settled();
      const made: number = dependency.calls;
      expect(made === 2 && !later.done, 'a call is answered by one that had ended before');
      if (peer.offers?.includes('latest') !== true) return;
      const search = gate();
      const older = watch(subject.call(search.operation, undefined, { latest: 'search' }));
      const newer = watch(subject.call(search.operation, undefined, { latest: 'search' }));
      await settled();
      expect(older.done && older.error !== undefined && search.aborted === 1, 'the older call goes on beside the newer one');
      search.open('found');
      await settled();
      expect(newer.value === 'found', 'the newer call is lost');
      for (let call = 0; call < 10; call++) watch(subject.call(fail, undefined, { latest: 'search' }));
      await settled();
      expect(subject.isClosed(), 'calls whose place was taken count as failures');
    },
  },
  {
    id: 'P120',
    property: 'What a call costs that waits for a slot does not depend on how many wait',
    realTime: true,
    async run(peer) {
      const make = (): Subject => peer.make({ ...patiently, limit: { limit: 7, queue: 20_000 } });
      const nobody = { call: async <T>(operation: Operation<T>) => operation(new AbortController().signal) };
      const unit = await costPerCall(() => nobody, 20_000);
      const few = await costPerCall(make, 1_000);
      const growth = (cost: number): number => (cost - few) / unit;
      const many = await costPerCall(make, 20_000, (cost) => verdictOf(growth(cost), mostGrowth));
      expect(growth(many) < mostGrowth, 'the more calls wait, the more each costs', `${few.toFixed(1)} µs with 1,000, ${many.toFixed(1)} µs with 20,000`);
    },
  },
];
