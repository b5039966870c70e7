import { getEventListeners } from 'node:events';
import type { Operation, Peer, Subject } from '../peer.ts';
import type { Scenario } from '../scenarios.ts';
import { errorOf, expect, fail, gate, settled, succeed, watch } from '../world.ts';

const plainly = { retry: false, timeout: 5_000 };
const patiently = { retry: false, timeout: 600_000 };

/** Costs are CPU time, the least of several rounds, and judged by ratios that a slow machine does not change. */
export const costScenarios: readonly Scenario[] = [
  {
    id: 'P14',
    property: 'Many calls in flight: no warning, no leak, no growing cost',
    realTime: true,
    async run(peer) {
      const warnings: string[] = [];
      const onWarning = (warning: Error): void => void warnings.push(warning.name);
      process.on('warning', onWarning);
      try {
        const subject = peer.make(plainly);
        const caller = new AbortController();
        const dependency = gate();
        const calls = Array.from({ length: 50 }, () => watch(subject.call(() => dependency.operation(new AbortController().signal), caller.signal)));
        await settled();
        dependency.open('done');
        await settled();
        subject.dispose?.();
        expect(calls.every(({ value }) => value === 'done'), 'a call of 50 at once fails');
        expect(getEventListeners(caller.signal, 'abort').length === 0, 'listeners are left on the caller’s signal');
        const few = await costInFlight(peer, 1_000);
        const many = await costInFlight(peer, 10_000);
        expect(warnings.length === 0, `${warnings[0]} with 50 calls that share a signal`);
        // In units of what a promise costs that does nothing else: memory makes that dearer, too, when there are many.
        const growth = (many - few) / await costInFlight(bare, 10_000);
        const measured = `${few.toFixed(0)} µs with 1,000 in flight, ${many.toFixed(0)} µs with 10,000`;
        expect(growth < 30, 'the more calls are in flight, the more each costs', measured);
      } finally {
        process.off('warning', onWarning);
      }
    },
  },
  {
    id: 'P15',
    property: 'The cost of a failure does not depend on what was before',
    realTime: true,
    async run(peer) {
      const subject = peer.make(plainly);
      for (let i = 0; i < 10; i++) await subject.call(succeed);
      await costOfFailures(subject);
      const fresh = await costOfFailures(subject);
      for (let i = 0; i < 50_000; i++) await subject.call(succeed);
      const used = await costOfFailures(subject);
      subject.dispose?.();
      expect(used < 8 * fresh, 'a failure costs more, the more calls succeeded before it', `${(used / fresh).toFixed(0)} times as much after 50,000 successes`);
    },
  },
];

const bare: Pick<Peer, 'make'> = {
  make: () => ({ call: async <T>(operation: Operation<T>) => operation(new AbortController().signal), isClosed: () => true }),
};

/** CPU time of a call, in microseconds, with so many under way at once. */
async function costInFlight(peer: Pick<Peer, 'make'>, count: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 4; round++) {
    const subject = peer.make(patiently);
    const endings: ((value: string) => void)[] = [];
    const operation = (): Promise<string> => new Promise((resolve) => endings.push(resolve));
    const before = process.cpuUsage();
    const calls = Promise.all(Array.from({ length: count }, () => subject.call(operation)));
    await settled();
    for (const end of endings) end('done');
    await calls;
    rounds.push(spent(before) / count);
    subject.dispose?.();
  }
  return Math.min(...rounds);
}

/** CPU time of a failure and two successes (so that no share of failures is passed), in microseconds: the least of five rounds of a hundred. */
async function costOfFailures(subject: Subject): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i++) {
      await errorOf(subject.call(fail));
      await subject.call(succeed);
      await subject.call(succeed);
    }
    rounds.push(spent(before) / 100);
  }
  return Math.min(...rounds);
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
