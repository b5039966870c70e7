import type { AnyMachineSnapshot } from 'xstate';
import { safeJson, type LiveActor, type LiveListener, type SeenEvent } from './live.ts';
import { plain, plainMembers } from './records.ts';

/** The version of @statelyai/inspect whose shape this is; its receivers look for one. */
const version = '0.7.2';
const maxDepth = 20;

/** Says what live actors do in the shape of the Stately inspector: `@xstate.actor`, `@xstate.event`, `@xstate.snapshot`. */
export class StatelyFormat implements LiveListener {
  readonly #send: (text: string) => void;
  readonly #redact: (text: string) => string;
  readonly #definitions = new WeakMap<object, string>();

  constructor(send: (text: string) => void, redact: (text: string) => string = (text) => text) {
    this.#send = send;
    this.#redact = redact;
  }

  /** Tells of actors that are there already. */
  replay(actors: readonly LiveActor[]): void {
    for (const actor of actors) {
      try {
        this.onActor(actor, undefined);
      } catch {
        continue;
      }
    }
  }

  onActor(actor: LiveActor, event: SeenEvent | undefined): void {
    this.#tell(actor, { type: '@xstate.actor', name: actor.name, parentId: actor.parent, definition: this.#definitionOf(actor), snapshot: snapshotOf(actor) });
    if (event !== undefined) this.onEvent(actor, actor.parent, event);
  }

  onEvent(actor: LiveActor, sender: string | undefined, { type, data }: SeenEvent): void {
    this.#tell(actor, { type: '@xstate.event', sourceId: sender, event: { ...data, type } });
  }

  onSnapshot(actor: LiveActor, { type, data }: SeenEvent): void {
    this.#tell(actor, { type: '@xstate.snapshot', event: { ...data, type }, snapshot: snapshotOf(actor) });
  }

  /** There is no event for it in this shape: an actor that crashed is told of by a last snapshot. */
  onStop(actor: LiveActor): void {
    const snapshot = snapshotOf(actor);
    if (snapshot['status'] === 'error') this.#tell(actor, { type: '@xstate.snapshot', event: { type: 'xstate.stop' }, snapshot });
  }

  #tell({ id, root }: LiveActor, message: object): void {
    this.#send(safeJson({ ...message, sessionId: id, rootId: root, id: null, createdAt: String(Date.now()), _version: version }, this.#redact));
  }

  #definitionOf({ ref, name }: LiveActor): string {
    const config = (ref.logic as { config?: unknown } | undefined)?.config;
    if (typeof config !== 'object' || config === null) return JSON.stringify({ id: name });
    const known = this.#definitions.get(config) ?? JSON.stringify(definitionOf(config, 0));
    this.#definitions.set(config, known);
    return known;
  }
}

function snapshotOf({ ref }: LiveActor): Record<string, unknown> {
  const { status, value, context, error, tags } = (ref.getSnapshot() ?? {}) as Partial<AnyMachineSnapshot>;
  return { status, value, context: plainMembers(context ?? {}), ...(error === undefined ? {} : { error: plain(error) }), children: {}, historyValue: {}, tags: [...tags ?? []] };
}

/** A machine's config without functions; its first context is left out, as anything may be in it. */
function definitionOf(value: unknown, depth: number): unknown {
  if (typeof value === 'function') return { type: value.name };
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item) => definitionOf(item, depth + 1));
  const members = Object.entries(value).filter(([name]) => depth > 0 || name !== 'context');
  return Object.fromEntries(members.map(([name, member]) => [name, definitionOf(member, depth + 1)]));
}
