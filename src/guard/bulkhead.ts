import { bulkheadDefaults, type BulkheadOptions, type Priority } from '../../machines/bulkhead-options.ts';
import type { BulkheadEvent, BulkheadInput } from '../../machines/bulkhead.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { QueueFullError } from '../errors.ts';
import { Arrival, type ArrivalHost } from './arrival.ts';
import { LinkedList, type Linked } from './linked-list.ts';
import { checkNumbers, count, finiteCount, refusal, wait, type CallLimit, type PendingCall, type Rule } from './options.ts';

const finiteWholeNumber: Rule = ['a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0];

/** Limits how many calls run at a time. Hand it to one guard, or to several that share its slots. Made by `concurrency`. */
export interface ConcurrencyLimit extends CallLimit {
  /** Calls that run. */
  readonly running: number;
  /** Calls that wait for a slot. */
  readonly waiting: number;
  /** The options, complete. */
  readonly options: BulkheadOptions;
}

const priorities = ['interactive', 'normal', 'background'] as const satisfies readonly Priority[];

/**
 * A limit of concurrency with a bounded queue and priorities, for `GuardOptions.limit`.
 *
 * A call holds its slot from its first attempt to its end, waits between attempts included. One that finds no slot waits, and
 * begins when its turn comes; the time that it waits is not part of its budget. It leaves the queue when it is aborted, when
 * the breaker opens, and when the guard is disposed of. `ExecuteOptions.priority` says how urgent it is.
 *
 * ```ts
 * const git = createGuard({ name: 'git', limit: concurrency({ limit: 7, reserve: 2 }) });
 * await git.execute(readStatus, { priority: 'interactive' });
 * ```
 *
 * @throws RangeError, TypeError for an invalid option: its name, what it must be, and what it is
 */
export function concurrency(options: Partial<BulkheadOptions> & Pick<BulkheadOptions, 'limit'>): ConcurrencyLimit {
  const checked = checkNumbers('limit', options, {
    limit: finiteCount, reserve: finiteWholeNumber, queue: finiteWholeNumber, slowAfter: wait, overtakes: count,
  });
  const { limit } = checked;
  if (limit === undefined) throw refusal(TypeError, 'limit.limit', 'a whole number of at least 1', undefined);
  const { reserve = limit > 1 ? 1 : 0 } = checked;
  if (reserve >= limit) throw refusal(RangeError, 'limit.reserve', `less than limit.limit, which is ${limit}`, reserve);
  return new Bulkhead({ ...bulkheadDefaults, ...checked, limit, reserve });
}

/** A call in the queue: an arrival, and where it stands. */
class Queued<T = unknown> extends Arrival<T> implements Linked {
  /** The later it came, the greater. */
  id = 0;
  /** Since when it waits, by the clock. */
  since = 0;
  earlier: Linked | undefined;
  later: Linked | undefined;
  listed = false;
  readonly #limit: Bulkhead;

  constructor(limit: Bulkhead, host: ArrivalHost, call: PendingCall<T>) {
    super(host, call);
    this.#limit = limit;
  }

  get priority(): Priority {
    return this.call.options.priority;
  }

  /** It has a slot. @returns false when it has no use for it */
  begin(): boolean {
    if (this.call.options.signal?.aborted === true) {
      // The slot is that of a call that the same signal has just ended.
      this.onAbort();
      return false;
    }
    let begun = false;
    this.arrive(() => (begun = this.host.start(this.call)));
    return begun;
  }

  protected override leave(): void {
    this.#limit.leave(this as unknown as Queued);
  }
}

/**
 * The bulkhead of a guard: the same states, events and decisions as the machine (machines/bulkhead.ts) without an actor, in
 * constant time however many calls wait. test/unit/guard/bulkhead-mirror.test.ts feeds both the same histories.
 */
export class Bulkhead implements ConcurrencyLimit {
  readonly options: BulkheadOptions;
  running = 0;
  waiting = 0;
  /** Calls that run and are not interactive. */
  #others = 0;
  /** Calls in a row that have gone before an older one. */
  #overtaken = 0;
  /** The calls that wait, by priority, oldest first. */
  readonly #queues = { interactive: new LinkedList<Queued>(), normal: new LinkedList<Queued>(), background: new LinkedList<Queued>() };
  #ids = 0;
  #slow = false;
  #clock: Clock | undefined;
  #timer: TimerHandle | undefined;
  #watchers: Set<(event: BulkheadEvent) => void> | undefined;

  constructor(options: BulkheadOptions) {
    this.options = options;
  }

  /** A call has waited for longer than `slowAfter`, and some still wait. */
  get isSlow(): boolean {
    return this.#slow;
  }

  take(priority: Priority): boolean {
    if (!(priority in this.#queues)) throw refusal(TypeError, 'priority', '"interactive", "normal" or "background"', priority);
    if (!this.#hasSlot(priority)) return false;
    const id = ++this.#ids;
    if (this.#watchers !== undefined) this.#tell({ type: 'ARRIVED', id, priority });
    this.#takeSlot(priority);
    return true;
  }

  give(priority: Priority): void {
    this.#giveSlot(priority);
    this.#startNext();
  }

  queue<T>(host: ArrivalHost, call: PendingCall<T>): void {
    const { queue } = this.options;
    const { priority } = call.options;
    const id = ++this.#ids;
    if (this.#watchers !== undefined) this.#tell({ type: 'ARRIVED', id, priority });
    if (this.waiting >= queue) {
      host.emit({ type: 'queue-full' });
      throw new QueueFullError(host.name, queue, 'calls');
    }
    const queued = new Queued(this, host, call);
    queued.id = id;
    queued.since = host.clock.now();
    this.waiting++;
    this.#queues[priority].add(queued as unknown as Queued);
    if (!this.#slow && this.#timer === undefined) this.#arm();
    queued.listen();
  }

  /** The call does not wait any more. */
  leave(call: Queued): void {
    if (!call.listed) return;
    if (this.#watchers !== undefined) this.#tell({ type: 'LEFT', id: call.id });
    this.#remove(call);
  }

  /** What an actor of the machine starts from, to go on beside this one. */
  input(clock: Clock): BulkheadInput {
    const waiting = priorities.flatMap((priority) => membersOf(this.#queues[priority])).sort((one, other) => one.id - other.id);
    return {
      ...this.options,
      now: () => clock.now(),
      start: () => undefined,
      refuse: () => undefined,
      tellSlow: () => undefined,
      waiting: waiting.map(({ id, priority, since }) => ({ id, priority, since })),
      running: this.running,
      others: this.#others,
      overtaken: this.#overtaken,
      slow: this.#slow,
    };
  }

  /** Tells each event of the machine before it takes effect here, until the function that is returned is called. */
  watch(watcher: (event: BulkheadEvent) => void): () => void {
    (this.#watchers ??= new Set()).add(watcher);
    return () => {
      this.#watchers?.delete(watcher);
      if (this.#watchers?.size === 0) this.#watchers = undefined;
    };
  }

  #tell(event: BulkheadEvent): void {
    for (const watcher of this.#watchers ?? []) watcher(event);
  }

  #hasSlot(priority: Priority): boolean {
    const { limit, reserve } = this.options;
    return this.running < limit && (priority === 'interactive' || this.#others < limit - reserve);
  }

  #takeSlot(priority: Priority): void {
    this.running++;
    if (priority !== 'interactive') this.#others++;
  }

  #giveSlot(priority: Priority): void {
    if (this.#watchers !== undefined) this.#tell({ type: 'ENDED', priority });
    this.running--;
    if (priority !== 'interactive') this.#others--;
  }

  #startNext(): void {
    while (this.waiting > 0) {
      const next = this.#next();
      if (next === undefined) return;
      this.#remove(next);
      this.#takeSlot(next.priority);
      if (!next.begin()) this.#giveSlot(next.priority);
    }
  }

  /** The call whose turn it is. */
  #next(): Queued | undefined {
    let first: Queued | undefined;
    let oldest: Queued | undefined;
    for (const priority of priorities) {
      const { first: candidate } = this.#queues[priority];
      if (candidate === undefined || !this.#hasSlot(priority)) continue;
      first ??= candidate;
      if (oldest === undefined || candidate.id < oldest.id) oldest = candidate;
    }
    if (first === undefined) return undefined;
    if (this.#overtaken >= this.options.overtakes) first = oldest;
    this.#overtaken = first === oldest ? 0 : this.#overtaken + 1;
    return first;
  }

  #remove(call: Queued): void {
    this.#queues[call.priority].remove(call);
    if (--this.waiting > 0) return;
    this.#slow = false;
    if (this.#timer !== undefined) this.#clock!.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #oldest(): Queued {
    return priorities.map((priority) => this.#queues[priority].first).reduce((one, other) => (
      other === undefined || (one !== undefined && one.id < other.id) ? one : other
    ))!;
  }

  /** The timer keeps no process alive: the calls that run do. */
  #arm(): void {
    const { since, host: { clock } } = this.#oldest;
    this.#clock = clock;
    this.#timer = clock.setTimeout(() => this.#onTimer(), Math.max(0, since + this.options.slowAfter - clock.now()), true);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const { since, host } = this.#oldest;
    const waited = host.clock.now() - since;
    if (waited < this.options.slowAfter) {
      this.#arm();
    } else {
      this.#slow = true;
      host.emit({ type: 'queue-slow', waiting: this.waiting, waited });
    }
  }
}

/** All of a list, in order. */
function membersOf<T extends Linked>({ first }: LinkedList<T>): T[] {
  const all: T[] = [];
  for (let each = first; each !== undefined; each = each.later as T | undefined) all.push(each);
  return all;
}
