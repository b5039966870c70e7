import * as yup from 'yup';
import type { AnyMachineSnapshot } from 'xstate';
import type { BreakerContext } from '../../../machines/circuit-breaker.ts';
import type { QueueContext } from '../../../machines/write-queue.ts';
import { createConfigurationService, defineSettings, StoreError, type ConfigurationService } from '../../../src/index.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import type { WriteOptions, WriteRequest } from '../../../src/store/store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { alike, same } from '../harness/same.ts';
import { poison } from '../harness/service.ts';

/** How much of everything there may be: what makes the number of states finite. */
export interface Bounds {
  /** Writes asked for, each of a setting of its own. */
  readonly writes: number;
  readonly crashes: number;
  /** Orders by an operator: hold, release, reset. */
  readonly orders: number;
  /** More crashes, and the supervisor gives up. */
  readonly crashLimit: number;
}

const declaration = { schema: yup.number().required(), default: 0, description: 'A number.' };
const settings = defineSettings('world', { a: declaration, b: declaration, c: declaration, d: declaration });
/** The last one is for `close`. */
const keys = ['a', 'b', 'c', 'd'] as const;
const file = 'user settings';
const slot = (key: string) => ({ key, target: 'user' as const, scope: {} });

interface StoreWrite {
  readonly key: string;
  readonly signal: AbortSignal;
  /** The breaker, when the store was asked. */
  readonly mode: string;
  store(): void;
  refuse(error: Error): void;
}

/** A store that answers writes and probes when it is told to. */
class WorldStore extends MemoryStore {
  readonly writes: StoreWrite[] = [];
  readonly probes: { pass(): void; fail(): void }[] = [];
  readonly asked: string[] = [];
  mode: () => string = () => 'CLOSED';

  override write(request: WriteRequest, { signal }: WriteOptions): Promise<void> {
    this.asked.push(request.key);
    return new Promise((resolve, reject) => {
      const done = (): void => void this.writes.splice(this.writes.indexOf(write), 1);
      const write: StoreWrite = {
        key: request.key,
        signal,
        mode: this.mode(),
        store: () => {
          done();
          this.backend.set(slot(request.key), request.value);
          resolve();
        },
        refuse: (error) => {
          done();
          reject(error);
        },
      };
      this.writes.push(write);
    });
  }

  override probe(): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => void this.probes.splice(this.probes.indexOf(probe), 1);
      const probe = {
        pass: () => {
          done();
          resolve();
        },
        fail: () => {
          done();
          reject(new StoreError('io', 'Injected: io.'));
        },
      };
      this.probes.push(probe);
    });
  }
}

interface Update {
  readonly key: (typeof keys)[number];
  readonly caller: AbortController;
  readonly park: boolean;
  outcome: 'pending' | 'stored' | { readonly error: unknown };
}

