import type { ActorState, Moment } from '../inspect/history.ts';
import { duration, h, shortName } from './dom.ts';
import { VirtualList } from './virtual-list.ts';

const rowHeight = 38;

interface Branch {
  readonly state: ActorState;
  readonly level: number;
  readonly children: number;
}

/** The tree of actors: one branch a service, keyboard operated as a WAI-ARIA tree. */
export class ActorTree {
  readonly #list: VirtualList;
  readonly #select: (actor: string) => void;
  readonly #folded = new Set<string>();
  #branches: Branch[] = [];
  #current = -1;
  #now = 0;
  #moment: Moment = new Map();

  constructor(container: HTMLElement, select: (actor: string) => void) {
    this.#select = select;
    this.#list = new VirtualList(container, rowHeight, (index) => this.#row(this.#branches[index]!));
    container.addEventListener('keydown', (event) => this.#onKey(event));
    // Rows are drawn anew all the time: what was pressed may not be there any more when it is let go.
    container.addEventListener('pointerdown', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-actor]');
      if (row === null) return;
      const actor = row.dataset['actor']!;
      if ((event.target as Element).closest('.fold') !== null) this.#fold(actor, !this.#folded.has(actor));
      else this.#select(actor);
    });
  }

  /** How many actors are listed. */
  get length(): number {
    return this.#branches.length;
  }

  show(moment: Moment, selected: string | undefined, now: number): void {
    this.#moment = moment;
    this.#now = now;
    const before = this.#branches[this.#current]?.state.actor;
    this.#branches = branchesOf(moment, this.#folded);
    this.#current = this.#branches.findIndex(({ state }) => state.actor === selected);
    this.#list.show(this.#branches.length, this.#current);
    if (this.#current >= 0 && before !== selected) this.#list.reveal(this.#current);
  }

  #row({ state, level, children }: Branch): HTMLElement {
    const row = h('div', { 'role': 'treeitem', 'class': `actor level-${level} ${tone(state)}`, 'aria-level': level, 'data-actor': state.actor, 'title': state.states.join('\n') },
      h('span', { 'class': 'fold', 'aria-hidden': 'true' }, children === 0 ? '' : this.#folded.has(state.actor) ? '▸' : '▾'),
      h('span', { class: 'dot' }),
      h('span', { class: 'name' }, level === 1 && state.name === 'supervisor' ? state.service : shortName(state.name)),
      h('span', { class: 'since' }, duration(Math.max(0, this.#now - state.since), true)),
      h('span', { class: 'state' }, leaves(state)));
    if (children > 0) row.setAttribute('aria-expanded', String(!this.#folded.has(state.actor)));
    return row;
  }

  #fold(actor: string, folded: boolean): void {
    if (folded) this.#folded.add(actor);
    else this.#folded.delete(actor);
    this.show(this.#moment, this.#branches[this.#current]?.state.actor, this.#now);
  }

  /** At once: the next key may come before the next frame. */
  #choose(index: number): void {
    const branch = this.#branches[index];
    if (branch === undefined) return;
    this.#current = index;
    this.#list.reveal(index);
    this.#select(branch.state.actor);
  }

  #onKey(event: KeyboardEvent): void {
    const current = this.#branches[this.#current];
    const last = this.#branches.length - 1;
    const next = { ArrowDown: this.#current + 1, ArrowUp: this.#current - 1, Home: 0, End: last, PageDown: this.#current + this.#list.page, PageUp: this.#current - this.#list.page }[event.key];
    if (next !== undefined) this.#choose(Math.min(Math.max(next, 0), last));
    else if (event.key === 'ArrowLeft' && current !== undefined) {
      if (current.children > 0 && !this.#folded.has(current.state.actor)) this.#fold(current.state.actor, true);
      else if (current.state.parent !== undefined) this.#choose(this.#branches.findIndex(({ state }) => state.actor === current.state.parent));
    } else if (event.key === 'ArrowRight' && current !== undefined) this.#fold(current.state.actor, false);
    else return;
    event.preventDefault();
  }
}

/** The actors that run, each after its parent, without what is folded away. */
function branchesOf(moment: Moment, folded: ReadonlySet<string>): Branch[] {
  const children = new Map<string | undefined, ActorState[]>();
  for (const state of moment.values()) {
    if (state.stopped) continue;
    // Whoever has lost the parent is not lost with it.
    const parent = state.parent === undefined || moment.get(state.parent)?.stopped !== false ? undefined : state.parent;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [state]);
    else siblings.push(state);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => rank(a) - rank(b));
  const branches: Branch[] = [];
  const walk = (parent: string | undefined, level: number): void => {
    for (const state of children.get(parent) ?? []) {
      branches.push({ state, level, children: children.get(state.actor)?.length ?? 0 });
      if (!folded.has(state.actor)) walk(state.actor, level + 1);
    }
  };
  walk(undefined, 1);
  return branches;
}

/** Of many writes, those that are only watched come last. */
function rank({ machine, states }: ActorState): number {
  return machine !== 'write' ? 0 : states.includes('write.unconfirmed') ? 2 : 1;
}

/** The innermost active states. */
export function leaves({ states }: ActorState): string {
  return states
    .filter((id) => !states.some((other) => other.startsWith(`${id}.`)))
    .map((id) => id.split('.').slice(1).join('.') || id)
    .join(' · ');
}

export function tone({ machine, states }: ActorState): 'good' | 'warn' | 'bad' {
  const has = (part: string): boolean => states.some((id) => id === `${machine}.${part}`);
  if (has('OPEN') || has('health.unhealthy') || has('phase.givenUp')) return 'bad';
  return has('HALF_OPEN') || has('health.degraded') || has('degraded') || has('paused') || has('backoff') ? 'warn' : 'good';
}
