/**
 * Time, injected. Durations come from a monotonic clock, so that a wall clock that jumps changes
 * nothing (P10); the wall clock is for people and for deadlines that outlive the process.
 */
export interface Clock {
  /** Monotonic milliseconds; fractions are kept. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallTime(): number;
  /**
   * Calls `callback` once after `delay` milliseconds, which may be more than the 2^31 - 1 that JavaScript's own timers
   * accept, or Infinity: never. With `background`, the timer does not keep the process alive: for deadlines and breaker
   * timers, but not for a backoff that is awaited.
   */
  setTimeout(callback: () => void, delay: number, background?: boolean): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** Calls `callback` once the event loop has delivered everything that has arrived by now. Default: a timer of 0 ms. */
  nextTurn?(callback: () => void): void;
}

declare const timer: unique symbol;
/** What `setTimeout` of the same clock returned; opaque. */
export interface TimerHandle {
  readonly [timer]?: never;
}

// Taken once: as a property of the global object it is looked up through an accessor each time.
const { performance } = globalThis;

/** The longest that JavaScript's own timers wait, in milliseconds: longer ones fire at once, with a warning. */
const longestTimer = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimeout(callback, delay, background = false) {
    return delay > longestTimer ? new LongTimer(callback, delay, background) as TimerHandle : startTimer(callback, delay, background);
  },
  clearTimeout(handle: unknown) {
    if (handle instanceof LongTimer) handle.stop();
    else clearTimeout(handle as NodeJS.Timeout);
  },
  nextTurn: typeof setImmediate === 'function' ? (callback) => void setImmediate(callback) : (callback) => void setTimeout(callback),
};

function startTimer(callback: () => void, delay: number, background: boolean): TimerHandle {
  const handle: unknown = setTimeout(callback, delay);
  // In a browser's extension host a timer is a number and keeps nothing alive.
  if (background && typeof handle === 'object') (handle as NodeJS.Timeout).unref();
  return handle as TimerHandle;
}

/** A wait that is longer than one of JavaScript's own timers: one timer after the other. */
class LongTimer {
  #current: TimerHandle | undefined;

  constructor(callback: () => void, delay: number, background: boolean) {
    // Infinity: no timer at all, and nothing that would keep a process alive.
    if (delay !== Infinity) this.#wait(callback, delay, background);
  }

  stop(): void {
    if (this.#current !== undefined) clearTimeout(this.#current as unknown as NodeJS.Timeout);
  }

  #wait(callback: () => void, left: number, background: boolean): void {
    const step = Math.min(left, longestTimer);
    const next = step < left ? () => this.#wait(callback, left - step, background) : callback;
    this.#current = startTimer(next, step, background);
  }
}

/** XState's view of a clock: breaker, lifecycle and supervisor timers never keep a process alive. */
export function actorClock(clock: Clock): { setTimeout(fn: (...args: unknown[]) => void, ms: number): unknown; clearTimeout(id: unknown): void } {
  return {
    setTimeout: (fn, ms) => clock.setTimeout(() => fn(), ms, true),
    clearTimeout: (id) => clock.clearTimeout(id as TimerHandle),
  };
}
