import type { ConfigurationError } from '../../src/errors.ts';
import type { ServiceEvent } from '../../src/service/events.ts';
import type { UpdateOptions, UpdateResult } from '../../src/service/options.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { slotOf, fileOfTarget, nameIn, type Attempt, type Backend } from './backend.ts';
import { Gate, LeashedClock, type SimulatedMemento } from './leash.ts';
import { definition, keys, placeNames, places, readers, same, text, unreadable, type Key, type PlaceName, type Values } from './settings.ts';
import { SimulatedStore } from './store.ts';
import type { Manner, RunOptions, UnreadableAs } from './steps.ts';

export type AnyError = ConfigurationError & Record<string, unknown>;

/** One write as its caller sees it. */
export interface Operation {
  readonly number: number;
  readonly life: Life;
  readonly kind: 'set' | 'append' | 'transaction' | 'restore defaults';
  readonly place: PlaceName;
  /** Of an append: the list with what it adds alone. */
  readonly values: ReadonlyMap<Key, unknown>;
  readonly how: Manner;
  readonly controller: AbortController | undefined;
  readonly called: number;
  readonly calledAt: number;
  /** What was on its way to the same file before it. */
  readonly ahead: number;
  /** It was asked for while a probe of its file was under way. */
  readonly behindProbe: boolean;
  /** How much had happened in its life before it. */
  readonly events: number;
  answered?: number;
  answeredAt?: number;
  result?: UpdateResult;
  error?: AnyError;
}

export interface Watcher {
  violation(property: string, message: string): void;
  count(what: string): void;
  onAnswer(operation: Operation): void;
  onWrite(life: Life, attempt: Attempt): void;
  onEvent(life: Life, event: ServiceEvent): void;
}

/** One error for all: to make one costs more than the rest of a step. */
const thrown = new Error('A listener that throws (P12).');
const throws = (): never => { throw thrown; };

/** What an operation adds to a list. */
export const tagOf = (value: unknown): string => (value as readonly string[])[0]!;

const slots = new Map(placeNames.map((place) => {
  const { target, scope } = places[place];
  return [place, new Map(keys.map((key) => [key, slotOf(fileOfTarget(target), nameIn(key, 'languageId' in scope ? scope.languageId : undefined))]))];
}));

export const slotIn = (place: PlaceName, key: Key): string => slots.get(place)!.get(key)!;

/** Every place of every setting. */
export const everySlot = placeNames.flatMap((place) => keys.map((key) => ({ slot: slotIn(place, key), key })));

/** The setting that a slot is of. */
export const keyOf = (slot: string): Key => slot.slice(Math.max(slot.lastIndexOf('#'), slot.lastIndexOf(']')) + 1) as Key;

/** One life of a service: from its start to its disposal, or to the death of its process. */
export class Life {
  readonly number: number;
  readonly store: SimulatedStore;
  readonly clock: LeashedClock;
  readonly gate = new Gate();
  readonly memento: SimulatedMemento;
  readonly service: ConfigurationService<Values>;
  readonly operations: Operation[] = [];
  /** The same, by the slots they write. */
  readonly #operationsAt = new Map<string, Operation[]>();
  readonly #pending = new Set<Operation>();
  /** Those with a signal. */
  readonly abortable = new Set<Operation>();
  readonly events: ServiceEvent[] = [];
  /** When it was over: what lands after this is from outside. */
  ended = Infinity;
  disposed = false;
  /** `dispose` has been called. */
  disposing = false;
  breakerChangedAt: number | undefined;
  /** When it died in the middle of a write, and not once everything had settled. */
  diedAt: number | undefined;
  /** When it was paused last, or went on after that. */
  pausedAt = -Infinity;
  /** Calls with values that throw when they are looked at, and that have not ended. */
  unreadable = 0;
  /** The calls counted since the metrics were reset. */
  answered = 0;
  /** The values as its listeners have been told of them. */
  readonly #known: Map<string, unknown>[] = [];
  /** The values as `get` has shown them last, and as they were looked at: for each reader. */
  readonly looked: readonly Map<Key, unknown>[] = readers.map(() => new Map<Key, unknown>());
  readonly #door: ReturnType<SimulatedMemento['door']>;
  readonly #backend: Backend;
  readonly #watcher: Watcher;

