import type { AnyActorRef } from 'xstate';
import type { BreakerMode } from '../../../machines/circuit-breaker.ts';
import type { Clock } from '../../clock.ts';
import type { Guards } from '../../guard/guards.ts';
import { observeCalls } from '../../guard/observe-calls.ts';
import type { GuardEvent } from '../../guard/options.ts';
import type { StandaloneGuard } from '../../guard/standalone-guard.ts';
import type { Disposable } from '../../store/store.ts';
import type { ActorTimes } from '../actor-times.ts';
import { Emitter } from '../emitter.ts';
import type { ServiceEvent } from '../events.ts';
import { worst, type Health, type HealthReport } from '../health.ts';
import { MetricsRecorder, type Metrics } from '../metrics.ts';
import type { FaultInjection } from '../options.ts';
import type { BreakerStatus } from '../writes/file-queues.ts';
import { CallMeter } from './call-meter.ts';
import { bulkheadOf, GuardActors } from './guard-actors.ts';
import { GuardFaults } from './guard-faults.ts';
import { withoutNames } from './without-names.ts';

export interface SupervisedGuardOptions {
  /** Which one: in VS Code, of which extension. */
  readonly id: string;
  /** Everywhere. Keys of guards by key are nowhere: they may be paths, or names of people. */
  readonly name: string;
  readonly faultInjection: boolean;
}

interface Member {
  readonly guard: StandaloneGuard;
  readonly meter: CallMeter;
  readonly number: number;
  /** What its errors may be told without: of guards by key, its key and its own name. */
  readonly names: readonly string[];
  /** In milliseconds since the Unix epoch. */
  readonly began: number;
  /** Since when the breaker is in its state, in milliseconds since the Unix epoch. */
  since: number;
  mode: BreakerMode;
  unobserve(): void;
}

const healthOf: Readonly<Record<BreakerMode, Health>> = { CLOSED: 'healthy', HALF_OPEN: 'degraded', OPEN: 'unhealthy' };
/** The caller has not been let through to the dependency. */
const refusals: ReadonlySet<string> = new Set(['CIRCUIT_OPEN', 'QUEUE_FULL', 'RATE_LIMITED']);
/** Codes of errors that are told apart: each is a series of its own. */
const mostCodes = 50;
/** Who shows a guard, or guards by key. */
const showing = new WeakMap<object, SupervisedGuard>();

/**
 * A guard that is visible, or guards by key under one name: health, metrics, events, and faults to inject. Made by `superviseGuard`.
 *
 * It has the shape of a service, as far as a guard has what a service has, so that whatever observes services observes it too:
 * `prometheusText`, `observeWithOpenTelemetry`, `logService`, `Alerts`, and the Holdfast extension.
 */
export class SupervisedGuard {
  readonly kind = 'guard';
  readonly id: string;
  /** A guard has no settings. */
  readonly definition: { readonly section: string; readonly keys: readonly string[]; isSecret(key: string): boolean };
  readonly issues: readonly never[] = [];
  /** For development. */
  readonly faults: FaultInjection | undefined;
  /** A guard has none. */
  readonly supervisor = { getSnapshot: (): undefined => undefined };
  readonly #clock: Clock;
  readonly #faults: GuardFaults | undefined;
  readonly #members = new Map<StandaloneGuard, Member>();
  /** How many breakers are in each state. */
  readonly #modes: Record<BreakerMode, number> = { CLOSED: 0, HALF_OPEN: 0, OPEN: 0 };
  readonly #metrics: MetricsRecorder;
  readonly #events = new Emitter<ServiceEvent>(() => undefined);
  /** And not guards by key. */
  readonly #isOne: boolean;
  /** `undefined`: it is disposed of. */
  #unwatch: (() => void) | undefined = () => undefined;
  /** Who wants to know of each call. */
  readonly #callListeners = new Set<Disposable>();
  #numbers = 0;
  #mode: BreakerMode = 'CLOSED';
  #actors: GuardActors | undefined;
  readonly #lookers = new Set<(actor: AnyActorRef) => void>();
  readonly #codes = new Set<string>();
  /** The guard, or the guards by key. */
  readonly #shown: object;

