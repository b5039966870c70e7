import type { BreakerContext, BreakerEvent, BreakerInput, BreakerMode, BreakerOptions, Counting } from '../../machines/circuit-breaker.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { Breaker, type BreakerHost } from './breaker.ts';
import { DeadlineList, timerSlack, type Deadline } from './deadlines.ts';
import { checkNumbers, finiteCount, limit, refusal, type CountingRule, type Rule } from './options.ts';

const finiteLimit: Rule = ['more than 0 ms, and not Infinity', (value) => value > 0 && value < Infinity];

/** When the breaker of a guard opens, counted over a sliding window. */
export interface SlidingWindowOptions {
  /** Count over the last so many calls. Default 100, unless `over` is given. */
  readonly calls?: number;
  /** Count over the last so many milliseconds, instead of a number of calls. */
  readonly over?: number;
  /** Open at this share of failures, above 0 and up to 1. Default 0.5. */
  readonly failureShare?: number;
  /** A call that takes longer is slow, in milliseconds. Default Infinity: none is. */
  readonly slowAfter?: number;
  /** Open at this share of slow calls, above 0 and up to 1. Default 0.8. */
  readonly slowShare?: number;
  /** Fewer calls than this say nothing. Default 10, or `calls` when that is less. */
  readonly minimum?: number;
}

export type WindowRules = Required<Omit<SlidingWindowOptions, 'calls' | 'over'>>;

/** What is counted in a window. */
export interface WindowCounts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** The window moves on by a tenth of itself, so that it costs the same however many calls it holds. */
const parts = 10;

const share: Rule = ['above 0 and up to 1', (value) => value > 0 && value <= 1];

/**
 * Counts the share of failures, and of slow calls, over a sliding window, for `GuardOptions.counting`: for dependencies that
 * are asked often, where some failures are normal.
 *
 * ```ts
 * const api = createGuard({ name: 'api', counting: slidingWindow({ over: 30_000, failureShare: 0.5, slowAfter: 2_000 }) });
 * ```
 *
 * The window moves on in ten steps: its oldest tenth is forgotten at once. `breaker.threshold` plays no part.
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function slidingWindow(options: SlidingWindowOptions = {}): CountingRule {
  const checked = checkNumbers('counting', options, {
    calls: finiteCount, over: finiteLimit, failureShare: share, slowAfter: limit, slowShare: share, minimum: finiteCount,
  });
  const { over } = checked;
  if (over !== undefined && checked.calls !== undefined) throw refusal(TypeError, 'counting.over', 'left out where counting.calls is given', over);
  const calls = over === undefined ? checked.calls ?? 100 : Infinity;
  const minimum = checked.minimum ?? Math.min(10, calls);
  if (minimum > calls) throw refusal(RangeError, 'counting.minimum', `at most counting.calls, which is ${calls}`, minimum);
  const rules: WindowRules = { failureShare: 0.5, slowAfter: Infinity, slowShare: 0.8, ...checked, minimum };
  const count = Math.min(parts, calls);
  const { slowAfter } = rules;
  return {
    breaker: (breaker, host) => new WindowBreaker(breaker, host, new SlidingWindow(rules, count, Math.ceil(calls / count)), over === undefined ? Infinity : over / count),
    ...(slowAfter < Infinity ? { deadlines: (clock: Clock, duration: number) => new SlowList(clock, duration, slowAfter) } : {}),
  };
}

/** Calls, failures and slow calls, by parts of a window; all at a constant cost. */
export class SlidingWindow implements Counting {
  readonly #rules: WindowRules;
  /** Calls that a part holds; Infinity where time ends it. */
  readonly #room: number;
  #calls: number[];
  #failures: number[];
  #slow: number[];
  /** The part that calls are counted in. */
  #at = 0;
  // In all parts. Plain fields: each call looks at them.
  #callsInAll = 0;
  #failuresInAll = 0;
  #slowInAll = 0;

