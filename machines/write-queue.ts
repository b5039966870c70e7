import { assign, setup } from 'xstate';
import { theEvent } from './setup.ts';

/**
 * The write queue of one settings file. Writes take turns in the order in which they were asked for (P23), and no more than
 * `capacity` of them wait (P25). A turn belongs to one write, or to several that are stored by one save. The machine moves
 * tickets; `input.start` does the writing, and the end of each write comes back as SETTLED or PUT_BACK.
 */

export interface WriteTicket {
  readonly id: number;
}

export interface QueueInput {
  /** Writes that may wait, those in flight not counted. Default 100. */
  readonly capacity: number;
  /** The writes that were waiting when an earlier actor of this queue crashed (P42). */
  readonly waiting?: readonly WriteTicket[];
  /** The writes that were in flight then: their ends are still to come, and the others wait for them. */
  readonly inFlight?: readonly WriteTicket[];
  /** Start without writing, until RESUME. */
  readonly paused?: boolean;
  /** Begins the turn of this ticket. Others that go with it follow by TAKE_ALONG. */
  readonly start: (ticket: WriteTicket) => void;
}

export interface QueueContext {
  readonly capacity: number;
  readonly start: (ticket: WriteTicket) => void;
  readonly waiting: readonly WriteTicket[];
  /** The writes whose turn it is. */
  readonly inFlight: readonly WriteTicket[];
  /** The breaker is open: nothing is started. */
  readonly paused: boolean;
}

export type QueueEvent =
  /** A write has been accepted. */
  | { type: 'ENQUEUE'; ticket: WriteTicket }
  /** The first `count` writes that wait are stored by the same save as the one whose turn it is. */
  | { type: 'TAKE_ALONG'; count: number }
  /** A write in flight ended, in whatever way. */
  | { type: 'SETTLED'; id: number }
  /** A write in flight was refused by the breaker and is to be parked: it waits again, first in line. */
  | { type: 'PUT_BACK'; id: number }
  /** A waiting write is not wanted any more. */
  | { type: 'WITHDRAW'; id: number }
  /** The breaker has opened. */
  | { type: 'PAUSE' }
  /** The breaker lets calls through again. */
  | { type: 'RESUME' }
  /** Accept nothing more, finish what waits, then close. */
  | { type: 'DRAIN' };

const isLast = ({ inFlight }: QueueContext, { id }: WriteTicket): boolean => inFlight.length === 1 && inFlight[0]!.id === id;

const without = (tickets: readonly WriteTicket[], { id }: WriteTicket): readonly WriteTicket[] =>
  tickets.filter((ticket) => ticket.id !== id);