  constructor(guard: StandaloneGuard | Guards, { id, name, faultInjection }: SupervisedGuardOptions) {
    this.id = id;
    this.definition = { section: name, keys: [], isSecret: () => false };
    this.#clock = guard.clock;
    this.#metrics = new MetricsRecorder(guard.clock);
    this.#metrics.breaker(name, 'CLOSED');
    this.#faults = faultInjection ? new GuardFaults(() => this.#members.keys()) : undefined;
    this.faults = this.#faults;
    this.#isOne = !('watch' in guard);
    this.#shown = guard;
    if ('watch' in guard) {
      this.#unwatch = guard.watch({ onMade: (each, key) => this.#add(each, [each.name, key]), onGone: (each) => this.#remove(each), onEnd: () => this.dispose() });
    } else {
      this.#add(guard, []);
    }
    showing.set(guard, this);
  }

  /** @internal Who shows this guard, also as one of guards by key; or these guards by key. */
  static of(guard: StandaloneGuard | Guards): SupervisedGuard | undefined {
    return showing.get(guard);
  }

  /** Of guards by key, of the worst. It follows from the breakers (P60). */
  get status(): Health {
    return healthOf[this.#mode];
  }

  /** A guard has no settings. */
  get(): undefined {
    return undefined;
  }

  /** A guard has no settings. */
  inspect(): { readonly value: undefined; readonly origin: 'default'; readonly layers: Readonly<Record<string, never>> } {
    return { value: undefined, origin: 'default', layers: {} };
  }

  /** @param listener what it throws is ignored (P12) */
  onEvent(listener: (event: ServiceEvent) => void): Disposable {
    return this.#events.on(listener);
  }

  /** Calls back with each call that has succeeded, which costs a look at the clock, and with how long it took, in milliseconds. */
  onCall(listener: (latency: number) => void): Disposable {
    const subscription = this.#events.on((event) => {
      if (event.type === 'succeeded') listener(event.latency);
    });
    this.#callListeners.add(subscription);
    for (const { meter } of this.#members.values()) meter.onAsked();
    return {
      dispose: () => {
        this.#callListeners.delete(subscription);
        subscription.dispose();
      },
    };
  }

