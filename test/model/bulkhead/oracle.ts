/** What a limit of concurrency promises, told on two lists: who may run, who waits, and whose turn it is. */

export type Priority = 'interactive' | 'normal' | 'background';

export interface BulkheadRules {
  readonly limit: number;
  readonly reserve: number;
  readonly queue: number;
  readonly slowAfter: number;
  readonly overtakes: number;
}

interface Waiter {
  readonly id: number;
  readonly priority: Priority;
  readonly since: number;
}

export class BulkheadOracle {
  readonly #rules: BulkheadRules;
  running: { readonly id: number; readonly priority: Priority }[] = [];
  waiting: Waiter[] = [];
  /** Every call that has begun, in order. */
  readonly begun: number[] = [];
  readonly refused: number[] = [];
  slow = false;
  /** How often the queue was told to be slow. */
  slowdowns = 0;
  #passedOver = 0;
  #now = 0;

  constructor(rules: BulkheadRules) {
    this.#rules = rules;
  }

  arrive(id: number, priority: Priority): void {
    if (this.#mayRun(priority)) this.#run(id, priority);
    else if (this.waiting.length < this.#rules.queue) this.waiting.push({ id, priority, since: this.#now });
    else this.refused.push(id);
  }

  leave(id: number): void {
    this.waiting = this.waiting.filter((each) => each.id !== id);
    this.#settle();
  }

  end(id: number): void {
    this.running = this.running.filter((each) => each.id !== id);
    for (let next = this.#turn(); next !== undefined; next = this.#turn()) {
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.#run(next.id, next.priority);
    }
    this.#settle();
  }

  /** When the queue becomes slow, should nothing happen until then. */
  get slowAt(): number {
    return this.slow || this.waiting.length === 0 ? Infinity : this.waiting[0]!.since + this.#rules.slowAfter;
  }

  passTo(now: number): void {
    if (this.slowAt <= now) {
      this.slow = true;
      this.slowdowns++;
    }
    this.#now = now;
  }

  #mayRun(priority: Priority): boolean {
    const { limit, reserve } = this.#rules;
    if (this.running.length === limit) return false;
    return priority === 'interactive' || this.running.filter((each) => each.priority !== 'interactive').length < limit - reserve;
  }

  #run(id: number, priority: Priority): void {
    this.running.push({ id, priority });
    this.begun.push(id);
  }

  /** Of those that may have a slot the most urgent, the oldest of these; or the oldest of all, when enough have passed it. */
  #turn(): Waiter | undefined {
    const able = this.waiting.filter(({ priority }) => this.#mayRun(priority));
    const oldest = able[0];
    const urgent = able.find(({ priority }) => priority === 'interactive') ?? able.find(({ priority }) => priority === 'normal') ?? oldest;
    if (urgent === oldest || this.#passedOver === this.#rules.overtakes) {
      if (oldest !== undefined) this.#passedOver = 0;
      return oldest;
    }
    this.#passedOver++;
    return urgent;
  }

  #settle(): void {
    if (this.waiting.length === 0) this.slow = false;
  }
}
