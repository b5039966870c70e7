import type { Clock, TimerHandle } from '../../src/clock.ts';
import type { Memento } from '../../src/store/memento.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';

/** A process that can be paused: what would happen in it meanwhile happens when it goes on, in the same order. */
export class Gate {
  #paused = false;
  readonly #waiting: (() => void)[] = [];

  get paused(): boolean {
    return this.#paused;
  }

  pass(work: () => void): void {
    if (this.#paused) this.#waiting.push(work);
    else work();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const work of this.#waiting.splice(0)) work();
  }
}

/** One service's share of the virtual clock: its timers are counted, and can be taken away from it. */
export class LeashedClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #timers = new Set<TimerHandle>();
  readonly #gate: Gate;
  #dead = false;

  constructor(clock: VirtualClock, gate: Gate) {
    this.#clock = clock;
    this.#gate = gate;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  setTimeout(callback: () => void, delay: number, background?: boolean): TimerHandle {
    if (this.#dead) return {};
    const timer = this.#clock.setTimeout(() => this.#gate.pass(() => {
      if (this.#timers.delete(timer)) callback();
    }), delay, background);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: TimerHandle): void {
    this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }

  kill(): void {
    this.#dead = true;
    for (const timer of [...this.#timers]) this.clearTimeout(timer);
  }
}

/** What outlives the lives of one window. */
export class SimulatedMemento {
  readonly values = new Map<string, unknown>();
  fault: 'fail' | 'hang' | 'none' = 'none';
  /** Something may be missing in it, or be older than it should. */
  suspect = false;

  /** The door of one life to it, closed when that ends by force. */
  door(): Memento & { close(): void } {
    let open = true;
    return {
      get: (key) => this.values.get(key),
      update: (key, value) => {
        if (!open) return new Promise(() => undefined);
        if (this.fault !== 'none') this.suspect = true;
        if (this.fault === 'hang') return new Promise(() => undefined);
        if (this.fault === 'fail') return Promise.reject(new Error('Injected: the memento failed.'));
        if (value === undefined) this.values.delete(key);
        else this.values.set(key, value);
        return Promise.resolve();
      },
      close: () => void (open = false),
    };
  }
}
