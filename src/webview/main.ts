import layouts from '../inspect/layouts.json' with { type: 'json' };
import type { Layout } from '../inspect/layout.ts';
import type { FromPage, PossibleEvent, ToPage } from '../inspect/protocol.ts';
import { bandsSvg } from './bands.ts';
import { ChartView } from './chart-view.ts';
import { clock, duration, fill, find, h, shortName } from './dom.ts';
import { EventLog } from './log.ts';
import { Model } from './model.ts';
import { sequenceSvg } from './sequence.ts';
import { leaves, renderTree, treeKeys } from './tree.ts';

/** The inspector's page. It draws at most once a frame, whatever arrives. */

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };
const vscode = acquireVsCodeApi();

const model = new Model();
const chart = new ChartView(find('#chart'), layouts as unknown as Readonly<Record<string, Layout>>, find('#follow'));
const log = new EventLog(find('#log'), model, (index) => goTo(index));
let possible: readonly PossibleEvent[] = [];
let faults: { readonly injectable: readonly string[]; readonly injected: string | undefined } = { injectable: [], injected: undefined };
let tab: 'log' | 'sequence' | 'bands' = 'log';
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
  const moment = model.moment();
  const state = model.selected === undefined ? undefined : moment.get(model.selected);
  renderTree(find('#tree'), moment, model.selected, select);
  chart.show(state);
  chart.tick(state, model.time());
  drawDetails();
  drawButtons();
  drawFaults();
  const slider = find<HTMLInputElement>('#slider');
  slider.max = String(Math.max(0, model.records.length - 1));
  slider.value = String(model.position ?? model.records.length - 1);
  const record = model.records[model.position ?? model.records.length - 1];
  find('#when').textContent = record === undefined ? '' : `${model.position === undefined && model.live ? 'live' : clock(record.time)} · ${(model.position ?? model.records.length - 1) + 1} of ${model.records.length}`;
  find<HTMLButtonElement>('#live').setAttribute('aria-pressed', String(model.live && model.position === undefined));
  find('#title').textContent = model.title;
  for (const name of ['log', 'sequence', 'bands'] as const) {
    find(`#${name}-panel`).hidden = name !== tab;
    find(`#${name}-tab`).setAttribute('aria-selected', String(name === tab));
  }
  if (tab === 'log') log.update();
  else find(`#${tab}-panel`).replaceChildren(svg(tab === 'sequence' ? sequenceSvg(model) : bandsSvg(model)));
}

function svg(text: string): Node {
  return document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
}

function drawDetails(): void {
  const state = model.selected === undefined ? undefined : model.moment().get(model.selected);
  if (state === undefined) {
    find('#details').replaceChildren();
    return;
  }
  const record = model.position === undefined ? undefined : model.records[model.position];
  const changed = record?.kind === 'event' && record.actor === state.actor ? record.changed ?? {} : {};
  find('#details').replaceChildren(
    h('h2', { title: state.name }, shortName(state.name)),
    h('p', { class: 'now' }, h('strong', {}, leaves(state)), ` for ${duration(Math.max(0, model.time() - state.since))}`),
    h('table', {}, h('tbody', {}, ...Object.entries(state.context).map(([name, value]) => (
      h('tr', { class: name in changed ? 'changed' : undefined }, h('th', { scope: 'row' }, name), h('td', {}, typeof value === 'string' ? value : JSON.stringify(value)))
    )))),
  );
}

function drawButtons(): void {
  const live = model.live && model.position === undefined;
  fill(find('#possible'), JSON.stringify([live, model.live, model.selected, possible]), () => {
    if (!live) return [h('span', {}, model.live ? 'Go back to live to send events.' : 'A recording: nothing can be sent.')];
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
    h('span', {}, 'Writes:'),
    h('button', { 'class': 'fault', 'aria-pressed': String(shown.injected === undefined), 'click': inject(undefined) }, 'work'),
    ...shown.injectable.map((fault) => h('button', { 'class': 'fault', 'aria-pressed': String(shown.injected === fault), 'click': inject(fault) }, fault)),
  ]));
}

function select(actor: string): void {
  model.selected = actor;
  possible = [];
  vscode.postMessage({ type: 'select', actor });
  if (find<HTMLInputElement>('#only').checked) filter();
  redraw();
}

function goTo(index: number | undefined): void {
  model.position = index === undefined || index >= model.records.length - 1 ? undefined : index;
  redraw();
}

function filter(): void {
  log.filter(find<HTMLInputElement>('#filter').value, find<HTMLInputElement>('#only').checked);
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'start':
      model.start(data.base, data.records, data.live, data.title);
      log.reset();
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

treeKeys(find('#tree'));
find('#slider').addEventListener('input', (event) => goTo(Number((event.target as HTMLInputElement).value)));
find('#live').addEventListener('click', () => (model.live ? goTo(undefined) : vscode.postMessage({ type: 'live' })));
find('#export').addEventListener('click', () => vscode.postMessage({ type: 'export' }));
find('#import').addEventListener('click', () => vscode.postMessage({ type: 'import' }));
find('#follow').addEventListener('click', (event) => {
  chart.follow((event.currentTarget as HTMLElement).getAttribute('aria-pressed') !== 'true');
  redraw();
});
window.addEventListener('resize', redraw);
find('#fit').addEventListener('click', () => chart.fit());
find('#in').addEventListener('click', () => chart.zoom(1 / 1.2));
find('#out').addEventListener('click', () => chart.zoom(1.2));
find('#filter').addEventListener('input', filter);
find('#only').addEventListener('change', filter);
for (const name of ['log', 'sequence', 'bands'] as const) {
  find(`#${name}-tab`).addEventListener('click', () => {
    tab = name;
    redraw();
  });
}
// The time that is left on delays, and the time in a state, go on without events; a hidden page draws nothing.
setInterval(() => {
  if (document.hidden || !model.live || model.position !== undefined) return;
  const state = model.selected === undefined ? undefined : model.moment().get(model.selected);
  chart.tick(state, Date.now());
  drawDetails();
}, 250);
vscode.postMessage({ type: 'ready' });
