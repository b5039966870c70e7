import type { EventObject } from 'xstate';
import { configLifecycle, lifecycleDefaults, type LifecycleContext } from '../../../machines/config-lifecycle.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { LifecycleRun, type LifecycleVariant, type ModelEvent } from './driver.ts';

function variant(name: string, rules = lifecycleDefaults): LifecycleVariant {
  return { name, rules, input: { ...rules, load: () => undefined } };
}

const living: readonly ModelEvent[] = [
  { type: 'LOADED', invalid: 0, how: 'load' },
  { type: 'LOADED', invalid: 1, how: 'load' },
  { type: 'LOADED', invalid: 0, how: 'write' },
  { type: 'LOAD_FAILED', failure: 'io', how: 'load' },
  { type: 'LOAD_FAILED', failure: 'read', how: 'read' },
  { type: 'LOAD_FAILED', failure: 'time', how: 'time' },
  { type: 'RELOAD', how: 'operator' },
  { type: 'RELOAD', how: 'store' },
  { type: 'DISPOSE' },
];

const model: MachineModel<LifecycleVariant> = {
  machine: configLifecycle as never,
  variants: [
    variant('usual limits'),
    variant('a store that is read again soon', { ...lifecycleDefaults, reloadEvery: 2_311 }),
  ],

  events(snapshot): readonly EventObject[] {
    if (snapshot.matches('disposing')) return [{ type: 'DRAINED' }, { type: 'xstate.after.drainLimit.config-lifecycle.disposing' }];
    if (snapshot.matches('degraded')) return [...living, { type: 'xstate.after.reloadEvery.config-lifecycle.degraded' }];
    return living;
  },

  key(snapshot) {
    const { invalid, failure } = snapshot.context as LifecycleContext;
    return JSON.stringify([snapshot.value, invalid, failure]);
  },

  start: async (chosen) => new LifecycleRun(chosen).prepare(),
};

describeMachine(model);
