/** What happens to an operation that fails, told in plain code: when it is tried again, how often, and what its caller is told. */

export interface RetryRules {
  readonly attempts: number;
  readonly initialDelay: number;
  readonly factor: number;
  readonly maxDelay: number;
  readonly jitter: number;
  readonly timeout: number;
  readonly budget: number;
  /** Every draw gives this. */
  readonly random: number;
}

/** `error`: worth trying again; `permanent`: not; `caller`: not, and not the dependency's fault. */
export type Failure = 'error' | 'timeout' | 'permanent' | 'caller';

export type Answer = 'pending' | 'value' | Failure | 'aborted' | 'disposed';

export class RetryOracle {
  readonly #rules: RetryRules;
  #now = 0;
  #started = 0;
  /** When the running attempt has taken too long, or the wait ends. */
  #due: number;
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
    this.#due = rules.timeout;
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
    const again = (failure === 'error' || failure === 'timeout') && !this.breakerOpen
      && this.attempts < this.#rules.attempts && delay < this.#left();
    if (!again) return this.#end(failure);
    this.running = false;
    this.#due = this.#now + delay;
  }

  leave(how: 'aborted' | 'disposed'): void {
    if (this.answer === 'pending') this.#settle(how);
  }

  passTo(now: number): void {
    while (this.answer === 'pending' && this.#due <= now) {
      this.#now = this.#due;
      if (this.running) this.fail('timeout');
      else if (this.breakerOpen) this.#end(this.failures.at(-1)!);
      else {
        this.attempts++;
        this.running = true;
        this.#due = this.#now + Math.min(this.#rules.timeout, this.#left());
      }
    }
    this.#now = now;
  }

  #left(): number {
    return this.#started + this.#rules.budget - this.#now;
  }

  #delay(): number {
    const { initialDelay, factor, maxDelay, jitter, random } = this.#rules;
    let delay = initialDelay;
    for (let failed = 1; failed < this.failures.length; failed++) delay *= factor;
    delay = Math.min(delay, maxDelay);
    return delay - delay * jitter * random;
  }

  #end(failure: Failure): void {
    if (failure !== 'caller' && !this.breakerOpen) this.counted++;
    this.#settle(failure);
  }

  #settle(answer: Answer): void {
    this.answer = answer;
    this.running = false;
    this.#due = Infinity;
  }
}
