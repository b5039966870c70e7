import { assign } from 'xstate';
import { setup } from './setup.ts';

/**
 * The circuit breaker: CLOSED lets everything through, OPEN refuses, HALF_OPEN lets a set number of
 * probes through to see whether the dependency has recovered.
 *
 * The machine judges results, it does not run anything. Whoever calls the dependency carries the
 * `epoch` in which the call began; a result from an earlier epoch changes nothing (P4).
 */

export interface BreakerOptions {
  /** Consecutive failures that open the breaker. Default 5. */
  readonly threshold: number;
  /** How long OPEN lasts before the breaker probes by itself, in milliseconds; Infinity: never by itself. Default 60,000. */
  readonly openFor: number;
  /** Calls admitted in HALF_OPEN, all of which must succeed to close. Default 1. */
  readonly probes: number;
  /**
   * The longest that a probe without a time limit of its own may take before the breaker opens again, in milliseconds. A
   * guard gives its probes one, unless its `timeout` or `budget` is Infinity. Default 30,000.
   */
  readonly probeLimit: number;
  /** For so long after opening, evidence of recovery is remembered, not acted upon, in milliseconds. Default 1,000. */
  readonly restFor: number;
}

/** Rules that can be changed while the breaker runs. What it counts, or waits for, goes on; the next count and the next wait follow the new ones. */
export type BreakerRules = Pick<BreakerOptions, 'threshold' | 'openFor'>;

export const breakerDefaults: BreakerOptions = { threshold: 5, openFor: 60_000, probes: 1, probeLimit: 30_000, restFor: 1_000 };

/** The state an earlier process left behind. */
export interface BreakerRestore {
  readonly mode: 'OPEN' | 'HELD' | 'HALF_OPEN';
  /** OPEN only: milliseconds until the original deadline (P11). */
  readonly remaining?: number;
}

export interface BreakerInput extends BreakerOptions {
  readonly restore?: BreakerRestore;
  /** The epoch to go on from after a restart, so that results from before it stay stale. */
  readonly epoch?: number;
  /** The consecutive failures already counted, after a restart. */
  readonly streak?: number;
}

export interface BreakerContext extends BreakerOptions {
  readonly restore: BreakerRestore | undefined;
  /** Consecutive failures in CLOSED (P1). */
  readonly streak: number;
  /** Counts the entries into CLOSED, OPEN and HALF_OPEN. */
  readonly epoch: number;
  readonly probing: number;
  readonly probesPassed: number;
  readonly evidence: boolean;
}

export type BreakerEvent =
  /** A call that began in `epoch` ended well. */
  | { type: 'SUCCESS'; epoch: number }
  /** A call that began in `epoch` failed, and the dependency is to blame (P7). */
  | { type: 'FAILURE'; epoch: number }
  /** A caller was admitted as a probe. */
  | { type: 'PROBE_STARTED'; epoch: number }
  /** A probe ended without saying anything about the dependency: its caller went away. */
  | { type: 'PROBE_ABANDONED'; epoch: number }
  /** Something suggests that the dependency works again. */
  | { type: 'EVIDENCE' }
  /** The rules are these from now on. */
  | { type: 'CONFIGURE'; rules: BreakerRules }
  /** An operator: open, as if the failures were enough. */
  | { type: 'TRIP' }
  /** An operator: stay open until `RELEASE`. */
  | { type: 'HOLD' }
  /** An operator: end the holding; the next call is a probe. */
  | { type: 'RELEASE' }
  /** An operator: close. */
  | { type: 'RESET' }
  /** An operator: let the next call through as a probe. */
  | { type: 'PROBE_NOW' };

/** What guards need to know is in the event. */
const theEvent = <E>({ event }: { readonly event: E }): E => event;

