import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { bulkhead, type BulkheadContext, type BulkheadInput } from '../../../machines/bulkhead.ts';
import { isNight } from '../../night.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { BulkheadRun, type BulkheadVariant, type ModelEvent } from './driver.ts';
import type { BulkheadRules, Priority } from './oracle.ts';

const priorities: readonly Priority[] = ['interactive', 'normal', 'background'];

function variant(name: string, rules: BulkheadRules, arriving = priorities): BulkheadVariant {
  const nothing = (): void => undefined;
  const input: BulkheadInput = { ...rules, now: () => 0, start: nothing, refuse: nothing, tellSlow: nothing };
  return { name, rules, input, arriving };
}

const usual = { slowAfter: 1_000, overtakes: 2 };

const model: MachineModel<BulkheadVariant> = {
  machine: bulkhead as never,
  variants: [
    ...(isNight ? [variant('one slot, two may wait', { ...usual, limit: 1, reserve: 0, queue: 2 })] : []),
    variant('one slot, one may wait', { ...usual, limit: 1, reserve: 0, queue: 1 }),
    variant('one of two slots is a reserve', { ...usual, limit: 2, reserve: 1, queue: 2 }, ['interactive', 'background']),
    variant('an older call goes after the first that overtakes it', { ...usual, limit: 1, reserve: 0, queue: 2, overtakes: 1 }, ['interactive', 'normal']),
    variant('nothing may wait', { ...usual, limit: 2, reserve: 1, queue: 0 }),
  ],

  events(snapshot, { arriving }): readonly EventObject[] {
    const { waiting, running, others } = contextOf(snapshot);
    const ids = [...waiting.map(({ id }) => id), contextOf(snapshot).starting];
    const events: ModelEvent[] = arriving.map((priority) => ({ type: 'ARRIVED', id: Math.max(...ids) + 1, priority }));
    waiting.forEach(({ id }, place) => events.push({ type: 'LEFT', id, place }));
    if (running > others) events.push({ type: 'ENDED', priority: 'interactive' });
    if (others > 0) events.push({ type: 'ENDED', priority: 'normal' });
    return snapshot.matches({ queue: 'prompt' }) ? [...events, { type: 'xstate.after.untilLate.bulkhead.queue.prompt' }] : events;
  },

  key(snapshot) {
    const { waiting, running, others, overtaken } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, waiting.map(({ priority }) => priority), running, others, overtaken]);
  },

  eventKey: (event) => {
    const { type, priority, place } = event as ModelEvent & { readonly priority?: Priority; readonly place?: number };
    return [type, priority, place].join();
  },

  start: async (chosen) => new BulkheadRun(chosen),
};

const contextOf = (snapshot: AnyMachineSnapshot): BulkheadContext => snapshot.context as BulkheadContext;

describeMachine(model);
