import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, InspectionEvent } from 'xstate';

/** All state nodes of a machine, the root first. */
export function stateNodes(machine: AnyStateMachine): AnyStateNode[] {
  const all: AnyStateNode[] = [];
  const visit = (node: AnyStateNode): void => {
    all.push(node);
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root);
  return all;
}

/** Every transition written in the chart, `always` and `after` included, with a name for people. */
export function transitionsOf(machine: AnyStateMachine): Map<AnyTransitionDefinition, string> {
  const named = new Map<AnyTransitionDefinition, string>();
  for (const node of stateNodes(machine)) {
    const groups = [...node.transitions].map(([event, transitions]) => ({ event, transitions }));
    if (node.always !== undefined) groups.push({ event: 'always', transitions: node.always });
    for (const { event, transitions } of groups) {
      transitions.forEach((transition, index) => {
        const targets = (transition.target ?? []).map(({ id }) => id).join(', ');
        named.set(transition, `${node.id} --${event}${transitions.length > 1 ? ` #${index + 1}` : ''}--> ${targets === '' ? '(stays)' : targets}`);
      });
    }
  }
  return named;
}

type Scope = Parameters<AnyStateMachine['getInitialSnapshot']>[0];
type Microstep = Extract<InspectionEvent, { type: '@xstate.microstep' }>;

/**
 * Which transitions of a machine its live actors have taken, whoever started them.
 *
 * Measured inside the implementation: while watching, every actor system in which an actor of the
 * machine starts gets an inspector, before the actor's first microstep. The product is not changed for it.
 */
export class TransitionCoverage {
  readonly machine: AnyStateMachine;
  readonly #names: ReadonlyMap<AnyTransitionDefinition, string>;
  readonly #taken = new Set<AnyTransitionDefinition>();
  readonly #systems = new WeakSet<object>();

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.#names = transitionsOf(machine);
  }

  /** Watches the actors that start from now on. @returns what ends it */
  watch(): () => void {
    const { machine } = this;
    const original = machine.getInitialSnapshot;
    machine.getInitialSnapshot = (scope: Scope, input?: unknown) => {
      const { system } = scope;
      if (!this.#systems.has(system)) {
        this.#systems.add(system);
        system.inspect((event) => {
          if (event.type === '@xstate.microstep') this.#note(event);
        });
      }
      return original.call(machine, scope, input as never);
    };
    return () => {
      // The original is the prototype's: an own property would go on shadowing it.
      Reflect.deleteProperty(machine, 'getInitialSnapshot');
    };
  }

  get total(): number {
    return this.#names.size;
  }

  get taken(): number {
    return this.#taken.size;
  }

  missing(): string[] {
    return [...this.#names].filter(([transition]) => !this.#taken.has(transition)).map(([, name]) => name);
  }

  toString(): string {
    return `${this.machine.id}: ${this.taken}/${this.total} transitions`;
  }

  #note({ _transitions: transitions }: Microstep): void {
    for (const transition of transitions) {
      if (this.#names.has(transition)) this.#taken.add(transition);
    }
  }
}
