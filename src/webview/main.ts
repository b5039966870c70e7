import layouts from '../inspect/layouts.json' with { type: 'json' };
import type { Layout } from '../inspect/layout.ts';
import type { FromPage, PossibleEvent, ToPage } from '../inspect/protocol.ts';
import { ChartView } from './chart-view.ts';
import { chartsSvg, scaleOf } from './charts.ts';
import { drawDetails } from './details.ts';
import { clock, duration, fill, find, h, shortName, svgNode } from './dom.ts';
import { EventLog } from './log.ts';
import { Model } from './model.ts';
import { sequenceSvg } from './sequence.ts';
import { ActorTree, leaves, tone } from './tree.ts';
import { Trends } from './trends.ts';

/** The inspector's page. It draws at most once a frame, whatever arrives. */

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };
const vscode = acquireVsCodeApi();

/** Messages in the sequence diagram: the last ones before the moment. */
const sequenceLength = 60;
/** Charts of what goes on by itself are drawn so often, in milliseconds. */
const beat = 250;
const tabs = ['log', 'sequence', 'charts'] as const;

const model = new Model();
let trends = new Trends();
let trended = 0;
const chart = new ChartView(find('#chart'), layouts as unknown as Readonly<Record<string, Layout>>, find('#follow'));
const log = new EventLog(find('#log'), model, (index) => {
  const actor = model.records[index]?.actor;
  goTo(index);
  if (actor !== undefined) select(actor);
});
const tree = new ActorTree(find('#tree'), (actor) => select(actor));
let possible: readonly PossibleEvent[] = [];
let faults: { readonly injectable: readonly string[]; readonly injected: string | undefined } = { injectable: [], injected: undefined };
let tab: (typeof tabs)[number] = 'log';
let asked = false;

