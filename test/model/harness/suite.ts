import { expect } from 'chai';
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { TestModel } from 'xstate/graph';
import { TransitionCoverage, stateNodes } from './coverage.ts';

/** One way to start a machine: its paths are generated, and run, on their own. */
export interface Variant {
  readonly name: string;
  /** The machine's input. */
  readonly input: unknown;
}

/** One path on its way through the real implementation. */
export interface Run {
  /**
   * How each event of the machine is brought about through the public API. `next` is the event after
   * it on the path: what the implementation does in one go must be prepared before.
   */
  readonly events: Readonly<Record<string, (event: never, next: EventObject | undefined) => unknown>>;
  /** What the public API must show in each state, by the state node's id. */
  readonly states: Readonly<Record<string, () => unknown>>;
  /** Compares everything that can be seen with what the oracle says; after every step. */
  check(): Promise<void> | void;
  /** Lets all time pass, then disposes: nothing more may happen than the oracle says, and nothing may be left. */
  finish(): Promise<void>;
}

/** What is needed to generate the paths of one machine and to run them. */
export interface MachineModel<V extends Variant> {
  readonly machine: AnyStateMachine;
  /**
   * All that follows from an event at once, itself included, in order; default: itself alone. A step of
   * a path is as long as what the implementation does in one go.
   */
  expand?(snapshot: AnyMachineSnapshot, event: EventObject): readonly EventObject[];
  /** The machine as the paths are made from; default: `machine`. It must have the same states. */
  readonly pathMachine?: AnyStateMachine;
  readonly variants: readonly V[];
  /** The events worth sending in a state, timers that are due next included. */
  events(snapshot: AnyMachineSnapshot, variant: V): readonly EventObject[];
  /** What of a state tells it from others: context is clamped here, or the traversal would not end. */
  key(snapshot: AnyMachineSnapshot, variant: V): string;
  /** What of an event tells it from others. Default: all of it. */
  eventKey?(event: EventObject): string;
  start(variant: V): Promise<Run>;
  /** Transient states, passed through at once: the snapshot at rest is never in them. */
  readonly transient?: readonly string[];
}

/**
 * The shortest paths that together take every edge between two states of the model: a state is told
 * from others by itself, the event that led to it, and the state before. (Plain shortest paths reach
 * each state once, and leave most transitions out.)
 */
function pathsOf<V extends Variant>(model: MachineModel<V>, variant: V) {
  const eventKey = model.eventKey ?? JSON.stringify;
  const machine = model.pathMachine ?? model.machine;
  const logic = Object.create(machine, {
    transition: {
      value: (state: AnyMachineSnapshot, event: EventObject, scope: never) =>
        (model.expand?.(state, event) ?? [event]).reduce((at, each) => machine.transition(at, each, scope), state),
    },
  }) as AnyStateMachine;
  const test = new TestModel<AnyMachineSnapshot, EventObject, unknown>(logic as never, {
    input: variant.input,
    events: (snapshot: AnyMachineSnapshot) => (snapshot.status === 'active' ? model.events(snapshot, variant) : []),
    serializeState: (state: AnyMachineSnapshot, event?: EventObject, before?: AnyMachineSnapshot) =>
      [model.key(state, variant), event === undefined ? '' : eventKey(event), before === undefined ? '' : model.key(before, variant)].join(' <- '),
    stateMatcher: (state: AnyMachineSnapshot, id: string) => state._nodes.some((node) => node.id === id),
    limit: 100_000,
  } as never);
  return test.getShortestPaths();
}

/** The mocha suite of one machine: paths, completeness, coverage. */
export function describeMachine<V extends Variant>(model: MachineModel<V>): void {
  const { machine } = model;
  const coverage = new TransitionCoverage(machine);
  const transient = new Set(model.transient ?? []);

  describe(`model: ${machine.id}`, () => {
    const asserted = new Set<string>();
    let ran = 0;

    for (const variant of model.variants) {
      it(`behaves as the oracle says on every path: ${variant.name}`, async () => {
        ran += await runPaths(model, variant, coverage, asserted);
      });
    }

    it('has an executor for every event and an assertion for every state', async () => {
      const run = await model.start(model.variants[0]!);
      try {
        const events = stateNodes(machine).flatMap((node) => [...node.transitions.keys()]);
        const executors = Object.keys(run.events);
        for (const event of new Set(events)) {
          expect(executors.some((executor) => matches(event, executor)), `executor for ${event}`).to.equal(true);
        }
        const states = stateNodes(machine).filter((node) => node !== machine.root).map(({ id }) => id);
        expect(Object.keys(run.states), 'states with an assertion').to.include.members(states);
        expect(states.filter((id) => !asserted.has(id) && !transient.has(id)), 'states no path has stopped in').to.deep.equal([]);
      } finally {
        await run.finish();
      }
    });

    it('takes every transition in the implementation', () => {
      console.log(`      ${String(coverage)} (${ran} paths)`);
      expect(coverage.missing(), 'transitions no path has taken').to.deep.equal([]);
    });
  });
}

/** Runs every path of a variant. @returns how many there were */
export async function runPaths<V extends Variant>(model: MachineModel<V>, variant: V, coverage: TransitionCoverage, asserted: Set<string>): Promise<number> {
  const paths = pathsOf(model, variant);
  expect(paths).not.to.be.empty;
  // From here on: the pure machine that made the paths does not count.
  const unwatch = coverage.watch();
  try {
    for (const path of paths) await runPath(model, variant, path, asserted);
  } finally {
    unwatch();
  }
  return paths.length;
}

async function runPath<V extends Variant>(model: MachineModel<V>, variant: V, path: ReturnType<typeof pathsOf>[number], asserted: Set<string>): Promise<void> {
  const run = await model.start(variant);
  const events: Record<string, (step: { event: EventObject }) => Promise<void>> = {
    'xstate.init': async () => run.check(),
  };
  let steps = 0;
  for (const { event } of path.steps.slice(1)) {
    const execute = run.events[event.type];
    if (execute === undefined) throw new Error(`No executor for ${event.type}.`);
    events[event.type] = async (step) => {
      await execute(step.event as never, path.steps[++steps + 1]?.event);
      await run.check();
    };
  }
  const states = Object.fromEntries(Object.entries(run.states).map(([id, assertion]) => [id, (): void => {
    asserted.add(id);
    assertion();
  }]));
  await path.test({ events, states });
  try {
    await run.finish();
  } catch (error) {
    throw new Error(`${String(error)}\nAfter the path: ${path.description}`, { cause: error });
  }
}

/** Does an executor stand for an event descriptor of the chart, wildcards included? */
function matches(descriptor: string, executor: string): boolean {
  return descriptor.endsWith('*') ? executor.startsWith(descriptor.slice(0, -1)) : descriptor === executor;
}