  constructor(number: number, backend: Backend, memento: SimulatedMemento, { capacity, threshold, pace, together, locks }: RunOptions, watcher: Watcher) {
    this.number = number;
    this.memento = memento;
    this.#backend = backend;
    this.#watcher = watcher;
    this.#door = memento.door();
    this.clock = new LeashedClock(backend.clock, this.gate);
    this.store = new SimulatedStore(backend, number, pace, this.gate, { together, locks });
    this.store.onWrite = (attempt) => watcher.onWrite(this, attempt);
    this.store.onDeath = () => {
      watcher.count('killed in the middle of a write');
      this.diedAt = backend.clock.now();
      this.kill();
    };
    this.store.onFault = (kind) => watcher.count(`fault: ${kind}`);
    this.service = new ConfigurationService(definition, {
      store: this.store, memento: this.#door, clock: this.clock, capacity,
      guard: { breaker: { threshold }, random: seededRandom(number) },
    });
    this.service.onEvent((event) => {
      this.events.push(event);
      if (event.type === 'breaker') this.breakerChangedAt = backend.clock.now();
      watcher.onEvent(this, event);
    });
    this.service.onEvent(throws);
    this.service.onEvent(() => watcher.violation('P41', 'a listener of events that has left is called')).dispose();
    this.#listen();
  }

  #listen(): void {
    for (const scope of readers) {
      const known = new Map<string, unknown>(keys.map((key) => [key, this.service.get(key, scope)]));
      this.#known.push(known);
      for (const key of keys) {
        this.service.onDidChange(key, throws, scope);
        this.service.onDidChange(key, () => this.#watcher.violation('P41', `a listener of "${key}" that has left is called`), scope).dispose();
        this.service.onDidChange(key, (now, before) => {
          this.#watcher.count('change event');
          const shown = this.service.get(key, scope);
          if (!same(before, known.get(key))) this.#watcher.violation('P33', `"${key}" is said to have been ${text(before)}, and was ${text(known.get(key))}`);
          if (same(now, before)) this.#watcher.violation('P33', `"${key}" is said to have changed from ${text(before)} to the same`);
          if (!same(shown, now)) this.#watcher.violation('P33', `"${key}" is said to be ${text(now)}, and get shows ${text(shown)}`);
          known.set(key, now);
        }, scope);
      }
    }
  }

  /** What the listeners were told, against what is served. */
  checkKnown(): void {
    for (const [index, scope] of readers.entries()) {
      const known = this.#known[index]!;
      for (const key of keys) {
        const shown = this.service.get(key, scope);
        if (!same(shown, known.get(key))) this.#watcher.violation('P33', `nobody was told that "${key}" changed from ${text(known.get(key))} to ${text(shown)}`);
      }
    }
  }

  /** Too many actors have crashed. */
  get givenUp(): boolean {
    return this.service.supervisor.getSnapshot().value.phase === 'givenUp';
  }

  get isOver(): boolean {
    return this.ended !== Infinity;
  }

  get pending(): ReadonlySet<Operation> {
    return this.#pending;
  }

  /** Does a call that has not ended write it? */
  isWriting(slot: string): boolean {
    for (const { place, values } of this.#pending) for (const key of values.keys()) if (slotIn(place, key) === slot) return true;
    return false;
  }

  /** The writes to a slot, in the order of their calls. */
  operationsAt(slot: string): readonly Operation[] {
    return this.#operationsAt.get(slot) ?? [];
  }

  submit(number: number, kind: Operation['kind'], place: PlaceName, values: ReadonlyMap<Key, unknown>, how: Manner): void {
    const controller = how.signal ? new AbortController() : undefined;
    const { target, scope } = places[place];
    const file = fileOfTarget(target);
    const breaker = this.service.breakers().find((each) => each.file === file);
    const operation: Operation = {
      number, life: this, kind, place, values, how, controller,
      called: this.#backend.moment(), calledAt: this.#backend.clock.now(),
      ahead: breaker?.queueDepth ?? 0,
      behindProbe: breaker?.mode === 'HALF_OPEN',
      events: this.events.length,
    };
    this.operations.push(operation);
    this.#pending.add(operation);
    if (controller !== undefined) this.abortable.add(operation);
    for (const key of values.keys()) {
      const slot = slotIn(place, key);
      const there = this.#operationsAt.get(slot);
      if (there === undefined) this.#operationsAt.set(slot, [operation]);
      else there.push(operation);
    }
    const options: UpdateOptions = { target, ...scope, park: how.park, critical: how.critical, ...(controller === undefined ? {} : { signal: controller.signal }) };
    this.#call(operation, options).then(
      (result) => this.#onEnd(operation, { result }),
      (error: unknown) => this.#onEnd(operation, { error: error as AnyError }),
    );
  }

