import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { breakerDefaults, circuitBreaker, type BreakerContext, type BreakerOptions, type BreakerRestore } from '../../../machines/circuit-breaker.ts';
import type { MachineModel } from '../harness/suite.ts';
import type { SlidingWindow } from '../../../src/guard/sliding-window.ts';
import { growing } from '../../../src/index.ts';
import { BreakerRun, windowOf, type BreakerVariant, type ModelEvent } from './driver.ts';
import type { WindowRules } from './oracle.ts';

const two: BreakerOptions = { ...breakerDefaults, threshold: 2, probes: 2 };
const one: BreakerOptions = { ...breakerDefaults, threshold: 1, probes: 1 };
/** Probes before it has rested: evidence makes no difference. */
const hasty: BreakerOptions = { ...one, openFor: 400 };

/** What the rules become in the variant that changes them: a later, shorter outage. */
const changed = { threshold: 2, openFor: 30_000 };
const changing = 'its rules change while it runs';

function variant(name: string, rules: BreakerOptions, start: BreakerVariant['start'], restore?: BreakerRestore): BreakerVariant {
  return { name, rules, start, input: { ...rules, restore }, ...(restore?.remaining === undefined ? {} : { remaining: restore.remaining }) };
}

/** Half of the last three calls, or all of them slow. */
const lastThree: WindowRules = { calls: 3, minimum: 2, failureShare: 0.5, slowShare: 1, slowAfter: 50 };
/** Half of the calls of two turns. */
const twoTurns: WindowRules = { turns: 2, turnEvery: 500, minimum: 2, failureShare: 0.5, slowShare: 1, slowAfter: 50 };

function windowed(name: string, window: WindowRules, watched: boolean): BreakerVariant {
  return { ...variant(name, one, 'fresh'), window, watched, input: { ...one, counting: windowOf(window) } };
}

export const breakerModel: MachineModel<BreakerVariant> = {
  machine: circuitBreaker as never,
  transient: ['circuit-breaker.RESTORING'],
  variants: [
    variant('two failures open it, two probes close it', two, 'fresh'),
    variant('one failure opens it, one probe closes it', one, 'fresh'),
    variant(changing, one, 'fresh'),
    variant('it probes before it has rested', hasty, 'fresh'),
    variant('an earlier process left it open', two, 'OPEN', { mode: 'OPEN', remaining: 20_000 }),
    variant('an earlier process left it open, and it is about to probe', two, 'OPEN', { mode: 'OPEN', remaining: 300 }),
    variant('an earlier process left it held', two, 'HELD', { mode: 'HELD' }),
    variant('its actor has crashed while half open', two, 'crashed', { mode: 'HALF_OPEN' }),
    variant('two of three probes close it', { ...one, probes: 3, probeShare: 0.5 }, 'fresh'),
    { ...variant('it stays open twice as long each time a probe fails', one, 'fresh'), factor: 2, input: { ...one, growth: growing({ factor: 2, upTo: Infinity }) } },
    windowed('a share of the last three calls opens it', lastThree, false),
    windowed('a share of the last three calls opens it, and its actor is watched', lastThree, true),
    windowed('a share of the calls of some time opens it', twoTurns, false),
    windowed('a share of the calls of some time opens it, and its actor is watched', twoTurns, true),
  ],

  events(snapshot, { start, name, window }): readonly EventObject[] {
    const { epoch, probes, probing, probesPassed, probesFailed, threshold } = contextOf(snapshot);
    const events: ModelEvent[] = [{ type: 'TRIP' }, { type: 'HOLD' }, { type: 'RELEASE' }, { type: 'RESET' }, { type: 'PROBE_NOW' }, { type: 'EVIDENCE' }];
    if (name === changing && threshold !== changed.threshold) events.push({ type: 'CONFIGURE', rules: changed });
    if (start === 'fresh' && epoch > 1) {
      // Calls from the very beginning are still under way.
      for (const type of ['SUCCESS', 'FAILURE', 'PROBE_ABANDONED'] as const) events.push({ type, epoch: epoch - 1, stale: true });
    }
    const { calls = 0 } = windowIn(snapshot)?.counts ?? {};
    if (window?.turnEvery !== undefined && snapshot.matches('CLOSED') && calls > 0) events.push({ type: 'TURN' });
    if (window !== undefined && snapshot.matches('CLOSED') && calls < (window?.turnEvery === undefined ? 4 : 2)) events.push({ type: 'SUCCESS', epoch, slow: true });
    if (snapshot.matches('CLOSED') && calls < (window?.turnEvery === undefined ? 4 : 2)) events.push({ type: 'SUCCESS', epoch }, { type: 'FAILURE', epoch }, { type: 'PROBE_ABANDONED', epoch });
    if (snapshot.matches('HALF_OPEN') && probing + probesPassed + probesFailed < probes) events.push({ type: 'PROBE_STARTED', epoch });
    if (probing > 0) events.push({ type: 'SUCCESS', epoch }, { type: 'FAILURE', epoch }, { type: 'PROBE_ABANDONED', epoch });
    return [...events, ...nextTimer(snapshot)];
  },

  key(snapshot, { factor }) {
    const { streak, probing, probesPassed, probesFailed, reopened, evidence, restore, epoch, threshold } = contextOf(snapshot);
    const counted = windowIn(snapshot)?.parts.map(({ calls, failures, slow }) => [calls, failures, slow]);
    // How often it has opened again matters where it waits longer each time.
    const reopenings = factor === undefined ? 0 : Math.min(reopened, 2);
    return JSON.stringify([snapshot.value, counted, counted === undefined ? streak : Math.min(streak, 1), probing, probesPassed, probesFailed, reopenings, evidence, restore === undefined, Math.min(epoch, 2), threshold]);
  },

  eventKey: (event) => {
    const { type, stale = false, slow = false } = event as ModelEvent & { readonly slow?: boolean };
    return `${type}${stale ? ', stale' : ''}${slow ? ', slow' : ''}`;
  },

  start: async (chosen) => new BreakerRun(chosen).prepare(chosen.start),
};

/** The timer that fires first: the pure machine would let any of them. */
function nextTimer(snapshot: AnyMachineSnapshot): EventObject[] {
  const { wait, restFor, restore } = contextOf(snapshot);
  const restsFirst = snapshot.matches({ OPEN: { cooling: 'resting' } }) && restFor < (restore?.remaining ?? wait);
  if (restsFirst) return [{ type: 'xstate.after.restFor.circuit-breaker.OPEN.cooling.resting' }];
  if (snapshot.matches({ OPEN: 'cooling' })) return [{ type: 'xstate.after.openFor.circuit-breaker.OPEN.cooling' }];
  if (snapshot.matches({ HALF_OPEN: 'probing' })) return [{ type: 'xstate.after.probeLimit.circuit-breaker.HALF_OPEN.probing' }];
  return [];
}

const contextOf = (snapshot: AnyMachineSnapshot): BreakerContext => snapshot.context as BreakerContext;
const windowIn = (snapshot: AnyMachineSnapshot): SlidingWindow | undefined => contextOf(snapshot).counting as SlidingWindow | undefined;
