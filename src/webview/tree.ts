import type { ActorState, Moment } from '../inspect/history.ts';
import { fill, h, shortName } from './dom.ts';

/** The tree of actors: one branch a service, keyboard operated as a WAI-ARIA tree. */
export function renderTree(container: HTMLElement, moment: Moment, selected: string | undefined, select: (actor: string) => void): void {
  const actors = [...moment.values()].filter(({ stopped }) => !stopped);
  const childrenOf = (parent: string | undefined): ActorState[] => actors.filter((each) => each.parent === parent);
  const item = (state: ActorState, level: number): HTMLElement => {
    const children = childrenOf(state.actor);
    return h('li', { role: 'none' },
      h('button', { 'role': 'treeitem', 'aria-level': level, 'data-actor': state.actor, 'click': () => select(state.actor) },
        h('span', { class: 'dot' }), h('span', { class: 'name' }, level === 1 ? state.service : shortName(state.name)), h('span', { class: 'state' })),
      children.length === 0 ? undefined : h('ul', { role: 'group' }, ...children.map((child) => item(child, level + 1))));
  };
  const focused = container.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['actor'] : undefined;
  fill(container, actors.map(({ actor, parent }) => `${actor} ${parent ?? ''}`).join('\n'), () => childrenOf(undefined).map((root) => item(root, 1)));
  for (const button of container.querySelectorAll<HTMLElement>('[role=treeitem]')) {
    const state = moment.get(button.dataset['actor']!)!;
    const isSelected = state.actor === selected;
    button.className = `actor ${tone(state)}`;
    button.title = state.states.join('\n');
    button.tabIndex = isSelected ? 0 : -1;
    button.setAttribute('aria-selected', String(isSelected));
    button.querySelector('.state')!.textContent = leaves(state);
    if (state.actor === focused && document.activeElement !== button) button.focus();
  }
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
