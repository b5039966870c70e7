import { assign } from 'xstate';
import type { BulkheadOptions, Priority } from './bulkhead-options.ts';
import { setup } from './setup.ts';

/**
 * The bulkhead: so many calls run at a time, the others wait in a bounded queue.
 *
 * - A call that finds a slot begins at once. Some slots are a reserve: only interactive calls get them.
 * - Of the calls that wait, interactive ones go before normal ones, and those before background ones; within a priority the
 *   oldest goes first.
 * - No call is starved (P71): once `overtakes` calls in a row have gone before an older one that could have had the slot, the
 *   oldest goes.
 * - A call that finds the queue full is refused at once (P70). One that is aborted leaves the queue.
 * - The queue is slow once its oldest call has waited `slowAfter`, until it is empty.
 *
 * The machine decides, it does not run anything: `input.start` begins a call, and its end comes back as ENDED.
 */

/** A call that waits. */
export interface WaitingTicket {
  readonly id: number;
  readonly priority: Priority;
  /** Since when, by the clock. */
  readonly since: number;
}

export interface BulkheadInput extends BulkheadOptions {
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** The call of this ticket has a slot: it begins. */
  readonly start: (id: number) => void;
  /** The queue is full. */
  readonly refuse: (id: number) => void;
  /** The queue has become slow. */
  readonly tellSlow: () => void;
  /** What is there already, oldest first: for an actor that is started in the middle of things. */
  readonly waiting?: readonly WaitingTicket[];
  readonly running?: number;
  readonly others?: number;
  readonly overtaken?: number;
  readonly slow?: boolean;
}

export interface BulkheadContext extends BulkheadInput {
  /** The calls that wait, oldest first. */
  readonly waiting: readonly WaitingTicket[];
  /** The calls that run. */
  readonly running: number;
  /** Those of them that are not interactive: they must leave the reserve alone. */
  readonly others: number;
  /** Calls in a row that have gone before an older one. */
  readonly overtaken: number;
  /** The call that has been given a slot last. */
  readonly starting: number;
  /** The oldest call, as its time is kept. */
  readonly timed: number;
}

export type BulkheadEvent =
  /** A call asks for a slot. */
  | { type: 'ARRIVED'; id: number; priority: Priority }
  /** A call that waits is not wanted any more. */
  | { type: 'LEFT'; id: number }
  /** A call that ran has ended, in whatever way. */
  | { type: 'ENDED'; priority: Priority };

const rank: Readonly<Record<Priority, number>> = { interactive: 0, normal: 1, background: 2 };
const isInteractive = ({ priority }: { readonly priority: Priority }): boolean => priority === 'interactive';

type Slots = Pick<BulkheadContext, 'running' | 'others' | 'limit' | 'reserve'>;
const isFull = ({ running, limit }: Slots): boolean => running >= limit;
const isReserved = ({ others, limit, reserve }: Slots): boolean => others >= limit - reserve;

/** The call whose turn it is; `undefined` when none may have a slot. */
function nextOf(context: BulkheadContext): WaitingTicket | undefined {
  if (isFull(context)) return undefined;
  const candidates = isReserved(context) ? context.waiting.filter(isInteractive) : context.waiting;
  if (context.overtaken >= context.overtakes) return candidates[0];
  return candidates.toSorted((one, other) => rank[one.priority] - rank[other.priority])[0];
}

/** Whether an older call that could have had the slot is still waiting. */
function overtakes(context: BulkheadContext, next: WaitingTicket): boolean {
  const candidates = isReserved(context) ? context.waiting.filter(isInteractive) : context.waiting;
  return candidates[0] !== next;
}

/** What actions and guards need to know is in the event. */
const theEvent = <E>({ event }: { readonly event: E }): E => event;

