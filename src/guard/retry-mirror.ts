import { backoffDelay, type RetryOptions } from '../../machines/retry-backoff.ts';
import type { RetryEvent } from '../../machines/retry-sequencer.ts';
import type { Clock, TimerHandle } from '../clock.ts';

/** What a call needs of its retry sequencer, be it the machine's actor or its mirror. */
export interface RetrySteps {
  send(event: RetryEvent): void;
}

/** The call that a retry sequencer serves: what it is asked, told to do, and told. */
export interface Retried {
  /** One number in [0, 1) per wait. */
  random(): number;
  /** Milliseconds left for the operation as a whole. */
  remaining(): number;
  /** Milliseconds until the dependency may be asked again. */
  earliest(): number;
  /** Whether there is a retry left for the call: takes it. */
  affords(): boolean;
  /** Makes the attempt of this number, after a wait of so many milliseconds. */
  run(attempt: number, waited: number): void;
  /** There is no further attempt: the call has failed. */
  onExhausted(): void;
  /** The sequencer has crashed, or its supervisor has given up. */
  onSequencerLost(): void;
}

/**
 * The retry sequencer of a guard that no supervisor watches: the same states, events and decisions as the machine
 * (machines/retry-sequencer.ts) without an actor, at a fortieth of its cost. A test feeds both the same histories.
 */
export class RetryMirror implements RetrySteps {
  #state: 'attempting' | 'backoff' | 'over' = 'attempting';
  #attempt = 1;
  #timer: TimerHandle | undefined;
  readonly #options: RetryOptions;
  readonly #call: Omit<Retried, 'onSequencerLost'>;
  readonly #clock: Clock;

  constructor(options: RetryOptions, call: Omit<Retried, 'onSequencerLost'>, clock: Clock) {
    this.#options = options;
    this.#call = call;
    this.#clock = clock;
  }

  send(event: RetryEvent): void {
    if (event.type === 'ABORT') this.#end();
    else if (this.#state !== 'attempting') return;
    else if (event.type === 'ATTEMPT_SUCCEEDED') this.#end();
    else if (event.type === 'GIVE_UP' || !event.retryable || !this.#backOff()) this.#exhaust();
  }

  /** False when there is no further attempt, or no time for it. */
  #backOff(): boolean {
    if (this.#attempt >= this.#options.attempts) return false;
    const delay = Math.max(backoffDelay(this.#options, this.#attempt, this.#call.random()), this.#call.earliest());
    // Who was asked for the random number may have ended it.
    if (this.#isOver()) return true;
    if (delay >= this.#call.remaining() || !this.#call.affords()) return false;
    this.#state = 'backoff';
    // A backoff is awaited, so its timer keeps the process alive.
    this.#timer = this.#clock.setTimeout(() => this.#next(delay), delay);
    return true;
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #next(waited: number): void {
    this.#timer = undefined;
    this.#state = 'attempting';
    this.#call.run(++this.#attempt, waited);
  }

  #exhaust(): void {
    this.#end();
    this.#call.onExhausted();
  }

  #end(): void {
    this.#state = 'over';
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
