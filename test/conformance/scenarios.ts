import type { Peer, PropertyId } from './peer.ts';
import { breakerScenarios } from './scenarios/breaker.ts';
import { callScenarios } from './scenarios/calls.ts';
import { costScenarios } from './scenarios/cost.ts';
import type { FakeTime } from './world.ts';

export interface Scenario {
  readonly id: PropertyId;
  readonly property: string;
  /** Throws `Broken` when the property does not hold. */
  run(peer: Peer, time: FakeTime): Promise<void>;
  /** Cost is measured, on the real clock: `time` is not there. */
  readonly realTime?: true;
}

/** P1 to P15, in order. */
export const scenarios: readonly Scenario[] = [...breakerScenarios, ...callScenarios, ...costScenarios]
  .sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
