import type { Clock, TimerHandle } from '../clock.ts';

/** A timer of a `VirtualClock` that has not fired. */
export interface PendingTimer {
  /** When it is due, in virtual milliseconds. */
  readonly due: number;
  /** It would not keep a process alive. */
  readonly background: boolean;
}

interface Timer extends PendingTimer {
  readonly number: number;
  readonly callback: () => void;
}

/** 2026-01-01T00:00:00Z. */
const epoch = Date.UTC(2026, 0, 1);

/** A clock that stands still until it is told to go on: time in tests is exact, and free. */
export class VirtualClock implements Clock {
  #now = 0;
  #wallOffset = epoch;
  #numbers = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallOffset + this.#now;
  }

  /** Sets the wall clock forward (or back): `now` and the timers do not care (P10). */
  jumpWallClock(milliseconds: number): void {
    this.#wallOffset += milliseconds;
  }

  setTimeout(callback: () => void, delay: number, background = false): TimerHandle {
    const timer: Timer = { due: this.#now + Math.max(0, delay), background, callback, number: this.#numbers++ };
    // A timer that is never due is not pending either.
    if (timer.due !== Infinity) this.#timers.add(timer);
    return timer as unknown as TimerHandle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#timers.delete(handle as unknown as Timer);
  }

  /** The timers that have not fired, the next one first. */
  pendingTimers(): readonly PendingTimer[] {
    return [...this.#timers].sort((a, b) => a.due - b.due || a.number - b.number);
  }

  /**
   * Goes on by `milliseconds`: each timer that becomes due fires at its own time, in order, also those
   * that others set; promises settle in between.
   */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.flush();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#fire(next);
      await this.flush();
    }
    this.#now = end;
    await this.flush();
  }

  /** As `advance`, without letting promises settle in between. */
  advanceSync(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) this.#fire(next);
    this.#now = end;
  }

  /** The machine sleeps, or the process is stopped, for so long: timers that become due meanwhile fire afterwards, late. */
  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    await this.advance(0);
  }

  /** Lets everything settle that waits for promises alone. Time stands still. */
  async flush(): Promise<void> {
    // The event loop turns only when no promise job is left.
    // A browser has no `setImmediate`.
    await new Promise<void>((resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve)));
  }

  /** Goes on, timer by timer, until `promise` has settled, and gives its outcome. Throws when no timer is left to wait for. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => void (settled = true);
    promise.then(end, end);
    await this.flush();
    while (!settled) {
      const next = this.#next(Infinity);
      if (next === undefined) throw new Error('Nothing is left that could settle the promise.');
      this.#fire(next);
      await this.flush();
    }
    return promise;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due || (timer.due === next.due && timer.number < next.number))) next = timer;
    }
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.due);
    timer.callback();
  }
}
