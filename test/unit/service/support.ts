import { expect } from 'chai';
import * as yup from 'yup';
import type { Clock } from '../../../src/clock.ts';
import { ConfigurationError } from '../../../src/errors.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import type { ServiceOptions } from '../../../src/service/options.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import { defineSettings, type SettingsDefinition } from '../../../src/settings/define-settings.ts';
import { memoryMemento, type Memento } from '../../../src/store/memento.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Scope, Store, Target } from '../../../src/store/store.ts';
import { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

export const definition = defineSettings('test', {
  count: { schema: yup.number().integer().min(1).max(1_000_000), default: 3, description: 'A number' },
  name: { schema: yup.string().trim().lowercase().max(50), default: 'none', description: 'A text' },
  list: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A list' },
  tree: { schema: yup.object({ a: yup.number(), b: yup.number() }), default: {}, description: 'An object' },
  token: { schema: yup.string().max(100), default: '', description: 'A secret', secret: true },
  tool: { schema: yup.string(), default: '', description: 'Makes code run', restricted: true },
});
export type Values = typeof definition extends SettingsDefinition<infer V> ? V : never;
export type Service = ConfigurationService<Values>;
export type Key = keyof Values;

/** No jitter, so that times are round numbers: attempts at 0, 1,000 and 3,000 ms. */
export const plainRetry = { retry: { jitter: 0 } };

export interface Bench {
  readonly clock: VirtualClock;
  readonly backend: MemoryBackend;
  readonly store: FaultyStore;
  readonly memento: Memento;
  readonly service: Service;
  readonly events: ServiceEvent[];
  /** What the backend holds for a key. */
  stored(key: Key, target?: Target, scope?: Scope): unknown;
  /** Another program, or a person, changes a value. */
  outside(key: Key, value: unknown, target?: Target, scope?: Scope): void;
  /** How a promise ends, in virtual time. */
  end<T>(promise: Promise<T>): Promise<Ended<T>>;
  /** The error a promise rejects with, in virtual time. */
  error(promise: Promise<unknown>): Promise<ConfigurationError & Record<string, unknown>>;
  eventsOf<T extends ServiceEvent['type']>(type: T): Extract<ServiceEvent, { type: T }>[];
  /** Opens the breaker of the user settings by five failing updates. */
  openBreaker(): Promise<void>;
}

export type Ended<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ConfigurationError & Record<string, unknown> };

export interface BenchOptions extends Partial<Omit<ServiceOptions, 'store'>> {
  readonly backend?: MemoryBackend;
  readonly clock?: VirtualClock;
  /** Puts another store around the faulty one. */
  readonly wrap?: (store: FaultyStore) => Store;
  /** The store can store several values by one save. Default: it takes one at a time. */
  readonly together?: boolean;
  /** Do not wait until the service is ready. */
  readonly early?: boolean;
}

/** The timers of faulty stores: what lags or lands late outlives the service. */
const storeTimers = new WeakSet<object>();

function storeClock(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    setTimeout(callback, delay, background) {
      const timer = clock.setTimeout(callback, delay, background);
      storeTimers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

const started = new Set<{ service: Service; clock: VirtualClock }>();

/** A service on a faulty memory store, in virtual time. */
export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const { backend = new MemoryBackend(), clock = new VirtualClock(), memento = memoryMemento(), wrap, together = false, early = false, ...rest } = options;
  const store = new FaultyStore(new MemoryStore(backend), storeClock(clock));
  if (!together) store.canCommit = () => false;
  const service = new ConfigurationService(definition, {
    guard: { ...plainRetry, random: seededRandom(1) },
    ...rest,
    store: wrap === undefined ? store : wrap(store),
    clock,
    memento,
  });
  started.add({ service, clock });
  const events: ServiceEvent[] = [];
  service.onEvent((event) => events.push(event));
  const end: Bench['end'] = async (promise) => {
    try {
      return { ok: true, value: await clock.run(promise) };
    } catch (error) {
      return { ok: false, error: error as never };
    }
  };
  if (!early) await clock.run(service.ready);
  return {
    clock, backend, store, memento, service, events, end,
    stored: (key, target = 'user', scope = {}) => backend.get({ key, target, scope }),
    outside: (key, value, target = 'user', scope = {}) => backend.set({ key, target, scope }, value),
    async error(promise) {
      const ended = await end(promise);
      if (ended.ok) throw new Error(`Should have failed, but gave ${JSON.stringify(ended.value)}.`);
      expect(ended.error, String(ended.error)).to.be.instanceOf(ConfigurationError);
      return ended.error;
    },
    eventsOf: (type) => events.filter((event) => event.type === type) as never,
    async openBreaker() {
      store.outage('permission');
      for (let i = 0; i < 5; i++) await end(service.update('count', 100 + i));
      expect(service.breakers()[0]?.mode).to.equal('OPEN');
    },
  };
}

/** A promise whose rejection is looked at later. */
export function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Two values of one setting, the newer of which has taken the place of the older, are refused together: only a person can help. */
export async function refusedTogether(
  { service, store, clock }: Pick<Bench, 'service' | 'store' | 'clock'>,
): Promise<readonly [older: Promise<unknown>, newer: Promise<unknown>]> {
  store.writeFaults.push({ kind: 'lag', delay: 1_000 });
  void unheard(service.update('tool', 't'));
  await clock.flush();
  const [older, newer] = [unheard(service.update('count', 5)), unheard(service.update('count', 6))];
  await clock.flush();
  store.outage('dirty');
  await clock.advance(1_000);
  return [older, newer];
}

/**
 * For each suite: whatever a test does, no promise may be rejected with nobody to hear it, and after
 * the disposal of its services no timer may be left (P40).
 */
export function leavesNothing(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(() => {
    started.clear();
    process.prependListener('unhandledRejection', note);
  });

  afterEach(async () => {
    for (const { service, clock } of started) await clock.run(service.dispose());
    for (const { clock } of started) {
      await clock.flush();
      const own = clock.pendingTimers().filter((timer) => !storeTimers.has(timer));
      expect(own, 'timers left').to.deep.equal([]);
    }
    started.clear();
    process.removeListener('unhandledRejection', note);
    expect(unhandled, 'unhandled rejections').to.deep.equal([]);
  });
}

