import type { AnyMachineSnapshot } from 'xstate';
import type { ActorState } from '../../src/inspect/history.ts';
import { Recorder, type InspectedActor } from '../../src/inspect/recorder.ts';
import { plainMembers, type InspectorRecord, type Plain } from '../../src/inspect/records.ts';
import { Replay, same, text } from './replay.ts';

/** An actor as it was. */
type Seen = Pick<ActorState, 'states' | 'context'>;

/**
 * Records the actors of a service, plays each record through the machines, and compares each moment that would be shown
 * with what the actors were: records come when they are at rest.
 */
export class Witness {
  readonly recorder: Recorder;
  readonly #replay = new Replay();
  readonly #problems: string[] = [];
  readonly #supervisor: InspectedActor;
  readonly #attached: { dispose(): void };
  readonly #contexts = new WeakMap<object, Readonly<Record<string, Plain>>>();
  #seen: ReadonlyMap<string, Seen> | undefined;

  /**
   * @param now a clock that is not put back, in milliseconds
   * @param capacity records that its recorder keeps
   */
  constructor(supervisor: InspectedActor, now: () => number, capacity = 1_000) {
    this.#supervisor = supervisor;
    this.recorder = new Recorder(capacity, now);
    this.recorder.onRecord((record) => {
      // A recorder leaves out a listener that throws.
      try {
        this.#onRecord(record);
      } catch (error) {
        this.#problems.push(`record ${record.number}: ${String(error)}`);
      }
    });
    this.#attached = this.recorder.attach('service', supervisor);
  }

  /** Looks at the last step as well, and follows no more. @returns what was wrong, the first few */
  end(): readonly string[] {
    this.#compare();
    this.#seen = undefined;
    this.#attached.dispose();
    if (this.recorder.history.length < 2) this.#problems.push('nothing was recorded');
    return [...this.#replay.problems, ...this.#problems].slice(0, 5);
  }

  #onRecord(record: InspectorRecord): void {
    if (record.cause === undefined) {
      this.#compare();
      this.#seen = this.#look();
    }
    this.#replay.add(record);
  }

  #look(): Map<string, Seen> {
    const seen = new Map<string, Seen>();
    const look = (actor: InspectedActor): void => {
      const { status, context, children, _nodes } = actor.getSnapshot() as AnyMachineSnapshot;
      if (status !== 'active') return;
      seen.set(`service/${actor.sessionId}`, { states: _nodes.map(({ id }) => id), context: this.#plain(context as object) });
      for (const child of Object.values<unknown>(children)) if (child !== undefined) look(child as InspectedActor);
    };
    look(this.#supervisor);
    // Writes are no children: they have a name in the system.
    for (const actor of Object.values(this.#supervisor.system.getAll?.() ?? {})) if (actor !== undefined) look(actor);
    return seen;
  }

  #plain(context: object): Readonly<Record<string, Plain>> {
    const known = this.#contexts.get(context) ?? plainMembers(context);
    this.#contexts.set(context, known);
    return known;
  }

  /** What is shown after a step, with what was seen at its end. */
  #compare(): void {
    if (this.#seen === undefined) return;
    const { moment } = this.#replay;
    const shown = [...moment.values()].filter(({ stopped }) => !stopped);
    for (const { actor, name } of shown) if (!this.#seen.has(actor)) this.#problems.push(`${name} is shown, and has ended`);
    for (const [actor, { states, context }] of this.#seen) {
      const is = moment.get(actor);
      if (is === undefined || is.stopped) this.#problems.push(`${actor} runs, and is not shown`);
      else if (!same(is.states, states)) this.#problems.push(`${is.name} is shown in ${text(is.states)}, and is in ${text(states)}`);
      else {
        for (const member of new Set([...Object.keys(is.context), ...Object.keys(context)])) {
          if (!same(is.context[member] ?? null, context[member] ?? null)) this.#problems.push(`"${member}" of ${is.name} is shown as ${text(is.context[member])}, and is ${text(context[member])}`);
        }
      }
    }
    // What has ended is not needed any more.
    for (const { actor, stopped } of [...moment.values()]) if (stopped) moment.delete(actor);
  }
}