export const bulkhead = setup({
  types: {
    input: {} as BulkheadInput,
    context: {} as BulkheadContext,
    events: {} as BulkheadEvent,
  },
  delays: {
    untilLate: ({ context }) => Math.max(0, context.waiting[0]!.since + context.slowAfter - context.now()),
  },
  guards: {
    isFull: ({ context }) => isFull(context),
    isReserved: ({ context }) => isReserved(context),
    isInteractive: (_, params: { priority: Priority }) => isInteractive(params),
    someoneMayStart: ({ context }) => nextOf(context) !== undefined,
    hasRoom: ({ context }) => context.waiting.length < context.queue,
    someoneWaits: ({ context }) => context.waiting.length > 0,
    nobodyWaits: ({ context }) => context.waiting.length === 0,
    isSlowAlready: ({ context }) => context.slow === true,
    oldestHasChanged: ({ context }) => context.waiting[0]!.id !== context.timed,
  },
  actions: {
    takeSlot: assign(({ context }, params: { id: number; priority: Priority }) => ({
      running: context.running + 1,
      others: context.others + (isInteractive(params) ? 0 : 1),
      starting: params.id,
    })),
    enqueue: assign({ waiting: ({ context }, { id, priority }: { id: number; priority: Priority }) => [...context.waiting, { id, priority, since: context.now() }] }),
    refuse: ({ context }, params: { id: number }) => context.refuse(params.id),
    leaveQueue: assign({ waiting: ({ context }, params: { id: number }) => context.waiting.filter(({ id }) => id !== params.id) }),
    giveSlotBack: assign(({ context }, params: { priority: Priority }) => ({
      running: context.running - 1,
      others: context.others - (isInteractive(params) ? 0 : 1),
    })),
    takeNext: assign(({ context }) => {
      const next = nextOf(context)!;
      return {
        waiting: context.waiting.filter((each) => each !== next),
        running: context.running + 1,
        others: context.others + (isInteractive(next) ? 0 : 1),
        overtaken: overtakes(context, next) ? context.overtaken + 1 : 0,
        starting: next.id,
      };
    }),
    start: ({ context }) => context.start(context.starting),
    timeOldest: assign({ timed: ({ context }) => context.waiting[0]!.id }),
    tellSlow: ({ context }) => context.tellSlow(),
    forgetSlow: assign({ slow: false }),
  },
}).createMachine({
  id: 'bulkhead',
  context: ({ input }) => ({ waiting: [], running: 0, others: 0, overtaken: 0, ...input, starting: 0, timed: 0 }),
  type: 'parallel',
  states: {
    /** Which calls find a slot. */
    slots: {
      initial: 'free',
      on: {
        LEFT: { actions: { type: 'leaveQueue', params: theEvent } },
        ENDED: { target: '.free', actions: { type: 'giveSlotBack', params: theEvent } },
      },
      states: {
        /** Any call does. */
        free: {
          always: [
            { guard: 'someoneMayStart', target: 'free', reenter: true, actions: ['takeNext', 'start'] },
            { guard: 'isFull', target: 'full' },
            { guard: 'isReserved', target: 'reserved' },
          ],
          on: {
            ARRIVED: { target: 'free', reenter: true, actions: [{ type: 'takeSlot', params: theEvent }, 'start'] },
          },
        },
        /** Interactive calls do; the others wait. */
        reserved: {
          on: {
            ARRIVED: [
              { guard: { type: 'isInteractive', params: theEvent }, target: 'free', actions: [{ type: 'takeSlot', params: theEvent }, 'start'] },
              { guard: 'hasRoom', actions: { type: 'enqueue', params: theEvent } },
              { actions: { type: 'refuse', params: theEvent } },
            ],
          },
        },
        /** No call does. */
        full: {
          on: {
            ARRIVED: [
              { guard: 'hasRoom', actions: { type: 'enqueue', params: theEvent } },
              { actions: { type: 'refuse', params: theEvent } },
            ],
          },
        },
      },
    },

    /** How long calls wait. */
    queue: {
      initial: 'empty',
      states: {
        /** No call waits. */
        empty: {
          always: [
            { guard: 'isSlowAlready', target: 'slow' },
            { guard: 'someoneWaits', target: 'prompt' },
          ],
        },
        /** No call has waited for long. */
        prompt: {
          entry: 'timeOldest',
          always: [
            { guard: 'nobodyWaits', target: 'empty' },
            { guard: 'oldestHasChanged', target: 'prompt', reenter: true },
          ],
          after: { untilLate: { target: 'slow', actions: 'tellSlow' } },
        },
        /** A call has waited for longer than `slowAfter`. */
        slow: {
          always: { guard: 'nobodyWaits', target: 'empty', actions: 'forgetSlow' },
        },
      },
    },
  },
});
