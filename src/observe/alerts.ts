import { systemClock, type Clock } from '../clock.ts';
import type { HealthReport } from '../service/health.ts';
import { Emitter } from '../service/emitter.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { Disposable } from '../store/store.ts';
import { errorFacts, type ErrorFacts } from './error-facts.ts';
import type { ObservedService } from './observed-service.ts';
import { member } from './safe-data.ts';

export type AlertKind = 'breaker' | 'error-rate' | 'health' | 'resources';

/** Something is wrong, and for how long it is. */
export interface Alert {
  readonly kind: AlertKind;
  /** The same for the same thing, for instance `breaker user settings`. */
  readonly id: string;
  /** `false` when it is over. */
  readonly active: boolean;
  /** For people. */
  readonly message: string;
  /** Since when, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** The settings file it is about. */
  readonly file?: string;
  /** What is to blame, as far as that is known. */
  readonly error?: ErrorFacts;
}

type Details = Pick<Alert, 'file' | 'error'>;

export interface AlertOptions {
  readonly clock?: Clock;
  /** Share of failed operations, 0 to 1, that raises an alert. Default 0.5. */
  readonly raiseAt?: number;
  /** Share at which that alert is over; lower, so that it does not come and go. Default 0.2. */
  readonly clearAt?: number;
  /** The last operations that the share is taken of. Default 20. */
  readonly sample?: number;
  /** With fewer operations there is no share to speak of. Default 5. */
  readonly minimum?: number;
  /** Older operations do not count, in milliseconds. Default 300,000. */
  readonly maxAge?: number;
}

const defaults = { raiseAt: 0.5, clearAt: 0.2, sample: 20, minimum: 5, maxAge: 300_000 };
/** These say nothing about the store. */
const callersOwn = new Set(['VALIDATION', 'ABORTED', 'DISPOSED']);

/** Watches the events of a service and raises alerts, each once until it is over. Has no timer: nothing happens, nothing changes. */
export class Alerts implements Disposable {
  readonly #service: ObservedService;
  #options: typeof defaults;
  readonly #clock: Clock;
  readonly #alerts = new Emitter<Alert>(() => undefined);
  readonly #active = new Map<string, Alert>();
  readonly #lastErrors = new Map<string, ErrorFacts>();
  readonly #subscription: Disposable;
  /** Writes that waited when that became too many. */
  #crowd = 0;
  #outcomes: { readonly ok: boolean; readonly at: number }[] = [];

  constructor(service: ObservedService, options: AlertOptions = {}) {
    this.#service = service;
    this.#options = { ...defaults, ...options };
    this.#clock = options.clock ?? systemClock;
    this.#subscription = service.onEvent((event) => this.#onEvent(event));
  }

  /** Changes options while it watches; what is raised already stays until it is over. */
  configure(options: Partial<Pick<AlertOptions, 'raiseAt' | 'clearAt'>>): void {
    const raiseAt = options.raiseAt ?? this.#options.raiseAt;
    this.#options = { ...this.#options, ...options, clearAt: Math.min(options.clearAt ?? defaults.clearAt, raiseAt) };
  }

