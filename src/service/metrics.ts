import type { BreakerMode } from '../../machines/circuit-breaker.ts';
import type { Clock } from '../clock.ts';
import { Histogram, type LatencyBucket } from './histogram.ts';

/** How long the operations took, in milliseconds. Constant memory, whatever their number. */
export interface Latency {
  /** Percentiles; at most 1.6 % above the true value, and never below. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Of all operations. */
  readonly sum: number;
  /** Exact counts of those that took at most so long, for each doubling from 0.256 ms to 67 s. */
  readonly buckets: readonly LatencyBucket[];
}

/** What a service has done. One operation counts once, whatever its attempts (P61). Times in milliseconds. */
export interface Metrics {
  /** `update` and `updateAll` calls that have ended, in whatever way. */
  readonly operationCount: number;
  readonly successCount: number;
  readonly errorCount: number;
  /** Mean time from call to settlement, waits and retries included (P62). */
  readonly averageLatency: number;
  /** Since the Unix epoch. */
  readonly lastErrorTime: number | undefined;
  /** Since the Unix epoch. */
  readonly lastSuccessTime: number | undefined;
  readonly latency: Latency;
  /** Further attempts after a first one. */
  readonly retryCount: number;
  /** Attempts that took too long. */
  readonly timeoutCount: number;
  /** Operations refused without an attempt: bad input, open breaker, full queue. */
  readonly rejectionCount: number;
  /** Operations by the `code` of their error. */
  readonly errors: Readonly<Record<string, number>>;
  /** Writes accepted and not yet settled. */
  readonly queueDepth: number;
  /** Writes that may wait for one settings file; more are refused. */
  readonly queueCapacity: number;
  /** Time spent in each state, of each settings file's breaker. */
  readonly breakerTime: Readonly<Record<string, Readonly<Record<BreakerMode, number>>>>;
  /** Restarted actors. */
  readonly crashCount: number;
  /** Age of these figures: time since the start, or the last reset. */
  readonly uptime: number;
}

/** Counts; owns no timer. */
export class MetricsRecorder {
  readonly #clock: Clock;
  #since: number;
  #success = 0;
  #error = 0;
  #retries = 0;
  #timeouts = 0;
  #rejections = 0;
  #crashes = 0;
  #lastError: number | undefined;
  #lastSuccess: number | undefined;
  #errors: Record<string, number> = {};
  #latency = new Histogram();
  readonly #breakers = new Map<string, { mode: BreakerMode; since: number; time: Record<BreakerMode, number> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** @param times so many operations have taken as long */
  succeeded(latency: number, times = 1): void {
    this.#success += times;
    this.#lastSuccess = this.#clock.wallTime();
    this.#latency.record(latency, times);
  }

  /** @param attempted false when the operation was refused without an attempt */
  failed(latency: number, code: string, attempted: boolean): void {
    this.#error++;
    if (!attempted) this.#rejections++;
    this.#lastError = this.#clock.wallTime();
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    this.#latency.record(latency);
  }

  retried(): void {
    this.#retries++;
  }

  timedOut(): void {
    this.#timeouts++;
  }

  crashed(): void {
    this.#crashes++;
  }

  breaker(file: string, mode: BreakerMode): void {
    const now = this.#clock.now();
    const record = this.#breakers.get(file);
    if (record === undefined) {
      this.#breakers.set(file, { mode, since: now, time: { CLOSED: 0, OPEN: 0, HALF_OPEN: 0 } });
      return;
    }
    record.time[record.mode] += now - record.since;
    record.mode = mode;
    record.since = now;
  }

  reset(): void {
    const now = this.#clock.now();
    this.#since = now;
    this.#success = this.#error = this.#retries = this.#timeouts = this.#rejections = this.#crashes = 0;
    this.#lastError = this.#lastSuccess = undefined;
    this.#errors = {};
    this.#latency = new Histogram();
    for (const record of this.#breakers.values()) {
      record.since = now;
      record.time = { CLOSED: 0, OPEN: 0, HALF_OPEN: 0 };
    }
  }

  read(queueDepth: number, queueCapacity: number): Metrics {
    const now = this.#clock.now();
    const latency = this.#latency;
    return {
      operationCount: this.#success + this.#error,
      successCount: this.#success,
      errorCount: this.#error,
      averageLatency: latency.mean,
      lastErrorTime: this.#lastError,
      lastSuccessTime: this.#lastSuccess,
      latency: {
        p50: latency.percentile(50), p95: latency.percentile(95), p99: latency.percentile(99), max: latency.max,
        sum: latency.sum, buckets: latency.cumulative(),
      },
      retryCount: this.#retries,
      timeoutCount: this.#timeouts,
      rejectionCount: this.#rejections,
      errors: { ...this.#errors },
      queueDepth,
      queueCapacity,
      breakerTime: Object.fromEntries([...this.#breakers].map(([file, { mode, since, time }]) => (
        [file, { ...time, [mode]: time[mode] + now - since }]
      ))),
      crashCount: this.#crashes,
      uptime: now - this.#since,
    };
  }
}
