import { apply, type ActorState, type Moment } from '../inspect/history.ts';
import type { EventRecord, InspectorRecord, Plain } from '../inspect/records.ts';
import { Steps } from '../inspect/steps.ts';
import { shortName } from './dom.ts';
import { t } from './texts.ts';

/** How many records lie between two moments that are kept ready for scrubbing. */
const stride = 500;
/** Records kept; beyond it the oldest are let go of, a twentieth at a time. */
const defaultCapacity = 100_000;

/** Everything the page knows: what was recorded, which moment is shown, and what is selected. */
export class Model {
  records: InspectorRecord[] = [];
  /** How many records before the first were let go of. */
  forgotten = 0;
  title = '';
  live = true;
  /** The record that is shown, at the end of its step; `undefined` follows the last. */
  position: number | undefined;
  selected: string | undefined;
  /** Which of the records belong together. */
  steps = new Steps();
  readonly #capacity: number;
  /** Moments after every `stride` records, so that scrubbing is quick. */
  #checkpoints: Moment[] = [];
  #now: Moment = new Map();
  #shown: { readonly last: number; readonly moment: Moment } | undefined;
  /** What members of a context were before an event changed them. */
  #before = new WeakMap<InspectorRecord, Readonly<Record<string, Plain>>>();

  constructor(capacity = defaultCapacity) {
    this.#capacity = capacity;
  }

  start(base: readonly ActorState[], records: readonly InspectorRecord[], live: boolean, title: string): void {
    this.records = [];
    this.forgotten = 0;
    this.live = live;
    this.title = title;
    this.position = undefined;
    this.#shown = undefined;
    this.#now = new Map(base.map((state) => [state.actor, state]));
    this.#checkpoints = [new Map(this.#now)];
    this.steps = new Steps();
    this.add(records);
    if (this.selected === undefined || !this.#now.has(this.selected)) this.selected = undefined;
    this.#selectFirst();
  }

  add(records: readonly InspectorRecord[]): void {
    for (const record of records) {
      if (record.kind === 'event' && record.changed !== undefined) {
        const context = this.#now.get(record.actor)?.context ?? {};
        this.#before.set(record, Object.fromEntries(Object.keys(record.changed).filter((name) => Object.hasOwn(context, name)).map((name) => [name, context[name]!])));
      }
      this.records.push(record);
      this.steps.add(record);
      apply(this.#now, record);
      if (this.records.length % stride === 0) this.#checkpoints.push(new Map(this.#now));
    }
    this.#forget();
    if (this.selected === undefined) this.#selectFirst();
  }

  /** The moment that is shown. */
  moment(): Moment {
    if (this.position === undefined) return this.#now;
    const { last } = this;
    if (this.#shown?.last !== last) {
      const checkpoint = Math.floor((last + 1) / stride);
      const moment = new Map(this.#checkpoints[checkpoint]);
      for (let i = checkpoint * stride; i <= last; i++) apply(moment, this.records[i]!);
      this.#shown = { last, moment };
    }
    return this.#shown.moment;
  }

  /** The index of the last record that is part of the moment, which ends a step; -1 when there is none. */
  get last(): number {
    return this.position === undefined ? this.records.length - 1 : this.steps.end(this.steps.of(this.position));
  }

  /** The time of the moment that is shown. */
  time(): number {
    return this.position === undefined && this.live ? Date.now() : this.records[this.last]?.time ?? Date.now();
  }

  /** The last event that an actor had received by the moment that is shown. */
  lastEvent(actor: string): EventRecord | undefined {
    const { last } = this;
    for (let i = last; i >= 0 && i > last - 20_000; i--) {
      const record = this.records[i]!;
      if (record.actor === actor) return record.kind === 'event' ? record : undefined;
    }
    return undefined;
  }

  /** What an event's `changed` was before. */
  before(record: EventRecord): Readonly<Record<string, Plain>> {
    return this.#before.get(record) ?? {};
  }

  /** The last record that is not later than `time`. */
  indexAt(time: number): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.records[middle]!.time <= time) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** A name for people; actors that are not known any more have their last part. */
  name(actor: string | undefined): string {
    if (actor === undefined) return t('outside');
    const state = this.#now.get(actor);
    return state === undefined ? actor.slice(actor.lastIndexOf('/') + 1) : shortName(state.name);
  }

  #selectFirst(): void {
    const actors = [...this.#now.values()].filter(({ stopped }) => !stopped);
    this.selected = (actors.find(({ machine }) => machine === 'circuit-breaker') ?? actors[0])?.actor;
  }

  #forget(): void {
    if (this.records.length <= this.#capacity * 1.05) return;
    const checkpoints = Math.floor((this.records.length - this.#capacity) / stride);
    this.records.splice(0, checkpoints * stride);
    this.#checkpoints.splice(0, checkpoints);
    this.forgotten += checkpoints * stride;
    this.steps.forget(checkpoints * stride);
    if (this.position !== undefined) this.position = Math.max(0, this.position - checkpoints * stride);
    this.#shown = undefined;
    // Actors that ended before the first record are in no moment that can be shown, nor are they named by a record.
    const first = this.#checkpoints[0]!;
    for (const [actor, { stopped }] of first) {
      if (!stopped) continue;
      for (const moment of [...this.#checkpoints, this.#now]) moment.delete(actor);
    }
  }
}
