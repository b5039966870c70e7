/** Something with a timer that does not keep the process alive, although its end may be awaited. */
export interface KeptAlive {
  /** The process is about to end: from now on the timer keeps it alive, if anything is awaited. */
  keepAlive(): void;
}

const timed = new Set<KeptAlive>();

const onBeforeExit = (): void => {
  // A copy: each of them leaves the set and joins it again.
  for (const each of [...timed]) each.keepAlive();
};

/** Node's process; a browser has none. */
const process = (globalThis as { process?: NodeJS.Process }).process;

/**
 * From now on a process that has nothing left to do asks it before it ends. Unlike a timer that is referenced and
 * unreferenced as calls come and go, this costs a call nothing.
 */
export function watchExit(each: KeptAlive): void {
  if (timed.size === 0) process?.on?.('beforeExit', onBeforeExit);
  timed.add(each);
}

export function unwatchExit(each: KeptAlive): void {
  if (timed.delete(each) && timed.size === 0) process?.off?.('beforeExit', onBeforeExit);
}
