import { expect } from 'chai';
import type { ConfigurationError } from '../../../src/errors.ts';
import type { UpdateOptions, UpdateResult } from '../../../src/service/options.ts';
import { sameData } from '../../../src/settings/plain-data.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { MemoryBackend } from '../../../src/store/memory-store.ts';
import type { Target } from '../../../src/store/store.ts';
import type { WriteFault } from '../../../src/testing/faulty-store.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { seed } from '../../seed.ts';
import { bench, definition, leavesNothing, type Bench, type Key } from '../service/support.ts';

// Replay one history: HOLDFAST_SEED=17 HOLDFAST_HISTORIES=1. Run more of them: HOLDFAST_HISTORIES=500.
const histories = Number(process.env['HOLDFAST_HISTORIES'] ?? 25);
const seeds = Array.from({ length: histories }, (_, i) => seed + i);
const steps = 120;

/** One `update` or `updateAll`, as its caller sees it. Every value is used once, so that what is stored tells whose it is. */
interface Operation {
  readonly number: number;
  readonly by: Bench;
  readonly target: Target;
  readonly values: Readonly<Partial<Record<Key, unknown>>>;
  readonly controller: AbortController;
  result?: UpdateResult;
  error?: ConfigurationError & Record<string, unknown>;
}

/** One change of the backend, in order. `by`: nobody of ours, when it came from outside. */
interface Stored {
  readonly key: Key;
  readonly target: Target;
  readonly value: unknown;
  readonly outside: boolean;
}

/** Refusals that say for certain that nothing is, or will be, stored. */
const certain = ({ code, outcome, reason, context }: ConfigurationError & Record<string, unknown>): boolean => context['outcome'] !== 'unknown' && (
  ['CIRCUIT_OPEN', 'QUEUE_FULL', 'DISPOSED', 'SUPERVISION', 'VALIDATION'].includes(code)
  || (code === 'ABORTED' && outcome === 'not stored')
  || (code === 'STORE' && ['dirty', 'permission', 'scope'].includes(reason as string)));

class History {
  readonly clock = new VirtualClock();
  readonly backend = new MemoryBackend();
  readonly mementos = [memoryMemento(), memoryMemento()];
  readonly random: () => number;
  readonly operations: Operation[] = [];
  readonly log: Stored[] = [];
  readonly problems: string[] = [];
  readonly disposed = new Set<Bench>();
  services: Bench[] = [];
  #outside = false;
  #numbers = 0;

  readonly #together: boolean;

  /** @param together the store stores several values by one save */
  constructor(seed: number, together: boolean) {
    this.#together = together;
    this.random = seededRandom(seed);
    const setAll = this.backend.setAll.bind(this.backend);
    this.backend.setAll = (requests) => {
      for (const { key, target, value } of requests) this.#onStored({ key: key as Key, target, value, outside: this.#outside });
      setAll(requests);
    };
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  async start(index: number): Promise<void> {
    const made = await bench({
      clock: this.clock, backend: this.backend, memento: this.mementos[index]!, early: true, capacity: 8, together: this.#together,
      guard: { random: this.random, breaker: { threshold: 3, openFor: 20_000 } },
    });
    this.services[index] = made;
    const { store } = made;
    const { write } = store;
    store.write = (...args) => {
      // A store that says it has refused an update, and stores it all the same while others go on, has it computed twice.
      if (args[0].key === 'list' && store.writeFaults[0]?.kind === 'land-late') store.writeFaults.shift();
      return write.apply(store, args);
    };
    for (const key of definition.keys) {
      let known: unknown = made.service.get(key);
      made.service.onDidChange(key, (now, before) => {
        if (!sameData(before, known) || sameData(now, before) || !sameData(made.service.get(key), now)) this.problems.push(`P33 ${key}: ${JSON.stringify([before, now, known])}`);
        known = now;
      });
    }
    made.service.onEvent((event) => {
      if (event.type === 'breaker' && event.to === 'OPEN' && made.service.status !== 'unhealthy') this.problems.push('P60 OPEN and not unhealthy');
    });
  }

  #onStored(stored: Stored): void {
    this.log.push(stored);
    const owner = this.#owner(stored);
    if (owner?.error !== undefined && !stored.outside && certain(owner.error)) this.problems.push(`P27 ${stored.key} of operation ${owner.number} is stored after ${owner.error.code}`);
  }

