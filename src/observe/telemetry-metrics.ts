import type { BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api';
import type { BreakerMode } from '../../machines/circuit-breaker.ts';
import type { Health } from '../../machines/supervisor.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { Metrics } from '../service/metrics.ts';
import type { SettingIssue } from '../service/reads/snapshot.ts';
import type { Disposable } from '../store/store.ts';
import type { Alert, AlertKind } from './alerts.ts';
import type { ObservedService } from './observed-service.ts';
import { identifier, type Attributes, type TelemetryFacts } from './telemetry-facts.ts';
import { attributes, durationBuckets, guardInstruments, instruments, type InstrumentDescription } from './telemetry-names.ts';

/** What is measured of a `ConfigurationService`, or of a `SupervisedGuard`: by its shape, so that another copy of the library will do. */
export interface MeasuredService extends ObservedService {
  readonly status: Health;
  readonly issues: readonly Pick<SettingIssue, 'key'>[];
  metrics(): Metrics;
  breakers(): readonly { readonly queueDepth: number; readonly file: string; readonly mode: BreakerMode }[];
  /** Of a guard. */
  onCall?(listener: (latency: number) => void): Disposable;
}

type Name = Exclude<keyof typeof instruments, 'writeDuration'>;

const states: readonly BreakerMode[] = ['CLOSED', 'HALF_OPEN', 'OPEN'];
const healths: readonly Health[] = ['healthy', 'degraded', 'unhealthy'];
const alertKinds: readonly AlertKind[] = ['breaker', 'error-rate', 'health', 'resources'];

/** The instruments of one service. All but the histogram are read from the service when somebody collects, and cost nothing before. */
export class ServiceInstruments implements Disposable {
  readonly #service: MeasuredService;
  readonly #facts: TelemetryFacts;
  readonly #activeAlerts: () => readonly Pick<Alert, 'kind'>[];
  readonly #duration: Histogram;
  readonly #observables: Readonly<Partial<Record<Name, Observable>>>;
  /** What a counter had reached before it was reset, by counter and attributes. */
  readonly #counts = new Map<string, { before: number; last: number }>();
  readonly #end: () => void;

  constructor(service: MeasuredService, meter: Meter, facts: TelemetryFacts, activeAlerts: () => readonly Pick<Alert, 'kind'>[]) {
    this.#service = service;
    this.#facts = facts;
    this.#activeAlerts = activeAlerts;
    const { writeDuration, ...observables } = facts.isGuard ? guardInstruments : instruments;
    const { name, unit, description } = writeDuration;
    this.#duration = meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: durationBuckets } });
    this.#observables = Object.fromEntries(Object.entries(observables).map(([key, each]) => [key, observable(meter, each)]));
    const all = Object.values(this.#observables);
    const collect = (result: BatchObservableResult): void => this.#collect(result);
    meter.addBatchObservableCallback(collect, all);
    this.#end = () => meter.removeBatchObservableCallback(collect, all);
  }

  onEvent(event: ServiceEvent): void {
    if (event.type !== 'stored' && event.type !== 'failed') return;
    this.#duration.record(event.latency / 1_000, {
      ...this.#facts.service,
      [this.#outcome]: event.type,
      ...(event.type === 'failed' ? { [attributes.errorType]: this.#facts.error(event.error)[attributes.errorType]! } : {}),
    });
  }

  /** A call of a guard has succeeded. */
  onCall(latency: number): void {
    this.#duration.record(latency / 1_000, { ...this.#facts.service, [this.#outcome]: this.#success });
  }

  dispose(): void {
    this.#end();
  }

  get #outcome(): string {
    return this.#facts.isGuard ? attributes.callOutcome : attributes.outcome;
  }

  get #success(): string {
    return this.#facts.isGuard ? 'succeeded' : 'stored';
  }

  /** Each part by itself: a service of another version may lack one. */
  #collect(result: BatchObservableResult): void {
    for (const part of [this.#observeMetrics, this.#observeBreakers, this.#observeHealth, this.#observeSettings, this.#observeAlerts]) {
      try {
        part.call(this, result);
      } catch {
        // P12: what observes affects nothing, and what cannot be read is not told.
      }
    }
  }

  #observeMetrics(result: BatchObservableResult): void {
    const metrics = this.#service.metrics();
    this.#count(result, 'writes', metrics.successCount, { [this.#outcome]: this.#success });
    for (const [code, count] of Object.entries(metrics.errors)) {
      this.#count(result, 'writes', count, { [this.#outcome]: 'failed', [attributes.errorType]: identifier(code) });
    }
    this.#count(result, 'rejections', metrics.rejectionCount);
    this.#count(result, 'retries', metrics.retryCount);
    this.#count(result, 'timeouts', metrics.timeoutCount);
    this.#count(result, 'crashes', metrics.crashCount);
    for (const [file, time] of Object.entries(metrics.breakerTime)) {
      for (const state of states) {
        this.#count(result, 'breakerTime', time[state] / 1_000, { ...this.#facts.fileOf(file), [attributes.breakerState]: state.toLowerCase() });
      }
    }
    this.#observe(result, 'queueDepth', metrics.queueDepth);
    this.#observe(result, 'uptime', metrics.uptime / 1_000);
    for (const [outcome, at] of [[this.#success, metrics.lastSuccessTime], ['failed', metrics.lastErrorTime]] as const) {
      if (at !== undefined) this.#observe(result, 'lastWrite', at / 1_000, { [this.#outcome]: outcome });
    }
  }

  #observeBreakers(result: BatchObservableResult): void {
    for (const { file, mode } of this.#service.breakers()) {
      for (const state of states) {
        this.#observe(result, 'breakerStatus', mode === state ? 1 : 0, { ...this.#facts.fileOf(file), [attributes.breakerState]: state.toLowerCase() });
      }
    }
  }

  #observeHealth(result: BatchObservableResult): void {
    const { status } = this.#service;
    for (const health of healths) this.#observe(result, 'health', status === health ? 1 : 0, { [attributes.health]: health });
  }

  #observeSettings(result: BatchObservableResult): void {
    const invalid = new Set(this.#service.issues.map(({ key }) => key));
    for (const key of this.#service.definition.keys) this.#observe(result, 'settingValid', invalid.has(key) ? 0 : 1, { [attributes.key]: key });
  }

  #observeAlerts(result: BatchObservableResult): void {
    const active = this.#activeAlerts();
    for (const kind of alertKinds) this.#observe(result, 'alerts', active.filter((alert) => alert.kind === kind).length, { [attributes.alertKind]: kind });
  }

  #observe(result: BatchObservableResult, name: Name, value: number, more: Attributes = {}): void {
    const instrument = this.#observables[name];
    // A guard has not all of them.
    if (instrument !== undefined) result.observe(instrument, value, { ...this.#facts.service, ...more });
  }

  #count(result: BatchObservableResult, name: Name, value: number, more: Attributes = {}): void {
    const id = `${name} ${JSON.stringify(more)}`;
    const count = this.#counts.get(id) ?? { before: 0, last: 0 };
    if (value < count.last) count.before += count.last;
    count.last = value;
    this.#counts.set(id, count);
    this.#observe(result, name, count.before + value, more);
  }
}

function observable(meter: Meter, { name, kind, unit, description }: InstrumentDescription): Observable {
  const options = { unit, description };
  if (kind === 'observable counter') return meter.createObservableCounter(name, options);
  return kind === 'observable gauge' ? meter.createObservableGauge(name, options) : meter.createObservableUpDownCounter(name, options);
}
