import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { nameOf, namesOf } from './chart.ts';
import { LiveActors, safeJson, type LiveActor, type LiveListener, type SeenEvent } from './live.ts';
import type { InspectedActor } from './recorder.ts';
import { plainMembers } from './records.ts';

/**
 * The language of @xstate/inspect 0.8.0, which was made for XState 4, told of XState 5 actors. Its own
 * `createWebSocketReceiver` and `createWindowReceiver` understand it. It shows: nothing that a receiver sends reaches
 * an actor.
 */

export interface BridgeOptions {
  /** Sends one message to the receiver, as JSON. */
  send(text: string): void;
  /** Hears what the receiver sends, as text or as an object. @returns what ends that */
  onMessage(listener: (message: unknown) => void): { dispose(): void };
  /** Takes out of a text what must not be told, such as secrets. */
  redact?(text: string): string;
  /** What session ids begin with; default: random, as two processes would give the same ones. */
  namespace?: string;
}

export interface Bridge {
  /** Follows a service from now on. @returns what ends that */
  attach(service: string, supervisor: InspectedActor): { dispose(): void };
  /** Follows nothing any more. */
  dispose(): void;
}

export function bridgeToXState4(options: BridgeOptions): Bridge {
  const format = new XState4Format((text) => options.send(text), (text) => options.redact?.(text) ?? text);
  const live = new LiveActors(format, options.namespace);
  const attached = new Set<{ dispose(): void }>();
  const subscription = options.onMessage((message) => {
    if (asksForAll(message)) format.replay(live.actors);
  });
  return {
    attach(service, supervisor) {
      const ends = live.attach(service, supervisor);
      attached.add(ends);
      return { dispose: () => void (attached.delete(ends) && ends.dispose()) };
    },
    dispose() {
      subscription.dispose();
      for (const ends of attached) ends.dispose();
      attached.clear();
    },
  };
}

/** A receiver says `xstate.inspecting` when it is there. Anything else, and all garbage, is ignored. */
export function asksForAll(message: unknown): boolean {
  try {
    const event = (typeof message === 'string' ? JSON.parse(message) : message) as { type?: unknown } | null;
    return typeof event === 'object' && event !== null && event.type === 'xstate.inspecting';
  } catch {
    return false;
  }
}

interface MachineFacts {
  readonly config: object;
  /** What XState 4 calls the events that XState 5 makes by itself. */
  readonly events: ReadonlyMap<string, string>;
}

/** Says what live actors do in the language of @xstate/inspect 0.8.0. */
export class XState4Format implements LiveListener {
  readonly #send: (text: string) => void;
  readonly #redact: (text: string) => string;
  readonly #machines = new WeakMap<object, MachineFacts>();

  constructor(send: (text: string) => void, redact: (text: string) => string = (text) => text) {
    this.#send = send;
    this.#redact = redact;
  }

  /** Tells of actors that are there already. A receiver that is new must not fail for one actor that is broken. */
  replay(actors: readonly LiveActor[]): void {
    for (const actor of actors) {
      try {
        this.onActor(actor, undefined);
      } catch {
        continue;
      }
    }
  }

  onActor(actor: LiveActor, event: SeenEvent = { type: 'xstate.init', data: {} }): void {
    const { id, name, parent } = actor;
    const machine = this.#json(this.#factsOf(actor).config);
    // The receivers know an actor by its session id; `id` is the name it is shown by.
    this.#tell({ type: 'service.register', machine, state: this.#state(actor, event), id: name, sessionId: id, ...(parent === undefined ? {} : { parent }) });
    this.onEvent(actor, parent, event);
  }

  onEvent(actor: LiveActor, sender: string | undefined, event: SeenEvent): void {
    this.#tell({ type: 'service.event', event: this.#json(this.#envelope(actor, event, sender)), sessionId: actor.id });
  }

  onSnapshot(actor: LiveActor, event: SeenEvent): void {
    this.#tell({ type: 'service.state', state: this.#state(actor, event), sessionId: actor.id });
  }

  onStop({ id }: LiveActor): void {
    this.#tell({ type: 'service.stop', sessionId: id });
  }

