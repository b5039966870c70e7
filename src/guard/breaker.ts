import { createActor, type ActorRefFrom } from 'xstate';
import {
  circuitBreaker, type BreakerEvent, type BreakerInput, type BreakerMode, type BreakerOptions, type BreakerRestore, type BreakerRules,
} from '../../machines/circuit-breaker.ts';
import { actorClock, type Clock } from '../clock.ts';
import type { PersistedBreaker } from './options.ts';

export type BreakerRef = ActorRefFrom<typeof circuitBreaker>;

const CLOSED: BreakerMode = 'CLOSED';

/** The last moment that a `Date` can hold, in milliseconds: JSON has no Infinity. */
const endOfTime = 8.64e15;

/** What a breaker needs of its guard. */
export interface BreakerHost {
  readonly clock: Clock;
  /** The actor, where a supervisor watches it; `undefined` where the breaker starts its own. */
  readonly supervised: (() => BreakerRef | undefined) | undefined;
  /** What an earlier process left. */
  readonly restore: PersistedBreaker | undefined;
  /** See `BreakerOptions.probeLimit`. */
  readonly probeLimit: number;
  onChange(from: BreakerMode, to: BreakerMode): void;
}

/**
 * The circuit breaker of one guard, as its calls see it.
 *
 * The statechart (machines/circuit-breaker.ts) is the truth; what each call must know of it is mirrored here in plain fields:
 *
 * - While it is closed, the mirror counts by itself; there is no actor before something more than a count happens.
 * - From then on events go to the actor, and `#mirror` alone writes the fields, from the actor's own snapshots.
 * - A crashed actor is followed by one that goes on from the mirror (P42).
 *
 * test/unit/guard/mirror.test.ts proves that the two agree.
 */
export class Breaker {
  mode: BreakerMode = CLOSED;
  epoch = 1;
  /** Consecutive failures. */
  streak = 0;
  readonly #host: BreakerHost;
  #options: BreakerOptions;
  /**
   * The probes of this epoch that have been admitted and not abandoned. Counted here, because the machine has not yet seen
   * those that begin while it processes another event: inside a listener that is told of HALF_OPEN, for instance.
   */
  #probes = 0;
  #held = false;
  #openUntil = 0;
  #actor: BreakerRef | undefined;
  #disposed = false;

