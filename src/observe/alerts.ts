import { systemClock, type Clock, type TimerHandle } from '../clock.ts';
import type { HealthReport } from '../service/health.ts';
import { Emitter } from '../service/emitter.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { Disposable } from '../store/store.ts';
import { alertRules, type AlertKind, type AlertName, type AlertRule } from './alert-rules.ts';
import { errorFacts, type ErrorFacts } from './error-facts.ts';
import type { ObservedService } from './observed-service.ts';
import { tellableFacts, withoutSecrets } from './redact.ts';
import { member } from './safe-data.ts';

export type { AlertKind };

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
  /** Until when, in milliseconds since the Unix epoch; absent while it lasts. */
  readonly until?: number;
  /** The settings file it is about. */
  readonly file?: string;
  /** What is to blame, as far as that is known. */
  readonly error?: ErrorFacts;
}

/** `about` makes the id one of several; `numbers` are what the message leaves open, and `message` is another one. */
type Details = Pick<Alert, 'file' | 'error'> & { readonly about?: string; readonly numbers?: readonly number[]; readonly message?: string };

export interface AlertOptions {
  readonly clock?: Clock;
  /** Share of failed operations, 0 to 1, that raises an alert. Default 0.5. */
  readonly raiseAt?: number;
  /** Share at which that alert is over; lower, so that it does not come and go. Default: two fifths of `raiseAt`, 0.2. */
  readonly clearAt?: number;
  /** The last operations that the share is taken of. Default 20. */
  readonly sample?: number;
  /** With fewer operations there is no share to speak of. Default 5. */
  readonly minimum?: number;
  /** Older operations do not count, in milliseconds. Default 300,000. */
  readonly maxAge?: number;
  /** Alerts kept in `history`. Default 50. */
  readonly kept?: number;
}

const defaults = { raiseAt: 0.5, clearAt: 0.2, sample: 20, minimum: 5, maxAge: 300_000, kept: 50 };
/** The default of `clearAt`, as a share of `raiseAt`. */
const clearShare = defaults.clearAt / defaults.raiseAt;
/** These say nothing about the store. */
const callersOwn = new Set(['VALIDATION', 'ABORTED', 'DISPOSED']);
/** What was over only just now is raised again at the second sign of it in a row: so long it is just now, in milliseconds. */
const justNow = 300_000;

/** Watches the events of a service and raises alerts, each once until it is over. Its one timer ends what is too long ago. */
export class Alerts implements Disposable {
  readonly #service: ObservedService;
  #options: typeof defaults;
  readonly #clock: Clock;
  readonly #alerts = new Emitter<Alert>(() => undefined);
  readonly #active = new Map<string, Alert>();
  #past: Alert[] = [];
  readonly #lastErrors = new Map<string, ErrorFacts>();
  readonly #subscription: Disposable;
  /** When `load` and `access` were over last, by the clock, and how many signs of them there were since. */
  readonly #over = new Map<string, { readonly at: number; signs: number }>();
  #noted: HealthReport | undefined;
  /** Writes that waited when that became too many. */
  #crowd = 0;
  #outcomes: { readonly ok: boolean; readonly at: number }[] = [];
  /** Runs while there is an alert of the share: until the last operation does not count any more. */
  #expiry: TimerHandle | undefined;

  constructor(service: ObservedService, options: AlertOptions = {}) {
    this.#service = service;
    this.#options = { ...defaults, ...options };
    this.configure(options);
    this.#clock = options.clock ?? systemClock;
    this.#subscription = service.onEvent((event) => this.#onEvent(event));
  }

  /** Changes options while it watches; what is raised already stays until it is over. */
  configure(options: Partial<Pick<AlertOptions, 'raiseAt' | 'clearAt'>>): void {
    const raiseAt = options.raiseAt ?? this.#options.raiseAt;
    // In between there has to be room, or the alert would flap.
    this.#options = { ...this.#options, raiseAt, clearAt: Math.min(options.clearAt ?? raiseAt * clearShare, raiseAt) };
  }

