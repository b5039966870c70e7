import type { AnyMachineSnapshot, AnyTransitionDefinition } from 'xstate';
import { edgeId } from './chart.ts';
import { History } from './history.ts';
import { isHarmful, plain, plainMembers, redacted, type InspectorRecord, type Plain } from './records.ts';

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
  readonly #redact = new Map<string, (text: string) => string>();
  #numbers = 0;

  /** @param capacity records kept; older ones are folded into the state they led to */
  constructor(capacity = 100_000, wallTime: () => number = Date.now) {
    this.history = new History(capacity);
    this.#wallTime = wallTime;
  }

  /**
   * Follows a service from now on.
   * @param redact takes out of a text what must not be told, such as secrets (P51)
   * @returns what ends that
   */
  attach(service: string, supervisor: InspectedActor, redact?: (text: string) => string): { dispose(): void } {
    const prefix = `${service}/`;
    if (redact !== undefined) this.#redact.set(prefix, redact);
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
        this.#drafts.delete(prefix + event.actorRef.sessionId);
      }
    });
    // Nothing else tells of the end of a supervisor that crashes; its children are orphans then.
    const end = supervisor.subscribe?.({ error: () => this.#stopAll(prefix) });
    return {
      dispose: () => {
        subscription.unsubscribe();
        end?.unsubscribe();
        this.#stopAll(prefix);
        this.#redact.delete(prefix);
      },
    };
  }

  #stopAll(prefix: string): void {
    for (const id of [...this.#known.keys()]) if (prefixOf(id) === prefix) this.#stop(id);
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
        // A child that throws gives no snapshot: what it tells its parent is the only trace.
        if (sender !== undefined && typeOf(event.event).startsWith('xstate.error.actor.')) this.#stop(sender);
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
      kind: 'event', number: ++this.#numbers, time: this.#wallTime(), actor: id, sender: draft.sender, type: typeOf(draft.event),
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
      kind: 'event', number: ++this.#numbers, time: this.#wallTime(), actor: id, sender: draft.sender, type: typeOf(draft.event),
      data: payload(draft.event), transitions: draft.transitions, ...(crashed ? { crashed: true } : {}),
    });
  }

  #stop(id: string): void {
    this.#flush(id, true);
    if (!this.#known.delete(id)) return;
    this.#keep({ kind: 'stop', number: ++this.#numbers, time: this.#wallTime(), actor: id });
  }

  #keep(record: InspectorRecord): void {
    const redact = this.#redact.get(prefixOf(record.actor));
    const told = redact === undefined || record.kind === 'stop' ? record : redactedRecord(record, redact);
    this.history.add(told);
    for (const listener of this.#listeners) {
      // A listener that fails must not break what is recorded, nor the other listeners (P12).
      try {
        listener(told);
      } catch {
        continue;
      }
    }
  }
}

/** The ids of the active states of a machine's snapshot. */
function statesOf(snapshot: Partial<AnyMachineSnapshot> | undefined): readonly string[] {
  const nodes = (snapshot as { _nodes?: readonly { id: string }[] } | undefined)?._nodes;
  return nodes?.map(({ id }) => id) ?? [];
}

/** Actors are known by `<service>/<session id>`; the service's name may have slashes of its own. */
function prefixOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/') + 1);
}

/** An event may be anything, also what cannot be looked at. */
function typeOf(event: { readonly type: string } | undefined): string {
  try {
    return String(event!.type).slice(0, 300);
  } catch {
    return '(cannot be read)';
  }
}

function payload(event: { readonly type: string }): Record<string, Plain> {
  try {
    const { type: _type, ...rest } = event;
    // A child's whole snapshot is its own record.
    return plainMembers('snapshot' in rest ? {} : rest);
  } catch {
    return {};
  }
}

function redactedRecord(record: Exclude<InspectorRecord, { kind: 'stop' }>, redact: (text: string) => string): InspectorRecord {
  const members = (value: Readonly<Record<string, Plain>>): Record<string, Plain> => redacted(value, redact) as Record<string, Plain>;
  if (record.kind === 'actor') return { ...record, context: members(record.context) };
  return { ...record, data: members(record.data), ...(record.changed === undefined ? {} : { changed: members(record.changed) }) };
}

function differences(before: object, after: object): Record<string, Plain> | undefined {
  let changed: Record<string, Plain> | undefined;
  for (const [name, value] of Object.entries(after)) {
    if ((before as Record<string, unknown>)[name] === value || isHarmful(name)) continue;
    if (typeof value !== 'function') (changed ??= {})[name] = plain(value, 1) ?? null;
  }
  return changed;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
