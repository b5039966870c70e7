import { getEventListeners } from 'node:events';
import type { Operation, Subject } from '../peer.ts';
import type { Contestant, Scenario } from '../scenarios.ts';
import { errorOf, expect, fail, gate, settled, succeed, watch } from '../world.ts';

const plainly = { retry: false, timeout: 5_000 };
const patiently = { retry: false, timeout: 600_000 };

/** Calls in flight may make each other dearer by so much, in units of a bare promise; and earlier successes a failure, so many times. */
const mostGrowth = 30;
const mostTimes = 8;

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
        // In units of what a promise costs that does nothing else: memory makes that dearer, too, when there are many.
        const unit = await costInFlight(bare, 10_000);
        const few = await costInFlight(peer, 1_000);
        const growth = (cost: number): number => (cost - few) / unit;
        const many = await costInFlight(peer, 10_000, (cost) => verdictOf(growth(cost), mostGrowth));
        expect(warnings.length === 0, `${warnings[0]} with 50 calls that share a signal`);
        const measured = `${few.toFixed(0)} µs with 1,000 in flight, ${many.toFixed(0)} µs with 10,000`;
        expect(growth(many) < mostGrowth, 'the more calls are in flight, the more each costs', measured);
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
      const used = await costOfFailures(subject, (cost) => verdictOf(cost / fresh, mostTimes));
      subject.dispose?.();
      expect(used < mostTimes * fresh, 'a failure costs more, the more calls succeeded before it', `${(used / fresh).toFixed(0)} times as much after 50,000 successes`);
    },
  },
];

const bare: Pick<Contestant, 'make'> = {
  make: () => ({ call: async <T>(operation: Operation<T>) => operation(new AbortController().signal), isClosed: () => true }),
};

export type Sure = 'holds' | 'fails' | undefined;

/** What is already sure of a cost that further rounds can only lower: other programs never make it twice as dear. */
export const verdictOf = (cost: number, most: number): Sure => (cost < most ? 'holds' : cost > 2 * most ? 'fails' : undefined);

/** The least cost of so many rounds; of fewer once it is sure: one holds, two fail, or one would fail at half its cost. */
async function least(rounds: number, round: () => Promise<number>, judge: (cost: number) => Sure = () => undefined): Promise<number> {
  let cost = Infinity;
  for (let done = 1; done <= rounds; done++) {
    cost = Math.min(cost, await round());
    const verdict = judge(cost);
    if (verdict === 'holds' || (verdict === 'fails' && (done > 1 || judge(cost / 2) === 'fails'))) break;
  }
  return cost;
}

/** CPU time of a call, in microseconds, with so many under way at once. */
function costInFlight(peer: Pick<Contestant, 'make'>, count: number, judge?: (cost: number) => Sure): Promise<number> {
  return costPerCall(() => peer.make(patiently), count, judge);
}

/** CPU time of a call, in microseconds, when so many are asked for at once, and all that begin are ended when no more begin. */
export function costPerCall(make: () => Pick<Subject, 'call' | 'dispose'>, count: number, judge?: (cost: number) => Sure): Promise<number> {
  return least(4, async () => {
    const subject = make();
    const endings: ((value: string) => void)[] = [];
    let open = false;
    const operation = (): Promise<string> => (open ? Promise.resolve('done') : new Promise((resolve) => endings.push(resolve)));
    const before = process.cpuUsage();
    const calls = Promise.all(Array.from({ length: count }, () => subject.call(operation)));
    await settled();
    open = true;
    for (const end of endings) end('done');
    await calls;
    const cost = spent(before) / count;
    subject.dispose?.();
    return cost;
  }, judge);
}

/** CPU time of a failure and two successes (so that no share of failures is passed), in microseconds: the least of rounds of a hundred. */
function costOfFailures(subject: Subject, judge?: (cost: number) => Sure): Promise<number> {
  return least(5, async () => {
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i++) {
      await errorOf(subject.call(fail));
      await subject.call(succeed);
      await subject.call(succeed);
    }
    return spent(before) / 100;
  }, judge);
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
