import { createActor, type ActorRefFrom, type AnyStateMachine, type InputFrom } from 'xstate';
import type { circuitBreaker } from '../../machines/circuit-breaker.ts';
import type { configLifecycle, LifecycleEvent } from '../../machines/config-lifecycle.ts';
import type { RetryInput, retrySequencer } from '../../machines/retry-sequencer.ts';
import { supervisor, supervisorDefaults, type ChildInputs, type Health, type SupervisorOptions } from '../../machines/supervisor.ts';
import type { writeQueue } from '../../machines/write-queue.ts';
import { actorClock, type Clock } from '../clock.ts';
import { ActorTimesNotes } from './actor-times.ts';

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
  /** Since when its actors run, and are in their states. */
  readonly times: ActorTimesNotes;
  readonly #hooks: SupervisionHooks;
  readonly #timers: LeashedTimers;
  #health: Health = 'degraded';
  #crashes = 0;
  #retries = 0;

  constructor(clock: Clock, inputs: ChildInputs, hooks: SupervisionHooks, options: Partial<SupervisorOptions> = {}) {
    this.#hooks = hooks;
    this.#timers = new LeashedTimers(clock);
    this.actor = createActor(supervisor, {
      input: { ...supervisorDefaults, ...options, inputs },
      clock: this.#timers,
    });
    this.times = new ActorTimesNotes(clock, this.actor);
    this.actor.subscribe({
      next: ({ value, context }) => {
        if (context.crashesEver > this.#crashes) {
          this.#crashes = context.crashesEver;
          hooks.onCrash(context.lastCrash!.id, context.lastCrash!.error, value.phase === 'givenUp');
        }
        this.#setHealth(value.health);
        hooks.onChange();
      },
      error: (error) => this.#onFailure(error),
    });
  }

  /** The supervisor's own actions do not throw. Should it crash all the same, its children are orphans: nothing runs any more, as after too many crashes. */
  #onFailure(error: unknown): void {
    this.#timers.stop();
    this.#hooks.onCrash('supervisor', error, true);
    this.#setHealth('unhealthy');
    this.#hooks.onChange();
  }

  /** The supervisor itself has crashed. */
  get #failed(): boolean {
    return this.actor.getSnapshot().status === 'error';
  }

  #setHealth(health: Health): void {
    const before = this.#health;
    this.#health = health;
    if (before !== health) this.#hooks.onHealth(health, before);
  }

  start(): void {
    this.actor.start();
  }

  get health(): Health {
    return this.#health;
  }

  /** Nothing runs and no write is accepted any more, until `restart`. */
  get givenUp(): boolean {
    return this.#failed || this.actor.getSnapshot().value.phase === 'givenUp';
  }

  get stopped(): boolean {
    return this.#failed || this.actor.getSnapshot().value.phase === 'stopped';
  }

  get lifecycleState(): string {
    return this.#failed ? 'given up' : this.actor.getSnapshot().context.lifecycle;
  }

  /** Why the store could not be read, while it cannot. */
  get loadFailure(): string | undefined {
    return this.lifecycle?.getSnapshot().context.failure;
  }

  /** Who crashed last, if anybody. */
  get lastCrash(): string | undefined {
    return this.#failed ? 'supervisor' : this.actor.getSnapshot().context.lastCrash?.id;
  }

  get lifecycle(): ActorRefFrom<typeof configLifecycle> | undefined {
    return this.#child('lifecycle');
  }

  /** Does nothing while there is no lifecycle, and says nothing that it knows: every event makes a snapshot of it, and of the supervisor. */
  tellLifecycle(event: LifecycleEvent): void {
    const { lifecycle } = this;
    if (lifecycle === undefined) return;
    const { value, context } = lifecycle.getSnapshot();
    if (event.type === 'LOADED' && value === 'ready' && context.invalid === event.invalid) return;
    lifecycle.send(event);
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

  /**
   * An actor that lives in the supervisor's system, where inspectors find it by its name, and ends by itself. As a child it would cost
   * more with each that is there.
   */
  startActor<M extends AnyStateMachine>(machine: M, id: string, input: InputFrom<M>): ActorRefFrom<M> {
    return createActor(machine, { input, parent: this.actor, id, systemId: id }).start() as ActorRefFrom<M>;
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
    return (this.#failed ? undefined : this.actor.getSnapshot().children[id]) as never;
  }
}

/** XState's view of a clock, whose timers can be stopped all at once. */
class LeashedTimers {
  readonly #clock: ReturnType<typeof actorClock>;
  readonly #timers = new Set<unknown>();

  constructor(clock: Clock) {
    this.#clock = actorClock(clock);
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }

  stop(): void {
    for (const timer of [...this.#timers]) this.clearTimeout(timer);
  }
}
