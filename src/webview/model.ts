import { apply, type ActorState, type Moment } from '../inspect/history.ts';
import type { InspectorRecord } from '../inspect/records.ts';
import { shortName } from './dom.ts';

/** How many records lie between two moments that are kept ready for scrubbing. */
const stride = 500;

/** Everything the page knows: what was recorded, which moment is shown, and what is selected. */
export class Model {
  records: InspectorRecord[] = [];
  title = '';
  live = true;
  /** The record whose moment is shown; `undefined` follows the last. */
  position: number | undefined;
  selected: string | undefined;
  /** Moments after every `stride` records, so that scrubbing is quick. */
  #checkpoints: Moment[] = [];
  #now: Moment = new Map();

  start(base: readonly ActorState[], records: readonly InspectorRecord[], live: boolean, title: string): void {
    this.records = [];
    this.live = live;
    this.title = title;
    this.position = undefined;
    this.#now = new Map(base.map((state) => [state.actor, { ...state }]));
    this.#checkpoints = [copy(this.#now)];
    this.add(records);
    if (this.selected === undefined || !this.#now.has(this.selected)) {
      const actors = [...this.#now.values()];
      this.selected = (actors.find(({ machine }) => machine === 'circuit-breaker') ?? actors[0])?.actor;
    }
  }

  add(records: readonly InspectorRecord[]): void {
    for (const record of records) {
      this.records.push(record);
      apply(this.#now, record);
      if (this.records.length % stride === 0) this.#checkpoints.push(copy(this.#now));
    }
    this.selected ??= this.#now.keys().next().value;
  }

  /** The moment that is shown. */
  moment(): Moment {
    if (this.position === undefined) return this.#now;
    const checkpoint = Math.floor((this.position + 1) / stride);
    const moment = copy(this.#checkpoints[checkpoint]!);
    for (let i = checkpoint * stride; i <= this.position; i++) apply(moment, this.records[i]!);
    return moment;
  }

  /** The time of the moment that is shown. */
  time(): number {
    return this.position === undefined && this.live ? Date.now() : this.records[this.position ?? this.records.length - 1]?.time ?? Date.now();
  }

  /** The record that led to the moment, of the selected actor. */
  name(actor: string | undefined): string {
    if (actor === undefined) return 'outside';
    const state = this.#now.get(actor);
    return state === undefined ? actor.slice(actor.lastIndexOf('/') + 1) : shortName(state.name);
  }
}

function copy(moment: Moment): Moment {
  return new Map([...moment].map(([id, state]) => [id, { ...state }]));
}
