import { enqueueActions, type AnyMachineSnapshot, type EventObject } from 'xstate';
import { breakerDefaults } from '../../../machines/circuit-breaker.ts';
import { lifecycleDefaults } from '../../../machines/config-lifecycle.ts';
import { supervisor, type SupervisorContext, type SupervisorInput } from '../../../machines/supervisor.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { crashWindow, SupervisorRun, type FileName, type ModelEvent, type SupervisorVariant } from './driver.ts';

function variant(name: string, options: Pick<SupervisorVariant, 'crashLimit' | 'files' | 'retries'>): SupervisorVariant {
  const input: SupervisorInput = {
    crashLimit: options.crashLimit,
    crashWindow,
    inputs: {
      lifecycle: () => ({ ...lifecycleDefaults, load: () => undefined }),
      breaker: () => breakerDefaults,
      queue: () => ({ capacity: 1, start: () => undefined }),
    },
  };
  return { name, input, ...options };
}

const user: FileName = 'user settings';
const workspace: FileName = 'workspace settings';

/** What a child reports of itself, as the supervisor hears it. */
function report(id: string, to: string, invalid = false): EventObject {
  return { type: `xstate.snapshot.${id}`, to, invalid, snapshot: { value: to, context: { invalid: invalid ? 1 : 0 } } } as EventObject;
}

const model: MachineModel<SupervisorVariant> = {
  machine: supervisor as never,
  // In the pure machine nobody lives who could be asked for its children. Only retries are of interest.
  pathMachine: supervisor.provide({
    actions: {
      stopChildren: enqueueActions(({ context, enqueue }) => {
        for (const file of context.files) enqueue.stopChild(`retry:${file}`);
      }),
    },
  }) as never,
  transient: ['supervisor.phase.stopping.ending'],
  variants: [
    variant('one file, one crash forgiven', { crashLimit: 1, files: [user], retries: 'running' }),
    variant('one file, a write between two attempts', { crashLimit: 0, files: [user], retries: 'waiting' }),
    variant('two files', { crashLimit: 0, files: [user, workspace], retries: 'running' }),
  ],

  events(snapshot, { files: possible, retries, crashLimit }): readonly EventObject[] {
    const { files, lifecycle, invalid, breakers, crashes } = contextOf(snapshot);
    const single = possible.length === 1;
    const retry = retryOf(snapshot);
    if (inPhase(snapshot, 'stopped')) return [];
    if (inPhase(snapshot, 'givenUp')) {
      return [{ type: 'RESTART' }, { type: 'DISPOSE' }, ...(crashes > 0 ? [{ type: 'CRASH_FORGOTTEN' }] : [])];
    }

    const running = inPhase(snapshot, 'running');
    const events: ModelEvent[] = [];
    for (const file of files as readonly FileName[]) {
      const mode = breakers[file]!;
      const open = !closed(snapshot, file);
      // While the breaker is open, a write that ends leaves none in flight: the next steps need one.
      if (single && mode === 'CLOSED' && retry === undefined && open) events.push({ type: 'START_RETRY', id: file, input: {}, file } as ModelEvent);
      if (retry === file && mode !== 'OPEN') events.push({ type: `xstate.done.actor.retry:${file}` });
      if (retry === file && mode === 'CLOSED' && retries === 'running' && crashes <= crashLimit) events.push({ type: `xstate.error.actor.retry:${file}` });
      // Crashes are counted while stopping, too, and mean nothing: enough is enough.
      if (crashes > crashLimit) continue;
      // A held breaker has nothing it could crash on.
      if (mode !== 'OPEN') events.push({ type: `xstate.error.actor.breaker:${file}` });
      if (open) events.push({ type: `xstate.error.actor.queue:${file}` });
    }
    for (const file of files as readonly FileName[]) {
      const mode = breakers[file]!;
      if (!running) {
        if (!closed(snapshot, file)) events.push({ type: `xstate.done.actor.queue:${file}` });
        continue;
      }
      if (mode !== 'OPEN') events.push(report(`breaker:${file}`, 'OPEN'));
      if (mode === 'OPEN') events.push(report(`breaker:${file}`, 'HALF_OPEN'));
      if (mode !== 'CLOSED') events.push(report(`breaker:${file}`, 'CLOSED'));
    }
    if (!running) return [...events, { type: 'xstate.done.actor.lifecycle' }];

    if (crashes > 0) events.push({ type: 'CRASH_FORGOTTEN' });
    for (const file of possible) if (!files.includes(file)) events.push({ type: 'OPEN_FILE', file });
    if (lifecycle !== 'ready' || invalid > 0) events.push(report('lifecycle', 'ready'));
    if (single && invalid === 0) events.push(report('lifecycle', 'ready', true));
    if (single && lifecycle !== 'degraded') events.push(report('lifecycle', 'degraded'));
    if (crashLimit > 0 || lifecycle === 'ready') events.push({ type: 'xstate.error.actor.lifecycle' });
    return [...events, { type: 'DISPOSE' }, { type: 'DISPOSE', crash: true }];
  },

  expand(snapshot, event): readonly EventObject[] {
    const { files, openQueues, crashes, crashLimit } = contextOf(snapshot);
    const running = inPhase(snapshot, 'running');
    const [, kind, id] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(event.type) ?? [];
    if (event.type === 'RESTART') return [event, ...files.map((file) => report(`breaker:${file}`, 'CLOSED'))];
    if (event.type === 'DISPOSE' && running) {
      if ((event as ModelEvent).crash === true) return [event, { type: 'xstate.error.actor.lifecycle' }];
      return [event, report('lifecycle', 'disposing'), ...(files.length === 0 ? [{ type: 'xstate.done.actor.lifecycle' }] : [])];
    }
    if (kind === 'error' && id === 'lifecycle' && running && crashes < crashLimit) return [event, report('lifecycle', 'loading')];
    if (!running && id?.startsWith('queue:') === true) {
      const retry = kind === 'done' && retryOf(snapshot) === id.slice('queue:'.length) ? [{ type: `xstate.done.actor.retry:${id.slice('queue:'.length)}` }] : [];
      return [...retry, event, ...(openQueues === 1 ? [{ type: 'xstate.done.actor.lifecycle' }] : [])];
    }
    return [event];
  },

  key(snapshot) {
    const { files, crashes, openQueues, lifecycle, invalid, breakers } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, files, crashes, openQueues, lifecycle, invalid > 0, breakers, retryOf(snapshot)]);
  },

  eventKey: (event) => JSON.stringify({ ...event, snapshot: undefined, input: undefined }),

  start: async (chosen) => new SupervisorRun(chosen).prepare(),
};

function inPhase(snapshot: AnyMachineSnapshot, phase: string): boolean {
  return snapshot.matches({ phase });
}

/** The file whose write is being tried again. */
function retryOf(snapshot: AnyMachineSnapshot): string | undefined {
  return Object.keys(snapshot.children).find((id) => id.startsWith('retry:'))?.slice('retry:'.length);
}

/** In the pure machine a queue that has closed is known by its number only: with two files, the first closes first. */
function closed(snapshot: AnyMachineSnapshot, file: string): boolean {
  const { files, openQueues } = contextOf(snapshot);
  return inPhase(snapshot, 'stopping') && files.indexOf(file) < files.length - openQueues;
}

const contextOf = (snapshot: AnyMachineSnapshot): SupervisorContext => snapshot.context as SupervisorContext;

describeMachine(model);
