/** What happens to an operation that fails, told in plain code: when it is tried again, how often, and what its caller is told. */

export interface RetryRules {
  readonly attempts: number;
  readonly initialDelay: number;
  readonly factor: number;
  readonly maxDelay: number;
  readonly jitter: number;
  readonly timeout: number;
  readonly budget: number;
  /** The dependency asks for so many milliseconds, with each failure. */
  readonly asks?: number;
  /** No retry is left for any call. */
  readonly spent?: boolean;
  /** Every draw gives this. */
  readonly random: number;
}

/**
 * `error`: worth trying again; `permanent`: not; `caller`: not, and not the dependency's fault. `unreadable`: throws when it is
 * looked at, which says nothing against trying again; `cancelled`: as the operation says itself, which is its caller's own.
 */
export type Failure = 'error' | 'timeout' | 'unreadable' | 'permanent' | 'caller' | 'cancelled';

const worthAnother: readonly Failure[] = ['error', 'timeout', 'unreadable'];
const callersOwn: readonly Failure[] = ['caller', 'cancelled'];

/** A wait that ended later than twice its length, and so many milliseconds, was longer than it was meant to be. */
const slack = 50;

export type Answer = 'pending' | 'value' | Failure | 'aborted' | 'disposed';

export class RetryOracle {
  readonly #rules: RetryRules;
  #now = 0;
  #started = 0;
  /** When the running attempt has taken too long, or the wait ends. */
  #due: number;
  /** When the attempt or the wait began. */
  #since = 0;
  running = true;
  attempts = 1;
  /** Failed attempts, oldest first. */
  readonly failures: Failure[] = [];
  answer: Answer = 'pending';
  /** Failures the breaker has been told of: one at most, whatever the attempts (P61). */
  counted = 0;
  /** By an operator: nothing further is tried. */
  breakerOpen = false;

  constructor(rules: RetryRules) {
    this.#rules = rules;
    this.#due = Math.min(rules.timeout, rules.budget);
  }

  get due(): number {
    return this.#due;
  }

  succeed(): void {
    this.#settle('value');
  }

  fail(failure: Failure): void {
    if (this.answer !== 'pending') return;
    this.failures.push(failure);
    const delay = this.#delay();
    // P8: what another attempt cannot cure is not tried again.
    const again = worthAnother.includes(failure) && !this.breakerOpen
      && this.attempts < this.#rules.attempts && delay < this.#left() && this.#rules.spent !== true;
    if (!again) return this.#end(failure);
    this.running = false;
    this.#since = this.#now;
    this.#due = this.#now + delay;
  }

  leave(how: 'aborted' | 'disposed'): void {
    if (this.answer === 'pending') this.#settle(how);
  }

  passTo(now: number): void {
    while (this.answer === 'pending' && this.#due <= now) {
      this.#now = this.#due;
      if (this.running) this.fail('timeout');
      else this.#try();
    }
    this.#now = now;
  }

  /** P10: the machine has slept until now, past what was due: nobody is to blame for that. */
  sleepTo(now: number): void {
    this.#now = now;
    if (this.answer !== 'pending') return;
    if (this.running) {
      const limit = this.#due - this.#since;
      const due = now + Math.min(now - this.#due, limit);
      this.#forgive(due - this.#due);
      this.#since = due - limit;
      this.#due = due;
    } else {
      this.#forgive(Math.max(0, now - this.#since - 2 * (this.#due - this.#since) - slack));
      this.#try();
    }
  }

  /** The wait is over. */
  #try(): void {
    if (this.breakerOpen) return this.#end(this.failures.at(-1)!);
    this.attempts++;
    this.running = true;
    this.#since = this.#now;
    this.#due = this.#now + Math.min(this.#rules.timeout, this.#left());
  }

  /** So much does not count. */
  #forgive(milliseconds: number): void {
    this.#started += milliseconds;
  }

  #left(): number {
    return this.#started + this.#rules.budget - this.#now;
  }

  #delay(): number {
    const { initialDelay, factor, maxDelay, jitter, random } = this.#rules;
    let delay = initialDelay;
    for (let failed = 1; failed < this.failures.length; failed++) delay *= factor;
    delay = Math.min(delay, maxDelay);
    return Math.max(delay - delay * jitter * random, this.#rules.asks ?? 0);
  }

  #end(failure: Failure): void {
    if (!callersOwn.includes(failure) && !this.breakerOpen) this.counted++;
    this.#settle(failure);
  }

  #settle(answer: Answer): void {
    this.answer = answer;
    this.running = false;
    this.#due = Infinity;
  }
}
