import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import type { Clock } from '../clock.ts';

/** Since when an actor runs, in milliseconds since the Unix epoch. */
export interface ActorTimes {
  readonly began: number;
  /** When each active state was entered, by the ids of states. */
  readonly entered: Readonly<Record<string, number>>;
}

/** Notes when actors begin and enter states, for who looks at them later. An event that enters no state costs one comparison. */
export class ActorTimesNotes {
  readonly #clock: Clock;
  readonly #times = new WeakMap<object, ActorTimes>();
  #children: object | undefined;

  constructor(clock: Clock, supervisor: AnyActorRef) {
    this.#clock = clock;
    this.follow(supervisor);
    supervisor.subscribe({
      next: ({ children }: AnyMachineSnapshot) => {
        if (children === this.#children) return;
        this.#children = children;
        for (const child of Object.values<AnyActorRef | undefined>(children)) {
          if (child !== undefined && !this.#times.has(child)) this.follow(child);
        }
      },
      error() {},
    });
  }

  get(actor: object): ActorTimes | undefined {
    return this.#times.get(actor);
  }

  /** Children of the supervisor are followed by themselves. */
  follow(actor: AnyActorRef): void {
    let nodes: AnyMachineSnapshot['_nodes'] | undefined;
    const began = this.#clock.wallTime();
    const note = (snapshot: AnyMachineSnapshot): void => {
      if (snapshot._nodes === nodes) return;
      nodes = snapshot._nodes;
      const now = this.#clock.wallTime();
      const before = this.#times.get(actor)?.entered ?? {};
      this.#times.set(actor, { began, entered: Object.fromEntries(nodes.map(({ id }) => [id, before[id] ?? now])) });
    };
    note(actor.getSnapshot() as AnyMachineSnapshot);
    actor.subscribe({ next: note, error() {} });
  }
}
