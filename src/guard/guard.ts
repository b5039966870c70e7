import type { ActorRefFrom } from 'xstate';
import type { BreakerOptions } from '../../machines/circuit-breaker.ts';
import type { retrySequencer, RetryInput } from '../../machines/retry-sequencer.ts';
import { Breaker, type BreakerHost, type BreakerRef } from './breaker.ts';
import type { GuardOptions } from './options.ts';
import type { Retried, RetrySteps } from './retry-mirror.ts';
import { StandaloneGuard } from './standalone-guard.ts';

/**
 * A guard for one dependency of an extension: git, a CLI, a language server, a web service.
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function createGuard(options: GuardOptions): StandaloneGuard {
  return new StandaloneGuard(options);
}

/** Where a guard's actors live that a supervisor watches. */
export interface GuardActors {
  breaker(): BreakerRef | undefined;
  spawnRetry(input: RetryInput): ActorRefFrom<typeof retrySequencer> | undefined;
}

/** A guard whose actors a supervisor spawns, watches and restarts: one for each settings file of a service. */
export class Guard extends StandaloneGuard {
  readonly #actors: GuardActors;

  /** @throws RangeError, TypeError for an invalid option */
  constructor(options: GuardOptions, actors: GuardActors) {
    super(options, (rules, host) => new SupervisedBreaker(rules, host, actors));
    this.#actors = actors;
  }

  /** @internal An actor where the supervisor gives one, its mirror where it does not. */
  override startRetry(call: Retried): RetrySteps {
    const actor = this.#actors.spawnRetry({
      ...this.retry,
      random: () => call.random(),
      remaining: () => call.remaining(),
      earliest: () => call.earliest(),
      affords: () => call.affords(),
      run: (attempt, waited) => call.run(attempt, waited),
    });
    if (actor === undefined) return super.startRetry(call);
    actor.subscribe({
      next: ({ value }) => {
        if (value === 'exhausted') call.onExhausted();
      },
      error: () => call.onSequencerLost(),
      complete: () => {
        if (actor.getSnapshot().status === 'stopped') call.onSequencerLost();
      },
    });
    return actor;
  }
}

/** Follows the actor that the supervisor has started, and leaves its crashes and its end to the supervisor. */
class SupervisedBreaker extends Breaker {
  readonly #actors: GuardActors;

  constructor(options: BreakerOptions, host: BreakerHost, actors: GuardActors) {
    super(options, host);
    this.#actors = actors;
  }

  /** What an earlier process left is for the actor that the supervisor starts. */
  override begin(): void {}

  protected override onCrash(): void {}

  protected override end(): void {}

  protected override actorFor(): BreakerRef | undefined {
    const actor = this.#actors.breaker();
    if (actor !== undefined) this.follow(actor);
    return actor;
  }
}
