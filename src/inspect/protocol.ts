import type { ActorState } from './history.ts';
import type { InspectorRecord } from './records.ts';

/** What the extension tells the inspector's page. */
export type ToPage =
  /** Begin anew: the moment before the first record, and the records. */
  | { readonly type: 'start'; readonly base: readonly ActorState[]; readonly records: readonly InspectorRecord[]; readonly live: boolean; readonly title: string }
  | { readonly type: 'records'; readonly records: readonly InspectorRecord[] }
  /** The events an actor can handle now, and which of them a person may send. */
  | { readonly type: 'possible'; readonly actor: string; readonly events: readonly PossibleEvent[] }
  /** The faults that can be injected into the store of the selected actor's service, or into the calls of its guard; none outside of development. */
  | { readonly type: 'faults'; readonly injectable: readonly string[]; readonly injected: string | undefined; readonly ofCalls: boolean }
  | { readonly type: 'problem'; readonly message: string };

export interface PossibleEvent {
  readonly type: string;
  /** Sent by a button; else only shown. */
  readonly drivable: boolean;
}

/** What the inspector's page tells the extension. Everything is checked on arrival. */
export type FromPage =
  | { readonly type: 'ready' }
  | { readonly type: 'select'; readonly actor: string }
  | { readonly type: 'send'; readonly actor: string; readonly event: string }
  /** Without a fault: heal. */
  | { readonly type: 'inject'; readonly actor: string; readonly fault: string | undefined }
  | { readonly type: 'export' }
  | { readonly type: 'import' }
  | { readonly type: 'live' };

/** Events that an operator may send, by machine. They change the real system: the extension asks first. */
export const drivable: Readonly<Record<string, readonly string[]>> = {
  'circuit-breaker': ['TRIP', 'HOLD', 'RELEASE', 'RESET', 'PROBE_NOW', 'EVIDENCE'],
  'config-lifecycle': ['RELOAD'],
  'supervisor': ['RESTART'],
};