/** One service with everything that can happen to it, an action at a time. */
export class World {
  readonly clock = new VirtualClock();
  readonly store = new WorldStore();
  readonly service: ConfigurationService<{ a: number; b: number; c: number; d: number }>;
  readonly updates: Update[] = [];
  readonly #bounds: Bounds;
  #crashes = 0;
  #orders = 0;
  /** What the wait of an open breaker depends on: since it was closed, and since it opened. */
  #failedProbes = 0;
  #lookedIll = false;
  #disposed: 'no' | 'asked' | 'done' = 'no';
  #disposedAt = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.service = createConfigurationService(settings, {
      store: this.store,
      clock: this.clock,
      capacity: 1,
      guard: { breaker: { threshold: 1 }, retry: { attempts: 2, jitter: 0 } },
      supervisor: { crashLimit: bounds.crashLimit },
    });
    this.store.mode = () => this.mode;
    this.service.onEvent((event) => {
      if (event.type !== 'breaker') return;
      this.#failedProbes = event.to === 'CLOSED' ? 0 : this.#failedProbes + (event.from === 'HALF_OPEN' ? 1 : 0);
      this.#lookedIll = false;
    });
  }

  async begin(): Promise<this> {
    await this.clock.flush();
    return this;
  }

  get mode(): string {
    return this.service.breakers()[0]?.mode ?? 'CLOSED';
  }

  get disposed(): 'no' | 'asked' | 'done' {
    return this.#disposed;
  }

  get pending(): Update[] {
    return this.updates.filter(({ outcome }) => outcome === 'pending');
  }

  /** Everything that can happen next. */
  actions(): string[] {
    const actions: string[] = [];
    for (const [index] of this.store.writes.entries()) actions.push(`stored ${index}`, `io ${index}`, `denied ${index}`);
    if (this.store.probes.length > 0) actions.push('probe passes', 'probe fails');
    if (this.#nextTimer() !== undefined) actions.push('time passes');
    if (this.#disposed === 'done') return actions.filter((action) => action.startsWith('stored'));
    if (this.#disposed === 'asked') return actions;

    if (this.updates.length < this.#bounds.writes) actions.push('write', 'park');
    this.updates.forEach(({ outcome }, index) => {
      if (outcome === 'pending') actions.push(`abort ${index}`);
    });
    const opened = this.service.breakers().length > 0;
    if (opened && this.#orders < this.#bounds.orders) {
      const [breaker] = this.service.breakers();
      if (breaker!.held) actions.push('release');
      else actions.push('hold');
      if (breaker!.mode !== 'CLOSED' || this.givenUp) actions.push('reset');
    }
    if (this.mode === 'OPEN') actions.push('evidence');
    if (this.#crashes < this.#bounds.crashes) {
      for (const id of Object.keys(this.#children())) if (id !== 'lifecycle') actions.push(`crash ${id}`);
    }
    return [...actions, 'dispose'];
  }

  async act(action: string): Promise<void> {
    const [verb, ...rest] = action.split(' ');
    const index = Number(rest[0]);
    switch (verb) {
      case 'write':
      case 'park':
        this.#update(verb === 'park');
        break;
      case 'stored':
        this.store.writes[index]!.store();
        break;
      case 'io':
        this.store.writes[index]!.refuse(new StoreError('io', 'Injected: io.'));
        break;
      case 'denied':
        this.store.writes[index]!.refuse(new StoreError('permission', 'Injected: permission.'));
        break;
      case 'probe':
        if (rest[0] === 'passes') this.store.probes[0]!.pass();
        else {
          this.#lookedIll = true;
          this.store.probes[0]!.fail();
        }
        break;
      case 'time':
        await this.passTime();
        break;
      case 'abort':
        this.updates[index]!.caller.abort();
        break;
      case 'hold':
      case 'release':
      case 'reset':
        this.#orders++;
        this.service[verb]();
        break;
      case 'evidence':
        this.service.evidence();
        break;
      case 'crash':
        this.#crash(rest.join(' '));
        break;
      case 'dispose':
        this.#disposed = 'asked';
        this.#disposedAt = this.clock.now();
        void this.service.dispose().then(() => (this.#disposed = 'done'));
        break;
    }
    await this.clock.flush();
  }

  /** To the next moment at which something happens by itself, or so long when there is none. */
  async passTime(otherwise = 0): Promise<void> {
    const now = this.clock.now();
    await this.clock.advance((this.#nextTimer() ?? now + otherwise) - now);
  }

  /** Only a write closes a half open breaker: makes one, unless one is under way. */
  close(): void {
    if (this.mode === 'HALF_OPEN' && this.pending.length === 0) this.#update(true, 'd');
  }

  get givenUp(): boolean {
    return this.#supervisor().value.phase === 'givenUp';
  }

  /** All that decides what can happen from here on; two histories that agree in it are one state. */
  key(): string {
    const now = this.clock.now();
    const { value, context } = this.#supervisor();
    const breaker = this.#children()[`breaker:${file}`]?.getSnapshot() as AnyMachineSnapshot | undefined;
    const children = Object.entries(this.#children()).map(([id, child]) => {
      const snapshot = child!.getSnapshot() as AnyMachineSnapshot;
      return [id.replace(/^retry:.*/, 'retry'), snapshot.status, snapshot.value, this.#contextKey(id, snapshot)];
    });
    return JSON.stringify([
      value, context.crashes, context.openQueues, children, breaker?.status,
      this.service.breakers().map(({ mode, held, consecutiveFailures, queueDepth }) => [mode, held, consecutiveFailures, queueDepth]),
      this.#timers().map(({ due }) => due - now),
      this.store.writes.map(({ key, signal }) => [key, signal.aborted]),
      this.store.probes.length,
      this.updates.map(({ key, park, outcome }) => [park, showOutcome(outcome), this.store.asked.includes(key)]),
      keys.map((key) => this.store.backend.get(slot(key)) !== undefined),
      this.#crashes, this.#orders, this.#disposed, this.#failedProbes, this.#lookedIll,
    ]);
  }

  /** Safety: what must be true whenever nothing is about to happen by itself. */
  check(): void {
    const { value, context } = this.#supervisor();
    const [breaker] = this.service.breakers();
    const children = this.#children();
    const actor = children[`breaker:${file}`]?.getSnapshot() as AnyMachineSnapshot | undefined;
    const queue = children[`queue:${file}`]?.getSnapshot() as AnyMachineSnapshot | undefined;

    // No state contradicts another: health, the breaker, what the service says of both.
    const unhealthy = breaker?.mode === 'OPEN' || value.phase === 'givenUp' || value.phase === 'stopped';
    same(this.service.status === 'unhealthy', unhealthy, () => `health ${this.service.status} fits ${breaker?.mode ?? 'no breaker'}, ${JSON.stringify(value.phase)} (P60)`);
    if (breaker?.mode === 'HALF_OPEN') same(this.service.status === 'healthy', false, 'healthy while half open (P60)');
    if (actor?.status === 'active') {
      const mode = typeof actor.value === 'string' ? actor.value : Object.keys(actor.value as object)[0];
      same<string | undefined>(breaker!.mode, mode, 'mirror = machine');
      same(context.breakers[file], mode, 'what the supervisor has heard');
    }

    // One write in flight (P23); none is begun while the breaker is open.
    const alive = this.store.writes.filter(({ signal }) => !signal.aborted);
    same(alive.length <= 1, true, () => `at most one write in flight, and not ${alive.length}`);
    for (const write of this.store.writes) same(write.mode === 'OPEN', false, 'OPEN when the store was asked');
    if (breaker?.mode === 'OPEN' && queue !== undefined) same(queue.matches('idle'), false, 'the queue is idle while open');

    // Every accepted write is the queue's, or has an answer.
    same(breaker?.queueDepth ?? 0, this.pending.length, 'accepted and not answered');
    if (queue?.status === 'active' && value.phase === 'running') {
      const { waiting, inFlight } = queue.context as QueueContext;
      same(waiting.length <= 2, true, () => `at most two waiting, and not ${waiting.length} (P25)`);
      const known = waiting.length + inFlight.length;
      same(known >= this.pending.length, true, () => `the queue knows of ${known}, and ${this.pending.length} are pending`);
    }
    this.#checkAnswers();
    if (this.#disposed === 'asked') same(this.clock.now() - this.#disposedAt < 5_000, true, 'disposal ends in 5 s (P40)');
    if (this.#disposed === 'done') this.#checkNothingLeft();
  }

  /** P20, P27: what was acknowledged is there; what was denied is not, unless the answer says that nobody can know. */
  #checkAnswers(): void {
    for (const { key, outcome } of this.updates) {
      const stored = this.store.backend.get(slot(key)) !== undefined;
      if (outcome === 'stored') same(stored, true, () => `${key} was acknowledged`);
      else if (outcome !== 'pending' && !isUnknown(outcome.error)) same(stored, false, () => `${key} was denied: ${String(outcome.error)}`);
    }
  }

  #checkNothingLeft(): void {
    alike(this.pending, [], 'unanswered after disposal (P26)');
    alike(this.clock.pendingTimers(), [], 'timers after disposal (P40)');
    alike(Object.keys(this.#children()), [], 'actors after disposal (P40)');
    same(this.store.backend.listenerCount, 0, 'listeners after disposal (P40)');
  }

  #update(park: boolean, key: (typeof keys)[number] = keys[this.updates.length]!): void {
    const update: Update = { key, caller: new AbortController(), park, outcome: 'pending' };
    this.updates.push(update);
    this.service.update(key, 1, { park, signal: update.caller.signal }).then(
      () => (update.outcome = 'stored'),
      (error: unknown) => (update.outcome = { error }),
    );
  }

  #crash(id: string): void {
    this.#crashes++;
    const child = this.#children()[id]!;
    // Whichever the state: one of these is looked at. A held or open breaker looks at none, and lives.
    for (const type of ['FAILURE', 'PROBE_STARTED', 'ENQUEUE', 'SETTLED', 'ATTEMPT_FAILED']) {
      if ((child.getSnapshot() as AnyMachineSnapshot).status === 'active') child.send(poison(type) as never);
    }
  }

  #contextKey(id: string, { context, status }: AnyMachineSnapshot): unknown {
    if (status !== 'active') return undefined;
    if (id.startsWith('breaker:')) {
      const { streak, probing, probesPassed, evidence } = context as BreakerContext;
      return [streak, probing, probesPassed, evidence];
    }
    if (id.startsWith('queue:')) {
      const { waiting, inFlight, paused } = context as QueueContext;
      return [waiting.map((ticket) => ticket.id), inFlight.map((ticket) => ticket.id), paused];
    }
    return id.startsWith('retry:') ? (context as { attempt: number }).attempt : undefined;
  }

  /** The timers that do something: the one that keeps the process alive while a write is under way does not. */
  #timers() {
    const now = this.clock.now();
    return this.clock.pendingTimers().filter(({ due, background }) => background || due - now <= 30_000);
  }

  #nextTimer(): number | undefined {
    return this.#timers()[0]?.due;
  }

  #supervisor() {
    return this.service.supervisor.getSnapshot();
  }

  #children() {
    return this.#supervisor().children;
  }
}

function showOutcome(outcome: Update['outcome']): string {
  if (typeof outcome === 'string') return outcome;
  return `${(outcome.error as Error).name}${isUnknown(outcome.error) ? ', unknown' : ''}`;
}

function isUnknown(error: unknown): boolean {
  const { outcome, context } = error as { outcome?: string; context?: { outcome?: string } };
  return outcome === 'unknown' || context?.outcome === 'unknown';
}
