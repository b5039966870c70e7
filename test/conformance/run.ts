import type { Peer, PropertyId, Setup, Subject } from './peer.ts';
import { cockatiel } from './peers/cockatiel.ts';
import { holdfast } from './peers/holdfast.ts';
import { opossum } from './peers/opossum.ts';
import { plain } from './peers/plain.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { Broken, FakeTime } from './world.ts';

export const peers: readonly Peer[] = [holdfast, cockatiel, opossum, plain];

export interface Verdict {
  readonly peer: string;
  readonly id: PropertyId;
  /** `n/a`: the peer has no notion of what the property is about. */
  readonly holds: 'yes' | 'no' | 'n/a';
  /** The evidence against it, or why it is `n/a`. The same in every run. */
  readonly reason?: string;
  /** The figure of this run, where one was measured. */
  readonly measured?: string;
  /** What is fair to know beside the verdict. */
  readonly note?: string;
}

export async function judge(peer: Peer, scenario: Scenario): Promise<Verdict> {
  const note = peer.notes?.[scenario.id];
  const verdict = { peer: peer.name, id: scenario.id, ...(note === undefined ? {} : { note }) };
  const lack = peer.lacks?.[scenario.id];
  if (lack !== undefined) return { ...verdict, holds: 'n/a', reason: lack };
  const made: Subject[] = [];
  const make = (setup: Setup): Subject => {
    const subject = peer.make(setup);
    made.push(subject);
    return subject;
  };
  const time = scenario.realTime === true ? undefined : new FakeTime();
  // A peer whose listener throws past everyone must not end the run.
  const onStray = (): void => undefined;
  process.on('uncaughtException', onStray);
  process.on('unhandledRejection', onStray);
  try {
    await scenario.run({ ...peer, make }, time!);
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

export async function judgeAll(): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const scenario of scenarios) {
    for (const peer of peers) verdicts.push(await judge(peer, scenario));
  }
  return verdicts;
}
