import { systemClock, type Clock, type TimerHandle } from '../clock.ts';
import { DisposedError, GuardsFullError } from '../errors.ts';
import type { Operation } from './attempt.ts';
import { checkNumbers, finiteCount, limit, type ExecuteOptions, type GuardOptions } from './options.ts';
import { StandaloneGuard } from './standalone-guard.ts';

export interface GuardsOptions {
  /** The most guards at a time. Default 1,000. */
  readonly max?: number;
  /** A guard without a call for so long is forgotten, in milliseconds. Default 600,000. */
  readonly forgetAfter?: number;
  readonly clock?: Clock;
}

/** Guards by key: see `createGuards`. */
export interface Guards {
  /**
   * The guard of this key, made when there is none. Ask each time: one that was forgotten goes on, but another one takes its place.
   * @throws GuardsFullError when there are `max` and none may be forgotten; DisposedError; what `createGuard` throws
   */
  for(key: string): StandaloneGuard;
  /** How many there are. */
  readonly size: number;
  /** Disposes of all. */
  dispose(): void;
  /** @internal */
  readonly clock: Clock;
  /** @internal Tells of each guard that there is and that comes, until the function that is returned is called. */
  watch(watcher: GuardsWatcher): () => void;
}

/** @internal */
export interface GuardsWatcher {
  onMade(guard: StandaloneGuard, key: string): void;
  /** It is forgotten, or disposed of. */
  onGone(guard: StandaloneGuard): void;
  /** All are about to be disposed of, and no more will come. */
  onEnd(): void;
}

/**
 * A guard for each host, repository or account, made on demand: one that is down does not stop the others (P79).
 *
 * There are 1,000 at most; one that had no call for 10 minutes is forgotten, and so is the one that has been idle for longest when
 * room is needed: but never one whose calls are in flight, or whose breaker is not closed.
 *
 * ```ts
 * const slots = concurrency({ limit: 7 }); // shared by all
 * const repositories = createGuards((path) => ({ name: `git in ${path}`, limit: slots }));
 * await repositories.for('/repo').execute(readStatus);
 * ```
 *
 * @param optionsOf the options of the guard of a key
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function createGuards(optionsOf: (key: string) => GuardOptions, options: GuardsOptions = {}): Guards {
  const { max = 1_000, forgetAfter = 600_000 } = checkNumbers('guards', options as Pick<GuardsOptions, 'max' | 'forgetAfter'>, { max: finiteCount, forgetAfter: limit });
  return new GuardsByKey(optionsOf, max, forgetAfter, options.clock ?? systemClock);
}

/** A guard that knows when it was last used. */
class KeyedGuard extends StandaloneGuard {
  lastUsed: number;
  #inFlight = 0;

  constructor(options: GuardOptions) {
    super(options);
    this.lastUsed = this.clock.now();
  }

  get mayGo(): boolean {
    return this.#inFlight === 0 && this.breakerMode === 'CLOSED';
  }

  override execute<T>(operation: Operation<T>, options?: ExecuteOptions): Promise<Awaited<T>> {
    this.#inFlight++;
    const answer = super.execute(operation, options);
    const end = (): void => {
      this.#inFlight--;
      this.lastUsed = this.clock.now();
    };
    answer.then(end, end);
    return answer;
  }
}

class GuardsByKey implements Guards {
  readonly #optionsOf: (key: string) => GuardOptions;
  readonly #max: number;
  readonly #forgetAfter: number;
  readonly clock: Clock;
  readonly #watchers = new Set<GuardsWatcher>();
  /** The one that was asked for least lately first. */
  readonly #guards = new Map<string, KeyedGuard>();
  #timer: TimerHandle | undefined;
  #disposed = false;

  constructor(optionsOf: (key: string) => GuardOptions, max: number, forgetAfter: number, clock: Clock) {
    this.#optionsOf = optionsOf;
    this.#max = max;
    this.#forgetAfter = forgetAfter;
    this.clock = clock;
  }

  get size(): number {
    return this.#guards.size;
  }

  for(key: string): StandaloneGuard {
    if (this.#disposed) throw new DisposedError('The guards');
    const guard = this.#guards.get(key) ?? this.#make(key);
    this.#guards.delete(key);
    this.#guards.set(key, guard);
    guard.lastUsed = this.clock.now();
    return guard;
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer);
    // Before the guards, so that the end of one whose breaker is open is not taken for its recovery.
    for (const watcher of this.#watchers) watcher.onEnd();
    for (const guard of this.#guards.values()) guard.dispose();
    this.#guards.clear();
  }

  watch(watcher: GuardsWatcher): () => void {
    this.#watchers.add(watcher);
    for (const [key, guard] of this.#guards) watcher.onMade(guard, key);
    return () => void this.#watchers.delete(watcher);
  }

  #make(key: string): KeyedGuard {
    if (this.#guards.size >= this.#max && !this.#makeRoom()) throw new GuardsFullError(this.#max);
    const guard = new KeyedGuard({ clock: this.clock, ...this.#optionsOf(key) });
    this.#guards.set(key, guard);
    for (const watcher of this.#watchers) watcher.onMade(guard, key);
    this.#timer ??= this.#arm(this.#forgetAfter);
    return guard;
  }

  /** @returns false when none may go */
  #makeRoom(): boolean {
    for (const [key, guard] of this.#guards) {
      if (guard.mayGo) return this.#forget(key, guard);
    }
    return false;
  }

  #forget(key: string, guard: KeyedGuard): true {
    this.#guards.delete(key);
    for (const watcher of this.#watchers) watcher.onGone(guard);
    return true;
  }

  #arm(delay: number): TimerHandle {
    return this.clock.setTimeout(() => this.#forgetIdle(), delay, true);
  }

  #forgetIdle(): void {
    this.#timer = undefined;
    const now = this.clock.now();
    let next = Infinity;
    for (const [key, guard] of this.#guards) {
      const left = guard.lastUsed + this.#forgetAfter - now;
      if (left <= 0 && guard.mayGo) this.#forget(key, guard);
      else next = Math.min(next, left > 0 ? left : this.#forgetAfter);
    }
    if (this.#guards.size > 0) this.#timer = this.#arm(next);
  }
}
