/** Has a process of this machine ended? Where this process may not ask, it has not. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Has the process ended that left something?
 * @param leftAt when it did, in milliseconds since the Unix epoch: this process may have its number by now
 */
export function hasEndedSince(pid: number, leftAt: number): boolean {
  // The earlier of two: one counts from the clock as it was at the start, the other without the time that the computer slept.
  return pid === process.pid ? leftAt < Math.min(performance.timeOrigin, Date.now() - process.uptime() * 1_000) : hasEnded(pid);
}
