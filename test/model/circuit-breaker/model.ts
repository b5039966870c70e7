import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { breakerDefaults, circuitBreaker, type BreakerContext, type BreakerOptions, type BreakerRestore } from '../../../machines/circuit-breaker.ts';
import type { MachineModel } from '../harness/suite.ts';
import { BreakerRun, type BreakerVariant, type ModelEvent } from './driver.ts';

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
  ],

  events(snapshot, { start, name }): readonly EventObject[] {
    const { epoch, probes, probing, probesPassed, threshold } = contextOf(snapshot);
    const events: ModelEvent[] = [{ type: 'TRIP' }, { type: 'HOLD' }, { type: 'RELEASE' }, { type: 'RESET' }, { type: 'PROBE_NOW' }, { type: 'EVIDENCE' }];
    if (name === changing && threshold !== changed.threshold) events.push({ type: 'CONFIGURE', rules: changed });
    if (start === 'fresh' && epoch > 1) {
      // Calls from the very beginning are still under way.
      for (const type of ['SUCCESS', 'FAILURE', 'PROBE_ABANDONED'] as const) events.push({ type, epoch: epoch - 1, stale: true });
    }
    if (snapshot.matches('CLOSED')) events.push({ type: 'SUCCESS', epoch }, { type: 'FAILURE', epoch }, { type: 'PROBE_ABANDONED', epoch });
    if (snapshot.matches('HALF_OPEN') && probing + probesPassed < probes) events.push({ type: 'PROBE_STARTED', epoch });
    if (probing > 0) events.push({ type: 'SUCCESS', epoch }, { type: 'FAILURE', epoch }, { type: 'PROBE_ABANDONED', epoch });
    return [...events, ...nextTimer(snapshot)];
  },

  key(snapshot) {
    const { streak, probing, probesPassed, evidence, restore, epoch, threshold } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, streak, probing, probesPassed, evidence, restore === undefined, Math.min(epoch, 2), threshold]);
  },

  eventKey: (event) => `${event.type}${(event as ModelEvent).stale === true ? ', stale' : ''}`,

  start: async (chosen) => new BreakerRun(chosen).prepare(chosen.start),
};

/** The timer that fires first: the pure machine would let any of them. */
function nextTimer(snapshot: AnyMachineSnapshot): EventObject[] {
  const { openFor, restFor, restore } = contextOf(snapshot);
  const restsFirst = snapshot.matches({ OPEN: { cooling: 'resting' } }) && restFor < (restore?.remaining ?? openFor);
  if (restsFirst) return [{ type: 'xstate.after.restFor.circuit-breaker.OPEN.cooling.resting' }];
  if (snapshot.matches({ OPEN: 'cooling' })) return [{ type: 'xstate.after.openFor.circuit-breaker.OPEN.cooling' }];
  if (snapshot.matches({ HALF_OPEN: 'probing' })) return [{ type: 'xstate.after.probeLimit.circuit-breaker.HALF_OPEN.probing' }];
  return [];
}

const contextOf = (snapshot: AnyMachineSnapshot): BreakerContext => snapshot.context as BreakerContext;
