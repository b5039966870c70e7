import { createActor, type AnyActorRef, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { circuitBreaker } from '../../machines/circuit-breaker.ts';
import { configLifecycle } from '../../machines/config-lifecycle.ts';
import { recovery } from '../../machines/recovery.ts';
import { retrySequencer } from '../../machines/retry-sequencer.ts';
import { supervisor } from '../../machines/supervisor.ts';
import { write } from '../../machines/write.ts';
import { writeQueue } from '../../machines/write-queue.ts';
import { edgeId } from '../../src/inspect/chart.ts';
import { apply, type Moment } from '../../src/inspect/history.ts';
import type { InspectionEvent } from '../../src/inspect/recorder.ts';
import { plainMembers, type ActorRecord, type EventRecord, type InspectorRecord, type Plain } from '../../src/inspect/records.ts';

const nothing = (): void => undefined;
const childInputs = {
  lifecycle: () => ({ loadLimit: 1, reloadEvery: 1, drainLimit: 1, load: nothing }),
  breaker: () => ({ threshold: 5, openFor: 1, probes: 1, probeLimit: 1, restFor: 1 }),
  queue: () => ({ capacity: 1, start: nothing }),
};

/** A machine that can be stepped without effects: nothing that it starts, sends or waits for comes to pass. */
class Stepper {
  readonly machine: AnyStateMachine;
  /** An actor of it that never begins. */
  readonly self: AnyActorRef;
  readonly #scope: object;
  #transitions: string[] = [];

  constructor(machine: AnyStateMachine, input: object) {
    this.machine = machine;
    const self: AnyActorRef = createActor(machine, {
      input,
      inspect: (inspected) => {
        const { type, actorRef, _transitions = [] } = inspected as unknown as InspectionEvent;
        if (type === '@xstate.microstep' && actorRef === self as unknown) this.#transitions.push(..._transitions.map(edgeId));
      },
    });
    this.self = self;
    this.#scope = { ...(self as unknown as { _actorScope: object })._actorScope, defer: nothing, actionExecutor: nothing };
  }

  /** @throws what the machine throws */
  step(snapshot: AnyMachineSnapshot, event: { readonly type: string }): { readonly snapshot: AnyMachineSnapshot; readonly transitions: readonly string[] } {
    this.#transitions = [];
    const next = this.machine.transition(snapshot, event, this.#scope as never);
    return { snapshot: next as AnyMachineSnapshot, transitions: this.#transitions };
  }

  /** The snapshot that a record is about; what a context needs and a recording does not have is in `missing`. */
  resolve({ states, context }: ActorRecord, missing: object): AnyMachineSnapshot {
    return this.machine.resolveState({ value: valueOf(this.machine.id, states), context: { ...revived(context) as object, ...missing } }) as AnyMachineSnapshot;
  }
}

const steppers = new Map<string, Stepper>([
  [circuitBreaker, childInputs.breaker()], [configLifecycle, childInputs.lifecycle()], [writeQueue, childInputs.queue()],
  [retrySequencer, { attempts: 3, initialDelay: 1, factor: 1, maxDelay: 1, jitter: 0, random: () => 0, remaining: () => 1, run: nothing }],
  [write, { keys: [], onUserTimeout: nothing }], [recovery, { probeEvery: 1, look: nothing, letThrough: nothing }],
  [supervisor, { crashLimit: 3, crashWindow: 60_000, inputs: childInputs }],
].map(([machine, input]) => [(machine as AnyStateMachine).id, new Stepper(machine as AnyStateMachine, input as object)] as const));

interface Actor {
  readonly stepper: Stepper;
  readonly name: string;
  snapshot: AnyMachineSnapshot;
  ended: boolean;
  /** What a sequencer of retries is told when it asks for the time that is left. */
  readonly budget: { left: number };
}

/**
 * Plays a recording through the machines themselves, record by record, and notes where it does not say what they do:
 * the transitions, the states and the context after each event, what crashed, and what caused what.
 */
export class Replay {
  readonly problems: string[] = [];
  readonly moment: Moment = new Map();
  readonly #actors = new Map<string, Actor>();
  /** Of the present step: whose record has which number, and what its actor was after it. */
  #step = new Map<number, { readonly actor: string; readonly snapshot: AnyMachineSnapshot | undefined }>();
  #last: InspectorRecord | undefined;

  add(record: InspectorRecord): void {
    this.#checkOrder(record);
    if (record.cause === undefined) this.#step = new Map();
    apply(this.moment, record);
    if (record.kind === 'actor') this.#begin(record);
    else if (record.kind === 'event') this.#play(record);
    else this.#end(record);
    this.#step.set(record.number, { actor: record.actor, snapshot: this.#actors.get(record.actor)?.snapshot });
    this.#last = record;
  }

  #problem(record: InspectorRecord, what: string): void {
    const name = this.#actors.get(record.actor)?.name ?? record.actor;
    this.problems.push(`record ${record.number}, ${record.kind === 'event' ? record.type : record.kind} of ${name}: ${what}`);
  }

  /** Causes come before their effects, and have them at once. */
  #checkOrder(record: InspectorRecord): void {
    const { number, time, cause } = record;
    if (this.#last !== undefined && number !== this.#last.number + 1) this.#problem(record, `comes after record ${this.#last.number}`);
    if (this.#last !== undefined && time < this.#last.time) this.#problem(record, 'is earlier than the record before it');
    const by = cause === undefined ? undefined : this.#step.get(cause);
    if (cause !== undefined && by === undefined) this.#problem(record, `its cause, record ${cause}, has not come in the same step`);
    if (record.kind !== 'event' || record.sender === undefined) return;
    if (by !== undefined && by.actor !== record.sender) this.#problem(record, `its cause is not of its sender ${record.sender}`);
    if (cause === undefined && record.sender !== record.actor) this.#problem(record, 'it was sent by an actor, and nothing caused it');
  }

  #begin(record: ActorRecord): void {
    const stepper = steppers.get(record.machine);
    if (stepper === undefined) return this.#problem(record, `there is no machine ${record.machine}`);
    const budget = { left: Infinity };
    const missing = { onUserTimeout: nothing, inputs: childInputs, load: nothing, start: nothing, run: nothing, random: () => 0, remaining: () => budget.left };
    const names = Object.keys(missing).filter((name) => name in record.context || needs[record.machine]?.includes(name) === true);
    const snapshot = stepper.resolve(record, Object.fromEntries(names.map((name) => [name, missing[name as keyof typeof missing]])));
    this.#actors.set(record.actor, { stepper, name: record.name, snapshot, ended: false, budget });
    const parent = record.parent === undefined ? undefined : this.#actors.get(record.parent);
    // It was there before its parent was recorded: it can be sent to.
    if (parent !== undefined && parent.snapshot.children[record.name] === undefined) {
      parent.snapshot = { ...parent.snapshot, children: { ...parent.snapshot.children, [record.name]: stepper.self } };
    }
    this.#compare(record, snapshot);
  }

  #play(record: EventRecord): void {
    const actor = this.#actors.get(record.actor);
    if (actor === undefined) return this.#problem(record, 'its actor does not run');
    const isCrash = record.crashed === true;
    if (actor.ended || record.type === 'xstate.stop') {
      if (isCrash || record.transitions.length > 0 || record.states !== undefined || record.changed !== undefined) this.#problem(record, 'it did something to an actor that had ended');
      actor.ended = true;
      return;
    }
    if (record.type.startsWith('xstate.snapshot.') && this.#step.get(record.cause ?? -1)?.snapshot === undefined) return this.#problem(record, 'it is not known of which snapshot it tells');
    actor.budget.left = record.states?.includes('retry-sequencer.backoff') === true ? Infinity : -1;
    let after: ReturnType<Stepper['step']> | undefined;
    try {
      after = actor.stepper.step(actor.snapshot, this.#eventOf(record));
    } catch (error) {
      if (!isCrash) this.#problem(record, `the machine crashes: ${String(error)}`);
      actor.ended = true;
      return;
    }
    if (isCrash) return this.#problem(record, 'the machine does not crash');
    actor.snapshot = withDelay(after.snapshot, record);
    if (after.snapshot.status !== 'active') actor.ended = true;
    if (!same(after.transitions, record.transitions)) this.#problem(record, `transitions are ${text(record.transitions)}, and should be ${text(after.transitions)}`);
    this.#compare(record, actor.snapshot);
  }

  #eventOf(record: EventRecord): { readonly type: string } {
    if (record.type === '(cannot be read)') return Object.defineProperty({ type: '' }, 'type', { get: () => { throw new Error('It cannot be read.'); } });
    // The snapshot that it tells of is the one that its cause led to.
    if (record.type.startsWith('xstate.snapshot.')) return { type: record.type, snapshot: this.#step.get(record.cause!)!.snapshot } as never;
    return { type: record.type, ...revived(record.data) as object };
  }

  #end(record: InspectorRecord): void {
    if (!this.#actors.delete(record.actor)) this.#problem(record, 'its actor does not run');
  }

  #compare(record: InspectorRecord, snapshot: AnyMachineSnapshot): void {
    const shown = this.moment.get(record.actor)!;
    const states = snapshot._nodes.map(({ id }) => id);
    const context = plainMembers(snapshot.context as object);
    // Of states that are active side by side the order says nothing.
    if (!same([...shown.states].sort(), states.sort())) this.#problem(record, `states are ${text(shown.states)}, and should be ${text(states)}`);
    for (const name of new Set([...Object.keys(shown.context), ...Object.keys(context)])) {
      const [is, should] = [shown.context[name] ?? null, context[name] ?? null];
      if (!same(is, should)) this.#problem(record, `"${name}" is ${text(is)}, and should be ${text(should)}`);
    }
  }
}

/** What the contexts of the machines have that is no data. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'supervisor': ['inputs'], 'config-lifecycle': ['load'], 'write': ['onUserTimeout'], 'write-queue': ['start'], 'recovery': ['look', 'letThrough'], 'retry-sequencer': ['run', 'random', 'remaining'],
};

/** How long to wait was drawn: any length will do. */
function withDelay(snapshot: AnyMachineSnapshot, { changed }: EventRecord): AnyMachineSnapshot {
  if (snapshot.machine.id !== retrySequencer.id || changed?.['delay'] === undefined) return snapshot;
  return { ...snapshot, context: { ...snapshot.context as object, delay: revived(changed['delay']) } };
}

/** `{ a: 'b' }` for the states `m`, `m.a` and `m.a.b` of the machine `m`. */
function valueOf(machine: string, states: readonly string[]): Record<string, never> {
  const value: Record<string, never> = {};
  for (const id of states.filter((each) => each !== machine)) {
    let part: Record<string, never> = value;
    for (const name of id.slice(machine.length + 1).split('.')) part = part[name] ??= {} as never;
  }
  return value;
}

/** Numbers that JSON does not have are recorded as texts. */
function revived(value: Plain): unknown {
  if (value === 'Infinity') return Infinity;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revived);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revived(member)]));
}

export const text = (value: unknown): string => JSON.stringify(value);
export const same = (a: unknown, b: unknown): boolean => a === b || text(a) === text(b);
