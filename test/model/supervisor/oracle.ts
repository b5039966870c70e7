/** A supervisor's promises, in plain code: who runs, what a crash changes, when it gives up, and how the whole is. */

export type Mode = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

interface SettingsFile {
  mode: Mode;
  /** Writes that have not been answered, the one in flight first. */
  writes: number;
  retrying: boolean;
  /** HALF_OPEN: the write in flight is the probe. */
  probing: boolean;
  /** No write is begun any more. */
  closed: boolean;
}

/** How the callers of writes were answered. */
export type Answer = 'refused' | 'aborted' | 'failed' | 'given up' | 'disposed';

export class SupervisorOracle {
  phase: 'running' | 'given up' | 'stopping' | 'stopped' = 'running';
  lifecycle: 'loading' | 'ready' | 'degraded' | 'disposing' = 'loading';
  invalid = false;
  readonly files = new Map<string, SettingsFile>();
  readonly answers: Record<Answer, number> = { 'refused': 0, 'aborted': 0, 'failed': 0, 'given up': 0, 'disposed': 0 };
  /** Every crash heard of: was it one too many? */
  readonly crashes: boolean[] = [];
  readonly #limit: number;
  readonly #window: number;
  readonly #retriesWait: boolean;
  /** When the crashes happened that count. */
  #recent: number[] = [];
  #drainsUntil = Infinity;

  /** @param retriesWait a write that is tried again is found between two attempts, not in one */
  constructor(limit: number, window: number, retriesWait: boolean) {
    this.#limit = limit;
    this.#window = window;
    this.#retriesWait = retriesWait;
  }

  get health(): 'healthy' | 'degraded' | 'unhealthy' {
    const modes = [...this.files.values()].map(({ mode }) => mode);
    if (this.phase === 'given up' || this.phase === 'stopped' || modes.includes('OPEN')) return 'unhealthy';
    return this.lifecycle === 'ready' && !this.invalid && !modes.includes('HALF_OPEN') ? 'healthy' : 'degraded';
  }

  /** The actors that must be there. */
  get actors(): string[] {
    if (this.phase === 'given up' || this.phase === 'stopped') return [];
    const actors = ['lifecycle'];
    for (const [file, { retrying }] of this.files) {
      actors.push(`breaker:${file}`, `queue:${file}`);
      if (retrying) actors.push('retry');
    }
    return actors.sort();
  }

  get recentCrashes(): number {
    return this.#recent.length;
  }

  /** When the oldest crash that counts is forgotten. */
  get forgetsAt(): number {
    return Math.min(...this.#recent) + this.#window;
  }

  /** A write is asked for, parked if need be. */
  write(name: string): void {
    if (!this.files.has(name)) this.files.set(name, { mode: 'CLOSED', writes: 0, retrying: false, probing: false, closed: false });
    this.file(name).writes++;
  }

  file(name: string): SettingsFile {
    return this.files.get(name)!;
  }

  /** The write in flight has ended. */
  answer(name: string, how: Answer): void {
    const file = this.file(name);
    file.writes--;
    file.retrying = false;
    file.probing = file.mode === 'HALF_OPEN' && file.writes > 0;
    this.answers[how]++;
  }

  setMode(name: string, mode: Mode): void {
    const file = this.file(name);
    file.mode = mode;
    file.probing = false;
  }

  crash(actor: string, now: number): void {
    const [kind, name] = actor.split(':');
    // The attempt that runs is the last.
    if (kind === 'retry') this.file(name!).retrying = false;
    this.#recent.push(now);
    const tooMany = this.phase === 'running' && this.#recent.length > this.#limit;
    this.crashes.push(tooMany);
    if (tooMany) this.#giveUp();
    else if (this.phase === 'running') {
      if (kind === 'lifecycle') this.lifecycle = 'loading';
      // The new breaker does not know of the probe.
      if (kind === 'breaker') this.file(name!).probing = false;
    } else if (kind === 'queue') this.closeQueue(name!);
  }

  restart(): void {
    this.phase = 'running';
    this.lifecycle = 'loading';
    this.#recent = [];
    for (const file of this.files.keys()) this.setMode(file, 'CLOSED');
  }

  dispose(now: number): void {
    if (this.phase === 'given up') return this.stop();
    this.phase = 'stopping';
    this.lifecycle = 'disposing';
    this.#drainsUntil = now + 5_000;
    for (const file of this.files.values()) {
      // What could not be written anyway is refused at once.
      if (file.mode !== 'OPEN' && !file.probing) continue;
      this.answers.disposed += file.writes - 1;
      file.writes = 1;
    }
    this.#stopWhenClosed();
  }

  closeQueue(name: string): void {
    this.file(name).closed = true;
    this.#stopWhenClosed();
  }

  stop(): void {
    this.phase = 'stopped';
    for (const file of this.files.values()) {
      this.answers.disposed += file.writes;
      file.writes = 0;
    }
  }

  passTo(now: number): void {
    this.#recent = this.#recent.filter((crash) => crash + this.#window > now);
    if (this.phase === 'stopping' && now >= this.#drainsUntil) this.stop();
  }

  #giveUp(): void {
    this.phase = 'given up';
    for (const [name, file] of this.files) {
      // An attempt that runs goes on; but nobody waits for a further one.
      const goesOn = !(file.retrying && this.#retriesWait);
      if (!goesOn) this.answer(name, 'failed');
      const left = goesOn ? 1 : 0;
      this.answers['given up'] += file.writes - left;
      file.writes = left;
      file.retrying = file.probing = false;
    }
  }

  #stopWhenClosed(): void {
    if ([...this.files.values()].every(({ closed }) => closed)) this.stop();
  }
}
