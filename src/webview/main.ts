import layouts from '../inspect/layouts.json' with { type: 'json' };
import type { Layout } from '../inspect/layout.ts';
import type { FromPage, ToPage } from '../inspect/protocol.ts';
import { ChartView } from './chart-view.ts';
import { chartsSvg, scaleOf } from './charts.ts';
import { drawDetails } from './details.ts';
import { clock, duration, fill, find, h, shortName, svgNode } from './dom.ts';
import { Drive } from './drive.ts';
import { EventLog } from './log.ts';
import { Model } from './model.ts';
import { sequenceSvg } from './sequence.ts';
import { t } from './texts.ts';
import { drawTrack } from './track.ts';
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
let trimmed = 0;
const chart = new ChartView(find('#chart'), layouts as unknown as Readonly<Record<string, Layout>>, find('#follow'));
const log = new EventLog(find('#log'), model, (index) => {
  const actor = model.records[index]?.actor;
  goTo(index);
  if (actor !== undefined) select(actor);
});
const tree = new ActorTree(find('#tree'), (actor) => select(actor));
const drive = new Drive(model, (message) => vscode.postMessage(message));
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
  empty('#tree', '#nobody', tree.length === 0 ? t('No service is registered. Extensions that use Holdfast register theirs when they start.') : '');
  chart.show(state);
  drawSubject();
  drive.draw();
  const slider = find<HTMLInputElement>('#slider');
  slider.max = String(Math.max(0, records.length - 1));
  slider.value = String(last);
  readTrends();
  drawTrack(find('#track'), model, trends);
  const record = records[last];
  const when = record === undefined ? t('nothing recorded') : t('{0} · {1} of {2}', position === undefined && live ? t('live') : clock(record.time), last + 1, records.length);
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
    empty('#log', '#nothing', log.length > 0 || more ? '' : records.length === 0 ? t('Nothing has happened yet.') : t('No event passes the filter.'));
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
  find('#subject-since').textContent = state === undefined ? '' : t('for {0}', duration(Math.max(0, model.time() - state.since), true));
  drawDetails(find('#details'), model, state);
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
  options('#who', [['', t('All actors')], ['selected', t('Selected actor')]], actors.map(({ actor, name, parent, service }) => [actor, parent === undefined ? service : shortName(name)]));
  options('#which', [['', t('All events')]], [...log.types].sort().map((type) => [type, type]));
}

function drawSequence(): void {
  const panel = find('#sequence-panel');
  const records = log.recent(sequenceLength);
  const { forgotten, last, position, selected } = model;
  const atEnd = panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 30;
  fill(panel, [forgotten + last, position, selected, records.length, records[0]?.number].join(), () => {
    const drawn = sequenceSvg(model, records);
    if (drawn === undefined) return [h('p', { class: 'empty' }, t('No message has been sent yet, or none passes the filter.'))];
    return [h('div', { class: 'sequence-head' }, svgNode(drawn.head)), svgNode(drawn.body)];
  });
  if (atEnd || position !== undefined) panel.scrollTop = panel.scrollHeight;
}

/** Takes new records into the trends. */
function readTrends(): void {
  for (const end = model.forgotten + model.records.length; trended < end; trended++) trends.add(model.records[Math.max(0, trended - model.forgotten)]!);
  if (model.forgotten !== trimmed) trends.forget(model.records[0]!.time);
  trimmed = model.forgotten;
}

let drawnAt = 0;
function drawCharts(): void {
  const panel = find('#charts-panel');
  const now = performance.now();
  if (model.position === undefined && now - drawnAt < beat && panel.hasChildNodes()) return;
  drawnAt = now;
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
    drive.possible = [];
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
      if (data.actor === model.selected) drive.possible = data.events;
      break;
    case 'faults':
      drive.faults = data;
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
