import type { Clock } from '../../clock.ts';
import type { MetricsRecorder } from '../metrics.ts';

/** Of the calls that succeed within the turn of the event loop in which they began, one in so many is measured. */
const sampled = 8;
/** So many successes are told one by one at first, and after each failure: as many as a share of failures is taken of. */
const toldSuccesses = 20;

/**
 * Counts the calls of a guard that succeed, and measures them, at a fraction of what a look at the clock costs.
 *
 * - A call that takes longer than a turn of the event loop is measured, and so every call that waits for something outside.
 * - Of those that end in the turn in which they began, all are counted and one in eight is measured for all eight.
 */
export class CallMeter {
  readonly #clock: Clock;
  readonly #metrics: MetricsRecorder;
  readonly #tell: (latency: number) => void;
  /** Calls that began before this moment are measured. Infinity: all are. */
  #turnBegan = Infinity;
  #unmeasured = 0;
  /** How long the last one took of those that are not all measured. */
  #sample = 0;
  #untold = toldSuccesses;
  readonly #isAsked: () => boolean;

  /**
   * @param tell hears of a success that is to be reported
   * @param isAsked whether each success is to be reported
   */
  constructor(clock: Clock, metrics: MetricsRecorder, tell: (latency: number) => void, isAsked: () => boolean) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#tell = tell;
    this.#isAsked = isAsked;
  }

  /** From now on each call is measured, as long as there are listeners. */
  onAsked(): void {
    this.#turnBegan = Infinity;
  }

  onSuccess(began: number): void {
    if (began < this.#turnBegan) this.#measure(began);
    else if (++this.#unmeasured === sampled) this.#measureForAll(began);
  }

  /** After it, successes are told. */
  onFailure(): void {
    this.#untold = toldSuccesses;
    this.#turnBegan = Infinity;
  }

  /** Enters what is counted and not measured. */
  flush(): void {
    if (this.#unmeasured > 0) this.#metrics.succeeded(this.#sample, this.#unmeasured);
    this.#unmeasured = 0;
  }

  #measure(began: number): void {
    const now = this.#clock.now();
    this.#metrics.succeeded(now - began);
    if (this.#untold > 0 || this.#isAsked()) {
      this.#untold--;
      this.#tell(now - began);
    } else if (this.#turnBegan === Infinity) {
      this.#beginTurn(now);
    }
  }

  #measureForAll(began: number): void {
    this.#sample = this.#clock.now() - began;
    this.flush();
  }

  #beginTurn(now: number): void {
    // A clock that does not know of turns: every call is measured.
    if (this.#clock.nextTurn === undefined) return;
    this.#turnBegan = now;
    this.#clock.nextTurn(() => (this.#turnBegan = Infinity));
  }
}
