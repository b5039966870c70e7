import { eventName } from '../inspect/chart.ts';
import type { InspectorRecord, Plain } from '../inspect/records.ts';
import { clock, h, shortPaths } from './dom.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';
import { VirtualList } from './virtual-list.ts';

const rowHeight = 22;
/** The longest that records are looked through in one frame, in milliseconds. */
const slice = 8;

export interface LogFilter {
  /** An actor, or `undefined` for all. */
  readonly actor: string | undefined;
  /** A type, as it is shown, or `undefined` for all. */
  readonly type: string | undefined;
  readonly text: string;
}

/** The event log, and the records that pass its filter. */
export class EventLog {
  /** Types of events that were seen, as they are shown. */
  readonly types = new Set<string>();
  /** Indices of the records that pass the filter, counted from the first that ever was. */
  #matches: number[] = [];
  readonly #list: VirtualList;
  readonly #model: Model;
  readonly #choose: (index: number) => void;
  #seen = 0;
  #filter: LogFilter = { actor: undefined, type: undefined, text: '' };

  constructor(container: HTMLElement, model: Model, choose: (index: number) => void) {
    this.#model = model;
    this.#choose = choose;
    this.#list = new VirtualList(container, rowHeight, (index) => this.#row(this.#matches[index]! - model.forgotten));
    container.addEventListener('keydown', (event) => this.#onKey(event));
    // Rows are drawn anew all the time: what was pressed may not be there any more when it is let go.
    container.addEventListener('pointerdown', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-index]');
      if (row !== null) choose(Number(row.dataset['index']) - model.forgotten);
    });
  }

  filter(filter: LogFilter): void {
    this.#filter = { ...filter, text: filter.text.toLowerCase() };
    this.reset();
  }

  reset(): void {
    this.#matches = [];
    this.#seen = 0;
  }

  /** How many records pass the filter. */
  get length(): number {
    return this.#matches.length;
  }

  /** Takes new records in, for a while. @returns whether there are more */
  read(): boolean {
    const { records, forgotten } = this.#model;
    if ((this.#matches[0] ?? forgotten) < forgotten) this.#matches = this.#matches.filter((index) => index >= forgotten);
    const until = performance.now() + slice;
    const end = forgotten + records.length;
    for (this.#seen = Math.max(this.#seen, forgotten); this.#seen < end; this.#seen++) {
      if (this.#seen % 256 === 0 && performance.now() > until) return true;
      const record = records[this.#seen - forgotten]!;
      const type = typeOf(record);
      if (this.types.size < 500) this.types.add(type);
      if (this.#passes(record, type)) this.#matches.push(this.#seen);
    }
    return false;
  }

  /** Follows the end, unless someone has scrolled up. */
  draw(): void {
    const { position, forgotten } = this.#model;
    this.#list.show(this.#matches.length, position === undefined ? -1 : this.#lowerBound(position + forgotten + 1) - 1, position === undefined && this.#list.atEnd);
  }

  /** The last records that pass the filter, up to the moment that is shown; the oldest first. */
  recent(count: number): InspectorRecord[] {
    const { records, forgotten, last } = this.#model;
    const end = this.#lowerBound(last + forgotten + 1);
    return this.#matches.slice(Math.max(0, end - count), end).map((index) => records[index - forgotten]!);
  }

  /** Scrolls to the moment that is shown. */
  reveal(): void {
    if (this.#model.position !== undefined) this.#list.reveal(Math.max(0, this.#lowerBound(this.#model.position + this.#model.forgotten + 1) - 1));
    else this.#list.scrollToEnd();
  }

  /** How many matches come before a record. */
  #lowerBound(index: number): number {
    let low = 0;
    let high = this.#matches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#matches[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #passes(record: InspectorRecord, type: string): boolean {
    const { actor, type: wanted, text } = this.#filter;
    if (actor !== undefined && record.actor !== actor && (record.kind !== 'event' || record.sender !== actor)) return false;
    if (wanted !== undefined && type !== wanted) return false;
    if (text === '') return true;
    const names = `${this.#model.name(record.actor)} ${record.kind === 'event' ? this.#model.name(record.sender) : ''} ${type} `;
    if (names.toLowerCase().includes(text)) return true;
    const rest = record.kind === 'event' ? [record.type, record.data, record.changed, record.states] : record.kind === 'actor' ? [record.states, record.context] : '';
    return JSON.stringify(rest).toLowerCase().includes(text);
  }

  #row(index: number): HTMLElement {
    const record = this.#model.records[index]!;
    const crashed = record.kind === 'event' && record.crashed === true;
    const what = this.#what(record);
    return h('div', { 'role': 'option', 'class': crashed ? 'row crashed' : 'row', 'data-index': index + this.#model.forgotten },
      h('span', { class: 'time' }, clock(record.kind === 'actor' ? record.began ?? record.time : record.time)),
      h('span', { class: 'from' }, record.kind === 'event' ? this.#model.name(record.sender) : ''),
      h('span', { class: 'to' }, this.#model.name(record.actor)),
      h('span', { class: 'type' }, typeOf(record)),
      h('span', { class: 'what', title: what.join('\n') }, ...what.map((part) => h('span', { class: part.startsWith('→') ? 'went' : 'part' }, part))));
  }

  #what(record: InspectorRecord): string[] {
    const shown = (states: readonly string[]): string => states.at(-1)?.split('.').slice(1).join('.') ?? '';
    if (record.kind === 'stop') return [];
    if (record.kind === 'actor') return [`→ ${shown(record.states)}`];
    const before = this.#model.before(record);
    const parts = Object.entries(record.changed ?? {}).map(([name, value]) => `${name}: ${name in before ? `${brief(before[name]!)} → ` : ''}${brief(value)}`);
    const went = record.states === undefined ? '' : shown(record.states);
    if (went !== '') parts.unshift(`→ ${went}`);
    if (record.crashed === true) parts.push(t('crashed'));
    else if (record.transitions.length === 0 && record.states === undefined && record.changed === undefined) parts.push(t('ignored'));
    return parts;
  }

  #onKey(event: KeyboardEvent): void {
    const { position, forgotten } = this.#model;
    const length = this.#matches.length;
    const current = position === undefined ? length : this.#lowerBound(position + forgotten + 1) - 1;
    const { page } = this.#list;
    const next = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + page, PageUp: current - page, Home: 0, End: length - 1 }[event.key];
    if (next === undefined || length === 0) return;
    event.preventDefault();
    this.#choose(this.#matches[Math.min(Math.max(next, 0), length - 1)]! - forgotten);
    this.reveal();
  }
}

/** The type of a record, in words; what it names by a file's address it names by the file alone. */
export function typeOf(record: InspectorRecord): string {
  if (record.kind !== 'event') return record.kind === 'actor' ? t('(began)') : t('(ended)');
  // Whose it is says the sender.
  if (record.type.startsWith('xstate.snapshot.')) return t('(changed)');
  return eventName(record.type.replace(/:.*\//s, ' · '));
}

/** A value in a few letters. */
export function brief(value: Plain): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(1);
  const text = shortPaths(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