function redraw(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

function draw(): void {
  const { position, live, records, last } = model;
  const more = log.read();
  const moment = model.moment();
  const state = model.selected === undefined ? undefined : moment.get(model.selected);
  tree.show(moment, model.selected, model.time());
  empty('#tree', '#nobody', tree.length === 0 ? 'No service is registered. Extensions that use Holdfast register theirs when they start.' : '');
  chart.show(state);
  drawSubject();
  drawButtons();
  drawFaults();
  const slider = find<HTMLInputElement>('#slider');
  slider.max = String(Math.max(0, records.length - 1));
  slider.value = String(last);
  const record = records[last];
  const when = record === undefined ? 'nothing recorded' : `${position === undefined && live ? 'live' : clock(record.time)} · ${last + 1} of ${records.length}`;
  slider.setAttribute('aria-valuetext', when);
  find('#when').textContent = when;
  find('#live').setAttribute('aria-pressed', String(live && position === undefined));
  find('#title').textContent = model.title;
  document.body.classList.toggle('past', position !== undefined || !live);
  for (const name of tabs) {
    find(`#${name}-panel`).hidden = name !== tab;
    const button = find(`#${name}-tab`);
    button.setAttribute('aria-selected', String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
  }
  find('#filters').hidden = tab === 'charts';
  find('#span').hidden = tab !== 'charts';
  if (tab !== 'charts') drawFilters();
  if (tab === 'log') {
    log.draw();
    empty('#log', '#nothing', log.length > 0 || more ? '' : records.length === 0 ? 'Nothing has happened yet.' : 'No event passes the filter.');
  } else if (tab === 'sequence') drawSequence();
  else drawCharts();
  if (more) redraw();
}

/** Shows a list, or a text that says why there is none. */
function empty(list: string, note: string, text: string): void {
  find(list).hidden = text !== '';
  find(note).hidden = text === '';
  find(note).textContent = text;
}

/** What changes without events: the time in a state, and the time that is left on delays. */
function drawSubject(): void {
  const state = model.selected === undefined ? undefined : model.moment().get(model.selected);
  chart.tick(state, model.time());
  find('#subject').textContent = state === undefined ? '' : shortName(state.name);
  const badge = find('#subject-state');
  const states = state === undefined ? '' : leaves(state);
  // A screen reader says what is written here: it is written once.
  if (badge.textContent !== states) badge.textContent = states;
  badge.className = `badge ${state === undefined ? '' : tone(state)}`;
  find('#subject-since').textContent = state === undefined ? '' : `for ${duration(Math.max(0, model.time() - state.since), true)}`;
  drawDetails(find('#details'), model, state);
}

function drawButtons(): void {
  const live = model.live && model.position === undefined;
  fill(find('#possible'), JSON.stringify([live, model.live, model.selected, possible]), () => {
    if (!live) return [h('span', { class: 'note' }, model.live ? 'Go back to live to send events.' : 'A recording: nothing can be sent.')];
    return possible.map(({ type, drivable }) => h('button', {
      'class': 'send', 'disabled': !drivable, 'title': drivable ? `Send ${type} to ${model.name(model.selected)}` : `${type}: only the service sends it`,
      'click': () => vscode.postMessage({ type: 'send', actor: model.selected!, event: type }),
    }, type));
  });
}

function drawFaults(): void {
  const inject = (fault: string | undefined) => (): void => vscode.postMessage({ type: 'inject', actor: model.selected!, fault });
  const shown = model.live && model.position === undefined ? faults : { injectable: [], injected: undefined };
  fill(find('#faults'), JSON.stringify([shown, model.selected]), () => (shown.injectable.length === 0 ? [] : [
    h('span', { class: 'note' }, 'Writes:'),
    h('button', { 'class': 'fault', 'aria-pressed': String(shown.injected === undefined), 'click': inject(undefined) }, 'work'),
    ...shown.injectable.map((fault) => h('button', { 'class': 'fault', 'aria-pressed': String(shown.injected === fault), 'click': inject(fault) }, fault)),
  ]));
}

function drawFilters(): void {
  const options = (id: string, first: readonly (readonly [string, string])[], names: Iterable<readonly [string, string]>): void => {
    const select = find<HTMLSelectElement>(id);
    // A list that is open is left alone.
    if (document.activeElement === select && select.options.length > 0) return;
    const all = [...first, ...names];
    const { value } = select;
    fill(select, JSON.stringify(all), () => all.map(([each, text]) => h('option', { value: each, selected: each === value }, text)));
  };
  const actors = [...model.moment().values()].filter(({ stopped }) => !stopped).slice(0, 200);
  options('#who', [['', 'All actors'], ['selected', 'Selected actor']], actors.map(({ actor, name, parent, service }) => [actor, parent === undefined ? service : shortName(name)]));
  options('#which', [['', 'All events']], [...log.types].sort().map((type) => [type, type]));
}

function drawSequence(): void {
  const panel = find('#sequence-panel');
  const records = log.recent(sequenceLength);
  const { forgotten, last, position, selected } = model;
  const atEnd = panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 30;
  fill(panel, [forgotten + last, position, selected, records.length, records[0]?.number].join(), () => {
    const drawn = sequenceSvg(model, records);
    if (drawn === undefined) return [h('p', { class: 'empty' }, 'No message has been sent yet, or none passes the filter.')];
    return [h('div', { class: 'sequence-head' }, svgNode(drawn.head)), svgNode(drawn.body)];
  });
  if (atEnd || position !== undefined) panel.scrollTop = panel.scrollHeight;
}

let drawnAt = 0;
function drawCharts(): void {
  for (const end = model.forgotten + model.records.length; trended < end; trended++) trends.add(model.records[Math.max(0, trended - model.forgotten)]!);
  const panel = find('#charts-panel');
  const now = performance.now();
  if (model.position === undefined && now - drawnAt < beat && panel.hasChildNodes()) return;
  drawnAt = now;
  if (model.forgotten > 0) trends.forget(model.records[0]!.time);
  const width = Math.max(320, panel.clientWidth - 2);
  panel.replaceChildren(svgNode(chartsSvg(model, trends, width, scale(width))));
}

function scale(width: number): ReturnType<typeof scaleOf> {
  const { value } = find<HTMLSelectElement>('#span');
  return scaleOf(model, width, value === '' ? undefined : Number(value));
}

function select(actor: string): void {
  if (actor === '') return;
  if (model.selected !== actor) {
    model.selected = actor;
    possible = [];
    vscode.postMessage({ type: 'select', actor });
    if (find<HTMLSelectElement>('#who').value === 'selected') filter();
  }
  redraw();
}

function goTo(index: number | undefined): void {
  model.position = index === undefined || index >= model.records.length - 1 ? undefined : Math.max(0, index);
  if (tab === 'log') log.reveal();
  drawnAt = 0;
  redraw();
}

function filter(): void {
  const who = find<HTMLSelectElement>('#who').value;
  const which = find<HTMLSelectElement>('#which').value;
  log.filter({ actor: who === 'selected' ? model.selected : who || undefined, type: which || undefined, text: find<HTMLInputElement>('#filter').value });
  redraw();
}

function show(name: (typeof tabs)[number]): void {
  tab = name;
  drawnAt = 0;
  draw();
  if (tab === 'log') log.reveal();
  if (tab === 'sequence') find('#sequence-panel').scrollTop = find('#sequence-panel').scrollHeight;
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'start':
      model.start(data.base, data.records, data.live, data.title);
      log.reset();
      trends = new Trends();
      trended = 0;
      if (model.selected !== undefined) vscode.postMessage({ type: 'select', actor: model.selected });
      find('#problem').textContent = '';
      break;
    case 'records': {
      const before = model.selected;
      model.add(data.records);
      if (before === undefined && model.selected !== undefined) vscode.postMessage({ type: 'select', actor: model.selected });
      break;
    }
    case 'possible':
      if (data.actor === model.selected) possible = data.events;
      break;
    case 'faults':
      faults = data;
      break;
    case 'problem':
      find('#problem').textContent = data.message;
      break;
  }
  redraw();
});

