import { assign, setup } from 'xstate';

/**
 * The life of one configuration service, from its first load to the end of its disposal. Reads are
 * served in every state (P30). `input.load` reads the store, and its end comes back as LOADED or
 * LOAD_FAILED: it keeps the time limit, for each load and not for the first alone.
 */

export interface LifecycleOptions {
  /** The longest a load may take, in milliseconds: then it has failed, and the last good values stand in. Default 5,000. */
  readonly loadLimit: number;
  /** While degraded, the store is read again this often, in milliseconds. Default 10,000. */
  readonly reloadEvery: number;
  /** The longest disposal waits for writes, in milliseconds. Default 5,000. */
  readonly drainLimit: number;
}

export const lifecycleDefaults: LifecycleOptions = { loadLimit: 5_000, reloadEvery: 10_000, drainLimit: 5_000 };

export interface LifecycleInput extends LifecycleOptions {
  /** Begins to read the store; ends in `loadLimit`, with LOADED or LOAD_FAILED. */
  readonly load: () => void;
}

export interface LifecycleContext extends LifecycleInput {
  /** Settings whose stored value is not legal, and which fall back. */
  readonly invalid: number;
  /** Why the store could not be read, while it cannot. */
  readonly failure: string | undefined;
}

export type LifecycleEvent =
  /** The store has been read; `invalid` settings fall back. */
  | { type: 'LOADED'; invalid: number }
  /** The store cannot be read, and why. */
  | { type: 'LOAD_FAILED'; failure: string }
  /** Somebody has changed something, or asks for it. */
  | { type: 'RELOAD' }
  /** The service ends. */
  | { type: 'DISPOSE' }
  /** No write is left. */
  | { type: 'DRAINED' };

export const configLifecycle = setup({
  types: {
    input: {} as LifecycleInput,
    context: {} as LifecycleContext,
    events: {} as LifecycleEvent,
  },
  delays: {
    reloadEvery: ({ context }) => context.reloadEvery,
    drainLimit: ({ context }) => context.drainLimit,
  },
  actions: {
    noteLoaded: assign({ invalid: (_, params: { invalid: number }) => params.invalid, failure: undefined }),
    noteFailure: assign({ failure: (_, params: { failure: string }) => params.failure }),
    load: ({ context }) => context.load(),
  },
}).createMachine({
  id: 'config-lifecycle',
  context: ({ input }) => ({ ...input, invalid: 0, failure: undefined }),
  initial: 'loading',
  states: {
    /** The store is read for the first time; the last good values, or the defaults, are served. */
    loading: {
      entry: 'load',
      on: {
        LOADED: { target: 'ready', actions: { type: 'noteLoaded', params: ({ event }) => event } },
        LOAD_FAILED: { target: 'degraded', actions: { type: 'noteFailure', params: ({ event }) => event } },
        RELOAD: { actions: 'load' },
        DISPOSE: 'disposing',
      },
    },

    /** The store has been read. */
    ready: {
      on: {
        RELOAD: { actions: 'load' },
        LOADED: { actions: { type: 'noteLoaded', params: ({ event }) => event } },
        LOAD_FAILED: { target: 'degraded', actions: { type: 'noteFailure', params: ({ event }) => event } },
        DISPOSE: 'disposing',
      },
    },

    /** The store cannot be read: the last good values are served. */
    degraded: {
      after: { reloadEvery: { target: 'degraded', reenter: true, actions: 'load' } },
      on: {
        RELOAD: { actions: 'load' },
        LOADED: { target: 'ready', actions: { type: 'noteLoaded', params: ({ event }) => event } },
        LOAD_FAILED: { actions: { type: 'noteFailure', params: ({ event }) => event } },
        DISPOSE: 'disposing',
      },
    },

    /** The writes on their way are finished, `drainLimit` at most. */
    disposing: {
      after: { drainLimit: 'disposed' },
      on: { DRAINED: 'disposed' },
    },

    /** Reads go on; writes are refused. */
    disposed: { type: 'final' },
  },
});
