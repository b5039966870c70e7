import type { AnyMachineSnapshot, AnyTransitionDefinition } from 'xstate';
import type { ActorTimes } from '../service/actor-times.ts';
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
  readonly system: {
    inspect(observer: (event: InspectionEvent) => void): { unsubscribe(): void };
    /** The actors that have a name in it: writes, which are no children. Absent in older copies of XState. */
    getAll?(): Readonly<Record<string, InspectedActor | undefined>>;
  };
  getSnapshot(): unknown;
  subscribe?(observer: { error?(error: unknown): void; complete?(): void }): { unsubscribe(): void };
}

/** The actors of a service that run now, but for its supervisor: the children, and the writes, which only belong to its system. */
export function actorsBelow(supervisor: InspectedActor): InspectedActor[] {
  const { children = {} } = (supervisor.getSnapshot() ?? {}) as { readonly children?: Readonly<Record<string, InspectedActor | undefined>> };
  const all = [...Object.values(children), ...Object.values(supervisor.system.getAll?.() ?? {})];
  return [...new Set(all)].filter((actor) => actor !== undefined && actor !== supervisor && statusOf(actor) === 'active') as InspectedActor[];
}

export interface InspectionEvent {
  readonly type: string;
  readonly actorRef: InspectedActor;
  readonly sourceRef?: InspectedActor | undefined;
  readonly event?: { readonly type: string };
  readonly snapshot?: unknown;
  readonly _transitions?: readonly AnyTransitionDefinition[];
}

/** A record that will get its number, and that of its cause, when it is told. */
type Untold = InspectorRecord & { number: number; cause?: number };

/** A place in the order in which things were received, for the records of what came of it. */
interface Place {
  time: number;
  /** What was being handled when it was received. */
  readonly cause: Place | undefined;
  readonly records: Untold[];
}

/** An event that an actor has received and not handled yet. */
interface Received extends Place {
  readonly actor: string;
  readonly sender: string | undefined;
  /** XState's own object, by which its snapshot is recognised. */
  readonly event: { readonly type: string };
  readonly transitions: string[];
}

interface Known {
  readonly ref: InspectedActor;
  states: readonly string[];
  context: object;
}

type Snapshot = Partial<AnyMachineSnapshot> | undefined;

/**
 * Listens to the actors of services, and keeps what they did. Costs nothing while it is not attached.
 *
 * Actors handle events one within the other: what an event causes is finished before the event is. So records are held
 * back until nothing is being handled any more, and come in the order in which their events were received: causes before
 * effects. All of them together are one step, of which the first record alone has no `cause`; between two steps every
 * actor is at rest.
 */
