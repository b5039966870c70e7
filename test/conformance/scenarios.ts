import type { Peer, PropertyId, Setup, Way } from './peer.ts';
import { breakerScenarios } from './scenarios/breaker.ts';
import { callScenarios } from './scenarios/calls.ts';
import { costScenarios } from './scenarios/cost.ts';
import { limitScenarios } from './scenarios/limit.ts';
import { outageScenarios } from './scenarios/outage.ts';
import type { FakeTime } from './world.ts';

/** A peer that counts in one way. */
export interface Contestant extends Omit<Peer, 'make' | 'byKey'> {
  readonly way: Way;
  make(setup: Omit<Setup, 'way'>): ReturnType<Peer['make']>;
  byKey(setup: Omit<Setup, 'way'>, options: Parameters<NonNullable<Peer['byKey']>>[1]): ReturnType<NonNullable<Peer['byKey']>>;
}

export interface Scenario {
  readonly id: PropertyId;
  readonly property: string;
  /** The ways of counting that it is about. Default: all. */
  readonly ways?: readonly Way[];
  /** Throws `Broken` when the property does not hold. */
  run(peer: Contestant, time: FakeTime): Promise<void>;
  /** Cost is measured, on the real clock: `time` is not there. */
  readonly realTime?: true;
}

const inOrder = (all: readonly Scenario[]): readonly Scenario[] => all.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));

/** P1 to P15 and P74, which is what P1 is to the other ways of counting: with each way. */
export const scenarios = inOrder([...breakerScenarios, ...callScenarios, ...costScenarios]);

/** What else calls need: once for each peer. */
export const further = inOrder([...limitScenarios, ...outageScenarios]);
