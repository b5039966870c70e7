import type { Clock } from '../clock.ts';
import type { LogEntry, LogSink } from './log.ts';

/** An entry that takes a sink longer than this holds up the program, in milliseconds. */
const tooLong = 50;
/** So many in a row are no accident: the machine may have been busy with something else. */
const inARow = 3;
/** Such a sink is passed over for so many times what its last entry took, so that it costs at most 1 % of the time. */
const restFactor = 100;

/**
 * A sink that cannot disturb (P12): what it throws or rejects is ignored; when it blocks, it is passed over for a
 * while, and is told afterwards how much it has missed.
 */
export class PatientSink implements LogSink {
  readonly #sink: LogSink;
  readonly #clock: Clock;
  #slowInARow = 0;
  #took = 0;
  #restsUntil = -Infinity;
  #missed = 0;

  constructor(sink: LogSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  write(entry: LogEntry): void {
    if (this.#missed > 0 && !this.#rests) {
      const { timestamp, instanceId, service } = entry;
      const message = `This log took ${Math.round(this.#took)} ms for an entry, and was passed over for a while: it lacks ${this.#missed} entries.`;
      this.#missed = 0;
      this.#hand({ timestamp, level: 'warn', message, instanceId, service });
    }
    // It may have blocked again just now.
    if (this.#rests) this.#missed++;
    else this.#hand(entry);
  }

  get #rests(): boolean {
    return this.#clock.now() < this.#restsUntil;
  }

  #hand(entry: LogEntry): void {
    const started = this.#clock.now();
    try {
      const result: unknown = this.#sink.write(entry);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // The other sinks, and the service, go on.
    }
    this.#took = this.#clock.now() - started;
    this.#slowInARow = this.#took > tooLong ? this.#slowInARow + 1 : 0;
    if (this.#slowInARow >= inARow) this.#restsUntil = started + this.#took * (1 + restFactor);
  }
}
