import type { Clock, TimerHandle } from '../clock.ts';

/** What `promise` gives, or `undefined` with `timedOut` when it takes longer than `limit` milliseconds. A rejection passes through. */
export async function within<T>(clock: Clock, limit: number, promise: PromiseLike<T>): Promise<{ timedOut: false; value: T } | { timedOut: true }> {
  let timer: TimerHandle | undefined;
  const timeout = new Promise<{ timedOut: true }>((resolve) => {
    timer = clock.setTimeout(() => resolve({ timedOut: true }), limit);
  });
  try {
    return await Promise.race([Promise.resolve(promise).then((value) => ({ timedOut: false as const, value })), timeout]);
  } finally {
    if (timer !== undefined) clock.clearTimeout(timer);
  }
}
