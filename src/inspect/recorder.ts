import type { AnyMachineSnapshot, AnyTransitionDefinition } from 'xstate';
import { edgeId } from './chart.ts';
import { plain, plainMembers, type InspectorRecord, type Plain } from './records.ts';
import { History } from './history.ts';

/**
 * What is used of an actor. Structural, as services may come from other extensions, with another copy of
 * the library and of XState.
 */
export interface InspectedActor {
  readonly id: string;
  readonly sessionId: string;
  readonly logic?: unknown;
  readonly _parent?: InspectedActor | undefined;
  readonly system: { inspect(observer: (event: InspectionEvent) => void): { unsubscribe(): void } };
  getSnapshot(): unknown;
  subscribe?(observer: { error(error: unknown): void }): { unsubscribe(): void };
}

export interface InspectionEvent {
  readonly type: string;
  readonly actorRef: InspectedActor;
  readonly sourceRef?: InspectedActor | undefined;
  readonly event?: { readonly type: string };
  readonly snapshot?: unknown;
  readonly _transitions?: readonly AnyTransitionDefinition[];
}

interface Draft {
  readonly actor: string;
  readonly sender: string | undefined;
  readonly event: { readonly type: string };
  readonly transitions: string[];
}

interface Known {
  states: readonly string[];
  context: object;
}

/** Listens to the actors of services, and keeps what they did. Costs nothing while it is not attached. */
export class Recorder {
  readonly history: History;
  readonly #wallTime: () => number;
  readonly #listeners = new Set<(record: InspectorRecord) => void>();
  readonly #known = new Map<string, Known>();
  readonly #drafts = new Map<string, Draft>();
  #numbers = 0;

  /** @param capacity records kept; older ones are folded into the state they led to */
  constructor(capacity = 100_000, wallTime: () => number = Date.now) {
    this.history = new History(capacity);
    this.#wallTime = wallTime;
  }

  /** Follows a service from now on. @returns what ends that */
  attach(service: string, supervisor: InspectedActor): { dispose(): void } {
    const prefix = `${service}/`;
    this.#introduce(service, prefix, supervisor, undefined);
    const children = (supervisor.getSnapshot() as Partial<AnyMachineSnapshot>).children ?? {};
    for (const child of Object.values<InspectedActor | undefined>(children)) {
      if (child !== undefined) this.#introduce(service, prefix, child, prefix + supervisor.sessionId);
    }
    const subscription = supervisor.system.inspect((event) => {
      // A recorder that fails must not break what it records (P12).
      try {
        this.#on(service, prefix, event);
      } catch {
        this.#drafts.clear();
      }
    });
    return {
      dispose: () => {
        subscription.unsubscribe();
        for (const id of [...this.#known.keys()]) if (id.startsWith(prefix)) this.#stop(id);
      },
    };
  }

  onRecord(listener: (record: InspectorRecord) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  #on(service: string, prefix: string, event: InspectionEvent): void {
    const id = prefix + event.actorRef.sessionId;
    switch (event.type) {
      case '@xstate.event': {
        this.#flush(id, true);
        const sender = event.sourceRef === undefined ? undefined : prefix + event.sourceRef.sessionId;
        this.#drafts.set(id, { actor: id, sender, event: event.event!, transitions: [] });
        break;
      }
      case '@xstate.microstep':
        for (const transition of event._transitions ?? []) this.#drafts.get(id)?.transitions.push(edgeId(transition));
        break;
      case '@xstate.snapshot':
        if (this.#known.has(id)) this.#complete(id, event);
        else this.#introduce(service, prefix, event.actorRef, event.actorRef._parent === undefined ? undefined : prefix + event.actorRef._parent.sessionId);
        if ((event.snapshot as { status?: string }).status !== 'active') this.#stop(id);
        break;
    }
  }

  #introduce(service: string, prefix: string, actor: InspectedActor, parent: string | undefined): void {
    const id = prefix + actor.sessionId;
    const snapshot = actor.getSnapshot() as Partial<AnyMachineSnapshot> | undefined;
    const states = statesOf(snapshot);
    const context = (snapshot?.context ?? {}) as object;
    this.#drafts.delete(id);
    this.#known.set(id, { states, context });
    const machine = (snapshot?.machine as { id?: string } | undefined)?.id ?? 'unknown';
    this.#keep({ kind: 'actor', number: ++this.#numbers, time: this.#wallTime(), actor: id, name: parent === undefined ? 'supervisor' : actor.id, parent, machine, service, states, context: plainMembers(context) });
  }

  #complete(id: string, { event, snapshot }: InspectionEvent): void {
    const draft = this.#drafts.get(id) ?? { actor: id, sender: undefined, event: event ?? { type: 'unknown' }, transitions: [] };
    this.#drafts.delete(id);
    const known = this.#known.get(id)!;
    const states = statesOf(snapshot as Partial<AnyMachineSnapshot>);
    const context = ((snapshot as Partial<AnyMachineSnapshot>).context ?? {}) as object;
    const moved = !sameList(states, known.states);
    const changed = context === known.context ? undefined : differences(known.context, context);
    known.states = states;
    known.context = context;
    this.#keep({
      kind: 'event', number: ++this.#numbers, time: this.#wallTime(), actor: id, sender: draft.sender, type: draft.event.type,
      data: payload(draft.event), transitions: draft.transitions,
      ...(moved ? { states } : {}),
      ...(changed === undefined ? {} : { changed }),
    });
  }

  /** An event that was never followed by a snapshot: its actor threw. */
  #flush(id: string, crashed: boolean): void {
    const draft = this.#drafts.get(id);
    if (draft === undefined || !this.#known.has(id)) return;
    this.#drafts.delete(id);
    this.#keep({
      kind: 'event', number: ++this.#numbers, time: this.#wallTime(), actor: id, sender: draft.sender, type: draft.event.type,
      data: payload(draft.event), transitions: draft.transitions, ...(crashed ? { crashed: true } : {}),
    });
  }

  #stop(id: string): void {
    this.#flush(id, true);
    if (!this.#known.delete(id)) return;
    this.#keep({ kind: 'stop', number: ++this.#numbers, time: this.#wallTime(), actor: id });
  }

  #keep(record: InspectorRecord): void {
    this.history.add(record);
    for (const listener of this.#listeners) listener(record);
  }
}

/** The ids of the active states of a machine's snapshot. */
function statesOf(snapshot: Partial<AnyMachineSnapshot> | undefined): readonly string[] {
  const nodes = (snapshot as { _nodes?: readonly { id: string }[] } | undefined)?._nodes;
  return nodes?.map(({ id }) => id) ?? [];
}

function payload(event: { readonly type: string }): Record<string, Plain> {
  const { type: _type, ...rest } = event;
  // A child's whole snapshot is its own record.
  return plainMembers('snapshot' in rest ? {} : rest);
}

function differences(before: object, after: object): Record<string, Plain> | undefined {
  let changed: Record<string, Plain> | undefined;
  for (const [name, value] of Object.entries(after)) {
    if ((before as Record<string, unknown>)[name] === value) continue;
    const shown = plain(value, 1);
    if (typeof value !== 'function') (changed ??= {})[name] = shown ?? null;
  }
  return changed;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
