import { assign, enqueueActions, sendTo, setup, type AnyMachineSnapshot, type DoneActorEvent, type ErrorActorEvent, type SnapshotEvent } from 'xstate';
import { circuitBreaker, type BreakerInput } from './circuit-breaker.ts';
import { configLifecycle, type LifecycleInput } from './config-lifecycle.ts';
import { retrySequencer, type RetryInput } from './retry-sequencer.ts';
import { writeQueue, type QueueInput } from './write-queue.ts';

/**
 * The supervisor of one configuration service: it spawns the lifecycle at once, a breaker and a write
 * queue for each settings file on its first write, and a retry sequencer for each write that has to be
 * tried again. What crashes is restarted alone; after too many crashes the supervisor gives up honestly.
 * Health is a region of this chart and follows from what the children report, so it cannot disagree
 * with them (P60).
 */

/** `lifecycle`, `breaker:<file>`, `queue:<file>`, `retry:<number>`. */
export type ChildId = 'lifecycle' | `${'breaker' | 'queue' | 'retry'}:${string}`;

export interface SupervisorOptions {
  /** More crashes than this within `crashWindow`, and the supervisor gives up. Default 3. */
  readonly crashLimit: number;
  /** In milliseconds. Default 60,000. */
  readonly crashWindow: number;
}

export const supervisorDefaults: SupervisorOptions = { crashLimit: 3, crashWindow: 60_000 };

/** How to start each child, asked again at each restart, so that a child goes on from what is known then. */
export interface ChildInputs {
  readonly lifecycle: () => LifecycleInput;
  readonly breaker: (file: string) => BreakerInput;
  readonly queue: (file: string) => QueueInput;
}

export interface SupervisorInput extends SupervisorOptions {
  readonly inputs: ChildInputs;
}

export interface SupervisorContext extends SupervisorInput {
  readonly files: readonly string[];
  /** Crashes that are not yet older than the window. */
  readonly crashes: number;
  /** Crashes since the start. */
  readonly crashesEver: number;
  /** Queues that have not closed. */
  readonly openQueues: number;
  /** The last crash: who, and why. */
  readonly lastCrash: { readonly id: string; readonly error: unknown } | undefined;
  readonly lifecycle: string;
  /** Settings that fall back to the last good value or the default. */
  readonly invalid: number;
  /** The mode of each breaker, by file. */
  readonly breakers: Readonly<Record<string, string>>;
}

export type SupervisorEvent =
  /** A settings file is about to be written for the first time. */
  | { type: 'OPEN_FILE'; file: string }
  /** A first attempt has failed. */
  | { type: 'START_RETRY'; id: string; input: RetryInput }
  /** A crash is older than `crashWindow`. */
  | { type: 'CRASH_FORGOTTEN' }
  /** By an operator, after the supervisor gave up. */
  | { type: 'RESTART' }
  /** The service ends. */
  | { type: 'DISPOSE' }
  | SnapshotEvent
  | DoneActorEvent
  | ErrorActorEvent;

const actors = { lifecycle: configLifecycle, breaker: circuitBreaker, queue: writeQueue, retry: retrySequencer };

const idOf = (event: { type: string }): string => event.type.replace(/^xstate\.(snapshot|done\.actor|error\.actor)\./, '');
const fileOf = (id: string): string => id.slice(id.indexOf(':') + 1);

function topState(snapshot: AnyMachineSnapshot): string {
  const value = snapshot.value as string | Record<string, unknown>;
  return typeof value === 'string' ? value : Object.keys(value)[0]!;
}

/** The worst that any child reports. */
function severity({ lifecycle, invalid, breakers }: SupervisorContext): 'healthy' | 'degraded' | 'unhealthy' {
  const modes = Object.values(breakers);
  if (lifecycle === 'given up' || lifecycle === 'disposed' || modes.includes('OPEN')) return 'unhealthy';
  if (lifecycle !== 'ready' || invalid > 0 || modes.includes('HALF_OPEN')) return 'degraded';
  return 'healthy';
}

