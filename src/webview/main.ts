import layouts from '../inspect/layouts.json' with { type: 'json' };
import type { Layout } from '../inspect/layout.ts';
import type { FromPage, ToPage } from '../inspect/protocol.ts';
import { ChartView } from './chart-view.ts';
import { drawDetails } from './details.ts';
import { clock, duration, find, shortName } from './dom.ts';
import { Drive } from './drive.ts';
import { Model } from './model.ts';
import { splitPanes } from './panes.ts';
import { t } from './texts.ts';
import { drawTrack } from './track.ts';
import { ActorTree, leaves, tone } from './tree.ts';
import { empty, Views } from './views.ts';

/** The inspector's page. It draws at most once a frame, whatever arrives. */

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; getState(): unknown; setState(state: unknown): void };
const vscode = acquireVsCodeApi();

/** What goes on by itself is drawn so often, in milliseconds. */
const beat = 250;

const model = new Model();
const chart = new ChartView(find('#chart'), layouts as unknown as Readonly<Record<string, Layout>>, find('#follow'));
const views = new Views(model, { redraw, goTo, select });
const tree = new ActorTree(find('#tree'), (actor) => select(actor));
const drive = new Drive(model, (message) => vscode.postMessage(message));
const describePanes = splitPanes(vscode);
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
  const more = views.read();
  const moment = model.moment();
  tree.show(moment, model.selected, model.time());
  empty('#tree', '#nobody', tree.length === 0 ? t('No service is registered. Extensions that use Holdfast register theirs when they start.') : '');
  chart.show(model.selected === undefined ? undefined : moment.get(model.selected));
  drawSubject();
  drive.draw();
  drawTime();
  views.draw(more);
  if (more) redraw();
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

/** Which moment is shown, among all. */
function drawTime(): void {
  const { position, live, records, last, steps } = model;
  const step = steps.of(last);
  const slider = find<HTMLInputElement>('#slider');
  slider.max = String(Math.max(0, steps.count - 1));
  slider.value = String(step);
  drawTrack(find('#track'), model, views.trends);
  const record = records[last];
  const when = record === undefined ? t('nothing recorded') : t('{0} · {1} of {2}', position === undefined && live ? t('live') : clock(record.time), step + 1, steps.count);
  slider.setAttribute('aria-valuetext', when);
  find('#when').textContent = when;
  find('#live').setAttribute('aria-pressed', String(live && position === undefined));
  find('#title').textContent = model.title;
  document.body.classList.toggle('past', position !== undefined || !live);
}

function select(actor: string): void {
  if (actor === '') return;
  if (model.selected !== actor) {
    model.selected = actor;
    drive.possible = [];
    vscode.postMessage({ type: 'select', actor });
    views.onSelect();
  }
  redraw();
}

function goTo(index: number | undefined): void {
  model.position = index === undefined || index >= model.records.length - 1 ? undefined : Math.max(0, index);
  views.onMoment();
  redraw();
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'start':
      model.start(data.base, data.records, data.live, data.title);
      views.reset();
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

find('#slider').addEventListener('input', (event) => goTo(model.steps.end(Number((event.target as HTMLInputElement).value))));
find('#live').addEventListener('click', () => (model.live ? goTo(undefined) : vscode.postMessage({ type: 'live' })));
find('#export').addEventListener('click', () => vscode.postMessage({ type: 'export' }));
find('#import').addEventListener('click', () => vscode.postMessage({ type: 'import' }));
find('#follow').addEventListener('click', (event) => {
  chart.follow((event.currentTarget as HTMLElement).getAttribute('aria-pressed') !== 'true');
  redraw();
});
find('#fit').addEventListener('click', () => chart.fit());
find('#in').addEventListener('click', () => chart.zoom(1 / 1.2));
find('#out').addEventListener('click', () => chart.zoom(1.2));
const panes = new ResizeObserver(() => {
  chart.refresh();
  views.refresh();
  describePanes();
  redraw();
});
for (const pane of [document.body, find('#chart')]) panes.observe(pane);
// Time goes on without events; a hidden page draws nothing.
setInterval(() => {
  if (document.hidden || !model.live || model.position !== undefined) return;
  drawSubject();
  tree.show(model.moment(), model.selected, model.time());
  views.tick();
}, beat);
vscode.postMessage({ type: 'ready' });
