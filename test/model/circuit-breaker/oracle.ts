/**
 * What a circuit breaker promises, written down a second time: plain code on numbers, no statechart.
 * It judges the real one, so that a fault in the machine cannot hide behind itself.
 */

export interface BreakerRules {
  readonly threshold: number;
  readonly openFor: number;
  readonly probes: number;
  readonly probeLimit: number;
  readonly restFor: number;
}

/** A call that was let through: the period of the breaker's life it began in, and whether as a probe. */
export interface Ticket {
  readonly period: number;
  readonly probe: boolean;
}

export type CallEnd = 'ok' | 'failed' | 'gone';

export class BreakerOracle {
  mode: 'CLOSED' | 'OPEN' | 'HALF_OPEN' = 'CLOSED';
  held = false;
  failuresInARow = 0;
  period = 1;
  /** OPEN and not held: when it probes by itself. */
  probesAt = Infinity;
  /** The modes entered, in order. */
  readonly history: string[] = [];
  #rules: BreakerRules;
  #now = 0;
  #restsUntil = 0;
  #hint = false;
  #underWay = 0;
  #passed = 0;
  /** HALF_OPEN with a probe under way: when it is given up. */
  #givesUpAt = Infinity;

  constructor(rules: BreakerRules) {
    this.#rules = rules;
  }

  /** As an earlier process, or an earlier actor, left it. */
  restore(mode: 'OPEN' | 'HELD' | 'HALF_OPEN', remaining = 0): void {
    if (mode === 'HALF_OPEN') this.#halfOpen();
    else this.#open(remaining, mode === 'HELD');
  }

  get retryAfter(): number | undefined {
    return this.mode === 'OPEN' && !this.held ? this.probesAt - this.#now : undefined;
  }

  get permits(): boolean {
    return this.mode === 'CLOSED' || (this.mode === 'HALF_OPEN' && this.#underWay + this.#passed < this.#rules.probes);
  }

  /** Someone calls. @returns nothing when the call is refused */
  call(): Ticket | undefined {
    if (!this.permits) return undefined;
    const probe = this.mode === 'HALF_OPEN';
    if (probe) {
      if (this.#underWay === 0) this.#givesUpAt = this.#now + this.#rules.probeLimit;
      this.#underWay++;
    }
    return { period: this.period, probe };
  }

  end({ period, probe }: Ticket, how: CallEnd): void {
    // P4: what began in an earlier period says nothing about this one.
    if (period !== this.period) return;
    if (!probe) {
      // P7: a caller that went away says nothing about the dependency.
      if (how === 'ok') this.failuresInARow = 0;
      if (how === 'failed' && ++this.failuresInARow >= this.#rules.threshold) this.#open(this.#rules.openFor, false);
      return;
    }
    if (how === 'failed') {
      this.#open(this.#rules.openFor, false);
      return;
    }
    this.#underWay--;
    if (how === 'ok' && ++this.#passed >= this.#rules.probes) this.#close();
    else if (this.#underWay === 0) this.#givesUpAt = Infinity;
  }

  /** Other rules, for what is counted and waited for from now on. */
  configure(rules: Partial<BreakerRules>): void {
    this.#rules = { ...this.#rules, ...rules };
  }

  trip(): void {
    if (this.mode !== 'OPEN') this.#open(this.#rules.openFor, false);
  }

  hold(): void {
    if (!this.held) this.#open(Infinity, true);
  }

  release(): void {
    if (this.held) this.#halfOpen();
  }

  reset(): void {
    this.#close();
  }

  probeNow(): void {
    if (this.mode === 'OPEN' && !this.held) this.#halfOpen();
  }

  evidence(): void {
    if (this.mode !== 'OPEN' || this.held) return;
    if (this.#now >= this.#restsUntil) this.#halfOpen();
    else this.#hint = true;
  }

  /** Time has come this far. */
  passTo(now: number): void {
    for (let due = this.nextDue; due <= now; due = this.nextDue) {
      this.#now = due;
      if (this.mode === 'HALF_OPEN') this.#open(this.#rules.openFor, false);
      else if (due >= this.probesAt || this.#hint) this.#halfOpen();
    }
    this.#now = now;
  }

  /** OPEN and not held: until when evidence is remembered only. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** When something happens by itself next. */
  get nextDue(): number {
    if (this.mode === 'HALF_OPEN') return this.#givesUpAt;
    if (this.mode !== 'OPEN' || this.held) return Infinity;
    return this.#hint ? Math.min(this.probesAt, this.#restsUntil) : this.probesAt;
  }

  #begin(mode: typeof this.mode): void {
    if (this.mode !== mode) this.history.push(mode);
    this.mode = mode;
    this.period++;
    this.held = false;
    this.failuresInARow = 0;
    this.#hint = false;
    this.#underWay = this.#passed = 0;
    this.#givesUpAt = this.probesAt = Infinity;
  }

  #open(wait: number, held: boolean): void {
    this.#begin('OPEN');
    this.held = held;
    this.probesAt = this.#now + wait;
    this.#restsUntil = this.#now + this.#rules.restFor;
  }

  #halfOpen(): void {
    this.#begin('HALF_OPEN');
  }

  #close(): void {
    this.#begin('CLOSED');
  }
}