  #call({ kind, values }: Operation, options: UpdateOptions): Promise<UpdateResult> {
    const [[key, value] = []] = values;
    switch (kind) {
      case 'set': return this.service.update(key!, value as never, options);
      case 'append': return this.service.update('list', (list) => [...list, tagOf(value)], options);
      case 'transaction': return this.service.updateAll(Object.fromEntries(values), options);
      case 'restore defaults': return this.service.restoreDefaults(options);
    }
  }

  #onEnd(operation: Operation, end: Pick<Operation, 'result' | 'error'>): void {
    // A process that is gone hears nothing.
    if (this.isOver && !this.disposed) return;
    Object.assign(operation, end, { answered: this.#backend.moment(), answeredAt: this.#backend.clock.now() });
    this.answered++;
    this.#pending.delete(operation);
    this.#watcher.onAnswer(operation);
  }

  /** A call that must be refused, for nothing of it is legal. */
  submitIllegal(key: string, value: unknown): void {
    const before = this.service.breakers();
    this.service.update(key as Key, value as never).then(
      () => this.#watcher.violation('P50', `${text(value)} was stored as "${key}"`),
      (error: unknown) => {
        if (this.isOver && !this.disposed) return;
        this.answered++;
        const { code } = error as AnyError;
        this.#watcher.count(`illegal: ${code}`);
        if (code !== 'VALIDATION' && code !== 'DISPOSED' && code !== 'SUPERVISION') this.#watcher.violation('P50', `${text(value)} for "${key}" was refused with ${code}`);
      },
    );
    if (!same(before, this.service.breakers())) this.#watcher.violation('P7', `refusing ${text(value)} for "${key}" has changed a breaker`);
  }

  /** A call with a value that throws when it is looked at: it is refused by a rejection (P26), and nothing is stored. */
  submitUnreadable(key: Key, as: UnreadableAs): void {
    const fails = (): never => { throw unreadable(); };
    const asked = { value: unreadable(), computed: () => unreadable() as never, thrown: fails }[as];
    this.unreadable++;
    let call: Promise<unknown>;
    try {
      call = this.service.update(key, asked as never, { target: 'user' });
    } catch {
      return this.#watcher.violation('P26', `update("${key}") throws, instead of rejecting, where a value throws when it is looked at (${as})`);
    }
    const onEnd = (code: string | undefined): void => {
      if (this.isOver && !this.disposed) return;
      this.unreadable--;
      this.answered++;
      this.#watcher.count(`unreadable ${as}: ${code}`);
      if (typeof code !== 'string') this.#watcher.violation('P9', `"${key}" with what throws when it is looked at (${as}) was refused with no code`);
      if (code === 'stored') this.#watcher.violation('P50', `what throws when it is looked at was stored as "${key}"`);
    };
    call.then(() => onEnd('stored'), (error: unknown) => onEnd(error instanceof Error ? (error as AnyError).code : undefined));
  }

  /** The process stands still for so long. */
  pause(milliseconds: number): void {
    if (this.gate.paused || this.isOver) return;
    this.pausedAt = this.#backend.clock.now();
    this.gate.pause();
    this.#backend.stealLocks(this.number, 'paused', () => !this.gate.paused);
    this.#backend.clock.setTimeout(() => this.resume(), milliseconds);
  }

  resume(): void {
    if (!this.gate.paused) return;
    this.pausedAt = this.#backend.clock.now();
    this.gate.resume();
  }

  dispose(): Promise<void> {
    this.disposing = true;
    this.store.dieIn = Infinity;
    this.resume();
    return this.service.dispose();
  }

  /** The process ends. */
  kill(): void {
    if (this.isOver) return;
    this.ended = this.#backend.moment();
    this.#backend.stealLocks(this.number, 'gone');
    this.#door.close();
    this.store.kill();
    this.clock.kill();
  }
}
