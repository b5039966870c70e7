import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A machine as a picture needs it: plain data, without functions. */
export interface Chart {
  readonly machine: string;
  readonly root: ChartState;
  readonly edges: readonly ChartEdge[];
}

export interface ChartState {
  /** XState's own id of the state node, such as `circuit-breaker.OPEN.held`. */
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly initial: boolean;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invoke: readonly string[];
  /** Transitions that stay within the state. */
  readonly internal: readonly ChartEdge[];
  readonly children: readonly ChartState[];
}

export interface ChartEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string | undefined;
  /** The event, in words: `after openFor`, `always`, `FAILURE`. */
  readonly event: string;
  readonly guard: string | undefined;
  readonly actions: readonly string[];
}

/** Everything of a machine that can be seen. */
export function chartOf(machine: AnyStateMachine): Chart {
  const edges: ChartEdge[] = [];
  const root = stateOf(machine.root, true, edges);
  return { machine: machine.id, root, edges };
}

function stateOf(node: AnyStateNode, initial: boolean, edges: ChartEdge[]): ChartState {
  const internal: ChartEdge[] = [];
  for (const transition of transitionsOf(node)) {
    const edge = edgeOf(transition);
    if (edge.target === undefined) internal.push(edge);
    else edges.push(edge);
  }
  const first = node.type === 'compound' ? node.initial.target?.[0]?.key : undefined;
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    initial,
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    invoke: node.invoke.map(({ src }) => nameOf(src)),
    internal,
    children: Object.values(node.states).map((child) => stateOf(child, child.key === first, edges)),
  };
}

/** All transitions that leave a state node, also those it takes by itself. */
export function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...node.transitions.values()].flat().concat(node.always ?? []);
}

/** The same for the transition that just fired and for the one in the picture. */
export function edgeId(transition: AnyTransitionDefinition): string {
  const { source, eventType } = transition;
  const siblings = eventType === '' ? source.always ?? [] : source.transitions.get(eventType) ?? [];
  return `${source.id}|${eventType}|${siblings.indexOf(transition)}`;
}

function edgeOf(transition: AnyTransitionDefinition): ChartEdge {
  return {
    id: edgeId(transition),
    source: transition.source.id,
    target: transition.target?.[0]?.id,
    event: eventName(transition.eventType),
    guard: transition.guard === undefined ? undefined : nameOf(transition.guard),
    actions: namesOf(transition.actions),
  };
}

/** `xstate.after.openFor.circuit-breaker.OPEN` and the like, in words. */
export function eventName(type: string): string {
  if (type === '') return 'always';
  const [, kind, rest] = /^xstate\.(after|done\.state|done\.actor|error\.actor|snapshot)\.(.+)$/.exec(type) ?? [];
  switch (kind) {
    case undefined: return type;
    case 'after': return `after ${rest!.split('.')[0]!}`;
    case 'done.state': return `${rest!} is done`;
    case 'done.actor': return `done: ${rest!}`;
    case 'error.actor': return `crash: ${rest!}`;
    default: return `${rest!} changed`;
  }
}

/** Names of actions, without the timers that XState sets behind `after`. */
export function namesOf(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !/^(xstate\.)?(raise|cancel)$/.test(name));
}

export function nameOf(thing: unknown): string {
  if (typeof thing === 'string') return thing;
  if (typeof thing === 'function') return thing.name === 'assign' || thing.name === '' ? '(inline)' : thing.name.replace(/^.*\./, '');
  return nameOf((thing as { type?: unknown } | null)?.type ?? '(unknown)');
}