  constructor(options: BreakerOptions, host: BreakerHost) {
    this.#options = options;
    this.#host = host;
    if (host.restore !== undefined && host.supervised === undefined) this.#start();
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** Milliseconds until it probes by itself; `undefined` when it is not waiting, or never will. */
  get retryAfter(): number | undefined {
    const waits = this.mode === 'OPEN' && !this.#held && this.#openUntil < Infinity;
    return waits ? Math.max(0, this.#openUntil - this.#host.clock.now()) : undefined;
  }

  permits(): boolean {
    return this.mode === CLOSED || (this.mode === 'HALF_OPEN' && this.#probes < this.#options.probes);
  }

  /** A call is admitted as a probe. */
  startProbe(epoch: number): void {
    this.#probes++;
    this.tell({ type: 'PROBE_STARTED', epoch });
  }

  /** A probe has ended without saying anything about the dependency: another may take its place. */
  abandonProbe(epoch: number): void {
    if (epoch === this.epoch) this.#probes = Math.max(0, this.#probes - 1);
    this.tell({ type: 'PROBE_ABANDONED', epoch });
  }

  /** What is counted stays counted, and a wait that has begun stays as long as it was. */
  configure(options: BreakerOptions): void {
    const before = this.#options;
    this.#options = options;
    const { threshold, openFor } = options;
    // An actor that is started later starts with them.
    const isNews = threshold !== before.threshold || openFor !== before.openFor;
    if (isNews && (this.#actor !== undefined || this.#host.supervised !== undefined)) this.tell({ type: 'CONFIGURE', rules: { threshold, openFor } satisfies BreakerRules });
  }

  persisted(): PersistedBreaker | undefined {
    if (this.#held) return { mode: 'HELD' };
    if (this.mode === CLOSED) return undefined;
    const left = this.mode === 'OPEN' ? this.retryAfter ?? Infinity : 0;
    return { mode: 'OPEN', until: Math.min(this.#host.clock.wallTime() + left, endOfTime) };
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#host.supervised === undefined) this.#actor?.stop();
    this.#actor = undefined;
  }

  /** How to start the actor: anew, or going on from the mirror after a crash. */
  input(): BreakerInput {
    return { ...this.#options, probeLimit: this.#host.probeLimit, epoch: this.epoch - 1, streak: this.streak, ...this.#restore() };
  }

  #restore(): { restore?: BreakerRestore } {
    const { restore, clock } = this.#host;
    if (this.#actor === undefined && restore !== undefined) {
      if (restore.mode === 'HELD') return { restore: { mode: 'HELD' } };
      const { until = 0 } = restore;
      const remaining = until < endOfTime ? until - clock.wallTime() : Infinity;
      return { restore: { mode: 'OPEN', remaining: Math.min(Math.max(remaining, 0), this.#options.openFor) } };
    }
    if (this.#held) return { restore: { mode: 'HELD' } };
    if (this.mode === 'OPEN') return { restore: { mode: 'OPEN', remaining: this.retryAfter ?? Infinity } };
    return this.mode === 'HALF_OPEN' ? { restore: { mode: 'HALF_OPEN' } } : {};
  }

  /** Follows this actor from now on. */
  follow(actor: BreakerRef): void {
    if (actor === this.#actor) return;
    this.#actor = actor;
    this.#mirror(actor);
    // A new actor does not know of probes that began under an earlier one.
    const { probing, probesPassed } = actor.getSnapshot().context;
    this.#probes = probing + probesPassed;
    actor.subscribe({
      next: () => {
        if (actor === this.#actor) this.#mirror(actor);
      },
      error: () => {
        if (actor === this.#actor && this.#host.supervised === undefined) this.#start();
      },
    });
  }

  #start(): void {
    const actor = createActor(circuitBreaker, { input: this.input(), clock: actorClock(this.#host.clock) });
    actor.subscribe({ error: () => undefined });
    actor.start();
    this.follow(actor);
  }

  #mirror(actor: BreakerRef): void {
    const { value, context } = actor.getSnapshot();
    const from = this.mode;
    this.mode = (typeof value === 'string' ? value : Object.keys(value)[0]) as BreakerMode;
    const entered = context.epoch !== this.epoch || from !== this.mode;
    if (context.epoch !== this.epoch) this.#probes = 0;
    this.epoch = context.epoch;
    this.streak = context.streak;
    this.#held = typeof value === 'object' && 'OPEN' in value && value.OPEN === 'held';
    if (entered && this.mode === 'OPEN') this.#openUntil = this.#host.clock.now() + (context.restore?.remaining ?? context.openFor);
    if (from !== this.mode) this.#host.onChange(from, this.mode);
  }

  /** Sends to the actor, which is started on its first event: an idle guard has none. */
  tell(event: BreakerEvent): void {
    if (this.#disposed) return;
    const { supervised } = this.#host;
    if (supervised !== undefined) {
      const actor = supervised();
      if (actor === undefined) return;
      this.follow(actor);
      actor.send(event);
      return;
    }
    if (this.#actor === undefined) {
      if (this.#counts(event)) return;
      this.#start();
    }
    this.#actor!.send(event);
  }

  /**
   * Until it opens, a breaker in CLOSED does nothing but count, and the mirror can do that: there is no actor before
   * something more than a count happens, and then it goes on from the mirror, as after a crash.
   */
  #counts(event: BreakerEvent): boolean {
    if (event.type === 'SUCCESS') {
      if (event.epoch === this.epoch) this.streak = 0;
      return true;
    }
    if (event.type !== 'FAILURE' || this.streak + 1 >= this.#options.threshold) return false;
    if (event.epoch === this.epoch) this.streak++;
    return true;
  }
}