export const writeQueue = setup({
  types: {
    input: {} as QueueInput,
    context: {} as QueueContext,
    events: {} as QueueEvent,
  },
  guards: {
    hasInFlight: ({ context }) => context.inFlight.length > 0,
    hasRoom: ({ context }) => context.waiting.length < context.capacity,
    isPaused: ({ context }) => context.paused,
    hasWaiting: ({ context }) => context.waiting.length > 0,
    isInFlight: ({ context }, params: WriteTicket) => context.inFlight.some(({ id }) => id === params.id),
    isLastInFlight: ({ context }, params: WriteTicket) => isLast(context, params),
    isLastInFlightAndMoreWait: ({ context }, params: WriteTicket) => isLast(context, params) && context.waiting.length > 0,
    isLastInFlightAndPaused: ({ context }, params: WriteTicket) => isLast(context, params) && context.paused,
  },
  actions: {
    enqueue: assign({ waiting: ({ context }, params: { ticket: WriteTicket }) => context.waiting.concat(params.ticket) }),
    withdraw: assign({ waiting: ({ context }, params: WriteTicket) => without(context.waiting, params) }),
    takeNext: assign({ inFlight: ({ context }) => context.waiting.slice(0, 1), waiting: ({ context }) => context.waiting.slice(1) }),
    takeAlong: assign({
      inFlight: ({ context }, params: { count: number }) => context.inFlight.concat(context.waiting.slice(0, params.count)),
      waiting: ({ context }, params: { count: number }) => context.waiting.slice(params.count),
    }),
    putBack: assign({
      waiting: ({ context }, params: WriteTicket) => [{ id: params.id }, ...context.waiting],
      inFlight: ({ context }, params: WriteTicket) => without(context.inFlight, params),
    }),
    settle: assign({ inFlight: ({ context }, params: WriteTicket) => without(context.inFlight, params) }),
    clearWaiting: assign({ waiting: [] }),
    pause: assign({ paused: true }),
    resume: assign({ paused: false }),
    startTurn: ({ context }) => context.start(context.inFlight[0]!),
  },
}).createMachine({
  id: 'write-queue',
  context: ({ input }) => ({
    capacity: input.capacity,
    start: input.start,
    waiting: input.waiting ?? [],
    inFlight: input.inFlight ?? [],
    paused: input.paused ?? false,
  }),
  initial: 'idle',
  on: {
    WITHDRAW: { actions: { type: 'withdraw', params: theEvent } },
  },
  states: {
    /** Nothing is being written; passed through when something waits. */
    idle: {
      always: [
        { guard: 'hasInFlight', target: 'writing' },
        { guard: 'isPaused', target: 'paused' },
        { guard: 'hasWaiting', target: 'writing', actions: ['takeNext', 'startTurn'] },
      ],
      on: {
        ENQUEUE: { actions: { type: 'enqueue', params: theEvent } },
        PAUSE: { actions: 'pause' },
        DRAIN: 'closed',
      },
    },

    /** One save is being made, for one write or several; others wait behind it. */
    writing: {
      on: {
        ENQUEUE: { guard: 'hasRoom', actions: { type: 'enqueue', params: theEvent } },
        TAKE_ALONG: { actions: { type: 'takeAlong', params: theEvent } },
        SETTLED: [
          { guard: { type: 'isLastInFlight', params: theEvent }, target: 'idle', actions: { type: 'settle', params: theEvent } },
          { actions: { type: 'settle', params: theEvent } },
        ],
        PUT_BACK: [
          { guard: { type: 'isLastInFlight', params: theEvent }, target: 'idle', actions: { type: 'putBack', params: theEvent } },
          { guard: { type: 'isInFlight', params: theEvent }, actions: { type: 'putBack', params: theEvent } },
        ],
        PAUSE: { actions: 'pause' },
        RESUME: { actions: 'resume' },
        DRAIN: 'draining',
      },
    },

    /** The breaker is open; what waits was asked to be parked. */
    paused: {
      on: {
        ENQUEUE: { guard: 'hasRoom', actions: { type: 'enqueue', params: theEvent } },
        RESUME: { target: 'idle', actions: 'resume' },
        DRAIN: { target: 'closed', actions: 'clearWaiting' },
      },
    },

    /** At the end of the service: what waits is finished, nothing more is accepted. */
    draining: {
      on: {
        TAKE_ALONG: { actions: { type: 'takeAlong', params: theEvent } },
        SETTLED: [
          { guard: { type: 'isLastInFlightAndPaused', params: theEvent }, target: 'closed', actions: [{ type: 'settle', params: theEvent }, 'clearWaiting'] },
          {
            guard: { type: 'isLastInFlightAndMoreWait', params: theEvent },
            actions: ['takeNext', 'startTurn'],
          },
          { guard: { type: 'isLastInFlight', params: theEvent }, target: 'closed', actions: { type: 'settle', params: theEvent } },
          { actions: { type: 'settle', params: theEvent } },
        ],
        PAUSE: { actions: ['pause', 'clearWaiting'] },
      },
    },

    /** Nothing waits, and nothing will. */
    closed: { type: 'final' },
  },
});