  #tell(message: object): void {
    this.#send(JSON.stringify(message));
  }

  #json(value: unknown): string {
    return safeJson(value, this.#redact);
  }

  #state(actor: LiveActor, event: SeenEvent): string {
    const { value = {}, context, status, tags } = (actor.ref.getSnapshot() ?? {}) as Partial<AnyMachineSnapshot>;
    const envelope = this.#envelope(actor, event, undefined);
    return this.#json({
      value, context: plainMembers(context ?? {}), _event: envelope, event: envelope.data, _sessionid: actor.id,
      actions: [], activities: {}, meta: {}, events: [], transitions: [], children: {}, configuration: [], historyValue: {},
      done: status === 'done', changed: true, tags: [...tags ?? []],
    });
  }

  #envelope(actor: LiveActor, { type, data }: SeenEvent, origin: string | undefined): { name: string; data: object; $$type: 'scxml'; type: 'external'; origin?: string } {
    const name = this.#factsOf(actor).events.get(type) ?? eventOf4(type);
    return { name, data: { ...data, type: name }, $$type: 'scxml', type: 'external', ...(origin === undefined ? {} : { origin }) };
  }

  #factsOf({ ref, name }: LiveActor): MachineFacts {
    const logic = ref.logic as Partial<AnyStateMachine> | undefined;
    if (logic?.root === undefined) return { config: { id: name, states: {}, ...asXState5 }, events: new Map() };
    const known = this.#machines.get(logic);
    if (known !== undefined) return known;
    const events = new Map<string, string>();
    const facts = { config: { ...configOf(logic.root, events), id: logic.root.id, ...asXState5 }, events };
    this.#machines.set(logic, facts);
    return facts;
  }
}

/** XState 5 takes actions in their order; XState 4 warns of a machine that does not say so. */
const asXState5 = { predictableActionArguments: true };

/** A state node as XState 4 would have it written: `initial` is a name, guards are `cond`, delays have names of their own. */
function configOf(node: AnyStateNode, events: Map<string, string>): Record<string, unknown> {
  const delayed = new Set(node.after.map(({ eventType }) => eventType));
  const on: Record<string, object[]> = {};
  for (const [type, transitions] of node.transitions) {
    if (!delayed.has(type)) on[eventOf4(type)] = transitions.map(transitionOf);
  }
  const after: Record<string, object[]> = {};
  for (const transition of node.after) {
    const delay = typeof transition.delay === 'function' ? nameOf(transition.delay) : String(transition.delay);
    (after[delay] ??= []).push(transitionOf(transition));
    events.set(transition.eventType, `xstate.after(${delay})#${node.id}`);
  }
  const initial = node.type === 'compound' ? node.initial.target?.[0]?.key : undefined;
  const states = Object.entries(node.states).map(([key, child]) => [key, configOf(child, events)]);
  return {
    ...(initial === undefined ? {} : { initial }),
    ...(node.type === 'parallel' || node.type === 'final' || node.type === 'history' ? { type: node.type } : {}),
    ...(states.length === 0 ? {} : { states: Object.fromEntries(states) }),
    entry: namesOf(node.entry), exit: namesOf(node.exit),
    invoke: node.invoke.map(({ id, src }) => ({ id, src: nameOf(src) })),
    on, after,
    always: (node.always ?? []).map(transitionOf),
    tags: [...node.tags],
    ...(node.description === undefined ? {} : { description: node.description }),
  };
}

function transitionOf({ target, guard, actions, reenter }: AnyTransitionDefinition): object {
  return {
    ...(target === undefined ? {} : { target: target.map(({ id }) => `#${id}`) }),
    ...(guard === undefined ? {} : { cond: nameOf(guard) }),
    actions: namesOf(actions),
    internal: !reenter,
  };
}

/** `xstate.done.actor.X` is `done.invoke.X` in XState 4, and the like. */
function eventOf4(type: string): string {
  return type
    .replace(/^xstate\.done\.actor\./, 'done.invoke.')
    .replace(/^xstate\.error\.actor\./, 'error.platform.')
    .replace(/^xstate\.done\.state\./, 'done.state.');
}
