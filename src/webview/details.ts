import type { ActorState } from '../inspect/history.ts';
import type { EventRecord, Plain } from '../inspect/records.ts';
import { clock, fill, h, shortPaths } from './dom.ts';
import { brief, typeOf } from './log.ts';
import type { Model } from './model.ts';
import { t } from './texts.ts';

/** The context of an actor, and what the last event it received has changed of it. */
export function drawDetails(container: HTMLElement, model: Model, state: ActorState | undefined): void {
  const event = state === undefined ? undefined : model.lastEvent(state.actor);
  fill(container, state === undefined ? '' : [model.forgotten, model.records.length, state.actor, event?.number, state.since, JSON.stringify(state.context)].join(), () => {
    if (state === undefined) return [];
    const changed = event?.changed ?? {};
    const before = event === undefined ? {} : model.before(event);
    return [
      ...(event === undefined ? [] : lastEvent(event, model)),
      h('h2', { class: 'small' }, t('Context')),
      h('table', {}, h('tbody', {}, ...Object.entries(state.context).map(([name, value]) => (
        h('tr', { class: Object.hasOwn(changed, name) ? 'changed' : undefined }, h('th', { scope: 'row' }, name), h('td', {}, ...valueOf(name, value, changed, before)))
      )))),
      ...(Object.keys(state.context).length === 0 ? [h('p', { class: 'note' }, t('It has none.'))] : []),
    ];
  });
}

function lastEvent(event: EventRecord, model: Model): Node[] {
  return [
    h('h2', { class: 'small' }, t('Last event')),
    h('p', { class: 'last' }, h('strong', {}, typeOf(event)), h('span', { class: 'note' }, ` ${t('from {0}, {1}', model.name(event.sender), clock(event.time))}`)),
    ...Object.entries(event.data).map(([name, value]) => h('p', { class: 'datum' }, h('span', { class: 'note' }, `${name} `), brief(value))),
  ];
}

function valueOf(name: string, value: Plain, changed: object, before: Readonly<Record<string, Plain>>): (Node | string)[] {
  const text = shortPaths(typeof value === 'string' ? value : JSON.stringify(value, undefined, 1));
  if (!Object.hasOwn(changed, name) || !Object.hasOwn(before, name)) return [text];
  return [h('del', {}, brief(before[name]!)), ' ', h('ins', {}, text)];
}
