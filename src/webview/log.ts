import { eventName } from '../inspect/chart.ts';
import type { InspectorRecord } from '../inspect/records.ts';
import { clock, h } from './dom.ts';
import type { Model } from './model.ts';

/** Height of a row, in pixels; the style sheet agrees. */
const rowHeight = 22;

/** The event log: only the rows that are in view exist, however many records there are. */
export class EventLog {
  readonly #container: HTMLElement;
  readonly #model: Model;
  readonly #choose: (index: number) => void;
  readonly #space = h('div', { class: 'space' });
  readonly #rows = h('div', { class: 'rows' });
  /** Indices of the records that pass the filter. */
  #matches: number[] = [];
  #seen = 0;
  #filter = '';
  #onlySelected = false;

  constructor(container: HTMLElement, model: Model, choose: (index: number) => void) {
    this.#container = container;
    this.#model = model;
    this.#choose = choose;
    container.append(this.#space, this.#rows);
    container.addEventListener('scroll', () => this.#draw());
    container.addEventListener('keydown', (event) => this.#onKey(event));
  }

  filter(text: string, onlySelected: boolean): void {
    this.#filter = text.toLowerCase();
    this.#onlySelected = onlySelected;
    this.reset();
  }

  reset(): void {
    this.#matches = [];
    this.#seen = 0;
    this.update();
  }

  /** Takes new records in, and draws. Follows the end, unless someone has scrolled up. */
  update(): void {
    const { records } = this.#model;
    const atEnd = this.#container.scrollTop + this.#container.clientHeight >= this.#matches.length * rowHeight - rowHeight;
    for (; this.#seen < records.length; this.#seen++) if (this.#passes(records[this.#seen]!)) this.#matches.push(this.#seen);
    this.#space.setAttribute('data-rows', String(this.#matches.length));
    this.#space.replaceChildren();
    // No style attribute passes the CSP; the height is set through the object model.
    this.#space.style.height = `${this.#matches.length * rowHeight}px`;
    if (atEnd && this.#model.position === undefined) this.#container.scrollTop = this.#container.scrollHeight;
    this.#draw();
  }

  get matches(): number {
    return this.#matches.length;
  }

  #passes(record: InspectorRecord): boolean {
    if (this.#onlySelected && record.actor !== this.#model.selected) return false;
    if (this.#filter === '') return true;
    return `${this.#model.name(record.actor)} ${record.kind === 'event' ? `${record.type} ${JSON.stringify(record.data)}` : record.kind}`.toLowerCase().includes(this.#filter);
  }

  #draw(): void {
    const first = Math.floor(this.#container.scrollTop / rowHeight);
    const count = Math.ceil(this.#container.clientHeight / rowHeight) + 1;
    this.#rows.style.transform = `translateY(${first * rowHeight}px)`;
    this.#rows.replaceChildren(...this.#matches.slice(first, first + count).map((index) => this.#row(index)));
  }

  #row(index: number): HTMLElement {
    const record = this.#model.records[index]!;
    const current = this.#model.position === index;
    const [type, what] = describe(record);
    return h('div', {
      'role': 'option', 'class': `row ${record.kind}${record.kind === 'event' && record.crashed === true ? ' crashed' : ''}`, 'aria-selected': current ? 'true' : 'false',
      'click': () => this.#choose(index),
    },
    h('span', { class: 'time' }, clock(record.time)),
    h('span', { class: 'from' }, record.kind === 'event' ? this.#model.name(record.sender) : ''),
    h('span', { class: 'to' }, this.#model.name(record.actor)),
    h('span', { class: 'type' }, type),
    h('span', { class: 'what' }, what));
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (step === undefined || this.#matches.length === 0) return;
    event.preventDefault();
    const at = this.#model.position === undefined ? this.#matches.length : this.#matches.findIndex((index) => index >= this.#model.position!);
    const row = Math.min(Math.max(at + step, 0), this.#matches.length - 1);
    this.#choose(this.#matches[row]!);
    this.#container.scrollTop = Math.max(0, row * rowHeight - this.#container.clientHeight / 2);
  }
}

function describe(record: InspectorRecord): [type: string, what: string] {
  if (record.kind === 'actor') return ['(began)', record.states.map((id) => id.split('.').slice(1).join('.')).filter(Boolean).join(' · ')];
  if (record.kind === 'stop') return ['(ended)', ''];
  const parts = [
    record.states === undefined ? '' : `→ ${record.states.at(-1)!.split('.').slice(1).join('.')}`,
    record.changed === undefined ? '' : Object.entries(record.changed).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', '),
    record.crashed === true ? 'crashed' : record.transitions.length === 0 && record.states === undefined && record.changed === undefined ? 'ignored' : '',
  ];
  return [eventName(record.type.replace(/:.*\//s, ' · ')), parts.filter((part) => part !== '').join('  ')];
}
