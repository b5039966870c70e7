import { actorsBelow, rootName, type InspectedActor, type InspectionEvent } from './recorder.ts';
import { plainMembers, type Plain } from './records.ts';

/** An actor that runs. */
export interface LiveActor {
  /** Unlike XState's session ids, which are a counter in each process, no two are the same. */
  readonly id: string;
  /** Its id within its parent; of the first of a service `supervisor`, of a part of a guard the name of the guard and the part. */
  readonly name: string;
  readonly parent: string | undefined;
  readonly root: string;
  readonly service: string;
  readonly ref: InspectedActor;
}

/** An event that was received, as it can be shown. */
export interface SeenEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, Plain>>;
}

export interface LiveListener {
  /** `event` is what started it; `undefined` when it was there already. */
  onActor(actor: LiveActor, event: SeenEvent | undefined): void;
  onEvent(actor: LiveActor, sender: string | undefined, event: SeenEvent): void;
  onSnapshot(actor: LiveActor, event: SeenEvent): void;
  onStop(actor: LiveActor): void;
}

/** Follows the actors of services for inspectors other than our own. A listener that throws breaks nothing (P12). */
export class LiveActors {
  readonly #namespace: string;
  readonly #listener: LiveListener;
  readonly #actors = new Map<string, LiveActor>();
  /** What was sent to actors of which no snapshot has been seen yet. */
  readonly #first = new Map<string, SeenEvent>();

  constructor(listener: LiveListener, namespace = globalThis.crypto.randomUUID().slice(0, 8)) {
    this.#listener = listener;
    this.#namespace = namespace;
  }

  /** Parents come before their children. */
  get actors(): readonly LiveActor[] {
    return [...this.#actors.values()];
  }

  /** Follows a service from now on. @returns what ends that */
  attach(service: string, supervisor: InspectedActor): { dispose(): void } {
    const prefix = `${this.#namespace}/${service}/`;
    this.#safely(() => {
      this.#introduce(prefix, service, supervisor, undefined);
      for (const child of actorsBelow(supervisor)) this.#introduce(prefix, service, child, supervisor);
    });
    const inspection = supervisor.system.inspect((event) => this.#safely(() => this.#on(prefix, service, event)));
    // Nothing else tells of the end of a first actor that crashes; its children are orphans then.
    const root = prefix + supervisor.sessionId;
    const end = supervisor.subscribe?.({ error: () => this.#stopAll(root) });
    return {
      dispose: () => {
        inspection.unsubscribe();
        end?.unsubscribe();
        this.#stopAll(root);
      },
    };
  }

  #on(prefix: string, service: string, { type, actorRef, sourceRef, event, snapshot }: InspectionEvent): void {
    const id = prefix + actorRef.sessionId;
    const actor = this.#actors.get(id);
    if (type === '@xstate.event') {
      const seen = seenEvent(event);
      const sender = sourceRef === undefined ? undefined : prefix + sourceRef.sessionId;
      // A child that throws gives no snapshot: its parent's event is the only trace.
      if (sender !== undefined && seen.type.startsWith('xstate.error.actor.')) this.#stop(sender);
      if (actor === undefined) this.#first.set(id, seen);
      else this.#safely(() => this.#listener.onEvent(actor, sender, seen));
    } else if (type === '@xstate.snapshot') {
      const first = this.#first.get(id);
      if (actor !== undefined) this.#safely(() => this.#listener.onSnapshot(actor, seenEvent(event)));
      else if (first !== undefined) this.#introduce(prefix, service, actorRef, actorRef._parent, first);
      this.#first.delete(id);
      if ((snapshot as { status?: unknown } | undefined)?.status !== 'active') this.#stop(id);
    }
  }

  #introduce(prefix: string, service: string, ref: InspectedActor, parent: InspectedActor | undefined, event?: SeenEvent): void {
    if ((ref.getSnapshot() as { status?: unknown } | undefined)?.status !== 'active') return;
    const parentId = parent === undefined ? undefined : prefix + parent.sessionId;
    const id = prefix + ref.sessionId;
    const root = (parentId === undefined ? undefined : this.#actors.get(parentId)?.root) ?? parentId ?? id;
    const actor: LiveActor = { id, name: parent === undefined ? rootName(ref) : ref.id, parent: parentId, root, service, ref };
    this.#actors.set(id, actor);
    this.#safely(() => this.#listener.onActor(actor, event));
  }

  #stop(id: string): void {
    const actor = this.#actors.get(id);
    if (actor !== undefined && this.#actors.delete(id)) this.#safely(() => this.#listener.onStop(actor));
  }

  #stopAll(root: string): void {
    for (const actor of [...this.#actors.values()].reverse()) if (actor.root === root) this.#stop(actor.id);
    this.#first.clear();
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch {
      // Whoever watches must not break what is watched (P12).
    }
  }
}

/** Never throws, whatever an event is. */
export function seenEvent(event: unknown): SeenEvent {
  try {
    const { type, ...rest } = event as { type: string };
    // A child's whole snapshot is told by the child.
    return { type: String(type), data: plainMembers('snapshot' in rest ? {} : rest) };
  } catch {
    return { type: '(cannot be read)', data: {} };
  }
}

/** Serialises what inspectors are sent; every text within goes through `redact`. */
export function safeJson(value: unknown, redact: (text: string) => string = (text) => text): string {
  return JSON.stringify(value, (_name, member: unknown) => (typeof member === 'string' ? redact(member) : member));
}