  /** What is wrong now. */
  get active(): Alert[] {
    return [...this.#active.values()];
  }

  /** Calls back when an alert is raised, and again when it is over. */
  onAlert(listener: (alert: Alert) => void): Disposable {
    return this.#alerts.on(listener);
  }

  /** Takes a health report into account that somebody has asked for. */
  note(report: HealthReport): void {
    for (const [kind, check] of [['health', report.checks.access], ['resources', report.checks.resources]] as const) {
      const id = kind === 'health' ? 'access' : 'resources';
      if (check.status === 'healthy') this.#clear(id);
      else this.#raise(kind, id, check.detail);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#alerts.clear();
    this.#active.clear();
  }

  #onEvent(event: ServiceEvent): void {
    switch (event.type) {
      case 'breaker':
        this.#onBreaker(event.file, event.to);
        break;
      case 'health':
        if (event.health !== 'unhealthy') this.#clear('given up');
        // Not over before it is healthy again: degraded is on the way both up and down.
        if (event.health === 'unhealthy') this.#raise('health', 'health', 'The service is unhealthy.');
        if (event.health === 'healthy') this.#clear('health');
        break;
      case 'load-failed':
        this.#onLoadFailed(errorFacts(event.error));
        break;
      case 'loaded':
        this.#clear('load');
        break;
      case 'crash':
        if (event.givenUp) this.#onGivenUp(errorFacts(event.error));
        break;
      case 'attempt-failed':
        this.#lastErrors.set(event.file, errorFacts(event.error));
        break;
      case 'stored':
        this.#lastErrors.delete(event.file);
        this.#clear('access');
        this.#count(true);
        this.#clearWhenRoom();
        break;
      case 'failed':
        this.#onFailed(errorFacts(event.error), event.error);
        break;
    }
  }

  #onBreaker(file: string, mode: string): void {
    const id = `breaker ${file}`;
    const error = this.#lastErrors.get(file);
    if (mode === 'OPEN') this.#raise('breaker', id, 'Settings cannot be stored: the circuit breaker is open.', { file, ...(error === undefined ? {} : { error }) });
    if (mode === 'CLOSED') this.#clear(id);
  }

  #onLoadFailed(error: ErrorFacts): void {
    const { file } = error;
    this.#raise('health', 'load', 'The settings cannot be read; the last good values are served.', { error, ...(file === undefined ? {} : { file }) });
  }

  #onGivenUp(error: ErrorFacts): void {
    const userAction = 'Run "Holdfast: Reset", or reload the window.';
    this.#raise('health', 'given up', 'A part of the service has crashed too often: settings are not stored any more.', { error: { ...error, userAction, retryable: false } });
  }

  #onFailed(facts: ErrorFacts, error: unknown): void {
    if (callersOwn.has(facts.code ?? '')) return;
    if (facts.code === 'QUEUE_FULL') {
      this.#raise('resources', 'resources', `More writes are waiting than the queue holds (${String(member(error, 'capacity'))}).`, { error: facts });
    }
    this.#count(false);
  }

  /** The queues have room again when half of what waited is gone. */
  #clearWhenRoom(): void {
    if (this.#active.has('resources') && this.#waiting() <= this.#crowd / 2) this.#clear('resources');
  }

  #waiting(): number {
    try {
      return this.#service.breakers().reduce((sum, { queueDepth }) => sum + queueDepth, 0);
    } catch {
      return 0;
    }
  }

  #count(ok: boolean): void {
    const { sample, minimum, maxAge, raiseAt, clearAt } = this.#options;
    const now = this.#clock.now();
    this.#outcomes.push({ ok, at: now });
    this.#outcomes = this.#outcomes.filter(({ at }) => now - at <= maxAge).slice(-sample);
    const rate = this.#outcomes.filter((outcome) => !outcome.ok).length / this.#outcomes.length;
    if (this.#outcomes.length >= minimum && rate >= raiseAt) {
      this.#raise('error-rate', 'error-rate', `${Math.round(rate * 100)} % of the last ${this.#outcomes.length} writes failed.`);
    } else if (rate <= clearAt) {
      this.#clear('error-rate');
    }
  }

  #raise(kind: AlertKind, id: string, message: string, details: Details = {}): void {
    if (this.#active.has(id)) return;
    if (kind === 'resources') this.#crowd = this.#waiting();
    const alert: Alert = { kind, id, active: true, message, since: this.#clock.wallTime(), ...details };
    this.#active.set(id, alert);
    this.#alerts.emit(alert);
  }

  #clear(id: string): void {
    const alert = this.#active.get(id);
    if (alert === undefined) return;
    this.#active.delete(id);
    this.#alerts.emit({ ...alert, active: false });
  }
}
