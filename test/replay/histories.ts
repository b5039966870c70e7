import { createActor, type AnyActorRef } from 'xstate';
import { supervisor, type SupervisorInput } from '../../machines/supervisor.ts';
import type { RetryInput } from '../../machines/retry-sequencer.ts';
import { actorClock } from '../../src/clock.ts';
import type { InspectedActor } from '../../src/inspect/recorder.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const files = ['a', 'b'];
const events: Readonly<Record<string, readonly string[]>> = {
  breaker: ['SUCCESS', 'FAILURE', 'FAILURE', 'FAILURE', 'PROBE_STARTED', 'PROBE_ABANDONED', 'EVIDENCE', 'CONFIGURE', 'TRIP', 'HOLD', 'RELEASE', 'RESET', 'PROBE_NOW', 'nothing knows this'],
  queue: ['ENQUEUE', 'ENQUEUE', 'SETTLED', 'PUT_BACK', 'WITHDRAW', 'PAUSE', 'RESUME'],
  retry: ['ATTEMPT_SUCCEEDED', 'ATTEMPT_FAILED', 'ATTEMPT_FAILED', 'ABORT', 'GIVE_UP'],
  lifecycle: ['LOADED', 'LOAD_FAILED', 'RELOAD'],
};

/**
 * The machines of one service, which are sent events at random: from outside, by each other, and while they are handling
 * one, as what they start may have ended before it has begun.
 */
export class RandomHistory {
  readonly actor: AnyActorRef & InspectedActor;
  readonly clock = new VirtualClock();
  readonly #random: () => number;
  readonly #followed = new WeakSet<AnyActorRef>();
  #number = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const inputs: SupervisorInput['inputs'] = {
      lifecycle: () => ({ loadLimit: 5_000, reloadEvery: 10_000, drainLimit: 5_000, load: () => this.#meanwhile('lifecycle') }),
      breaker: () => ({ threshold: 2, openFor: 60_000, probes: this.#pick([1, 2]), probeShare: 1, probeLimit: 30_000, restFor: 1_000 }),
      queue: (file) => ({ capacity: 3, start: () => this.#meanwhile(`queue:${file}`) }),
    };
    this.actor = createActor(supervisor, { input: { crashLimit: 3, crashWindow: 60_000, inputs }, clock: actorClock(this.clock) }) as never;
    this.actor.subscribe({ next: () => this.#follow(), error: () => undefined });
    this.actor.start();
  }

  async play(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.#do();
      if (this.#random() < 0.5) await Promise.resolve();
    }
    this.actor.stop();
    await Promise.resolve();
  }

  #do(): void {
    const chosen = this.#random();
    if (chosen < 0.15) this.actor.send({ type: 'OPEN_FILE', file: this.#pick(files) });
    else if (chosen < 0.22) this.#retry();
    else if (chosen < 0.35) this.clock.advanceSync(this.#pick([10, 1_000, 5_000, 61_000]));
    else if (chosen < 0.4) this.#crash();
    else if (chosen < 0.42) this.actor.send({ type: 'RESTART' });
    else if (chosen < 0.43) this.actor.send({ type: 'DISPOSE' });
    else this.#send(this.#pick(this.#children));
  }

  get #children(): AnyActorRef[] {
    return Object.values<AnyActorRef>((this.actor.getSnapshot() as { children: Record<string, AnyActorRef> }).children);
  }

  #retry(): void {
    const id = String(++this.#number);
    const input: RetryInput = {
      attempts: 3, initialDelay: 1_000, factor: 2, maxDelay: 10_000, jitter: 0.2,
      random: this.#random, remaining: () => this.#pick([500, Infinity]), run: () => this.#meanwhile(`retry:${id}`),
    };
    this.actor.send({ type: 'START_RETRY', id, input });
  }

  #crash(): void {
    const hostile = Object.defineProperty({ type: '' }, 'type', { get: () => { throw new Error('crash'); } });
    const victim = this.#pick(this.#children);
    victim?.send(hostile);
    // What follows a crash comes too late.
    victim?.send({ type: 'ABORT' });
  }

  /** What an actor has started ends before the actor has handled what made it start that, or something else happens then. */
  #meanwhile(id: string): void {
    if (this.#random() < 0.4) this.#send(this.#children.find((child) => child.id === id));
    if (this.#random() < 0.2) this.#send(this.#pick(this.#children));
  }

  #send(child: AnyActorRef | undefined): void {
    const type = child === undefined ? undefined : this.#pick(events[child.id.replace(/:.*/, '')] ?? []);
    if (child === undefined || type === undefined) return;
    const { epoch = 0, current } = (child.getSnapshot() as { context: { epoch?: number; current?: { id: number } } }).context;
    child.send({
      type, epoch: this.#pick([epoch, epoch, epoch - 1]), id: current?.id ?? 0, ticket: { id: ++this.#number }, retryable: this.#random() < 0.8,
      invalid: this.#pick([0, 0, 2]), failure: 'io', rules: { threshold: this.#pick([1, 3]), openFor: this.#pick([10_000, Infinity]) },
    });
  }

  /** As the service does: a breaker tells the queue of its file, and what looks at it. */
  #follow(): void {
    for (const child of this.#children) {
      if (this.#followed.has(child)) continue;
      this.#followed.add(child);
      if (!child.id.startsWith('breaker:')) continue;
      const queue = child.id.replace('breaker', 'queue');
      let before = '';
      child.subscribe({
        next: ({ value }: { value: unknown }) => {
          const now = JSON.stringify(value);
          if (now === before) return;
          before = now;
          this.#children.find(({ id }) => id === queue)?.send({ type: now.includes('OPEN') ? 'PAUSE' : 'RESUME' });
          if (this.#random() < 0.1) child.send({ type: 'EVIDENCE' });
        },
        error: () => undefined,
      });
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }
}