  /** Of guards by key there is one line, of the worst. */
  breakers(): readonly BreakerStatus[] {
    const guards = [...this.#members.keys()];
    const open = guards.filter(({ breakerMode }) => breakerMode === 'OPEN');
    const waits = open.flatMap(({ retryAfter }) => retryAfter ?? []);
    return [{
      file: this.definition.section,
      mode: this.#mode,
      held: open.length > 0 && open.every(({ isHeld }) => isHeld),
      consecutiveFailures: guards.reduce((most, { consecutiveFailures }) => Math.max(most, consecutiveFailures), 0),
      retryAfter: waits.length === 0 ? undefined : waits.reduce((least, wait) => Math.min(least, wait)),
      queueDepth: this.#slots.waiting,
    }];
  }

  health(): Promise<HealthReport> {
    const { running, waiting, limit, slow } = this.#slots;
    const all = this.#members.size;
    const open = this.#modes.OPEN;
    const [{ held, consecutiveFailures }] = this.breakers() as [BreakerStatus];
    const breaker = this.#mode === 'CLOSED' ? 'Closed.' : held ? 'Held open.' : all > 1 ? `${open} of ${all} are open.` : open === 1 ? 'Open.' : 'Half open.';
    const checks: HealthReport['checks'] = {
      api: { status: this.status, detail: open === 0 ? 'Calls are let through.' : open === all ? 'Calls are refused.' : 'Some calls are refused.' },
      access: { status: 'healthy', detail: `Failures in a row: ${consecutiveFailures}.` },
      breaker: { status: this.status, detail: breaker },
      resources: {
        status: slow ? 'degraded' : 'healthy',
        detail: limit === Infinity ? 'There is no limit of calls at a time.' : `Slots taken: ${running}/${limit}, calls waiting: ${waiting}.`,
      },
    };
    return Promise.resolve({ status: worst(...Object.values(checks).map(({ status }) => status)), checkedAt: this.#clock.wallTime(), checks });
  }

  /** One call counts once, whatever its attempts (P61). `queueDepth`: the calls that wait for a slot. */
  metrics(): Metrics {
    for (const { meter } of this.#members.values()) meter.flush();
    const { waiting, queue } = this.#slots;
    return this.#metrics.read(waiting, queue);
  }

  resetMetrics(): void {
    for (const { meter } of this.#members.values()) meter.flush();
    this.#metrics.reset();
  }

  reset(): void {
    this.#each((guard) => guard.reset());
  }

  probe(): void {
    this.#each((guard) => guard.probe());
  }

  hold(): void {
    this.#each((guard) => guard.hold());
  }

  release(): void {
    this.#each((guard) => guard.release());
  }

  /**
   * Starts an actor for each breaker, and for the limit if there is one, until it is disposed of: the guard's states and events are
   * theirs. Who looks second sees the same actors.
   * @param begin is told of each that there is, and that comes
   */
  look(begin: (actor: AnyActorRef) => void): Disposable {
    if (this.#actors === undefined) this.#startActors();
    this.#lookers.add(begin);
    for (const actor of this.#actors!.all) begin(actor);
    return {
      dispose: () => {
        if (this.#lookers.delete(begin) && this.#lookers.size === 0) this.#stopActors();
      },
    };
  }

  /** Since when an actor that is looked at is in its state. */
  timesOf(actor: object): ActorTimes | undefined {
    return this.#actors?.timesOf(actor as AnyActorRef);
  }

  /** The guard goes on, unseen. Can be called twice. */
  dispose(): void {
    const unwatch = this.#unwatch;
    if (unwatch === undefined) return;
    this.#unwatch = undefined;
    unwatch();
    this.#faults?.heal();
    this.#stopActors();
    for (const guard of [...this.#members.keys()]) this.#remove(guard);
    showing.delete(this.#shown);
    this.#events.emit({ type: 'disposed', unsettled: 0 });
    this.#events.close();
  }

  get #slots(): { readonly running: number; readonly waiting: number; readonly limit: number; readonly queue: number; readonly slow: boolean } {
    const limits = new Set([...this.#members.keys()].flatMap(({ limit }) => bulkheadOf(limit) ?? []));
    const all = [...limits];
    const sum = (of: (limit: (typeof all)[number]) => number): number => all.reduce((total, limit) => total + of(limit), 0);
    return {
      running: sum(({ running }) => running),
      waiting: sum(({ waiting }) => waiting),
      limit: all.length === 0 ? Infinity : sum(({ options }) => options.limit),
      queue: sum(({ options }) => options.queue),
      slow: all.some(({ isSlow }) => isSlow),
    };
  }

  #each(act: (guard: StandaloneGuard) => void): void {
    for (const guard of this.#members.keys()) act(guard);
  }

  #add(guard: StandaloneGuard, names: readonly string[]): void {
    // One of guards by key that is visible by itself stays as it is.
    if (showing.has(guard)) return;
    showing.set(guard, this);
    const meter = new CallMeter(guard.clock, this.#metrics, (latency) => this.#events.emit({ type: 'succeeded', latency }), () => this.#callListeners.size > 0);
    const now = guard.clock.wallTime();
    const member: Member = {
      guard, meter, number: ++this.#numbers, names, began: now, since: now, mode: guard.breakerMode,
      unobserve: observeCalls(guard, {
        onSuccess: (began) => meter.onSuccess(began),
        onFailure: (began, error) => this.#onFailure(member, began, error),
        onEvent: (event) => this.#onEvent(member, event),
        onDispose: () => this.#onDispose(guard),
      }),
    };
    this.#members.set(guard, member);
    this.#modes[member.mode]++;
    this.#faults?.spread(guard);
    if (this.#actors !== undefined) this.#lookAt(member);
    this.#follow();
  }

  #remove(guard: StandaloneGuard): void {
    const member = this.#members.get(guard);
    if (member === undefined) return;
    member.meter.flush();
    this.#actors?.remove(guard);
    member.unobserve();
    this.#faults?.release(guard);
    this.#members.delete(guard);
    this.#modes[member.mode]--;
    showing.delete(guard);
    this.#follow();
  }

  #onFailure({ meter, guard, names }: Member, began: number, error: unknown): void {
    meter.onFailure();
    const code = this.#codeOf(error);
    const latency = guard.clock.now() - began;
    this.#metrics.failed(latency, code, !refusals.has(code));
    this.#events.emit({ type: 'failed', keys: [], file: this.definition.section, error: this.#told(error, names), latency });
  }

  #onEvent(member: Member, event: GuardEvent): void {
    switch (event.type) {
      case 'breaker':
        member.since = this.#clock.wallTime();
        this.#modes[member.mode]--;
        member.mode = member.guard.breakerMode;
        this.#modes[member.mode]++;
        this.#follow();
        break;
      case 'attempt-failed':
        if (this.#codeOf(event.error) === 'TIMEOUT') this.#metrics.timedOut();
        this.#events.emit({ type: 'attempt-failed', file: this.definition.section, attempt: event.attempt, error: this.#told(event.error, member.names) });
        break;
      case 'retry':
        this.#metrics.retried();
        break;
      case 'rejected':
        // The call's own end is told.
        break;
      default:
        this.#events.emit({ type: 'guard', event: 'error' in event ? { ...event, error: this.#told(event.error, member.names) } : event });
    }
  }

  #told(error: unknown, names: readonly string[]): unknown {
    return withoutNames(error, names, this.definition.section);
  }

  #onDispose(guard: StandaloneGuard): void {
    if (this.#isOne) this.dispose();
    else this.#remove(guard);
  }

  /** The worst of all breakers is what is told. */
  #follow(): void {
    const to = (['OPEN', 'HALF_OPEN'] as const).find((mode) => this.#modes[mode] > 0) ?? 'CLOSED';
    const from = this.#mode;
    if (from === to || this.#unwatch === undefined) return;
    const file = this.definition.section;
    this.#mode = to;
    this.#metrics.breaker(file, to);
    this.#events.emit({ type: 'breaker', file, from, to });
    this.#events.emit({ type: 'health', health: healthOf[to], before: healthOf[from] });
  }

  #startActors(): void {
    this.#actors = new GuardActors((actor) => this.#lookers.forEach((begin) => begin(actor)));
    for (const member of this.#members.values()) this.#lookAt(member);
  }

  #lookAt({ guard, number, began, since }: Member): void {
    const { section } = this.definition;
    this.#actors!.add(guard, { breaker: `${section}: breaker${this.#isOne ? '' : ` ${number}`}`, limit: `${section}: bulkhead` }, { began, entered: since });
  }

  #stopActors(): void {
    this.#actors?.dispose();
    this.#actors = undefined;
    this.#lookers.clear();
  }

  /** Errors come from anywhere: only what looks like a code is one, and not of any number. */
  #codeOf(error: unknown): string {
    const code: unknown = memberOf(error, 'code');
    const isCode = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code);
    if (!isCode || (!this.#codes.has(code) && this.#codes.size >= mostCodes)) return 'OTHER';
    this.#codes.add(code);
    return code;
  }
}

function memberOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
