import { byHand } from './by-hand.ts';
import { ways, type Peer, type PropertyId, type Subject, type Way } from './peer.ts';
import { cockatiel } from './peers/cockatiel.ts';
import { holdfast } from './peers/holdfast.ts';
import { opossum } from './peers/opossum.ts';
import { pQueue } from './peers/p-queue.ts';
import { plain } from './peers/plain.ts';
import { further, scenarios, type Contestant, type Scenario } from './scenarios.ts';
import { Broken, FakeTime } from './world.ts';

export const peers: readonly Peer[] = [holdfast, cockatiel, opossum, plain, pQueue];

export interface Verdict {
  readonly peer: string;
  readonly id: PropertyId;
  /** Where each way of counting is judged by itself. */
  readonly way?: Way;
  /** `n/a`: the peer has no notion of what the property is about. */
  readonly holds: 'yes' | 'no' | 'n/a';
  /** The evidence against it, or why it is `n/a`. The same in every run. */
  readonly reason?: string;
  /** The figure of this run, where one was measured. */
  readonly measured?: string;
  /** What is fair to know beside the verdict. */
  readonly note?: string;
}

/** A peer that is not among the packages, and was judged by hand: a column of the tables. */
export interface Column {
  readonly name: string;
  readonly version: string;
  readonly ways: readonly Way[];
}

export async function judge(peer: Peer, scenario: Scenario, way: Way | undefined): Promise<Verdict> {
  const note = peer.notes?.[scenario.id];
  const verdict = { peer: peer.name, id: scenario.id, ...(way === undefined ? {} : { way }), ...(note === undefined ? {} : { note }) };
  const lack = peer.lacks?.[scenario.id];
  if (lack !== undefined) return { ...verdict, holds: 'n/a', reason: lack };
  const counts = way ?? peer.ways[0] ?? 'in a row';
  if (way !== undefined && scenario.ways?.includes(way) === false) return { ...verdict, holds: 'n/a' };
  const made: Subject[] = [];
  const contestant: Contestant = {
    ...peer,
    way: counts,
    make: (setup) => {
      const subject = peer.make({ ...setup, way: counts });
      made.push(subject);
      return subject;
    },
    byKey: (setup, options) => peer.byKey!({ ...setup, way: counts }, options),
  };
  const time = scenario.realTime === true ? undefined : new FakeTime();
  // A peer whose listener throws past everyone must not end the run.
  const onStray = (): void => undefined;
  process.on('uncaughtException', onStray);
  process.on('unhandledRejection', onStray);
  try {
    await scenario.run(contestant, time!);
    return { ...verdict, holds: 'yes' };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ...verdict, holds: 'no', reason: error.message, ...(error.measured === undefined ? {} : { measured: error.measured }) };
  } finally {
    time?.end();
    // A call that hangs would keep the process alive until its deadline.
    for (const subject of made) subject.dispose?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.off('uncaughtException', onStray);
    process.off('unhandledRejection', onStray);
  }
}

/** Everything that there is to say about a peer. */
export async function judgePeer(peer: Peer): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const scenario of scenarios) {
    for (const way of peer.ways) verdicts.push(await judge(peer, scenario, way));
  }
  for (const scenario of further) verdicts.push(await judge(peer, scenario, undefined));
  return verdicts;
}

export async function judgeAll(): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const peer of peers) verdicts.push(...await judgePeer(peer));
  return [...verdicts, ...byHand().flatMap((each) => each.verdicts)];
}

/** The columns of the tables, in order. */
export function columns(): Column[] {
  return [...peers, ...byHand()].map(({ name, version, ways: own }) => ({ name, version, ways: ways.filter((way) => own.includes(way)) }));
}
