import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { write, type WriteContext, type WriteInput } from '../../../machines/write.ts';
import { file } from '../harness/service.ts';
import { describeMachine, type MachineModel } from '../harness/suite.ts';
import { patience, WriteRun, type ModelEvent, type Scene, type WriteVariant } from './driver.ts';

/** Each scene is recognised by its callback, which the pure machine carries along. */
const scenes = new Map<() => void, Scene>();

function variant(scene: Scene, input: Partial<WriteInput> = {}): WriteVariant {
  const onUserTimeout = (): void => undefined;
  scenes.set(onUserTimeout, scene);
  return { name: scene, scene, input: { keys: ['a'], onUserTimeout, ...input } };
}

const contextOf = (snapshot: AnyMachineSnapshot): WriteContext => snapshot.context as WriteContext;
const sceneOf = (snapshot: AnyMachineSnapshot): Scene => scenes.get(contextOf(snapshot).onUserTimeout!)!;
const refused = (how: 'invalid' | 'user' | 'breaker' | 'timeout', more = 0): ModelEvent => ({ type: 'REFUSED', refusal: how, patience: more, how });

/** What the scene may do while its caller waits. */
function openEvents(snapshot: AnyMachineSnapshot): (ModelEvent | EventObject)[] {
  const scene = sceneOf(snapshot);
  const { failedAttempts, refusal } = contextOf(snapshot);
  const leave: ModelEvent[] = scene === 'behind another' ? [] : [{ type: 'ABORTED' }];
  if (snapshot.matches({ open: 'accepted' })) return [...leave, { type: 'QUEUED', file }, refused('invalid')];
  if (snapshot.matches({ open: 'queued' })) return [{ type: 'TURN' }, { type: 'SUPERSEDED' }, refused('breaker')];
  if (snapshot.matches({ open: 'parked' })) return [...leave, { type: 'TURN' }];
  if (snapshot.matches({ open: 'awaitingUser' })) {
    return [...leave, { type: 'SUPERSEDED' }, { type: 'QUEUED', file }, { type: 'xstate.after.patience.write.open.awaitingUser' }];
  }
  if (snapshot.matches({ open: { writing: 'backingOff' } })) return [...leave, { type: 'SENDING' }];
  const events: ModelEvent[] = [...leave, { type: 'SAVED' }];
  // What comes after a wait is the same again.
  if (refusal !== undefined || failedAttempts > 1) return events;
  events.push({ type: 'ATTEMPT_FAILED', last: scene !== 'alone' || failedAttempts > 0 });
  if (scene === 'alone' && failedAttempts === 0) events.push(refused('user', patience));
  if (scene === 'parked') events.push({ type: 'PARKED' });
  return events;
}

function unconfirmedEvents(snapshot: AnyMachineSnapshot): ModelEvent[] {
  const { reported, refusedAt } = contextOf(snapshot);
  const isOvertaken = sceneOf(snapshot) === 'given up, and overtaken';
  if (snapshot.matches({ unconfirmed: 'restoring' })) return [{ type: 'RESTORED' }, { type: 'RESTORE_FAILED' }, { type: 'RESTORE_REFUSED', at: 1 }];
  if (reported === undefined) return [{ type: 'REPORTED', outcome: 'stored' }, { type: 'REPORTED', outcome: 'not stored' }, { type: 'OVER' }];
  if (reported === 'not stored') return [{ type: 'OVER' }];
  return isOvertaken ? [{ type: 'UNDID_NEWER', at: refusedAt === undefined ? 0 : 1e6 }] : [];
}

const model: MachineModel<WriteVariant> = {
  machine: write as never,
  transient: ['write.open.writing.preparing', 'write.open.writing.checking'],
  variants: [
    variant('alone'),
    variant('behind another'),
    variant('parked'),
    variant('given up', { unconfirmed: true }),
    variant('given up, and overtaken', { unconfirmed: true }),
  ],

  events: (snapshot) => (snapshot.matches('open') ? openEvents(snapshot) : unconfirmedEvents(snapshot)),

  expand(snapshot, event) {
    const scene = sceneOf(snapshot);
    switch (event.type) {
      case 'QUEUED':
        if (scene === 'behind another') return [event];
        return scene === 'parked' ? [event, { type: 'PARKED' }] : [event, { type: 'TURN' }, { type: 'SENDING' }];
      case 'TURN': return [event, { type: 'SENDING' }];
      case 'SAVED': return [event, { type: 'STORED' }];
      // The newer write takes the place of the older one, and has its turn.
      case 'SUPERSEDED': return snapshot.matches({ open: 'queued' }) ? [{ type: 'TURN' }, event] : [event];
      case 'PARKED': return [{ type: 'ATTEMPT_FAILED' }, event];
      case 'REFUSED': return (event as ModelEvent & { type: 'REFUSED' }).how === 'user' ? [{ type: 'ATTEMPT_FAILED' }, event] : [event];
      case 'ATTEMPT_FAILED': return (event as { readonly last?: boolean }).last === true ? [event, refused('timeout')] : [event];
      case 'xstate.after.patience.write.open.awaitingUser': return [event, refused('timeout')];
      case 'REPORTED':
        if ((event as ModelEvent & { type: 'REPORTED' }).outcome === 'not stored') return [event];
        return scene === 'given up' ? [event, { type: 'OVER' }] : [event, { type: 'UNDID_NEWER', at: 0 }];
      case 'RESTORED': return [event, { type: 'OVER' }];
      default: return [event];
    }
  },

  key(snapshot) {
    const { failedAttempts, refusal, reported, refusedAt } = contextOf(snapshot);
    return JSON.stringify([snapshot.value, Math.min(failedAttempts, 3), refusal, reported, refusedAt]);
  },

  start: (chosen) => new WriteRun(chosen.scene).prepare(),
};

describeMachine(model);
