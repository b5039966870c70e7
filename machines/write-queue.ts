import { assign, setup } from 'xstate';

/**
 * The write queue of one settings file: one write in flight, the others wait in order (P23), and no
 * more than `capacity` of them (P25). The machine moves tickets; `input.start` does the writing, and
 * its end comes back as SETTLED.
 */

export interface WriteTicket {
  readonly id: number;
}

export interface QueueInput {
  /** Writes that may wait, the one in flight not counted. Default 100. */
  readonly capacity: number;
  /** The writes that were waiting when an earlier actor of this queue crashed (P42). */
  readonly waiting?: readonly WriteTicket[];
  /** The write that was in flight then: its end is still to come, and the others wait for it. */
  readonly current?: WriteTicket;
  /** Start without writing, until RESUME. */
  readonly paused?: boolean;
  /** Begins the write of this ticket. */
  readonly start: (ticket: WriteTicket) => void;
}

export interface QueueContext {
  readonly capacity: number;
  readonly start: (ticket: WriteTicket) => void;
  readonly waiting: readonly WriteTicket[];
  readonly current: WriteTicket | undefined;
  /** The breaker is open: nothing is started. */
  readonly paused: boolean;
}

export type QueueEvent =
  /** A write has been accepted. */
  | { type: 'ENQUEUE'; ticket: WriteTicket }
  /** The write in flight ended, in whatever way. */
  | { type: 'SETTLED'; id: number }
  /** The write in flight was refused by the breaker and is to be parked: it waits again, first in line. */
  | { type: 'PUT_BACK'; id: number }
  /** A waiting write is not wanted any more. */
  | { type: 'WITHDRAW'; id: number }
  /** The breaker has opened. */
  | { type: 'PAUSE' }
  /** The breaker lets calls through again. */
  | { type: 'RESUME' }
  /** Accept nothing more, finish what waits, then close. */
  | { type: 'DRAIN' };

export const writeQueue = setup({
  types: {
    input: {} as QueueInput,
    context: {} as QueueContext,
    events: {} as QueueEvent,
  },
  guards: {
    inFlight: ({ context }) => context.current !== undefined,
    hasRoom: ({ context }) => context.waiting.length < context.capacity,
    isPaused: ({ context }) => context.paused,
    hasWaiting: ({ context }) => context.waiting.length > 0,
    isCurrent: ({ context }, params: { id: number }) => params.id === context.current?.id,
    isCurrentAndMoreWait: ({ context }, params: { id: number }) => params.id === context.current?.id && context.waiting.length > 0,
    isCurrentAndPaused: ({ context }, params: { id: number }) => params.id === context.current?.id && context.paused,
  },
  actions: {
    enqueue: assign({ waiting: ({ context }, params: { ticket: WriteTicket }) => context.waiting.concat(params.ticket) }),
    withdraw: assign({ waiting: ({ context }, params: { id: number }) => context.waiting.filter((ticket) => ticket.id !== params.id) }),
    takeNext: assign({ current: ({ context }) => context.waiting[0], waiting: ({ context }) => context.waiting.slice(1) }),
    putBack: assign({ waiting: ({ context }) => [context.current!, ...context.waiting], current: undefined }),
    clearCurrent: assign({ current: undefined }),
    clearWaiting: assign({ waiting: [] }),
    pause: assign({ paused: true }),
    resume: assign({ paused: false }),
    startWrite: ({ context }) => context.start(context.current!),
  },
}).createMachine({
  id: 'write-queue',
  context: ({ input }) => ({
    capacity: input.capacity,
    start: input.start,
    waiting: input.waiting ?? [],
    current: input.current,
    paused: input.paused ?? false,
  }),
  initial: 'idle',
  on: {
    WITHDRAW: { actions: { type: 'withdraw', params: ({ event }) => event } },
  },
  states: {
    /** Nothing is being written; passed through when something waits. */
    idle: {
      always: [
        { guard: 'inFlight', target: 'writing' },
        { guard: 'isPaused', target: 'paused' },
        { guard: 'hasWaiting', target: 'writing', actions: ['takeNext', 'startWrite'] },
      ],
      on: {
        ENQUEUE: { actions: { type: 'enqueue', params: ({ event }) => event } },
        PAUSE: { actions: 'pause' },
        DRAIN: 'closed',
      },
    },

    /** One write is in flight; others wait behind it. */
    writing: {
      on: {
        ENQUEUE: { guard: 'hasRoom', actions: { type: 'enqueue', params: ({ event }) => event } },
        SETTLED: { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'idle', actions: 'clearCurrent' },
        PUT_BACK: { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'idle', actions: 'putBack' },
        PAUSE: { actions: 'pause' },
        RESUME: { actions: 'resume' },
        DRAIN: 'draining',
      },
    },

    /** The breaker is open; what waits was asked to be parked. */
    paused: {
      on: {
        ENQUEUE: { guard: 'hasRoom', actions: { type: 'enqueue', params: ({ event }) => event } },
        RESUME: { target: 'idle', actions: 'resume' },
        DRAIN: { target: 'closed', actions: 'clearWaiting' },
      },
    },

    /** At the end of the service: what waits is finished, nothing more is accepted. */
    draining: {
      on: {
        SETTLED: [
          { guard: { type: 'isCurrentAndPaused', params: ({ event }) => event }, target: 'closed', actions: ['clearCurrent', 'clearWaiting'] },
          {
            guard: { type: 'isCurrentAndMoreWait', params: ({ event }) => event },
            actions: ['takeNext', 'startWrite'],
          },
          { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'closed', actions: 'clearCurrent' },
        ],
        PAUSE: { actions: ['pause', 'clearWaiting'] },
      },
    },

    /** Nothing waits, and nothing will. */
    closed: { type: 'final' },
  },
});