  /** Whose value it is. */
  #owner({ key, target, value }: Pick<Stored, 'key' | 'target' | 'value'>): Operation | undefined {
    const tag = Array.isArray(value) ? (value as unknown[]).at(-1) : value;
    return this.operations.find((each) => each.target === target && key in each.values && each.values[key] === tag);
  }

  #submit(by: Bench, values: Operation['values'], call: (options: UpdateOptions) => Promise<UpdateResult>): void {
    const controller = new AbortController();
    const target = this.pick(['user', 'user', 'user', 'workspace'] as const);
    const operation: Operation = { number: this.#numbers, by, target, values, controller };
    this.operations.push(operation);
    const options: UpdateOptions = {
      target, park: this.random() < 0.3, critical: this.random() < 0.1, ...(this.random() < 0.3 ? { signal: controller.signal } : {}),
    };
    call(options).then(
      (result) => {
        operation.result = result;
        if (result.outcome === 'stored') this.#checkVisible(operation);
      },
      (error: unknown) => {
        operation.error = error as NonNullable<Operation['error']>;
        this.#checkUndone(operation);
      },
    );
  }

  /** P20: whoever is told that a value is stored finds it, unless somebody has changed it since, or a higher layer hides it. */
  #checkVisible({ number, by, target, values, result }: Operation): void {
    for (const [key, value] of Object.entries(values) as [Key, unknown][]) {
      const last = this.log.findLast((each) => each.key === key && each.target === target);
      const isOurs = last !== undefined && (key === 'list' ? (last.value as unknown[]).includes(value) : last.value === value);
      if (!isOurs) {
        if (!this.log.some((each) => each.key === key && each.target === target && (each.value === value || (Array.isArray(each.value) && each.value.includes(value))))) this.problems.push(`P20 ${key} of operation ${number} was never stored`);
        continue;
      }
      const shown = by.service.get(key);
      const visible = key === 'list' ? (shown as unknown[]).includes(value) : shown === value;
      if (!visible && result!.shadowedBy === undefined) this.problems.push(`P20 ${key} of operation ${number} is stored and not visible: ${JSON.stringify(shown)}`);
    }
  }

  /** P24: what a failed transaction says to have rolled back is not there. */
  #checkUndone({ number, target, values, error }: Operation): void {
    for (const key of (error!['rolledBack'] as Key[] | undefined) ?? []) {
      if (this.backend.get({ key, target, scope: {} }) === values[key]) this.problems.push(`P24 ${key} of operation ${number} is not rolled back`);
    }
  }

  #edit(key: Key, value: unknown, target: Target): void {
    this.#outside = true;
    this.backend.set({ key, target, scope: {} }, value);
    this.#outside = false;
  }

  #fault(): WriteFault {
    const delay = this.below(15_000);
    return this.pick<() => WriteFault>([
      () => ({ kind: 'fail', reason: this.pick(['io', 'dirty', 'newer', 'scope', 'permission', 'unknown']) }),
      () => ({ kind: 'throw', error: new TypeError('foreign') }),
      () => ({ kind: 'hang' }), () => ({ kind: 'lag', delay }), () => ({ kind: 'land-late', delay }), () => ({ kind: 'hang-and-land', delay }), () => ({ kind: 'lose' }),
    ])();
  }

  async step(): Promise<void> {
    const index = this.below(2);
    const made = this.services[index]!;
    const { service, store } = made;
    const number = ++this.#numbers;
    const actions: [number, () => unknown][] = [
      [12, () => this.#submit(made, { count: number }, (options) => service.update('count', number, options))],
      [8, () => this.#submit(made, { name: `n${number}` }, (options) => service.update('name', `n${number}`, options))],
      [10, () => this.#submit(made, { list: `t${number}` }, (options) => service.update('list', (list) => [...list, `t${number}`], options))],
      [8, () => this.#submit(made, { count: number, name: `n${number}` }, (options) => service.updateAll({ count: number, name: `n${number}` }, options))],
      [4, () => this.#edit('count', this.pick<unknown>([number, number, 'garbage']), this.pick(['user', 'workspace']))],
      [3, () => {
        const target = this.pick(['user', 'workspace'] as const);
        const list = this.backend.get({ key: 'list', target, scope: {} }) as string[] | undefined;
        this.#edit('list', [...(list ?? []), `t${number}`], target);
      }],
      [14, () => store.writeFaults.push(this.#fault())],
      [2, () => store.outage(this.pick(['io', 'permission']))],
      [2, () => store.failing(this.pick(['load', 'readBack', 'probe']))],
      [2, () => store.hanging(this.pick(['load', 'readBack', 'write', 'probe']))],
      [8, () => store.heal()],
      [24, () => this.clock.advance(this.pick([0, 10, 500, 2_000, 7_000, 30_000]))],
      [6, () => this.pick(this.operations)?.controller.abort()],
      [3, () => this.#crash(made)],
      [2, () => service.hold()], [4, () => service.release()], [3, () => service.reset()], [2, () => service.probe()], [2, () => void service.reload()], [2, () => void service.health()],
      [2, async () => {
        await this.clock.run(service.dispose());
        this.disposed.add(made);
        await this.start(index);
      }],
    ];
    let chosen = this.random() * actions.reduce((sum, [weight]) => sum + weight, 0);
    await actions.find(([weight]) => (chosen -= weight) < 0)![1]();
    if (this.random() < 0.7) await this.clock.flush();
    this.#checkReads();
  }

  #crash({ service }: Bench): void {
    const children = Object.values(service.supervisor.getSnapshot().children);
    const hostile = Object.defineProperty({}, 'type', { get: () => { throw new Error('crash'); } });
    if (children.length > 0) this.pick(children)!.send(hostile as never);
  }

  /** P30: whatever happens, what is served is legal. */
  #checkReads(): void {
    for (const { service } of this.services) {
      for (const key of definition.keys) {
        if (!definition.check(key, service.get(key)).ok) this.problems.push(`P30 ${key} is ${JSON.stringify(service.get(key))}`);
      }
    }
  }

  /** Everything heals, and time goes on until nothing is left to happen. */
  async end(): Promise<void> {
    for (const { store, service } of this.services) {
      store.heal();
      service.reset();
      service.reset();
    }
    await this.clock.advance(400_000);
    for (const { number, result, error } of this.operations) {
      if (result === undefined && error === undefined) this.problems.push(`P26 operation ${number} has not settled`);
    }
    for (const target of ['user', 'workspace'] as const) {
      for (const key of ['count', 'name'] as const) this.#checkLast(key, target);
      this.#checkList(target);
    }
    for (const { service } of this.services) {
      if (service.metrics().queueDepth !== 0) this.problems.push('P26 the queue is not empty');
      if (service.status !== (service.issues.length > 0 ? 'degraded' : 'healthy')) this.problems.push(`P16 ${service.status} in the end`);
      for (const key of ['count', 'name', 'list'] as const) {
        const stored = this.backend.get({ key, target: 'workspace', scope: {} }) ?? this.backend.get({ key, target: 'user', scope: {} });
        const checked = definition.check(key, stored ?? definition.defaults[key]);
        if (checked.ok && !sameData(service.get(key), checked.value)) this.problems.push(`P20 ${key}: get and store ${JSON.stringify([service.get(key), stored])}`);
      }
    }
  }

  /** P21: what is stored is the last acknowledged value, but for a later change from outside, or a later write of unknown outcome. */
  #checkLast(key: Key, target: Target): void {
    const last = this.log.findLast((each) => each.key === key && each.target === target);
    if (last === undefined || last.outside) return;
    const owner = this.#owner(last);
    if (owner === undefined || this.disposed.has(owner.by)) return;
    const newest = this.operations.findLast((each) => each.by === owner.by && each.target === target && key in each.values && each.result?.outcome === 'stored');
    if (newest !== undefined && newest.number > owner.number) this.problems.push(`P21 ${target} ${key}: operation ${owner.number} has undone operation ${newest.number}`);
    if (owner.error !== undefined && certain(owner.error)) this.problems.push(`P27 ${target} ${key}: operation ${owner.number} was refused with ${owner.error.code}`);
  }

  /** P28: of what was appended, nothing acknowledged is lost, and nothing is there twice. */
  #checkList(target: Target): void {
    const list = (this.backend.get({ key: 'list', target, scope: {} }) ?? []) as string[];
    if (new Set(list).size !== list.length) this.problems.push(`P28 ${target} list holds something twice: ${list.join()}`);
    for (const { number, target: at, values, result } of this.operations) {
      if (at === target && 'list' in values && result?.outcome === 'stored' && !list.includes(values.list as string)) this.problems.push(`P28 ${target} list has lost ${number}: ${list.join()}`);
    }
  }
}

describe('Service: random histories', () => {
  leavesNothing();

  for (const together of [false, true]) it(`P20 P21 P24 P26 P27 P28 P30 P33 P40 ${seeds.length} histories of two services on one backend${together ? ', which stores what waits by one save' : ''}`, async () => {
    for (const each of seeds) {
      const history = new History(each, together);
      await history.start(0);
      await history.start(1);
      for (let i = 0; i < steps && history.problems.length === 0; i++) await history.step();
      if (history.problems.length === 0) await history.end();
      expect(history.problems, `HOLDFAST_SEED=${each} HOLDFAST_HISTORIES=1 repeats it`).to.deep.equal([]);
    }
  });
});
