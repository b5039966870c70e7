import { assign, setup } from 'xstate';
import { theEvent } from './setup.ts';

/**
 * How it is found out that a settings file can be written again. While its breaker is open the file is looked at every
 * `probeEvery`, without changing it. A look that sees an obstacle go away lets a write through at once, as a probe. A file can also
 * look well while every write to it fails: then each write that was let through in vain doubles the wait for the next (P16).
 */

export interface RecoveryInput {
  /** Between two looks at the file, in milliseconds. */
  readonly probeEvery: number;
  /** Begins a look at the file. Its end comes back as LOOK_ENDED, and what it has seen as LOOKED_WELL or SAW_OBSTACLE. */
  readonly look: () => void;
  /** The next write may be let through as a probe. */
  readonly letThrough: () => void;
}

export interface RecoveryContext extends RecoveryInput {
  /** When the breaker opened last, in milliseconds of the service's clock. */
  readonly openedAt: number;
  /** Writes in a row that failed as probes though the file looked well. */
  readonly fruitless: number;
  /** Looks under way, also those that began before the breaker changed its mode. */
  readonly looks: number;
}

export type RecoveryEvent =
  /** The breaker has opened. */
  | { type: 'OPENED'; at: number }
  /** An operator holds it open. */
  | { type: 'HELD' }
  /** The breaker lets one write through, as a probe. */
  | { type: 'HALF_OPENED' }
  /** The breaker has closed. */
  | { type: 'CLOSED' }
  /** A look has ended, in whatever way. */
  | { type: 'LOOK_ENDED' }
  /** A look that began since the breaker opened has found nothing wrong. */
  | { type: 'LOOKED_WELL'; at: number }
  /** A look that began since the breaker opened has seen why the file cannot be written. */
  | { type: 'SAW_OBSTACLE' }
  /** Something suggests that the file can be written again. */
  | { type: 'SIGN_OF_LIFE' }
  /** Half open, and no write waits: a look at the file takes the place of the probe. */
  | { type: 'PROBE_BEGAN' }
  /** That look has ended. */
  | { type: 'PROBE_ENDED' }
  /** The service ends. */
  | { type: 'END' };

/** After the first write that failed as a probe though the file looked well, in milliseconds; twice that after each further one. */
export const firstWait = 5_000;

/** A look that hangs does not keep another from being made, but so many do. */
const enoughLooks = 2;

const wait = ({ fruitless }: RecoveryContext): number => (fruitless === 0 ? 0 : firstWait * 2 ** (fruitless - 1));

const noteOpening = { type: 'noteOpening', params: theEvent<{ at: number }> } as const;

export const recovery = setup({
  types: {
    input: {} as RecoveryInput,
    context: {} as RecoveryContext,
    events: {} as RecoveryEvent,
  },
  delays: {
    probeEvery: ({ context }) => context.probeEvery,
  },
  guards: {
    mayLook: ({ context }) => context.looks < enoughLooks,
    hasWaited: ({ context }, params: { at: number }) => params.at - context.openedAt >= wait(context),
  },
  actions: {
    noteOpening: assign({ openedAt: (_, params: { at: number }) => params.at }),
    countFruitless: assign({ fruitless: ({ context }) => context.fruitless + 1 }),
    /** The look agrees with the write that failed. */
    discountFruitless: assign({ fruitless: ({ context }) => Math.max(0, context.fruitless - 1) }),
    forgetFruitless: assign({ fruitless: 0 }),
    countLook: assign({ looks: ({ context }) => context.looks + 1 }),
    countLookEnd: assign({ looks: ({ context }) => context.looks - 1 }),
    look: ({ context }) => context.look(),
    letThrough: ({ context }) => context.letThrough(),
  },
}).createMachine({
  id: 'recovery',
  context: ({ input }) => ({ ...input, openedAt: 0, fruitless: 0, looks: 0 }),
  initial: 'working',
  on: {
    LOOK_ENDED: { actions: 'countLookEnd' },
    CLOSED: { target: '.working', actions: 'forgetFruitless' },
    END: '.ended',
  },
  states: {
    /** The breaker is closed. */
    working: {
      on: { OPENED: { target: 'open', actions: noteOpening } },
    },

    /** The breaker is open. */
    open: {
      initial: 'watched',
      on: { HALF_OPENED: 'probing', HELD: '.held' },
      states: {
        /** The file is looked at. */
        watched: {
          type: 'parallel',
          on: { SIGN_OF_LIFE: { guard: 'mayLook', actions: ['countLook', 'look'] } },
          states: {
            looks: {
              initial: 'resting',
              states: {
                /** Until the next look is due. */
                resting: { after: { probeEvery: { target: 'looking', actions: ['countLook', 'look'] } } },
                /** It is being looked at. */
                looking: { on: { LOOKED_WELL: 'resting', SAW_OBSTACLE: 'resting' } },
              },
            },
            cause: {
              initial: 'unseen',
              states: {
                /** Whenever it was looked at, the file looked well: the longer writes fail all the same, the longer it is left alone. */
                unseen: {
                  on: {
                    SAW_OBSTACLE: { target: 'seen', actions: 'discountFruitless' },
                    LOOKED_WELL: { guard: { type: 'hasWaited', params: theEvent }, actions: 'letThrough' },
                  },
                },
                /** A look has seen why it cannot be written: when that has gone away, a write is let through at once. */
                seen: {
                  on: { LOOKED_WELL: { actions: 'letThrough' } },
                },
              },
            },
          },
        },
        /** By an operator: nobody looks. */
        held: {},
      },
    },

    /** The breaker is half open. */
    probing: {
      initial: 'byWrite',
      on: {
        OPENED: { target: 'open', actions: [noteOpening, 'countFruitless'] },
      },
      states: {
        /** A write that waits, or the next, is the probe. */
        byWrite: { on: { PROBE_BEGAN: 'byLook' } },
        /** No write waits, and the file is being looked at: where that shows why it cannot be written, no write has to find out. */
        byLook: {
          on: {
            PROBE_ENDED: 'byWrite',
            OPENED: { target: '#recovery.open.watched.cause.seen', actions: noteOpening },
          },
        },
      },
    },

    /** Nobody looks any more. */
    ended: { type: 'final' },
  },
});
