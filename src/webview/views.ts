import { chartsSvg, scaleOf } from './charts.ts';
import { fill, find, h, svgNode } from './dom.ts';
import { Filters } from './filters.ts';
import { EventLog } from './log.ts';
import type { Model } from './model.ts';
import { sequenceSvg } from './sequence.ts';
import { t } from './texts.ts';
import { Trends } from './trends.ts';

/** Messages in the sequence diagram: the last ones before the moment. */
const sequenceLength = 60;
/** Charts of what goes on by itself are drawn so often, in milliseconds. */
const beat = 250;
const tabs = ['log', 'sequence', 'charts'] as const;
type Tab = (typeof tabs)[number];

export interface ViewsHost {
  redraw(): void;
  /** Shows the moment after a record. */
  goTo(index: number): void;
  select(actor: string): void;
}

/** What happened, in three views of which one is shown: the log, the sequence diagram, and the charts over time. */
export class Views {
  /** What goes on over time, of which the time line shows a part too. */
  trends = new Trends();
  readonly #model: Model;
  readonly #host: ViewsHost;
  readonly #log: EventLog;
  readonly #filters: Filters;
  readonly #sequence = find('#sequence-panel');
  readonly #charts = find('#charts-panel');
  #tab: Tab = 'log';
  #trended = 0;
  #trimmed = 0;
  #chartsDrawn = -Infinity;

  constructor(model: Model, host: ViewsHost) {
    this.#model = model;
    this.#host = host;
    this.#log = new EventLog(find('#log'), model, (index) => {
      const actor = model.records[index]?.actor;
      host.goTo(index);
      if (actor !== undefined) host.select(actor);
    });
    this.#filters = new Filters(model, this.#log, () => host.redraw());
    this.#listen();
  }

  /** Takes new records in. @returns whether there are more, for the next frame */
  read(): boolean {
    const { model, trends } = { model: this.#model, trends: this.trends };
    const more = this.#log.read();
    for (const end = model.forgotten + model.records.length; this.#trended < end; this.#trended++) trends.add(model.records[Math.max(0, this.#trended - model.forgotten)]!);
    if (model.forgotten !== this.#trimmed) trends.forget(model.records[0]!.time);
    this.#trimmed = model.forgotten;
    return more;
  }

  draw(more: boolean): void {
    const tab = this.#tab;
    for (const name of tabs) {
      find(`#${name}-panel`).hidden = name !== tab;
      const button = find(`#${name}-tab`);
      button.setAttribute('aria-selected', String(name === tab));
      button.tabIndex = name === tab ? 0 : -1;
    }
    find('#filters').hidden = tab === 'charts';
    find('#span').hidden = tab !== 'charts';
    if (tab !== 'charts') this.#filters.draw();
    if (tab === 'log') this.#drawLog(more);
    else if (tab === 'sequence') this.#drawSequence();
    else this.#drawCharts();
  }

  /** Time goes on without events. */
  tick(): void {
    if (this.#tab === 'charts') this.#drawCharts();
  }

  /** The page has another size. */
  refresh(): void {
    this.#chartsDrawn = -Infinity;
  }

  /** Everything begins anew. */
  reset(): void {
    this.refresh();
    this.#log.reset();
    this.trends = new Trends();
    this.#trended = 0;
  }

  /** Another actor is selected. */
  onSelect(): void {
    this.#filters.onSelect();
  }

  /** Another moment is shown. */
  onMoment(): void {
    this.refresh();
    if (this.#tab === 'log') this.#log.reveal();
  }

  #drawCharts(): void {
    const now = performance.now();
    if (this.#model.position === undefined && now - this.#chartsDrawn < beat) return;
    this.#chartsDrawn = now;
    const { width, scale } = this.#scale();
    this.#charts.replaceChildren(svgNode(chartsSvg(this.#model, this.trends, width, scale)));
  }

  #drawLog(more: boolean): void {
    this.#log.draw();
    empty('#log', '#nothing', this.#log.length > 0 || more ? '' : this.#model.records.length === 0 ? t('Nothing has happened yet.') : t('No event passes the filter.'));
  }

  #drawSequence(): void {
    const panel = this.#sequence;
    const records = this.#log.recent(sequenceLength);
    const { forgotten, last, position, selected } = this.#model;
    const atEnd = panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 30;
    fill(panel, [forgotten + last, position, selected, records.length, records[0]?.number].join(), () => {
      const drawn = sequenceSvg(this.#model, records);
      if (drawn === undefined) return [h('p', { class: 'empty' }, t('No message has been sent yet, or none passes the filter.'))];
      return [h('div', { class: 'sequence-head' }, svgNode(drawn.head)), svgNode(drawn.body)];
    });
    if (atEnd || position !== undefined) panel.scrollTop = panel.scrollHeight;
  }

  #scale(): { readonly width: number; readonly scale: ReturnType<typeof scaleOf> } {
    const width = Math.max(320, this.#charts.clientWidth - 2);
    const { value } = find<HTMLSelectElement>('#span');
    return { width, scale: scaleOf(this.#model, width, value === '' ? undefined : Number(value)) };
  }

  #show(tab: Tab): void {
    this.#tab = tab;
    this.refresh();
    this.draw(this.read());
    if (tab === 'log') this.#log.reveal();
    if (tab === 'sequence') this.#sequence.scrollTop = this.#sequence.scrollHeight;
  }

  #listen(): void {
    for (const [index, name] of tabs.entries()) {
      const button = find(`#${name}-tab`);
      button.addEventListener('click', () => this.#show(name));
      button.addEventListener('keydown', (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step === undefined) return;
        const next = tabs[(index + step + tabs.length) % tabs.length]!;
        this.#show(next);
        find(`#${next}-tab`).focus();
      });
    }
    find('#span').addEventListener('change', () => this.#show('charts'));
    this.#charts.addEventListener('click', (event) => {
      const { from, to, left, right } = this.#scale().scale;
      const share = (event.clientX - this.#charts.getBoundingClientRect().left + this.#charts.scrollLeft - left) / (right - left);
      if (share >= 0 && share <= 1) this.#host.goTo(this.#model.indexAt(from + share * (to - from)));
    });
  }
}

/** Shows a list, or a text that says why there is none. */
export function empty(list: string, note: string, text: string): void {
  find(list).hidden = text !== '';
  find(note).hidden = text === '';
  find(note).textContent = text;
}