find('#slider').addEventListener('input', (event) => goTo(Number((event.target as HTMLInputElement).value)));
find('#live').addEventListener('click', () => (model.live ? goTo(undefined) : vscode.postMessage({ type: 'live' })));
find('#export').addEventListener('click', () => vscode.postMessage({ type: 'export' }));
find('#import').addEventListener('click', () => vscode.postMessage({ type: 'import' }));
find('#follow').addEventListener('click', (event) => {
  chart.follow((event.currentTarget as HTMLElement).getAttribute('aria-pressed') !== 'true');
  redraw();
});
new ResizeObserver(() => {
  chart.refresh();
  drawnAt = 0;
  redraw();
}).observe(document.body);
find('#fit').addEventListener('click', () => chart.fit());
find('#in').addEventListener('click', () => chart.zoom(1 / 1.2));
find('#out').addEventListener('click', () => chart.zoom(1.2));
find('#filter').addEventListener('input', filter);
for (const id of ['#who', '#which']) find(id).addEventListener('change', filter);
find('#span').addEventListener('change', () => show('charts'));
find('#charts-panel').addEventListener('click', (event) => {
  const panel = find('#charts-panel');
  const { from, to, left, right } = scale(Math.max(320, panel.clientWidth - 2));
  const share = (event.clientX - panel.getBoundingClientRect().left + panel.scrollLeft - left) / (right - left);
  if (share >= 0 && share <= 1) goTo(model.indexAt(from + share * (to - from)));
});
for (const [index, name] of tabs.entries()) {
  find(`#${name}-tab`).addEventListener('click', () => show(name));
  find(`#${name}-tab`).addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = tabs[(index + step + tabs.length) % tabs.length]!;
    show(next);
    find(`#${next}-tab`).focus();
  });
}
// Time goes on without events; a hidden page draws nothing.
setInterval(() => {
  if (document.hidden || !model.live || model.position !== undefined) return;
  drawSubject();
  tree.show(model.moment(), model.selected, model.time());
  if (tab === 'charts') drawCharts();
}, beat);
vscode.postMessage({ type: 'ready' });