  constructor(rules: WindowRules, count: number, room: number) {
    this.#rules = rules;
    this.#room = room;
    this.#calls = new Array<number>(count).fill(0);
    this.#failures = [...this.#calls];
    this.#slow = [...this.#calls];
  }

  get counts(): WindowCounts {
    return { calls: this.#callsInAll, failures: this.#failuresInAll, slow: this.#slowInAll };
  }

  with(failed: boolean, slow: boolean): SlidingWindow {
    const copy = this.copy();
    copy.add(failed, slow);
    return copy;
  }

  turned(): SlidingWindow {
    const copy = this.copy();
    copy.turn();
    return copy;
  }

  cleared(): SlidingWindow {
    return new SlidingWindow(this.#rules, this.#calls.length, this.#room);
  }

  /** By part, the oldest first. */
  get parts(): readonly WindowCounts[] {
    return this.#calls.map((_, index) => {
      const at = (this.#at + 1 + index) % this.#calls.length;
      return { calls: this.#calls[at]!, failures: this.#failures[at]!, slow: this.#slow[at]! };
    });
  }

  copy(): SlidingWindow {
    const copy = new SlidingWindow(this.#rules, 0, this.#room);
    copy.#calls = [...this.#calls];
    copy.#failures = [...this.#failures];
    copy.#slow = [...this.#slow];
    copy.#at = this.#at;
    copy.#callsInAll = this.#callsInAll;
    copy.#failuresInAll = this.#failuresInAll;
    copy.#slowInAll = this.#slowInAll;
    return copy;
  }

  reaches(failed: boolean, slow: boolean): boolean {
    const failures = this.#failuresInAll + Number(failed);
    const slowCalls = this.#slowInAll + Number(slow);
    // As nearly always.
    if (failures === 0 && slowCalls === 0) return false;
    const { minimum, failureShare, slowShare } = this.#rules;
    const calls = this.#callsInAll + 1;
    return calls >= minimum && (failures >= failureShare * calls || slowCalls >= slowShare * calls);
  }

  add(failed: boolean, slow: boolean): void {
    const at = this.#at;
    this.#calls[at]!++;
    this.#callsInAll++;
    if (failed) {
      this.#failures[at]!++;
      this.#failuresInAll++;
    }
    if (slow) {
      this.#slow[at]!++;
      this.#slowInAll++;
    }
    if (this.#calls[at]! >= this.#room) this.turn();
  }

  turn(): void {
    const at = (this.#at + 1) % this.#calls.length;
    this.#at = at;
    this.#callsInAll -= this.#calls[at]!;
    this.#failuresInAll -= this.#failures[at]!;
    this.#slowInAll -= this.#slow[at]!;
    this.#calls[at] = this.#failures[at] = this.#slow[at] = 0;
  }
}

/**
 * The breaker that counts over a window. While it is closed the mirror counts by itself, in a window of its own that it changes
 * in place; its actor, which it has only while it is not closed, works on copies. A timer moves a window of time on as long as
 * there is something in it.
 */
export class WindowBreaker extends Breaker {
  #window: SlidingWindow;
  readonly #turnEvery: number;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  #turnedAt = 0;

  constructor(options: BreakerOptions, host: BreakerHost, window: SlidingWindow, turnEvery: number) {
    super(options, host);
    this.#window = window;
    this.#turnEvery = turnEvery;
    this.#clock = host.clock;
  }

  override input(): BreakerInput {
    return { ...super.input(), counting: this.#window.copy() };
  }

  override onSuccess(epoch: number, slow: boolean, probe: boolean): void {
    if (this.actor === undefined && epoch === this.epoch && !this.#window.reaches(false, slow)) {
      this.streak = 0;
      this.#window.add(false, slow);
      if (this.#timer === undefined && this.#turnEvery < Infinity) this.#keepTurning();
    } else if (this.actor !== undefined || !probe) {
      this.tell({ type: 'SUCCESS', epoch, slow });
    }
  }

  protected override counts(event: BreakerEvent): boolean {
    if (event.type !== 'SUCCESS' && event.type !== 'FAILURE') return super.counts(event);
    const failed = event.type === 'FAILURE';
    const { slow = false } = event;
    if (event.epoch !== this.epoch) return true;
    if (this.#window.reaches(failed, slow)) return false;
    this.#add(failed, slow);
    return true;
  }

  protected override onMirrored({ counting }: BreakerContext, from: BreakerMode): void {
    this.#window = (counting as SlidingWindow).copy();
    if (this.mode === 'CLOSED' && from !== 'CLOSED' && !this.watched) this.#rest();
    if (this.#window.counts.calls === 0) this.#stop();
    else this.#keepTurning();
  }

  /** Closed again, the mirror counts by itself: an event for each success would be a multiple of its cost. */
  #rest(): void {
    const { actor } = this;
    this.actor = undefined;
    actor?.stop();
  }

  protected override end(): void {
    this.#stop();
    super.end();
  }

  #add(failed: boolean, slow: boolean): void {
    this.streak = failed ? this.streak + 1 : 0;
    this.#window.add(failed, slow);
    this.#keepTurning();
  }

  #keepTurning(): void {
    if (this.#timer !== undefined || this.#turnEvery === Infinity) return;
    this.#turnedAt = this.#clock.now();
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), Math.max(0, this.#turnedAt + this.#turnEvery - this.#clock.now()), true);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The timer may be late by several turns: the machine slept. */
  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const turns = Math.min(parts, Math.floor((now - this.#turnedAt) / this.#turnEvery));
    this.#turnedAt += this.#turnEvery * Math.floor((now - this.#turnedAt) / this.#turnEvery);
    for (let turn = 0; turn < turns; turn++) {
      if (this.actor === undefined) this.#window.turn();
      else this.tell({ type: 'TURN' });
    }
    if (this.#window.counts.calls > 0 && this.#timer === undefined) this.#arm();
  }
}

/**
 * Deadlines that also know which attempts have become slow, without a look at the clock when one ends. As all of them become
 * slow after an equal time they do so in the order they began: one timer goes along the list.
 */
class SlowList extends DeadlineList {
  readonly #slowAfter: number;
  readonly #ticker: Clock;
  /** The oldest that is not slow yet. */
  #next: Deadline | undefined;
  #slowTimer: TimerHandle | undefined;
  /** Whatever began at this time or before has been given time again already. */
  #forgiven = -Infinity;

  constructor(clock: Clock, duration: number, slowAfter: number) {
    super(clock, duration);
    this.#ticker = clock;
    this.#slowAfter = slowAfter;
  }

  override add(deadline: Deadline): void {
    super.add(deadline);
    this.#next ??= deadline;
    this.#slowTimer ??= this.#arm(this.#slowAfter);
  }

  override remove(deadline: Deadline): void {
    if (deadline === this.#next) this.#next = deadline.later as Deadline | undefined;
    super.remove(deadline);
  }

  override clear(): Deadline[] {
    if (this.#slowTimer !== undefined) this.#ticker.clearTimeout(this.#slowTimer);
    this.#slowTimer = undefined;
    return super.clear();
  }

  #arm(delay: number): TimerHandle {
    return this.#ticker.setTimeout(() => this.#onSlowTimer(), delay, true);
  }

  #onSlowTimer(): void {
    this.#slowTimer = undefined;
    if (this.#next === undefined) return;
    const now = this.#ticker.now();
    const late = now - this.#slowAfter - this.#next.began;
    // P10: the process did not run. Once, those that began before have as much time again as was lost.
    if (late > timerSlack && this.#next.began > this.#forgiven) {
      this.#forgiven = now;
      this.#slowTimer = this.#arm(Math.min(late, this.#slowAfter));
      return;
    }
    while (this.#next !== undefined && this.#next.began + this.#slowAfter <= now) {
      this.#next.slow = true;
      this.#next = this.#next.later as Deadline | undefined;
    }
    if (this.#next !== undefined) this.#slowTimer = this.#arm(this.#next.began + this.#slowAfter - now);
  }
}
