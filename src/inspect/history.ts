import type { InspectorRecord, Plain } from './records.ts';

/** One actor at one moment. */
export interface ActorState {
  readonly actor: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly machine: string;
  readonly service: string;
  /** When it began. */
  readonly began: number;
  readonly states: readonly string[];
  /** When each active state was entered. */
  readonly entered: Readonly<Record<string, number>>;
  /** When the states last changed. */
  readonly since: number;
  readonly context: Readonly<Record<string, Plain>>;
  /** The transitions the last event fired. */
  readonly fired: readonly string[];
  readonly stopped: boolean;
}

/** All actors at one moment. */
export type Moment = Map<string, ActorState>;

/** Goes from one moment to the next. What an actor was like stays as it is: moments share it. */
export function apply(moment: Moment, record: InspectorRecord): void {
  if (record.kind === 'actor') {
    const { actor, name, parent, machine, service, states, context, time, began = time } = record;
    const entered = enteredAt(states, record.entered ?? {}, time);
    const since = Math.max(began, ...Object.values(entered));
    moment.set(actor, { actor, name, parent, machine, service, began, states, entered, since, context, fired: [], stopped: false });
    return;
  }
  const state = moment.get(record.actor);
  if (state === undefined) return;
  if (record.kind === 'stop') {
    moment.set(record.actor, { ...state, stopped: true });
    return;
  }
  moment.set(record.actor, {
    ...state,
    fired: record.transitions,
    ...(record.states === undefined ? {} : { entered: enteredAt(record.states, state.entered, record.time), states: record.states, since: record.time }),
    ...(record.changed === undefined ? {} : { context: { ...state.context, ...record.changed } }),
  });
}

/** States that stay active keep their time. */
function enteredAt(states: readonly string[], before: Readonly<Record<string, number>>, time: number): Record<string, number> {
  return Object.fromEntries(states.map((id) => [id, Object.hasOwn(before, id) ? before[id]! : time]));
}

/** The last records, and the moment before the first of them: any moment since can be had again. */
export class History {
  readonly #capacity: number;
  readonly #base: Moment = new Map();
  /** A ring: the oldest record is at `#start`. */
  readonly #ring: InspectorRecord[] = [];
  #start = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#ring.length;
  }

  add(record: InspectorRecord): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(record);
      return;
    }
    apply(this.#base, this.#ring[this.#start]!);
    if (this.#ring[this.#start]!.kind === 'stop') this.#base.delete(this.#ring[this.#start]!.actor);
    this.#ring[this.#start] = record;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  at(index: number): InspectorRecord | undefined {
    return index < 0 || index >= this.#ring.length ? undefined : this.#ring[(this.#start + index) % this.#ring.length];
  }

  records(): InspectorRecord[] {
    return [...this.#ring.slice(this.#start), ...this.#ring.slice(0, this.#start)];
  }

  /** The moment before the first record that is kept. */
  base(): Moment {
    return new Map(this.#base);
  }

  /** The moment after the record at `index`; `-1` is before the first. */
  moment(index: number): Moment {
    const moment = this.base();
    for (let i = 0; i <= Math.min(index, this.#ring.length - 1); i++) apply(moment, this.at(i)!);
    return moment;
  }
}
