import type { Clock } from '../clock.ts';
import type { LogEntry, LogSink } from './log.ts';

/** What a sink may take of the program's time at once, in milliseconds. */
const burst = 1_000;
/** What it may take on and on: 1 %. */
const share = 0.01;
/** More is not held against it for one entry, in milliseconds: the machine may have slept meanwhile. */
const mostForOne = 10_000;
/** Entries that a sink may have accepted and not yet done with, as its promises say. */
const mostUnderWay = 1_000;

/**
 * A sink that cannot disturb (P12). What it throws or rejects is ignored. One that is slow in its call holds up the whole
 * program, and nobody can prevent that before it has happened; but the time it has taken is counted, and beyond 1 % (and a
 * second at once) it is passed over. So is one that returns promises which do not settle, before they become too many. It
 * is told afterwards how much it has missed.
 */
export class PatientSink implements LogSink {
  readonly #sink: LogSink;
  readonly #clock: Clock;
  /** Time it has taken beyond its share, in milliseconds, as of `#asOf`. */
  #debt = 0;
  #asOf: number;
  #underWay = 0;
  #missed = 0;

  constructor(sink: LogSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
    this.#asOf = clock.now();
  }

  write(entry: LogEntry): void {
    if (this.#missed > 0 && this.#isReady) {
      const { timestamp, instanceId, service } = entry;
      const message = `This log was too slow, and was passed over for a while: it lacks ${this.#missed} entries.`;
      this.#missed = 0;
      this.#hand({ timestamp, level: 'warn', message, instanceId, service });
    }
    // It may have been too slow again just now.
    if (this.#isReady) this.#hand(entry);
    else this.#missed++;
  }

  get #isReady(): boolean {
    return this.#underWay < mostUnderWay && this.#paidBack(this.#clock.now()) <= burst;
  }

  #paidBack(now: number): number {
    return Math.max(0, this.#debt - (now - this.#asOf) * share);
  }

  #hand(entry: LogEntry): void {
    const started = this.#clock.now();
    try {
      const result: unknown = this.#sink.write(entry);
      if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === 'function') {
        this.#underWay++;
        const done = (): void => void this.#underWay--;
        Promise.resolve(result).then(done, done);
      }
    } catch {
      // The other sinks, and the service, go on.
    }
    const ended = this.#clock.now();
    this.#debt = this.#paidBack(started) + Math.min(ended - started, mostForOne);
    this.#asOf = ended;
  }
}
