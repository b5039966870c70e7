import type { ActorState, Moment } from '../inspect/history.ts';
import { h, shortName } from './dom.ts';

/** The tree of actors: one branch a service, keyboard operated as a WAI-ARIA tree. */
export function renderTree(container: HTMLElement, moment: Moment, selected: string | undefined, select: (actor: string) => void): void {
  const focused = container.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['actor'] : undefined;
  const actors = [...moment.values()].filter(({ stopped }) => !stopped);
  const roots = actors.filter(({ parent }) => parent === undefined);
  const item = (state: ActorState, level: number): HTMLElement => {
    const label = level === 1 ? state.service : shortName(state.name);
    const children = actors.filter(({ parent }) => parent === state.actor);
    return h('li', { role: 'none' },
      h('button', {
        'role': 'treeitem', 'aria-level': level, 'aria-selected': state.actor === selected ? 'true' : 'false', 'data-actor': state.actor,
        'tabindex': state.actor === selected ? 0 : -1, 'class': `actor ${tone(state)}`, 'title': state.states.join('\n'),
        'click': () => select(state.actor),
      }, h('span', { class: 'dot' }), h('span', { class: 'name' }, label), h('span', { class: 'state' }, leaves(state))),
      children.length === 0 ? undefined : h('ul', { role: 'group' }, ...children.map((child) => item(child, level + 1))));
  };
  container.replaceChildren(...roots.map((root) => item(root, 1)));
  if (focused !== undefined) container.querySelector<HTMLElement>(`[data-actor="${CSS.escape(focused)}"]`)?.focus();
}

/** Arrow keys, Home and End move in the tree. */
export function treeKeys(container: HTMLElement): void {
  container.addEventListener('keydown', (event) => {
    const items = [...container.querySelectorAll<HTMLElement>('[role=treeitem]')];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items[Math.min(Math.max(next, 0), items.length - 1)]?.focus();
  });
}

/** The innermost active states. */
export function leaves({ states }: ActorState): string {
  return states
    .filter((id) => !states.some((other) => other.startsWith(`${id}.`)))
    .map((id) => id.split('.').slice(1).join('.') || id)
    .join(' · ');
}

function tone({ machine, states }: ActorState): 'good' | 'warn' | 'bad' {
  const has = (part: string): boolean => states.some((id) => id === `${machine}.${part}`);
  if (has('OPEN') || has('health.unhealthy') || has('phase.givenUp')) return 'bad';
  return has('HALF_OPEN') || has('health.degraded') || has('degraded') || has('paused') || has('backoff') ? 'warn' : 'good';
}
