import { assign } from 'xstate';
import { setup, theEvent } from './setup.ts';

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
  /** Calls admitted in HALF_OPEN, by which it is decided whether to close. Default 1. */
  readonly probes: number;
  /** The share of the probes that must succeed to close, above 0 and up to 1. Default 1: all of them. */
  readonly probeShare: number;
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

export const breakerDefaults: BreakerOptions = {
  threshold: 5, openFor: 60_000, probes: 1, probeShare: 1, probeLimit: 30_000, restFor: 1_000,
};

/** A way of counting other than failures in a row: a sliding window, for instance. It never changes: what is counted is a new one. */
export interface Counting {
  /** Would it be enough to open if this call were counted? */
  reaches(failed: boolean, slow: boolean): boolean;
  /** With this call counted. */
  with(failed: boolean, slow: boolean): Counting;
  /** With its oldest part forgotten: a part of its time is over. */
  turned(): Counting;
  /** With nothing counted. */
  cleared(): Counting;
}

/** How long OPEN lasts when it has been entered so many times because a probe failed, in milliseconds. */
export type Growth = (openFor: number, reopened: number) => number;

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
  /** How often in a row it has opened again because a probe failed, after a restart. */
  readonly reopened?: number;
  /** Failures are counted by this, with what is counted already, and not in a row. */
  readonly counting?: Counting;
  /** Default: OPEN lasts `openFor` each time. */
  readonly growth?: Growth | undefined;
}

export interface BreakerContext extends BreakerOptions {
  readonly restore: BreakerRestore | undefined;
  /** Consecutive failures in CLOSED (P1). */
  readonly streak: number;
  /** Counts the entries into CLOSED, OPEN and HALF_OPEN. */
  readonly epoch: number;
  readonly probing: number;
  readonly probesPassed: number;
  readonly probesFailed: number;
  readonly evidence: boolean;
  readonly counting: Counting | undefined;
  readonly growth?: Growth | undefined;
  /** How often in a row it has opened again because a probe failed. */
  readonly reopened: number;
  /** How long the present OPEN lasts in all, in milliseconds. */
  readonly wait: number;
}

export type BreakerEvent =
  /** A call that began in `epoch` ended well; `slow`: but took longer than it should. */
  | { type: 'SUCCESS'; epoch: number; slow?: boolean }
  /** A call that began in `epoch` failed, and the dependency is to blame (P7). */
  | { type: 'FAILURE'; epoch: number; slow?: boolean }
  /** A part of the time over which calls are counted is over. */
  | { type: 'TURN' }
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

export interface Ended {
  readonly epoch: number;
  readonly slow?: boolean;
}

/** The probes that must succeed. */
const needed = ({ probes, probeShare }: BreakerOptions): number => Math.ceil(probes * probeShare);

/** The call began in the present epoch (P4). */
const isCurrent = { type: 'isCurrent', params: theEvent<{ readonly epoch: number }> } as const;

