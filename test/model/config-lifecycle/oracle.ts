/** The life of a service, told in plain code: when the store is read, and what readers may believe meanwhile. */

export interface LifecycleRules {
  readonly loadLimit: number;
  readonly reloadEvery: number;
  readonly drainLimit: number;
}

type State = 'loading' | 'ready' | 'degraded' | 'disposing' | 'disposed';

export class LifecycleOracle {
  state: State = 'loading';
  invalid = 0;
  /** The first load has ended, or has taken too long. */
  ready = false;
  loadsBegun = 1;
  readonly #rules: LifecycleRules;
  #now = 0;
  #loadUntil: number | undefined;
  #again = false;
  #reloadAt = Infinity;
  #drainUntil = Infinity;

  constructor(rules: LifecycleRules) {
    this.#rules = rules;
    this.#loadUntil = rules.loadLimit;
  }

  get status(): 'healthy' | 'degraded' | 'unhealthy' {
    if (this.state === 'disposed') return 'unhealthy';
    return this.state === 'ready' && this.invalid === 0 ? 'healthy' : 'degraded';
  }

  /** A load is under way, in time. */
  get loading(): boolean {
    return this.#loadUntil !== undefined;
  }

  /** When something happens by itself next. */
  get due(): number {
    return Math.min(this.#loadUntil ?? Infinity, this.#reloadAt, this.#drainUntil);
  }

  /** Until when the load under way may take. */
  get loadUntil(): number {
    return this.#loadUntil ?? Infinity;
  }

  get drainUntil(): number {
    return this.#drainUntil;
  }

  get reloadAt(): number {
    return this.#reloadAt;
  }

  reload(): void {
    if (this.#over) return;
    if (this.loading) this.#again = true;
    else this.#begin();
  }

  /** What the store holds has been read. */
  read(invalid: number): void {
    if (this.#over) return;
    this.invalid = invalid;
    this.#enter('ready');
  }

  unreadable(): void {
    if (!this.#over && this.state !== 'degraded') this.#enter('degraded');
  }

  /** The load under way has ended. */
  endLoad(): void {
    this.#loadUntil = undefined;
    if (this.#again && !this.#over) this.#begin();
  }

  dispose(): void {
    if (!this.#over) this.#enter('disposing');
  }

  drained(): void {
    this.#enter('disposed');
  }

  passTo(now: number): void {
    for (let { due } = this; due <= now; { due } = this) {
      this.#now = due;
      if (due === this.#drainUntil) {
        this.#enter('disposed');
      } else if (due === this.#loadUntil) {
        this.unreadable();
        this.endLoad();
      } else {
        this.#enter('degraded');
        this.reload();
      }
    }
    this.#now = now;
  }

  get #over(): boolean {
    return this.state === 'disposing' || this.state === 'disposed';
  }

  #begin(): void {
    this.#again = false;
    this.loadsBegun++;
    this.#loadUntil = this.#now + this.#rules.loadLimit;
  }

  #enter(state: State): void {
    this.state = state;
    this.ready = true;
    this.#reloadAt = state === 'degraded' ? this.#now + this.#rules.reloadEvery : Infinity;
    this.#drainUntil = state === 'disposing' ? this.#now + this.#rules.drainLimit : Infinity;
    if (state === 'disposed') this.#loadUntil = undefined;
  }
}
