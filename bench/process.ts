/** How many timers of the process are pending, whether they keep it alive or not: counted at the door. */
export interface TimerCount {
  /** Set and neither fired nor cleared. */
  readonly pending: number;
}

export function countTimers(): TimerCount {
  const pending = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = ((callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
    const handle = set(() => {
      pending.delete(handle);
      callback(...args);
    }, delay);
    pending.add(handle);
    return handle;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((handle?: NodeJS.Timeout) => {
    pending.delete(handle);
    clear(handle);
  }) as typeof clearTimeout;
  return { get pending() { return pending.size; } };
}

/** Bytes in use once all garbage is gone. Needs `--expose-gc`. */
export async function bytesInUse(): Promise<number> {
  // What promises and finalizers still hold goes with the turns of the event loop.
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