export const circuitBreaker = setup({
  types: {
    input: {} as BreakerInput,
    context: {} as BreakerContext,
    events: {} as BreakerEvent,
  },
  delays: {
    openFor: ({ context }) => context.restore?.remaining ?? context.wait,
    probeLimit: ({ context }) => context.probeLimit,
    restFor: ({ context }) => context.restFor,
  },
  guards: {
    wasHeld: ({ context }) => context.restore?.mode === 'HELD',
    wasOpen: ({ context }) => context.restore?.mode === 'OPEN',
    wasHalfOpen: ({ context }) => context.restore?.mode === 'HALF_OPEN',
    isCurrent: ({ context }, params: Ended) => params.epoch === context.epoch,
    thresholdReached: ({ context }, params: Ended) => params.epoch === context.epoch
      && (context.counting === undefined ? context.streak + 1 >= context.threshold : context.counting.reaches(true, params.slow === true)),
    shareReached: ({ context }, params: Ended) => params.epoch === context.epoch && context.counting?.reaches(false, params.slow === true) === true,
    enoughProbesPassed: ({ context }, params: Ended) => params.epoch === context.epoch && context.probesPassed + 1 >= needed(context),
    tooManyProbesFailed: ({ context }, params: Ended) => params.epoch === context.epoch
      && context.probesFailed + 1 > context.probes - needed(context),
    noProbeRuns: ({ context }) => context.probing === 0,
    evidenceSeen: ({ context }) => context.evidence,
  },
  actions: {
    beginEpoch: assign({ epoch: ({ context }) => context.epoch + 1, probing: 0, probesPassed: 0, probesFailed: 0, evidence: false }),
    countFailure: assign(({ context }, { slow = false }: Ended) => ({ streak: context.streak + 1, counting: context.counting?.with(true, slow) })),
    countSuccess: assign(({ context }, { slow = false }: Ended) => ({ streak: 0, counting: context.counting?.with(false, slow) })),
    turnWindow: assign({ counting: ({ context }) => context.counting?.turned() }),
    clearCounts: assign({ streak: 0, counting: ({ context }) => context.counting?.cleared() }),
    countReopening: assign({ reopened: ({ context }) => context.reopened + 1 }),
    forgetReopenings: assign({ reopened: 0 }),
    chooseWait: assign({ wait: ({ context }) => context.growth?.(context.openFor, context.reopened) ?? context.openFor }),
    admitProbe: assign({ probing: ({ context }) => context.probing + 1 }),
    passProbe: assign({ probing: ({ context }) => context.probing - 1, probesPassed: ({ context }) => context.probesPassed + 1 }),
    failProbe: assign({ probing: ({ context }) => context.probing - 1, probesFailed: ({ context }) => context.probesFailed + 1 }),
    abandonProbe: assign({ probing: ({ context }) => context.probing - 1 }),
    rememberEvidence: assign({ evidence: true }),
    adoptRules: assign((_, { threshold, openFor }: BreakerRules) => ({ threshold, openFor })),
    forgetRestored: assign({ restore: undefined }),
  },
}).createMachine({
  id: 'circuit-breaker',
  context: ({ input }) => ({
    restore: undefined, streak: 0, epoch: 0, reopened: 0, counting: undefined, ...input,
    probing: 0, probesPassed: 0, probesFailed: 0, evidence: false, wait: input.openFor,
  }),
  initial: 'RESTORING',
  on: {
    RESET: { target: '.CLOSED', actions: 'clearCounts' },
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

    /** Everything is let through; failures are counted. */
    CLOSED: {
      on: {
        FAILURE: [
          { guard: { type: 'thresholdReached', params: theEvent }, target: 'OPEN' },
          { guard: isCurrent, actions: { type: 'countFailure', params: theEvent } },
        ],
        SUCCESS: [
          // Of slow calls, or because there are now enough calls to judge by.
          { guard: { type: 'shareReached', params: theEvent }, target: 'OPEN' },
          { guard: isCurrent, actions: { type: 'countSuccess', params: theEvent } },
        ],
        TURN: { actions: 'turnWindow' },
        TRIP: 'OPEN',
      },
      entry: ['beginEpoch', 'forgetReopenings'],
      exit: 'clearCounts',
    },

    /** Everything is refused at once. */
    OPEN: {
      initial: 'cooling',
      entry: ['beginEpoch', 'chooseWait'],
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
            PROBE_STARTED: { guard: isCurrent, target: 'probing', actions: 'admitProbe' },
          },
        },
        /** At least one probe is under way. Each time that none is, the next one gets a time limit of its own. */
        probing: {
          always: { guard: 'noProbeRuns', target: 'awaiting' },
          on: {
            PROBE_STARTED: { guard: isCurrent, actions: 'admitProbe' },
            PROBE_ABANDONED: { guard: isCurrent, actions: 'abandonProbe' },
            SUCCESS: [
              { guard: { type: 'enoughProbesPassed', params: theEvent }, target: '#circuit-breaker.CLOSED' },
              { guard: isCurrent, actions: 'passProbe' },
            ],
            FAILURE: [
              { guard: { type: 'tooManyProbesFailed', params: theEvent }, target: '#circuit-breaker.OPEN', actions: 'countReopening' },
              { guard: isCurrent, actions: 'failProbe' },
            ],
          },
          /** A probe that hangs cannot hold HALF_OPEN for ever (P3). */
          after: { probeLimit: { target: '#circuit-breaker.OPEN', actions: 'countReopening' } },
        },
      },
    },
  },
});

export type BreakerMode = 'CLOSED' | 'OPEN' | 'HALF_OPEN';
