import { backoffDelay, type RetryEvent, type RetryInput } from '../../machines/retry-sequencer.ts';
import type { Clock, TimerHandle } from '../clock.ts';

/** What a call needs of its retry sequencer, be it the machine's actor or its mirror. */
export interface RetrySteps {
  send(event: RetryEvent): void;
}

/** What a call hears of its retry sequencer. */
export interface RetryEnds {
  /** There is no further attempt: the call has failed. */
  exhausted(): void;
  /** It has crashed, or its supervisor has given up. */
  lost(): void;
}

/**
 * The retry sequencer of a guard that no supervisor watches: the same states, events and decisions as the machine
 * (machines/retry-sequencer.ts) without an actor, at a fortieth of its cost. A test feeds both the same histories.
 */
export class RetryMirror implements RetrySteps {
  #state: 'attempting' | 'backoff' | 'over' = 'attempting';
  #attempt = 1;
  #timer: TimerHandle | undefined = undefined;
  readonly #input: RetryInput;
  readonly #clock: Clock;
  readonly #ends: Pick<RetryEnds, 'exhausted'>;

  constructor(input: RetryInput, clock: Clock, ends: Pick<RetryEnds, 'exhausted'>) {
    this.#input = input;
    this.#clock = clock;
    this.#ends = ends;
  }

  send(event: RetryEvent): void {
    if (event.type === 'ABORT') this.#end();
    else if (this.#state !== 'attempting') return;
    else if (event.type === 'ATTEMPT_SUCCEEDED') this.#end();
    else if (event.type === 'GIVE_UP' || !event.retryable || !this.#backOff()) this.#exhaust();
  }

  /** False when there is no further attempt, or no time for it. */
  #backOff(): boolean {
    const input = this.#input;
    if (this.#attempt >= input.attempts) return false;
    const delay = backoffDelay(input, this.#attempt, input.random());
    if (delay >= input.remaining()) return false;
    this.#state = 'backoff';
    // Somebody awaits a backoff, so its timer keeps the process alive.
    this.#timer = this.#clock.setTimeout(() => this.#next(), delay);
    return true;
  }

  #next(): void {
    this.#timer = undefined;
    this.#state = 'attempting';
    this.#input.run(++this.#attempt);
  }

  #exhaust(): void {
    this.#end();
    this.#ends.exhausted();
  }

  #end(): void {
    this.#state = 'over';
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
