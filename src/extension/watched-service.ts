import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import { Alerts, type Alert } from '../observe/alerts.ts';
import { errorFacts, needsAPerson, type ErrorFacts } from '../observe/error-facts.ts';
import { logService, type LogSink } from '../observe/log.ts';
import { MemoryLog } from '../observe/memory-log.ts';
import { tellableFacts, tellableReport } from '../observe/redact.ts';
import { member } from '../observe/safe-data.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { HealthReport } from '../service/health.ts';
import type { Metrics } from '../service/metrics.ts';
import type { BreakerStatus } from '../service/service.ts';
import type { SettingIssue } from '../service/reads/snapshot.ts';
import { settingName } from '../settings/setting-key.ts';
import type { Disposable } from '../store/store.ts';
import type { WaitingWrite } from '../service/writes/awaiting-user.ts';
import { labelOf, type RegisteredService } from './api.ts';
import { whatToDo } from './error-text.ts';
import { problemText } from './problem-text.ts';
import { UnsavedWrites, type UnsavedWrite } from './unsaved-writes.ts';

export interface LastError {
  readonly facts: ErrorFacts;
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
}

/** With the whole name of the setting. */
export interface NamedIssue extends SettingIssue {
  readonly name: string;
}

/** What is shown of a service, or of a guard. */
export interface ServiceView {
  readonly label: string;
  readonly isGuard?: boolean;
  readonly health: HealthReport['status'];
  readonly breakers: readonly BreakerStatus[];
  readonly issues: readonly NamedIssue[];
  /** The last health report; may be a moment older than the rest. */
  readonly report: HealthReport | undefined;
  readonly lastError: LastError | undefined;
  /** What is wrong, in words. */
  readonly alerts: readonly string[];
  /** What a person must do, because nothing heals by itself. */
  readonly call: string | undefined;
  /** The writes that wait for the user, by the names of their settings. */
  readonly unsaved: readonly { readonly settings: string; readonly facts: ErrorFacts }[];
  /** How many writes wait until an open breaker closes. */
  readonly parked: number;
}

/** Entries kept for the diagnostics file. */
const keptEntries = 200;

/** A registered service or guard, and what has been heard of it. */
export class WatchedService implements Disposable {
  readonly service: RegisteredService;
  /** The last entries of its log. */
  readonly log = new MemoryLog(keptEntries);
  readonly alerts: Alerts;
  /** Its writes that wait for the user. */
  readonly unsaved = new UnsavedWrites();
  readonly #onChange: (event?: ServiceEvent) => void;
  readonly #subscriptions: Disposable[];
  readonly #fileErrors = new Map<string, ErrorFacts>();
  #loadError: ErrorFacts | undefined;
  #lastError: LastError | undefined;
  #report: HealthReport | undefined;

  /** @param onChange hears of whatever may change the view: of an event, of an alert that is over, or of a write that waits for the user, or waits no more */
  constructor(service: RegisteredService, sink: LogSink, onChange: (event?: ServiceEvent) => void) {
    this.service = service;
    this.#onChange = onChange;
    const log = logService(service, [this.log, sink]);
    this.alerts = new Alerts(service);
    this.alerts.onAlert(({ active, id, message }) => {
      // The others are events of the service, and logged as such.
      if (id === 'error-rate' || id === 'resources' || id === 'access') log.write(active ? 'warn' : 'info', active ? message : `Over: ${message}`);
      if (!active) onChange();
    });
    this.#subscriptions = [log, this.alerts, service.onEvent((event) => this.#onEvent(event))];
  }

  get label(): string {
    return labelOf(this.service);
  }

  get isGuard(): boolean {
    return this.service.kind === 'guard';
  }

  /** What commands know it by: guards of several extensions may have one name, or that of a section. */
  get subject(): string {
    return this.isGuard ? this.service.id : this.label;
  }

  /** Asks for a new health report, which the next view will show. */
  async refresh(): Promise<void> {
    try {
      const report = await this.service.health();
      this.#report = tellableReport(this.service, report);
      this.alerts.note(report);
    } catch {
      // A service of another version, or one that is going away: what is known of it is shown.
      this.#report = undefined;
    }
  }

