import { createActor, type ActorRefFrom } from 'xstate';
import type { circuitBreaker } from '../../machines/circuit-breaker.ts';
import type { configLifecycle } from '../../machines/config-lifecycle.ts';
import type { RetryInput, retrySequencer } from '../../machines/retry-sequencer.ts';
import { supervisor, supervisorDefaults, type ChildInputs, type Health, type SupervisorOptions } from '../../machines/supervisor.ts';
import type { writeQueue } from '../../machines/write-queue.ts';
import { actorClock, type Clock } from '../clock.ts';

export type SupervisorRef = ActorRefFrom<typeof supervisor>;

export interface SupervisionHooks {
  /** Health, children or phase may have changed. */
  onChange(): void;
  onHealth(health: Health, before: Health): void;
  onCrash(actor: string, error: unknown, givenUp: boolean): void;
}

/** The running supervisor of one service, and the way to its children. */
export class Supervision {
  readonly actor: SupervisorRef;
  #health: Health = 'degraded';
  #crashes = 0;
  #retries = 0;
  #failed = false;

  constructor(clock: Clock, inputs: ChildInputs, hooks: SupervisionHooks, options: Partial<SupervisorOptions> = {}) {
    this.actor = createActor(supervisor, {
      input: { ...supervisorDefaults, ...options, inputs },
      clock: actorClock(clock),
    });
    this.actor.subscribe({
      next: ({ value, context }) => {
        if (context.crashesEver > this.#crashes) {
          this.#crashes = context.crashesEver;
          hooks.onCrash(context.lastCrash!.id, context.lastCrash!.error, value.phase === 'givenUp');
        }
        const before = this.#health;
        this.#health = value.health;
        if (before !== value.health) hooks.onHealth(value.health, before);
        hooks.onChange();
      },
      // The supervisor's own actions do not throw; should they, reads go on and writes are refused.
      error: (error) => {
        this.#failed = true;
        this.#health = 'unhealthy';
        hooks.onCrash('supervisor', error, true);
      },
    });
  }

  start(): void {
    this.actor.start();
  }

  get health(): Health {
    return this.#health;
  }

  /** No write is accepted any more, until `restart`. */
  get givenUp(): boolean {
    return this.#failed || this.actor.getSnapshot().value.phase === 'givenUp';
  }

  get stopped(): boolean {
    return this.#failed || this.actor.getSnapshot().value.phase === 'stopped';
  }

  get lifecycleState(): string {
    return this.actor.getSnapshot().context.lifecycle;
  }

  get lifecycle(): ActorRefFrom<typeof configLifecycle> | undefined {
    return this.#child('lifecycle');
  }

  breaker(file: string): ActorRefFrom<typeof circuitBreaker> | undefined {
    return this.#child(`breaker:${file}`);
  }

  queue(file: string): ActorRefFrom<typeof writeQueue> | undefined {
    return this.#child(`queue:${file}`);
  }

  openFile(file: string): void {
    this.actor.send({ type: 'OPEN_FILE', file });
  }

  startRetry(input: RetryInput): ActorRefFrom<typeof retrySequencer> | undefined {
    const id = String(++this.#retries);
    this.actor.send({ type: 'START_RETRY', id, input });
    return this.#child(`retry:${id}`);
  }

  restart(): void {
    this.actor.send({ type: 'RESTART' });
  }

  /** Begins the disposal; `hooks.onChange` tells of `stopped`. */
  dispose(): void {
    this.actor.send({ type: 'DISPOSE' });
  }

  stop(): void {
    this.actor.stop();
  }

  /** XState types children by the whole set of logics; the id says which it is. */
  #child(id: string): never {
    return this.actor.getSnapshot().children[id] as never;
  }
}
