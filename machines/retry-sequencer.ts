import { assign, setup } from 'xstate';
import { backoffDelay, type RetryOptions } from './retry-backoff.ts';

/**
 * The retry sequencer: what happens to one operation after its first attempt has failed, or while it
 * still runs. It decides and waits; the attempts are made by `input.run`, whose outcome comes back as
 * ATTEMPT_SUCCEEDED or ATTEMPT_FAILED.
 */

export interface RetryInput extends RetryOptions {
  /** One number in [0, 1) per call. */
  readonly random: () => number;
  /** Milliseconds left for the operation as a whole; a wait that would not end within it is not begun. */
  readonly remaining: () => number;
  /** Milliseconds until the dependency may be asked again: no wait is shorter. Default 0. */
  readonly earliest?: () => number;
  /** Takes one of the retries that are left for all calls; false when none is. Default: there is no end of them. */
  readonly affords?: () => boolean;
  /** Makes the attempt of this number (2 or more: the first is running when the sequencer starts), after a wait of so many milliseconds. */
  readonly run: (attempt: number, waited: number) => void;
}

export interface RetryContext extends RetryInput {
  /** The attempt that runs, or ran last; 1 for the first. */
  readonly attempt: number;
  /** The wait that was chosen after the last failure, in milliseconds. */
  readonly delay: number;
  /** There was a retry left for it. */
  readonly afforded: boolean;
}

export type RetryEvent =
  /** The attempt that runs ended well. */
  | { type: 'ATTEMPT_SUCCEEDED' }
  /** `retryable`: trying again can help (P8). */
  | { type: 'ATTEMPT_FAILED'; retryable: boolean }
  /** The caller went away, or the owner is disposed: ends a backoff at once (P5). */
  | { type: 'ABORT' }
  /** The breaker has opened during the backoff: the attempt that was due is not made. */
  | { type: 'GIVE_UP' };

export const retrySequencer = setup({
  types: {
    input: {} as RetryInput,
    context: {} as RetryContext,
    events: {} as RetryEvent,
  },
  delays: {
    backoff: ({ context }) => context.delay,
  },
  guards: {
    worthRetrying: ({ context }, params: { retryable: boolean }) => params.retryable && context.attempt < context.attempts,
    withinBudget: ({ context }) => context.delay < context.remaining(),
    isAfforded: ({ context }) => context.afforded,
  },
  actions: {
    chooseDelay: assign({ delay: ({ context }) => Math.max(backoffDelay(context, context.attempt, context.random()), context.earliest?.() ?? 0) }),
    takeRetry: assign({ afforded: ({ context }) => context.affords?.() ?? true }),
    nextAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    runAttempt: ({ context }) => context.run(context.attempt, context.delay),
  },
}).createMachine({
  id: 'retry-sequencer',
  context: ({ input }) => ({ ...input, attempt: 1, delay: 0, afforded: true }),
  initial: 'attempting',
  states: {
    /** An attempt runs. */
    attempting: {
      on: {
        ATTEMPT_SUCCEEDED: 'succeeded',
        ATTEMPT_FAILED: [
          { guard: { type: 'worthRetrying', params: ({ event }) => event }, target: 'deciding', actions: 'chooseDelay' },
          { target: 'exhausted' },
        ],
        ABORT: 'aborted',
        GIVE_UP: 'exhausted',
      },
    },
    /** Passed through at once. */
    deciding: {
      always: [{ guard: 'withinBudget', target: 'paying', actions: 'takeRetry' }, { target: 'exhausted' }],
    },
    /** Passed through at once: of the retries of all calls one must be left. */
    paying: {
      always: [{ guard: 'isAfforded', target: 'backoff' }, { target: 'exhausted' }],
    },
    /** The wait before the next attempt. */
    backoff: {
      after: {
        backoff: {
          target: 'attempting',
          actions: ['nextAttempt', 'runAttempt'],
        },
      },
      on: { ABORT: 'aborted' },
    },
    /** An attempt ended well. */
    succeeded: { type: 'final' },
    /** No further attempt would help, or there is no time for one. */
    exhausted: { type: 'final' },
    /** The caller went away. */
    aborted: { type: 'final' },
  },
});
