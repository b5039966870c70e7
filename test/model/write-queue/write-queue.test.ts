import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { writeQueue, type QueueContext, type QueueInput } from '../../../machines/write-queue.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { capacity, QueueRun, type ModelEvent, type QueueVariant } from './driver.ts';

function variant(name: string, input: Partial<QueueInput> = {}, crashed?: QueueVariant['crashed']): QueueVariant {
  return { name, input: { capacity, start: () => undefined, ...input }, ...(crashed === undefined ? {} : { crashed }) };
}

/** The queue of a store that stores several values by one save: recognised by this. */
const startTogether = (): void => undefined;

function together(name: string, input: Partial<QueueInput> = {}, crashed?: QueueVariant['crashed']): QueueVariant {
  return { ...variant(`${name}, all that waits is one save`, { start: startTogether, ...input }, crashed), together: true };
}

const first = { id: 1 };
const second = { id: 2 };
const third = { id: 3 };

const model: MachineModel<QueueVariant> = {
  machine: writeQueue as never,
  variants: [
    variant('empty'),
    variant('its actor has crashed with a write in flight', { inFlight: [first] }, { writes: 1, paused: false }),
    variant('its actor has crashed with a write in flight and another waiting', { inFlight: [first], waiting: [second] }, { writes: 2, paused: false }),
    variant('its actor has crashed while paused, with a write in flight', { inFlight: [first], waiting: [second], paused: true }, { writes: 2, paused: true }),
    variant('its actor has crashed while paused', { waiting: [first], paused: true }, { writes: 1, paused: true, held: true }),
    variant('its actor has crashed while idle', {}, { writes: 0, paused: false }),
    together('empty'),
    together('its actor has crashed with a write in flight and two waiting', { inFlight: [first], waiting: [second, third] }, { writes: 3, paused: false }),
    together('its actor has crashed while paused', { waiting: [first, second], paused: true }, { writes: 2, paused: true, held: true }),
  ],

  expand(snapshot, event) {
    const { inFlight, waiting, paused, start } = contextOf(snapshot);
    if (start !== startTogether) return [event];
    const { type } = event as ModelEvent;
    // What is one save ends at once, the last first.
    const ended = type === 'SETTLED' || type === 'PUT_BACK' ? [...inFlight].reverse().map(({ id }) => ({ ...event, id })) : [event];
    const begins = (type === 'SETTLED' || (type === 'RESUME' && inFlight.length === 0)) && (type === 'RESUME' || !paused);
    return begins && waiting.length > 1 ? [...ended, { type: 'TAKE_ALONG', count: waiting.length - 1 }] : ended;
  },

  events(snapshot, { crashed }): readonly EventObject[] {
    const { inFlight, waiting, paused } = contextOf(snapshot);
    const [current] = inFlight;
    const draining = snapshot.matches('draining');
    const events: ModelEvent[] = [];
    if (!draining) {
      if (waiting.length + Math.max(0, inFlight.length - 1) < capacity) events.push({ type: 'ENQUEUE', ticket: { id: freeId(snapshot) } });
      events.push({ type: 'RESUME' }, { type: 'DRAIN' });
    }
    // While draining only an outage pauses, and a write that began before an earlier pause cannot tell of one (P4).
    if (!draining || (!paused && crashed?.paused !== true)) events.push({ type: 'PAUSE' });
    if (current !== undefined) {
      events.push({ type: 'SETTLED', id: current.id, how: 'failed' });
      if (!(draining && paused)) events.push({ type: 'SETTLED', id: current.id, how: 'stored' });
      // Only what the breaker refuses is put back, and while draining nothing is.
      if (paused && !draining) events.push({ type: 'PUT_BACK', id: current.id });
    }
    // Nothing waits while draining and paused: what cannot be written is refused when disposal begins.
    if (!draining || !paused) waiting.forEach(({ id }, at) => events.push({ type: 'WITHDRAW', id, at }));
    return events;
  },

  key(snapshot) {
    const { inFlight, waiting, paused } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, inFlight.length, waiting.length, paused]);
  },

  eventKey: (event) => JSON.stringify({ ...event, id: undefined, ticket: undefined }),

  start: async (chosen) => new QueueRun(chosen.together === true).prepare(chosen),
};

/** The paths know the writes by small numbers, used again. */
function freeId(snapshot: AnyMachineSnapshot): number {
  const { inFlight, waiting } = contextOf(snapshot);
  const used = [...inFlight, ...waiting].map((ticket) => ticket.id);
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].find((id) => !used.includes(id))!;
}

const contextOf = (snapshot: AnyMachineSnapshot): QueueContext => snapshot.context as QueueContext;

describeMachine(model);
