import type { Library } from '../library.ts';
import { cockatielStack, effectStack, opossum, policy, sindre, type Operation } from '../peers.ts';
import { bytesInUse, countTimers } from '../process.ts';
import { within, type Check, type Row, type Scenario, type Setting } from '../scenario.ts';
import { waysOf } from '../ways.ts';

/** What counts as linear: so many times as much each, for a hundred times as many. */
const growth = 2;

interface Figures {
  /** Bytes a call, the operation's own promise included. */
  readonly bytes: number;
  readonly timers: number;
  /** Processor time to begin and to settle a call, in ns. */
  readonly ns: number;
}

/** Holds so many calls in flight, of which so many run and the others wait, looks at what they take, and lets them end. */
async function hold(count: number, begin: (operation: Operation<number>) => Promise<number>, timers: () => number, run = count): Promise<Figures> {
  const settle: ((value: number) => void)[] = [];
  const calls: Promise<number>[] = new Array<Promise<number>>(count);
  let open = false;
  const operation: Operation<number> = () => (open ? Promise.resolve(42) : new Promise<number>((resolve) => settle.push(resolve)));
  const before = await bytesInUse();
  const started = process.cpuUsage();
  for (let index = 0; index < count; index++) calls[index] = begin(operation);
  // Some begin in a later turn.
  for (let turn = 0; settle.length < run && turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  const begun = process.cpuUsage(started);
  const bytes = (await bytesInUse() - before) / count;
  const pending = timers();
  const ending = process.cpuUsage();
  open = true;
  for (const each of settle) each(42);
  await Promise.all(calls);
  const ended = process.cpuUsage(ending);
  const ns = ((begun.user + begun.system + ended.user + ended.system) * 1_000) / count;
  return { bytes, timers: pending, ns };
}

async function figures({ builds, quick }: Setting): Promise<{ rows: Row[]; checks: Check[] }> {
  const timers = countTimers();
  // To begin a hundred thousand takes cockatiel minutes, and others longer than the 5 s an operation may take.
  const patient = { ...policy, timeout: 600_000 };
  const stack = cockatielStack(patient);
  let current: Operation<number> = () => Promise.resolve(0);
  const window = opossum(patient, () => current());
  // Its operation is fixed beforehand, and called at once.
  const effect = await effectStack(patient, () => current());
  const indirect = (call: () => Promise<number>) => (operation: Operation<number>) => {
    current = operation;
    return call();
  };
  const everybody: { name: string; begin: (operation: Operation<number>) => Promise<number>; most: number; run?: number }[] = [
    { name: 'bare await', begin: (operation) => operation(), most: 100_000 },
    ...builds.map(({ name, library }) => {
      const guard = library.createGuard({ name: 'bench' });
      return { name, begin: (operation: Operation<number>) => guard.execute(operation), most: 100_000 };
    }),
    ...builds.flatMap(({ name, library }) => waysOf(library, 200_000).map(([way, options]) => {
      const guard = library.createGuard({ name: 'bench', ...options });
      return { name: `${name}, ${way}`, begin: (operation: Operation<number>) => guard.execute(operation), most: 100_000 };
    })),
    ...builds.flatMap(({ name, library }) => {
      const { concurrency } = library as Partial<Library>;
      if (concurrency === undefined) return [];
      const guard = library.createGuard({ name: 'bench', limit: concurrency({ limit: 7, reserve: 0, queue: 100_000 }) });
      return [{ name: `${name}, all but 7 wait`, begin: (operation: Operation<number>) => guard.execute(operation), most: 100_000, run: 7 }];
    }),
    { name: 'cockatiel', begin: (operation) => stack.execute(operation), most: quick ? 10_000 : 100_000 },
    { name: 'opossum (no retry)', begin: indirect(() => window.fire()), most: 100_000 },
    { name: 'p-retry + p-timeout (no breaker)', begin: (operation) => sindre(patient, operation)(), most: 10_000 },
    { name: 'effect', begin: indirect(effect), most: 10_000 },
  ];
  const rows: Row[] = [];
  const checks: Check[] = [];
  for (const { name, begin, most, run } of everybody) {
    const measured = new Map<number, Figures>();
    const timersBefore = timers.pending;
    const set = (): number => timers.pending - timersBefore;
    // Once to warm up.
    await hold(1_000, begin, set, run);
    for (const count of [1_000, 10_000, 100_000].filter((each) => each <= most)) {
      const figure = await hold(count, begin, set, run);
      measured.set(count, figure);
      rows.push({
        name: `${name}, ${count.toLocaleString('en-US')}`,
        more: { 'B each': figure.bytes, 'timers': figure.timers, 'ns each, to begin and settle': figure.ns },
      });
    }
    if (name.startsWith('holdfast, ')) {
      checks.push(within(`${name}: bytes of one of 100,000 against one of 1,000`, measured.get(100_000)!.bytes / measured.get(1_000)!.bytes, growth, 'times'));
      checks.push(within(`${name}: time of one of 100,000 against one of 1,000`, measured.get(100_000)!.ns / measured.get(1_000)!.ns, growth * 2, 'times'));
    }
    if (name === 'holdfast') {
      checks.push(within('guard, 10,000 in flight', measured.get(10_000)!.bytes, 1_024, 'B each'));
      checks.push(within('guard, timers of 10,000 in flight', measured.get(10_000)!.timers, 1, 'timer'));
      checks.push(within('guard, bytes of one of 100,000 against one of 1,000', measured.get(100_000)!.bytes / measured.get(1_000)!.bytes, growth, 'times'));
      checks.push(within('guard, time of one of 100,000 against one of 1,000', measured.get(100_000)!.ns / measured.get(1_000)!.ns, growth * 2, 'times'));
    }
  }
  return { rows, checks };
}

const scenario: Scenario = {
  title: 'In flight',
  about: 'So many calls are under way at once: what they take, once garbage is collected, and the timers set for them.',
  measure: figures,
};
export default scenario;