  /** What is wrong now. */
  get active(): Alert[] {
    return [...this.#active.values()];
  }

  /** The last ones, the latest first: those that are over, with their `until`, and those that last. */
  get history(): Alert[] {
    return [...this.#past, ...this.active].toSorted((a, b) => b.since - a.since);
  }

  /** Calls back when an alert is raised, and again when it is over. */
  onAlert(listener: (alert: Alert) => void): Disposable {
    return this.#alerts.on(listener);
  }

  /** Takes a health report into account that somebody has asked for. */
  note(report: HealthReport): void {
    const { access, resources } = report.checks;
    if (access.status === 'healthy') this.#clear('access');
    // The same report, asked for again, is not another sign.
    else if (report !== this.#noted) this.#raiseUnlessOnce('access', { message: access.detail });
    this.#noted = report;
    if (resources.status === 'healthy') this.#clearWhenRoom();
    else this.#raise('resources', { message: resources.detail });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#alerts.clear();
    this.#stopExpiry();
    this.#active.clear();
    this.#past = [];
  }

  #onEvent(event: ServiceEvent): void {
    switch (event.type) {
      case 'breaker':
        this.#onBreaker(event.file, event.to);
        break;
      case 'health':
        if (event.health !== 'unhealthy') this.#clear('given up');
        // Not over before it is healthy again: degraded is on the way both up and down.
        if (event.health === 'unhealthy') this.#raise('health');
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
        // With nobody in the queue it was not the queue that was raised for.
        if (this.#crowd > 0) this.#clearWhenRoom();
        break;
      case 'succeeded':
        this.#count(true);
        if (this.#crowd > 0) this.#clearWhenRoom();
        break;
      case 'failed':
        this.#onFailed(errorFacts(event.error), event.error);
        break;
      case 'disposed':
        this.#stopExpiry();
        break;
    }
  }

  #onBreaker(file: string, mode: string): void {
    const error = this.#lastErrors.get(file);
    if (mode === 'OPEN') this.#raise('breaker', { about: file, file, ...(error === undefined ? {} : { error }) });
    if (mode === 'CLOSED') this.#clear(`breaker ${file}`);
  }

  #onLoadFailed(error: ErrorFacts): void {
    const { file } = error;
    this.#raiseUnlessOnce('load', { error, ...(file === undefined ? {} : { file }) });
  }

  #onGivenUp(error: ErrorFacts): void {
    const userAction = 'Run "Holdfast: Reset", or reload the window.';
    this.#raise('given up', { error: { ...error, userAction, retryable: false } });
  }

  #onFailed(facts: ErrorFacts, error: unknown): void {
    // What waited has ended, if not well.
    if (facts.code !== 'QUEUE_FULL' && this.#crowd > 0) this.#clearWhenRoom();
    if (callersOwn.has(facts.code ?? '')) return;
    if (facts.code === 'QUEUE_FULL') {
      const isNew = !this.#active.has('resources');
      this.#raise('resources', { numbers: [Number(member(error, 'capacity'))], error: facts });
      if (isNew) this.#crowd = Math.max(1, this.#waiting());
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
      this.#raise('error-rate', { numbers: [Math.round(rate * 100), this.#outcomes.length] });
    } else if (rate <= clearAt) {
      this.#clear('error-rate');
    }
    this.#stopExpiry();
    if (this.#active.has('error-rate')) this.#expiry = this.#clock.setTimeout(() => this.#clear('error-rate'), maxAge, true);
  }

  #stopExpiry(): void {
    if (this.#expiry !== undefined) this.#clock.clearTimeout(this.#expiry);
    this.#expiry = undefined;
  }

  /** What comes and goes has to come twice in a row, unless it has been away for long. */
  #raiseUnlessOnce(name: 'load' | 'access', details: Details): void {
    const over = this.#over.get(name);
    if (over !== undefined && this.#clock.now() - over.at < justNow && ++over.signs < 2) return;
    this.#raise(name, details);
  }

  #raise(name: AlertName, { about, numbers, message: other, error, ...details }: Details = {}): void {
    const id = about === undefined ? name : `${name} ${about}`;
    if (this.#active.has(id)) return;
    const { kind, message, ofGuard = message }: AlertRule = alertRules[name];
    const rule = this.#service.kind === 'guard' ? ofGuard : message;
    if (name === 'resources') this.#crowd = this.#waiting();
    const said = (other ?? rule).replaceAll(/\{(\d)\}/g, (_, index: string) => String(numbers?.[Number(index)]));
    // Stores, and an author's own errors, may quote a value (P51).
    const blame = error === undefined ? {} : { error: tellableFacts(this.#service, error) };
    const alert: Alert = { kind, id, active: true, message: withoutSecrets(this.#service, said), since: this.#clock.wallTime(), ...details, ...blame };
    this.#active.set(id, alert);
    this.#alerts.emit(alert);
  }

  #clear(id: string): void {
    const alert = this.#active.get(id);
    const before = this.#over.get(id);
    if (before !== undefined) before.signs = 0;
    if (alert === undefined) return;
    if (id === 'load' || id === 'access') this.#over.set(id, { at: this.#clock.now(), signs: 0 });
    const over: Alert = { ...alert, active: false, until: this.#clock.wallTime() };
    this.#active.delete(id);
    this.#past = [over, ...this.#past].slice(0, this.#options.kept);
    this.#alerts.emit(over);
  }
}
