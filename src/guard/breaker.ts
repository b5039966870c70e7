import { createActor, type ActorRefFrom } from 'xstate';
import {
  circuitBreaker, type BreakerContext, type BreakerEvent, type BreakerInput, type BreakerMode, type BreakerOptions, type BreakerRestore,
  type Growth,
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
  readonly growth: Growth | undefined;
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
  /** Its actor is looked at: it goes on also where the mirror could do without. */
  watched = false;
  actor: BreakerRef | undefined;
  protected options: BreakerOptions;
  readonly #host: BreakerHost;
  /**
   * The probes of this epoch that have been admitted and not abandoned. Counted here, because the machine has not yet seen
   * those that begin while it processes another event: inside a listener that is told of HALF_OPEN, for instance.
   */
  #probes = 0;
  #held = false;
  #openUntil = 0;
  /** How long the present OPEN lasts in all, and how often in a row it has opened again. */
  #wait = 0;
  #reopened = 0;
  #restore: PersistedBreaker | undefined;
  #disposed = false;

  constructor(options: BreakerOptions, host: BreakerHost) {
    this.options = options;
    this.#host = host;
    this.#restore = host.restore;
  }

  /** Goes on from what an earlier process left. */
  begin(): void {
    if (this.#restore !== undefined) this.start();
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
    return this.mode === CLOSED || (this.mode === 'HALF_OPEN' && this.#probes < this.options.probes);
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
    const before = this.options;
    this.options = options;
    const { threshold, openFor } = options;
    if (threshold !== before.threshold || openFor !== before.openFor) this.tell({ type: 'CONFIGURE', rules: options });
  }

  persisted(): PersistedBreaker | undefined {
    if (this.#held) return { mode: 'HELD' };
    if (this.mode === CLOSED) return undefined;
    const left = this.mode === 'OPEN' ? this.retryAfter ?? Infinity : 0;
    return {
      mode: 'OPEN',
      until: Math.min(this.#host.clock.wallTime() + left, endOfTime),
      ...(left > this.options.openFor && left < Infinity ? { wait: this.#wait } : {}),
    };
  }

  dispose(): void {
    this.#disposed = true;
    this.end();
    this.actor = undefined;
  }

  /** How to start the actor: from the beginning, or from the mirror after a crash. */
  input(): BreakerInput {
    return {
      ...this.options,
      probeLimit: this.#host.probeLimit,
      epoch: this.epoch - 1,
      streak: this.streak,
      reopened: this.#reopened,
      growth: this.#host.growth,
      ...this.#restored(),
    };
  }

  #restored(): { restore?: BreakerRestore } {
    const restore = this.#restore;
    if (restore !== undefined) {
      if (restore.mode === 'HELD') return { restore: { mode: 'HELD' } };
      const { until = 0, wait = 0 } = restore;
      const remaining = until < endOfTime ? until - this.#host.clock.wallTime() : Infinity;
      return { restore: { mode: 'OPEN', remaining: Math.min(Math.max(remaining, 0), Math.max(this.options.openFor, wait)) } };
    }
    if (this.#held) return { restore: { mode: 'HELD' } };
    if (this.mode === 'OPEN') return { restore: { mode: 'OPEN', remaining: this.retryAfter ?? Infinity } };
    return this.mode === 'HALF_OPEN' ? { restore: { mode: 'HALF_OPEN' } } : {};
  }

  /** Follows this actor from now on. */
  follow(actor: BreakerRef): void {
    if (actor === this.actor) return;
    this.actor = actor;
    this.#restore = undefined;
    this.#mirror(actor);
    // A new actor does not know of probes that began under an earlier one.
    const { probing, probesPassed, probesFailed } = actor.getSnapshot().context;
    this.#probes = probing + probesPassed + probesFailed;
    actor.subscribe({
      next: () => {
        if (actor === this.actor) this.#mirror(actor);
      },
      error: () => {
        if (actor === this.actor) this.onCrash();
      },
    });
  }

  /** Starts the actor, where the mirror has counted so far. */
  start(): void {
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
    this.#wait = context.wait;
    this.#reopened = context.reopened;
    if (entered && this.mode === 'OPEN') this.#openUntil = this.#host.clock.now() + (context.restore?.remaining ?? context.wait);
    this.onMirrored(context, from);
    if (from !== this.mode) this.#host.onChange(from, this.mode);
  }

  /** All is mirrored but how failures are counted. */
  protected onMirrored(_context: BreakerContext, _from: BreakerMode): void {}

  protected onCrash(): void {
    this.start();
  }

  /** The breaker is disposed of. */
  protected end(): void {
    this.actor?.stop();
  }

  /** A call that began in `epoch` has ended well; `slow`: but took longer than it should. */
  onSuccess(epoch: number, slow: boolean, probe: boolean): void {
    // P1, P4: in CLOSED without failures there is nothing to tell, and nothing is sent.
    if (this.streak > 0 || probe) this.tell({ type: 'SUCCESS', epoch, slow });
  }

  tell(event: BreakerEvent): void {
    if (!this.#disposed) this.actorFor(event)?.send(event);
  }

  /** The actor, which is started on its first event: an idle guard has none. */
  protected actorFor(event: BreakerEvent): BreakerRef | undefined {
    if (this.actor === undefined && !this.counts(event)) this.start();
    return this.actor;
  }

  /**
   * Until it opens, a breaker in CLOSED does nothing but count, and the mirror can do that: there is no actor before
   * something more than a count happens, and then it goes on from the mirror, as after a crash. @returns false for such events
   */
  protected counts(event: BreakerEvent): boolean {
    // An actor that is started later starts with the rules.
    if (event.type === 'CONFIGURE') return true;
    if (event.type === 'SUCCESS') {
      if (event.epoch === this.epoch) this.streak = 0;
      return true;
    }
    if (event.type !== 'FAILURE' || this.streak + 1 >= this.options.threshold) return false;
    if (event.epoch === this.epoch) this.streak++;
    return true;
  }
}
