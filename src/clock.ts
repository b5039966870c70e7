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
   * Calls `callback` once after `delay` milliseconds. With `background`, the timer does not keep the
   * process alive: for deadlines and breaker timers, but not for a backoff that somebody awaits.
   */
  setTimeout(callback: () => void, delay: number, background?: boolean): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

declare const timer: unique symbol;
/** What `setTimeout` of the same clock returned; opaque. */
export interface TimerHandle {
  readonly [timer]?: never;
}

// Taken once: as a property of the global object it is looked up through an accessor each time.
const { performance } = globalThis;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimeout(callback, delay, background = false) {
    const handle: unknown = setTimeout(callback, delay);
    // In a browser's extension host a timer is a number and keeps nothing alive.
    if (background && typeof handle === 'object') (handle as NodeJS.Timeout).unref();
    return handle as TimerHandle;
  },
  clearTimeout: (handle) => clearTimeout(handle as unknown as NodeJS.Timeout),
};

/** XState's view of a clock: breaker, lifecycle and supervisor timers never keep a process alive. */
export function actorClock(clock: Clock): { setTimeout(fn: (...args: unknown[]) => void, ms: number): unknown; clearTimeout(id: unknown): void } {
  return {
    setTimeout: (fn, ms) => clock.setTimeout(() => fn(), ms, true),
    clearTimeout: (id) => clock.clearTimeout(id as TimerHandle),
  };
}