export class Recorder {
  readonly history: History;
  readonly #wallTime: () => number;
  readonly #listeners = new Set<(record: InspectorRecord) => void>();
  readonly #known = new Map<string, Known>();
  /** What each actor has received and not handled, in the order in which it will be. */
  readonly #inboxes = new Map<string, Received[]>();
  /** The events that are being handled: the innermost is the last. */
  #handled: Received[] = [];
  /** What was received since all actors were at rest. */
  #step: Place[] = [];
  #willSettle = false;
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
   * @param timesOf since when an actor that is there already runs, as `ConfigurationService.timesOf` tells it; default: from now on
   * @returns what ends that
   */
  attach(service: string, supervisor: InspectedActor, redact?: (text: string) => string, timesOf?: (actor: InspectedActor) => ActorTimes | undefined): { dispose(): void } {
    const prefix = `${service}/`;
    if (redact !== undefined) this.#redact.set(prefix, redact);
    this.#safely(() => this.#introduceAll(service, prefix, supervisor, timesOf));
    const subscription = supervisor.system.inspect((event) => this.#safely(() => this.#on(service, prefix, event)));
    // Nothing else tells of the end of a supervisor that crashes; its children are orphans then.
    const end = supervisor.subscribe?.({ error: () => this.#safely(() => this.#stopAll(prefix, supervisor, this.#crash(service, prefix, supervisor))) });
    return {
      dispose: () => {
        subscription.unsubscribe();
        end?.unsubscribe();
        this.#safely(() => this.#stopAll(prefix, supervisor));
        this.#redact.delete(prefix);
      },
    };
  }

  onRecord(listener: (record: InspectorRecord) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** The actors that are there already, parents first. */
  #introduceAll(service: string, prefix: string, actor: InspectedActor, timesOf?: (actor: InspectedActor) => ActorTimes | undefined): void {
    const place = this.#place(undefined);
    this.#introduce(place, service, prefix, actor, actor.getSnapshot() as Snapshot, timesOf?.(actor));
    for (const child of actorsBelow(actor)) {
      const childPlace = this.#place(place);
      this.#introduce(childPlace, service, prefix, child, child.getSnapshot() as Snapshot, timesOf?.(child));
    }
    this.#tellWhenAtRest();
  }

  #on(service: string, prefix: string, { type, actorRef, sourceRef, event, snapshot, _transitions }: InspectionEvent): void {
    const id = prefix + actorRef.sessionId;
    switch (type) {
      case '@xstate.event': {
        const sender = sourceRef === undefined ? undefined : prefix + sourceRef.sessionId;
        // A child that throws gives no snapshot: what it tells its parent is the only trace.
        const crash = sourceRef !== undefined && typeOf(event).startsWith('xstate.error.actor.') ? this.#crash(service, prefix, sourceRef) : undefined;
        this.#receive(id, actorRef, sender, event!, crash);
        break;
      }
      case '@xstate.microstep':
        // What a parent has its child stop by is not told as an event.
        if (typeOf(event) === 'xstate.stop' && this.#inboxes.get(id)?.[0]?.event !== event) this.#receiveStop(id, prefix, actorRef, event!);
        for (const transition of _transitions ?? []) this.#inboxes.get(id)?.[0]?.transitions.push(edgeId(transition));
        break;
      case '@xstate.snapshot':
        this.#handle(service, prefix, actorRef, event ?? { type: 'unknown' }, snapshot as Snapshot);
        break;
    }
    this.#tellWhenAtRest();
  }

  #place(cause: Place | undefined = this.#handled.at(-1)): Place {
    const place = { time: this.#wallTime(), cause, records: [] };
    this.#step.push(place);
    return place;
  }

  #receive(id: string, actor: InspectedActor, sender: string | undefined, event: { readonly type: string }, cause: Place | undefined = this.#handled.at(-1)): void {
    const begins = typeOf(event) === 'xstate.init';
    const known = this.#known.has(id);
    // Who has ended handles nothing.
    if (!known && !begins && statusOf(actor) !== 'active') return;
    const received: Received = { actor: id, sender, event, time: this.#wallTime(), cause, transitions: [], records: [] };
    this.#step.push(received);
    const inbox = this.#inboxes.get(id);
    if (inbox === undefined) this.#inboxes.set(id, [received]);
    else if (begins) this.#beginLate(inbox, received);
    else inbox.push(received);
    if (begins || (known && inbox === undefined)) this.#handled.push(received);
    this.#settleSoon();
  }

  /** What an actor was sent before it began has done nothing so far: it comes after the beginning. */
  #beginLate(inbox: Received[], begin: Received): void {
    this.#step = [...this.#step.filter((place) => !(inbox as Place[]).includes(place)), ...inbox];
    for (const early of inbox) early.time = begin.time;
    inbox.unshift(begin);
  }

  #receiveStop(id: string, prefix: string, actor: InspectedActor, event: { readonly type: string }): void {
    if (!this.#known.has(id)) return;
    this.#empty(id);
    const parent = actor._parent;
    this.#receive(id, actor, parent === undefined ? undefined : prefix + parent.sessionId, event);
  }

  /** An actor has handled an event. */
  #handle(service: string, prefix: string, actor: InspectedActor, event: { readonly type: string }, snapshot: Snapshot): void {
    const id = prefix + actor.sessionId;
    const inbox = this.#inboxes.get(id);
    const known = this.#known.has(id);
    // Without one it was received before the recording, or is a stop of which nobody is told.
    const received = inbox?.[0]?.event === event ? inbox[0] : undefined;
    const isActive = statusOf(actor) === 'active';
    // It has ended in an error, and that has been told.
    if (!known && received === undefined && !isActive) return;
    const place = received ?? { ...this.#place(), actor: id, sender: undefined, event, transitions: [] };
    if (known) this.#complete(place, snapshot);
    else this.#introduce(place, service, prefix, actor, snapshot);
    if (isActive) this.#goOn(place);
    else this.#end(id, place);
  }

  /** An actor whose status says that it has crashed; of others nothing is assumed. @returns where that is told */
  #crash(service: string, prefix: string, actor: InspectedActor): Place | undefined {
    if (statusOf(actor) !== 'error') return undefined;
    const id = prefix + actor.sessionId;
    const received = this.#inboxes.get(id)?.[0];
    const snapshot = actor.getSnapshot() as Snapshot;
    const place = received ?? this.#place();
    // It has not even begun.
    if (!this.#known.has(id)) this.#introduce(place, service, prefix, actor, snapshot);
    if (received !== undefined) this.#complete(received, snapshot, true);
    this.#end(id, place);
    return place;
  }

  #introduce(place: Place, service: string, prefix: string, actor: InspectedActor, snapshot: Snapshot, times?: ActorTimes): void {
    const id = prefix + actor.sessionId;
    const parent = actor._parent === undefined ? undefined : prefix + actor._parent.sessionId;
    const states = statesOf(snapshot);
    const context = (snapshot?.context ?? {}) as object;
    this.#known.set(id, { ref: actor, states, context });
    const machine = (snapshot?.machine as { id?: string } | undefined)?.id ?? 'unknown';
    this.#keep(place, {
      kind: 'actor', number: 0, time: place.time, actor: id, name: parent === undefined ? rootName(actor) : actor.id, parent, machine, service,
      ...(times === undefined ? {} : { began: times.began }), states, ...(times === undefined ? {} : { entered: times.entered }), context: plainMembers(context),
    });
  }

  #complete(received: Received, snapshot: Snapshot, crashed = false): void {
    const { actor, sender, event, time, transitions } = received;
    const known = this.#known.get(actor)!;
    const states = statesOf(snapshot);
    const context = (snapshot?.context ?? known.context) as object;
    const moved = !sameList(states, known.states);
    const changed = context === known.context ? undefined : differences(known.context, context);
    known.states = states;
    known.context = context;
    this.#keep(received, {
      kind: 'event', number: 0, time, actor, sender, type: typeOf(event), data: payload(event), transitions,
      ...(moved ? { states } : {}),
      ...(changed === undefined ? {} : { changed }),
      ...(crashed ? { crashed } : {}),
    });
  }

  /** An event is not being handled any more: its actor goes on with the next. */
  #goOn(received: Received): void {
    const inbox = this.#inboxes.get(received.actor);
    if (inbox?.[0] !== received) return;
    inbox.shift();
    this.#noLonger(received);
    if (inbox[0] !== undefined) this.#handled.push(inbox[0]);
    else this.#inboxes.delete(received.actor);
  }

  /** What is handled within another event ends before that: nearly always it is the innermost. */
  #noLonger(received: Received): void {
    if (this.#handled.at(-1) === received) this.#handled.pop();
    else this.#handled = this.#handled.filter((each) => each !== received);
  }

  /** What an actor has received and not handled, it will not handle any more. */
  #empty(id: string): void {
    this.#inboxes.delete(id);
    this.#handled = this.#handled.filter(({ actor }) => actor !== id);
  }

  /** An actor is not listened to until the end of what it is handling: that is told as far as it shows. */
  #breakOff(id: string): void {
    const received = this.#handled.find(({ actor }) => actor === id);
    const known = this.#known.get(id);
    if (received !== undefined && known !== undefined) this.#complete(received, known.ref.getSnapshot() as Snapshot);
    this.#empty(id);
  }

  #end(id: string, place: Place): void {
    this.#empty(id);
    if (this.#known.delete(id)) this.#keep(place, { kind: 'stop', number: 0, time: place.time, actor: id });
  }

  /** The actors of a guard are each the first of a system of its own: the others go on. */
  #stopAll(prefix: string, { system }: InspectedActor, cause?: Place): void {
    let first = cause;
    for (const [id, { ref }] of [...this.#known]) {
      if (prefixOf(id) !== prefix || ref.system !== system) continue;
      const place = this.#place(first);
      this.#breakOff(id);
      this.#end(id, place);
      first ??= place;
    }
    for (const id of [...this.#inboxes.keys()]) if (prefixOf(id) === prefix) this.#empty(id);
    this.#tellWhenAtRest();
  }

  /** Actors handle at once what they are sent, and all that follows from it: after that nothing is left. */
  #settleSoon(): void {
    if (this.#willSettle) return;
    this.#willSettle = true;
    queueMicrotask(() => {
      this.#willSettle = false;
      this.#safely(() => {
        for (const id of [...this.#inboxes.keys()]) this.#breakOff(id);
        this.#tellWhenAtRest();
      });
    });
  }

  /** A recorder that fails must not break what it records (P12): what it cannot keep is missing. */
  #safely(work: () => void): void {
    try {
      work();
    } catch {
      this.#inboxes.clear();
      this.#handled = [];
      this.#tellWhenAtRest();
    }
  }

  #tellWhenAtRest(): void {
    if (this.#inboxes.size > 0) return;
    const step = this.#step;
    this.#step = [];
    for (const place of step) {
      let cause = numberOf(place.cause);
      for (const record of place.records) {
        record.number = ++this.#numbers;
        if (cause !== undefined) record.cause = cause;
        cause = record.number;
        this.#tell(record);
      }
    }
  }

  #keep({ records }: Place, record: Untold): void {
    const redact = this.#redact.get(prefixOf(record.actor));
    records.push(redact === undefined || record.kind === 'stop' ? record : redactedRecord(record, redact));
  }

  #tell(record: InspectorRecord): void {
    this.history.add(record);
    for (const listener of this.#listeners) {
      // A listener that fails must not break what is recorded, nor the other listeners (P12).
      try {
        listener(record);
      } catch {
        continue;
      }
    }
  }
}

/** A supervisor is given no name; the actors of a guard have that of their part. */
export const rootName = ({ id, sessionId }: InspectedActor): string => (id === sessionId ? 'supervisor' : id);

/** The number of an event's record; of one that has none, that of its cause. */
function numberOf(place: Place | undefined): number | undefined {
  if (place === undefined) return undefined;
  return (place.records.find(({ kind }) => kind === 'event') ?? place.records[0])?.number ?? numberOf(place.cause);
}

function statusOf(actor: InspectedActor): string | undefined {
  return (actor.getSnapshot() as { status?: string } | undefined)?.status;
}

/** The ids of the active states of a machine's snapshot. */
function statesOf(snapshot: Snapshot): readonly string[] {
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

function redactedRecord(record: Exclude<Untold, { kind: 'stop' }>, redact: (text: string) => string): Untold {
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
