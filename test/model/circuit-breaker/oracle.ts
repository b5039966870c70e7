/**
 * What a circuit breaker promises, written down a second time: plain code on numbers, no statechart.
 * It judges the real one, so that a fault in the machine cannot hide behind itself.
 */

export interface BreakerRules {
  readonly threshold: number;
  readonly openFor: number;
  readonly probes: number;
  readonly probeShare: number;
  readonly probeLimit: number;
  readonly restFor: number;
  /** OPEN is so many times longer each time a probe fails; nothing: equally long. */
  readonly factor?: number;
  /** Counted over a window, and not in a row. */
  readonly window?: WindowRules;
}

export interface WindowRules {
  /** Over the last so many calls, or over so many turns of `turnEvery` milliseconds. */
  readonly calls?: number;
  readonly turns?: number;
  readonly turnEvery?: number;
  readonly minimum: number;
  readonly failureShare: number;
  readonly slowShare: number;
  readonly slowAfter: number;
}

/** What is in a window: a list of calls. */
class WindowOracle {
  readonly #rules: WindowRules;
  #calls: { readonly failed: boolean; readonly slow: boolean; readonly turn: number }[] = [];
  #turn = 0;
  #began = 0;

  constructor(rules: WindowRules) {
    this.#rules = rules;
  }

  /** @returns whether it is enough to open */
  add(failed: boolean, slow: boolean, now: number): boolean {
    if (this.#calls.length === 0) {
      this.#began = now;
      this.#turn = 0;
    }
    this.#calls.push({ failed, slow, turn: this.#turn });
    const { calls = Infinity, minimum, failureShare, slowShare } = this.#rules;
    // The last one counts before the oldest is forgotten.
    const count = this.#calls.length;
    const opens = count >= minimum
      && (this.#calls.filter((call) => call.failed).length / count >= failureShare || this.#calls.filter((call) => call.slow).length / count >= slowShare);
    if (count >= calls) this.#calls.shift();
    return opens;
  }

  get turnsAt(): number {
    return this.#calls.length === 0 ? Infinity : this.#began + (this.#turn + 1) * (this.#rules.turnEvery ?? Infinity);
  }

  turn(): void {
    this.#turn++;
    this.#calls = this.#calls.filter(({ turn }) => turn > this.#turn - (this.#rules.turns ?? Infinity));
  }

  clear(): void {
    this.#calls = [];
  }
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
  #failedProbes = 0;
  /** How often in a row it has opened again because a probe failed. */
  #again = 0;
  readonly #window: WindowOracle | undefined;

  constructor(rules: BreakerRules) {
    this.#rules = rules;
    this.#window = rules.window === undefined ? undefined : new WindowOracle(rules.window);
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
    return this.mode === 'CLOSED' || (this.mode === 'HALF_OPEN' && this.#underWay + this.#passed + this.#failedProbes < this.#rules.probes);
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

  end({ period, probe }: Ticket, how: CallEnd, slow = false): void {
    // P4: what began in an earlier period says nothing about this one.
    if (period !== this.period) return;
    if (!probe) {
      // P7: a caller that went away says nothing about the dependency.
      if (how === 'gone') return;
      const failed = how === 'failed';
      this.failuresInARow = failed ? this.failuresInARow + 1 : 0;
      const opens = this.#window?.add(failed, slow, this.#now) ?? this.failuresInARow >= this.#rules.threshold;
      if (opens) this.#open(this.#rules.openFor, false);
      return;
    }
    this.#underWay--;
    const needed = Math.ceil(this.#rules.probes * this.#rules.probeShare);
    if (how === 'failed' && ++this.#failedProbes > this.#rules.probes - needed) this.#reopen();
    else if (how === 'ok' && ++this.#passed >= needed) this.#close();
    else if (this.#underWay === 0) this.#givesUpAt = Infinity;
  }

  /** Other rules, for what is counted and waited for from now on. */
  configure(rules: Partial<BreakerRules>): void {
    this.#rules = { ...this.#rules, ...rules };
  }

  trip(): void {
    if (this.mode !== 'OPEN') this.#open(this.#wait, false);
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
      if (this.mode === 'HALF_OPEN') this.#reopen();
      else if (this.mode === 'CLOSED') this.#window!.turn();
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
    if (this.mode === 'CLOSED') return this.#window?.turnsAt ?? Infinity;
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
    this.#underWay = this.#passed = this.#failedProbes = 0;
    this.#window?.clear();
    this.#givesUpAt = this.probesAt = Infinity;
  }

  #open(wait: number, held: boolean): void {
    this.#begin('OPEN');
    this.held = held;
    this.probesAt = this.#now + wait;
    this.#restsUntil = this.#now + this.#rules.restFor;
  }

  /** Because of a probe. */
  #reopen(): void {
    this.#again++;
    this.#open(this.#wait, false);
  }

  get #wait(): number {
    return this.#rules.openFor * (this.#rules.factor ?? 1) ** this.#again;
  }

  #halfOpen(): void {
    this.#begin('HALF_OPEN');
  }

  #close(): void {
    this.#begin('CLOSED');
    this.#again = 0;
  }
}
