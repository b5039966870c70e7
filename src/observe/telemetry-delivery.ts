/** As `@opentelemetry/core` has it: 0 is success. */
export interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}

/** What all exporters of OpenTelemetry have. */
export interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

const failed = 1;

/**
 * Watches exporters: counts what they deliver and what they lose, and says so, once when it begins and once when it is
 * over. Can be shut: from then on nothing leaves, also what an exporter is given later.
 */
export class Delivery {
  readonly #say: (message: string) => void;
  /** Spans and log records that have arrived. */
  delivered = 0;
  /** Spans and log records that were given up. Those that a full queue did not take are not among them. */
  lost = 0;
  /** What had been lost when deliveries began to fail; `undefined` while they succeed. */
  #lostBefore: number | undefined;
  #begun = 0;
  /** Exports up to this one began before the last success. */
  #good = 0;
  #shut = false;

  /** @param say is told when deliveries begin to fail, and when they succeed again */
  constructor(say: (message: string) => void = () => undefined) {
    this.#say = say;
  }

  shut(): void {
    this.#shut = true;
  }

  /**
   * Watches an exporter, which is changed.
   * @param count how many items an export has: 0 for metrics, which are sums and are sent anew with the next export
   */
  watch<T, E extends Exporter<T>>(exporter: E, count: (items: T) => number): E {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) => {
      if (this.#shut) {
        done({ code: failed, error: new Error('Telemetry is not sent any more.') });
        return;
      }
      const number = ++this.#begun;
      send(items, (result) => {
        this.#note(number, result, count(items));
        done(result);
      });
    };
    return exporter;
  }

  #note(number: number, { code }: ExportResult, count: number): void {
    if (code === 0) {
      this.delivered += count;
      this.#good = this.#begun;
      if (this.#lostBefore !== undefined) this.#say(`Telemetry is delivered again; ${this.lost - this.#lostBefore} spans and log records were given up meanwhile.`);
      this.#lostBefore = undefined;
      return;
    }
    // One that began before another has arrived says nothing new: it is what is left of an outage that is over.
    if (this.#lostBefore === undefined && number > this.#good) {
      this.#lostBefore = this.lost;
      this.#say('Telemetry cannot be delivered. Settings are read and written as before; what does not fit into the queue is lost.');
    }
    this.lost += count;
  }
}
