import { createActor, type AnyActorRef, type AnyMachineSnapshot } from 'xstate';
import { bulkhead as bulkheadMachine } from '../../../machines/bulkhead.ts';
import { circuitBreaker } from '../../../machines/circuit-breaker.ts';
import { actorClock } from '../../clock.ts';
import type { BreakerRef } from '../../guard/breaker.ts';
import type { Bulkhead } from '../../guard/bulkhead.ts';
import type { CallLimit } from '../../guard/options.ts';
import type { StandaloneGuard } from '../../guard/standalone-guard.ts';
import type { ActorTimes } from '../actor-times.ts';

/** The actors of one guard, or of several, while the State Inspector shows them. */
export class GuardActors {
  readonly #begin: (actor: AnyActorRef) => void;
  /** The actors, and how they end, by the guard or the limit that they are of. */
  readonly #parts = new Map<object, { readonly actor: AnyActorRef; end(): void }>();
  /** How many of the guards have this limit: several may share one. */
  readonly #sharers = new Map<Bulkhead, number>();
  /** Since when an actor's state is what it is, in milliseconds since the Unix epoch. */
  readonly #since = new WeakMap<object, { readonly began: number; readonly entered: number }>();

  /** @param begin is told of each actor */
  constructor(begin: (actor: AnyActorRef) => void) {
    this.#begin = begin;
  }

  /**
   * @param names of the actors
   * @param since when the breaker is in its state
   */
  add(guard: StandaloneGuard, names: { readonly breaker: string; readonly limit: string }, since: { readonly began: number; readonly entered: number }): void {
    const breaker = startBreaker(guard, names.breaker);
    this.#since.set(breaker.actor, since);
    this.#keep(guard, breaker);
    const limit = bulkheadOf(guard.limit);
    if (limit === undefined) return;
    const sharers = this.#sharers.get(limit) ?? 0;
    this.#sharers.set(limit, sharers + 1);
    if (sharers === 0) this.#keep(limit, startBulkhead(limit, guard, names.limit));
  }

  remove(guard: StandaloneGuard): void {
    this.#end(guard);
    const limit = bulkheadOf(guard.limit);
    if (limit === undefined) return;
    const sharers = this.#sharers.get(limit)! - 1;
    this.#sharers.set(limit, sharers);
    if (sharers > 0) return;
    this.#sharers.delete(limit);
    this.#end(limit);
  }

  get all(): readonly AnyActorRef[] {
    return [...this.#parts.values()].map(({ actor }) => actor);
  }

  timesOf(actor: AnyActorRef): ActorTimes | undefined {
    const since = this.#since.get(actor);
    if (since === undefined) return undefined;
    const { _nodes } = actor.getSnapshot() as AnyMachineSnapshot;
    return { began: since.began, entered: Object.fromEntries(_nodes.map(({ id }) => [id, since.entered])) };
  }

  dispose(): void {
    for (const { end } of this.#parts.values()) end();
    this.#parts.clear();
  }

  #end(of: object): void {
    this.#parts.get(of)?.end();
    this.#parts.delete(of);
  }

  #keep(of: object, part: { readonly actor: AnyActorRef; end(): void }): void {
    this.#parts.set(of, part);
    this.#begin(part.actor);
  }
}

/** The limit goes on by itself; the actor is told all that it is told. */
function startBulkhead(limit: Bulkhead, { clock }: StandaloneGuard, name: string): { readonly actor: AnyActorRef; end(): void } {
  const actor = createActor(bulkheadMachine, { id: name, input: limit.input(clock), clock: actorClock(clock) });
  actor.subscribe({ error: () => undefined });
  actor.start();
  const unwatch = limit.watch((event) => actor.send(event));
  return {
    actor,
    end: () => {
      unwatch();
      actor.stop();
    },
  };
}

/**
 * The breaker's events go to this actor from now on, and its states are the guard's. It takes over from an actor that there is
 * already, and in the end from it the guard's own goes on, or its mirror.
 */
function startBreaker(guard: StandaloneGuard, name: string): { readonly actor: BreakerRef; end(): void } {
  const { breaker, clock } = guard;
  const { actor: before } = breaker;
  const actor = createActor(circuitBreaker, { id: name, input: guard.breakerInput(), clock: actorClock(clock) });
  actor.subscribe({ error: () => undefined });
  actor.start();
  breaker.watched = true;
  guard.follow(actor);
  handOver(guard, before);
  return {
    actor,
    end: () => {
      breaker.watched = false;
      // It may have crashed meanwhile, or the guard have been disposed of.
      if (breaker.actor === actor) {
        if (breaker.mode === 'CLOSED') breaker.actor = undefined;
        else breaker.start();
        handOver(guard, actor);
      }
      actor.stop();
    },
  };
}

/** The probes that run, and those that have ended, are known to the breaker's actor as well. */
function handOver({ breaker }: StandaloneGuard, before: BreakerRef | undefined): void {
  if (breaker.mode === 'HALF_OPEN' && before !== undefined) {
    const { epoch } = breaker;
    const { probing, probesPassed, probesFailed } = before.getSnapshot().context;
    for (let probe = 0; probe < probing + probesPassed + probesFailed; probe++) breaker.startProbe(epoch);
    for (let probe = 0; probe < probesPassed; probe++) breaker.tell({ type: 'SUCCESS', epoch });
    for (let probe = 0; probe < probesFailed; probe++) breaker.tell({ type: 'FAILURE', epoch });
  }
  if (before !== breaker.actor) before?.stop();
}

/** The limit of concurrency among the limits of a guard: by its shape, as `holdfast` may be another copy. */
export function bulkheadOf(limit: CallLimit | undefined): Bulkhead | undefined {
  if (limit === undefined) return undefined;
  return 'watch' in limit && 'isSlow' in limit ? limit as Bulkhead : bulkheadOf(limit.inner);
}