export const circuitBreaker = setup({
  types: {
    input: {} as BreakerInput,
    context: {} as BreakerContext,
    events: {} as BreakerEvent,
  },
  delays: {
    openFor: ({ context }) => context.restore?.remaining ?? context.openFor,
    probeLimit: ({ context }) => context.probeLimit,
    restFor: ({ context }) => context.restFor,
  },
  guards: {
    wasHeld: ({ context }) => context.restore?.mode === 'HELD',
    wasOpen: ({ context }) => context.restore?.mode === 'OPEN',
    wasHalfOpen: ({ context }) => context.restore?.mode === 'HALF_OPEN',
    isCurrent: ({ context }, params: { epoch: number }) => params.epoch === context.epoch,
    thresholdReached: ({ context }, params: { epoch: number }) => params.epoch === context.epoch && context.streak + 1 >= context.threshold,
    lastProbePassed: ({ context }, params: { epoch: number }) => params.epoch === context.epoch && context.probesPassed + 1 >= context.probes,
    isOnlyProbe: ({ context }, params: { epoch: number }) => params.epoch === context.epoch && context.probing <= 1,
    evidenceSeen: ({ context }) => context.evidence,
  },
  actions: {
    beginEpoch: assign({ epoch: ({ context }) => context.epoch + 1, probing: 0, probesPassed: 0, evidence: false }),
    countFailure: assign({ streak: ({ context }) => context.streak + 1 }),
    clearStreak: assign({ streak: 0 }),
    admitProbe: assign({ probing: ({ context }) => context.probing + 1 }),
    passProbe: assign({ probing: ({ context }) => context.probing - 1, probesPassed: ({ context }) => context.probesPassed + 1 }),
    abandonProbe: assign({ probing: ({ context }) => context.probing - 1 }),
    rememberEvidence: assign({ evidence: true }),
    adoptRules: assign((_, { threshold, openFor }: BreakerRules) => ({ threshold, openFor })),
    forgetRestored: assign({ restore: undefined }),
  },
}).createMachine({
  id: 'circuit-breaker',
  context: ({ input }) => ({ restore: undefined, streak: 0, epoch: 0, ...input, probing: 0, probesPassed: 0, evidence: false }),
  initial: 'RESTORING',
  on: {
    RESET: { target: '.CLOSED', actions: 'clearStreak' },
    HOLD: '.OPEN.held',
    CONFIGURE: { actions: { type: 'adoptRules', params: ({ event }) => event.rules } },
  },
  states: {
    /** Passed through at the start, at once. */
    RESTORING: {
      always: [
        { guard: 'wasHeld', target: 'OPEN.held' },
        { guard: 'wasOpen', target: 'OPEN' },
        { guard: 'wasHalfOpen', target: 'HALF_OPEN' },
        { target: 'CLOSED' },
      ],
    },

    /** Everything is let through; failures in a row are counted. */
    CLOSED: {
      on: {
        FAILURE: [
          { guard: { type: 'thresholdReached', params: theEvent }, target: 'OPEN' },
          { guard: { type: 'isCurrent', params: theEvent }, actions: 'countFailure' },
        ],
        SUCCESS: { guard: { type: 'isCurrent', params: theEvent }, actions: 'clearStreak' },
        TRIP: 'OPEN',
      },
      entry: 'beginEpoch',
      exit: 'clearStreak',
    },

    /** Everything is refused at once. */
    OPEN: {
      initial: 'cooling',
      entry: 'beginEpoch',
      exit: 'forgetRestored',
      states: {
        /** Until `openFor` is over, or something suggests that the dependency works again. */
        cooling: {
          initial: 'resting',
          on: { PROBE_NOW: '#circuit-breaker.HALF_OPEN' },
          after: { openFor: '#circuit-breaker.HALF_OPEN' },
          states: {
            /** Too early for evidence: it is remembered, not acted upon. */
            resting: {
              on: { EVIDENCE: { actions: 'rememberEvidence' } },
              after: { restFor: [{ guard: 'evidenceSeen', target: '#circuit-breaker.HALF_OPEN' }, { target: 'waiting' }] },
            },
            /** From here on evidence is acted upon. */
            waiting: {
              on: { EVIDENCE: '#circuit-breaker.HALF_OPEN' },
            },
          },
        },
        /** By an operator: no timer ends this. */
        held: {
          on: { HOLD: {}, RELEASE: '#circuit-breaker.HALF_OPEN' },
        },
      },
    },

    /** Probes are let through, everybody else is refused. */
    HALF_OPEN: {
      initial: 'awaiting',
      entry: 'beginEpoch',
      on: { TRIP: 'OPEN' },
      states: {
        /** No probe is under way: the next caller is one. */
        awaiting: {
          on: {
            PROBE_STARTED: { guard: { type: 'isCurrent', params: theEvent }, target: 'probing', actions: 'admitProbe' },
          },
        },
        /** A probe is under way. */
        probing: {
          on: {
            PROBE_STARTED: { guard: { type: 'isCurrent', params: theEvent }, actions: 'admitProbe' },
            PROBE_ABANDONED: [
              { guard: { type: 'isOnlyProbe', params: theEvent }, target: 'awaiting', actions: 'abandonProbe' },
              { guard: { type: 'isCurrent', params: theEvent }, actions: 'abandonProbe' },
            ],
            SUCCESS: [
              { guard: { type: 'lastProbePassed', params: theEvent }, target: '#circuit-breaker.CLOSED' },
              // The next probe gets a time limit of its own.
              { guard: { type: 'isOnlyProbe', params: theEvent }, target: 'awaiting', actions: 'passProbe' },
              { guard: { type: 'isCurrent', params: theEvent }, actions: 'passProbe' },
            ],
            FAILURE: { guard: { type: 'isCurrent', params: theEvent }, target: '#circuit-breaker.OPEN' },
          },
          /** A probe that hangs cannot hold HALF_OPEN for ever (P3). */
          after: { probeLimit: '#circuit-breaker.OPEN' },
        },
      },
    },
  },
});

export type BreakerMode = 'CLOSED' | 'OPEN' | 'HALF_OPEN';