export const supervisor = setup({
  types: {
    input: {} as SupervisorInput,
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    children: {},
  },
  actors,
  delays: {
    crashWindow: ({ context }) => context.crashWindow,
  },
  guards: {
    isNewFile: ({ context }, params: { file: string }) => !context.files.includes(params.file),
    isQueue: ({ event }) => idOf(event).startsWith('queue:'),
    crashLimitReached: ({ context }) => context.crashes >= context.crashLimit,
    queuesAreClosed: ({ context }) => context.openQueues === 0,
    isHealthy: ({ context }) => severity(context) === 'healthy',
    isDegraded: ({ context }) => severity(context) === 'degraded',
    isUnhealthy: ({ context }) => severity(context) === 'unhealthy',
  },
  actions: {
    spawnChildren: enqueueActions(({ context, enqueue }) => {
      enqueue.spawnChild('lifecycle', { id: 'lifecycle', input: context.inputs.lifecycle(), syncSnapshot: true });
      enqueue.assign({ lifecycle: 'loading', openQueues: context.files.length });
      for (const file of context.files) {
        enqueue.spawnChild('breaker', { id: `breaker:${file}`, input: context.inputs.breaker(file), syncSnapshot: true });
        enqueue.spawnChild('queue', { id: `queue:${file}`, input: context.inputs.queue(file) });
      }
    }),
    spawnFile: enqueueActions(({ context, enqueue }, { file }: { file: string }) => {
      enqueue.assign({
        files: [...context.files, file],
        breakers: { ...context.breakers, [file]: 'CLOSED' },
        openQueues: context.openQueues + 1,
      });
      enqueue.spawnChild('breaker', { id: `breaker:${file}`, input: context.inputs.breaker(file), syncSnapshot: true });
      enqueue.spawnChild('queue', { id: `queue:${file}`, input: context.inputs.queue(file) });
    }),
    spawnRetry: enqueueActions(({ enqueue }, { id, input }: { id: string; input: RetryInput }) => {
      enqueue.spawnChild('retry', { id: `retry:${id}`, input });
    }),
    restartChild: enqueueActions(({ context, event, enqueue }) => {
      const id = idOf(event);
      enqueue.stopChild(id);
      if (id === 'lifecycle') enqueue.spawnChild('lifecycle', { id, input: context.inputs.lifecycle(), syncSnapshot: true });
      else if (id.startsWith('breaker:')) enqueue.spawnChild('breaker', { id, input: context.inputs.breaker(fileOf(id)), syncSnapshot: true });
      else if (id.startsWith('queue:')) enqueue.spawnChild('queue', { id, input: context.inputs.queue(fileOf(id)) });
    }),
    stopChildren: enqueueActions(({ self, enqueue }) => {
      for (const id of Object.keys(self.getSnapshot().children)) enqueue.stopChild(id);
    }),
    removeRetry: enqueueActions(({ event, enqueue }) => {
      enqueue.stopChild(idOf(event));
    }),
    countCrash: enqueueActions(({ context, event, enqueue }) => {
      enqueue.assign({
        crashes: context.crashes + 1,
        crashesEver: context.crashesEver + 1,
        lastCrash: { id: idOf(event), error: (event as ErrorActorEvent).error },
      });
      enqueue.raise({ type: 'CRASH_FORGOTTEN' }, { delay: 'crashWindow', id: `crash ${context.crashesEver}` });
    }),
    forgetCrash: assign({ crashes: ({ context }) => context.crashes - 1 }),
    forgetCrashes: enqueueActions(({ context, enqueue }) => {
      for (let number = context.crashesEver - context.crashes; number < context.crashesEver; number++) enqueue.cancel(`crash ${number}`);
      enqueue.assign({ crashes: 0 });
    }),
    noteQueueClosed: assign({ openQueues: ({ context }) => context.openQueues - 1 }),
    noteLifecycle: assign(({ event }) => {
      const snapshot = (event as SnapshotEvent).snapshot as AnyMachineSnapshot;
      return { lifecycle: topState(snapshot), invalid: snapshot.context.invalid as number };
    }),
    noteBreaker: assign({
      breakers: ({ context, event }) => {
        const file = fileOf(idOf(event));
        const mode = topState((event as SnapshotEvent).snapshot as AnyMachineSnapshot);
        return context.breakers[file] === mode ? context.breakers : { ...context.breakers, [file]: mode };
      },
    }),
    drainQueues: enqueueActions(({ context, enqueue }) => {
      for (const file of context.files) enqueue.sendTo(`queue:${file}`, { type: 'DRAIN' });
    }),
    disposeLifecycle: sendTo('lifecycle', { type: 'DISPOSE' }),
    tellDrained: sendTo('lifecycle', { type: 'DRAINED' }),
    noteGivenUp: assign({ lifecycle: 'given up' }),
    noteDisposed: assign({ lifecycle: 'disposed' }),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    ...input,
    files: [],
    crashes: 0,
    crashesEver: 0,
    openQueues: 0,
    lastCrash: undefined,
    lifecycle: 'loading',
    invalid: 0,
    breakers: {},
  }),
  type: 'parallel',
  on: {
    'xstate.snapshot.lifecycle': { actions: 'noteLifecycle' },
    'xstate.snapshot.*': { actions: 'noteBreaker' },
    'xstate.done.actor.*': { actions: 'removeRetry' },
    CRASH_FORGOTTEN: { actions: 'forgetCrash' },
  },
  states: {
    /** What the service is doing. */
    phase: {
      initial: 'running',
      states: {
        /** All actors run; one that crashes is started again. */
        running: {
          entry: 'spawnChildren',
          on: {
            OPEN_FILE: { guard: { type: 'isNewFile', params: ({ event }) => event }, actions: { type: 'spawnFile', params: ({ event }) => event } },
            START_RETRY: { actions: { type: 'spawnRetry', params: ({ event }) => event } },
            'xstate.error.actor.*': [
              { guard: 'crashLimitReached', target: 'givenUp', actions: 'countCrash' },
              { actions: ['countCrash', 'restartChild'] },
            ],
            DISPOSE: 'stopping',
          },
        },

        /** Too many crashes: nothing runs, reads are served, writes are refused, until an operator restarts. */
        givenUp: {
          entry: ['stopChildren', 'noteGivenUp'],
          on: {
            RESTART: { target: 'running', actions: 'forgetCrashes' },
            DISPOSE: 'stopped',
          },
        },

        /** Disposal has begun: the queues are drained. */
        stopping: {
          initial: 'draining',
          entry: ['disposeLifecycle', 'drainQueues'],
          on: {
            START_RETRY: { actions: { type: 'spawnRetry', params: ({ event }) => event } },
            'xstate.done.actor.lifecycle': 'stopped',
            'xstate.error.actor.lifecycle': 'stopped',
            'xstate.error.actor.*': { actions: 'countCrash' },
          },
          states: {
            /** Queues that are not closed yet. */
            draining: {
              always: { guard: 'queuesAreClosed', target: 'ending', actions: 'tellDrained' },
              on: {
                'xstate.done.actor.*': { guard: 'isQueue', actions: 'noteQueueClosed' },
                'xstate.error.actor.*': { guard: 'isQueue', actions: ['countCrash', 'noteQueueClosed'] },
              },
            },
            /** The lifecycle is about to confirm. */
            ending: {},
          },
        },

        /** Nothing is left. */
        stopped: {
          entry: ['stopChildren', 'noteDisposed'],
        },
      },
    },

    /** How the service is: derived from lifecycle, values and breakers, so that it cannot contradict them. */
    health: {
      initial: 'degraded',
      states: {
        /** All is well. */
        healthy: {
          always: [{ guard: 'isUnhealthy', target: 'unhealthy' }, { guard: 'isDegraded', target: 'degraded' }],
        },
        /** Values fall back, the store is being read, or a breaker probes. */
        degraded: {
          always: [{ guard: 'isUnhealthy', target: 'unhealthy' }, { guard: 'isHealthy', target: 'healthy' }],
        },
        /** A breaker is open, or the supervisor has given up. */
        unhealthy: {
          always: [{ guard: 'isHealthy', target: 'healthy' }, { guard: 'isDegraded', target: 'degraded' }],
        },
      },
    },
  },
});

export type Health = 'healthy' | 'degraded' | 'unhealthy';