  get view(): ServiceView {
    const { service } = this;
    const health = attempt(() => service.status) ?? 'unhealthy';
    const breakers = attempt(() => service.breakers()) ?? [];
    const issues = attempt(() => service.issues.map((issue) => ({ ...issue, name: this.nameOf(issue.key), problem: problemText(service, issue.key, issue.problem, issue.scope) }))) ?? [];
    return {
      label: this.label,
      isGuard: this.isGuard,
      health: health === 'healthy' && this.unsaved.all.length > 0 ? 'degraded' : health,
      breakers,
      issues,
      report: this.#report,
      lastError: this.#lastError,
      alerts: this.alerts.active.filter((alert) => isSo(alert, breakers, health)).map(({ message }) => message),
      call: this.#call(breakers, issues),
      unsaved: this.unsaved.all.map((write) => ({ settings: this.namesOf(write), facts: write.facts })),
      parked: this.isGuard ? 0 : breakers.reduce((sum, { mode, queueDepth }) => sum + (mode === 'OPEN' ? queueDepth : 0), 0),
    };
  }

  /** The whole name of a setting. */
  nameOf(key: string): string {
    return settingName(this.service.definition.section, key);
  }

  /** The whole names of the settings that a write stores. */
  namesOf({ keys }: { readonly keys: readonly string[] }): string {
    return keys.map((key) => this.nameOf(key)).join(', ');
  }

  /** A write waits for the user, or waits again after a retry. */
  awaitUser(handle: WaitingWrite): UnsavedWrite {
    const write = this.unsaved.add(handle, tellableFacts(this.service, errorFacts(handle.error)));
    this.#onChange();
    return write;
  }

  get metrics(): Metrics | undefined {
    return attempt(() => this.service.metrics());
  }

  dispose(): void {
    disposeAll(this.#subscriptions);
  }

  #call(breakers: readonly BreakerStatus[], issues: readonly NamedIssue[]): string | undefined {
    if (this.#isGivenUp) return l10n.t('Run "Holdfast: Reset", or reload the window.');
    const failures = [
      this.#loadError,
      ...this.unsaved.all.map(({ facts }) => facts),
      ...breakers.filter(({ mode, held }) => mode === 'OPEN' && !held).map(({ file }) => this.#fileErrors.get(file)),
    ];
    const failure = failures.find((facts) => facts !== undefined && needsAPerson(facts));
    if (failure !== undefined) return whatToDo(failure);
    if (issues.length > 0) return l10n.t('Correct {0} in the settings.', [...new Set(issues.map(({ name }) => name))].join(', '));
    return undefined;
  }

  get #isGivenUp(): boolean {
    const value = member(attempt(() => this.service.supervisor.getSnapshot()), 'value');
    return member(value, 'phase') === 'givenUp' || this.alerts.active.some(({ id }) => id === 'given up');
  }

  #onEvent(event: ServiceEvent): void {
    const hasEnded = this.unsaved.onEvent(event);
    switch (event.type) {
      case 'attempt-failed':
        this.#fileErrors.set(event.file, tellableFacts(this.service, errorFacts(event.error)));
        break;
      case 'stored':
        this.#fileErrors.delete(event.file);
        break;
      case 'breaker':
        if (event.to === 'CLOSED') this.#fileErrors.delete(event.file);
        break;
      case 'load-failed':
        this.#loadError = tellableFacts(this.service, errorFacts(event.error));
        this.#noteError(event.error);
        break;
      case 'loaded':
        this.#loadError = undefined;
        break;
      case 'succeeded':
        this.#fileErrors.delete(this.label);
        break;
      case 'failed':
      case 'crash':
        this.#noteError(event.error);
        break;
    }
    this.#onChange(event);
    if (hasEnded) this.#onChange();
  }

  #noteError(error: unknown): void {
    this.#lastError = { facts: tellableFacts(this.service, errorFacts(error)), at: Date.now() };
  }
}

/** An alert lasts until all is well again. What it says need not be so until then: half open, the next write may be stored. */
function isSo({ id, kind, file }: Alert, breakers: readonly BreakerStatus[], health: ServiceView['health']): boolean {
  if (kind === 'breaker') return breakers.some((breaker) => breaker.file === file && breaker.mode === 'OPEN');
  return id !== 'health' || health === 'unhealthy';
}

/** What another extension's service says, or `undefined` when it throws. */
function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
