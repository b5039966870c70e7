import type { Health } from '../../machines/supervisor.ts';
import type { Clock } from '../clock.ts';

export type { Health };

export interface HealthCheck {
  readonly status: Health;
  /** For people. */
  readonly detail: string;
}

/** The state of a service, with the reasons. */
export interface HealthReport {
  /** The worst of the supervisor's state and the checks. */
  readonly status: Health;
  /** When the checks were made, in milliseconds since the Unix epoch. */
  readonly checkedAt: number;
  readonly checks: {
    /** Does the service serve live values? */
    readonly api: HealthCheck;
    /** Can the settings be written? */
    readonly access: HealthCheck;
    /** The breakers of the settings files. */
    readonly breaker: HealthCheck;
    /** The queues, and the writes whose end is not known. */
    readonly resources: HealthCheck;
  };
}

/** For so long a report is given again, unless any state changes, in milliseconds. */
const maxAge = 30_000;

/** Keeps the last report; forgets it on any state change, so that it never contradicts what it reports on (P60). */
export class HealthCache {
  readonly #clock: Clock;
  readonly #check: () => Promise<HealthReport>;
  #report: { readonly promise: Promise<HealthReport>; readonly at: number } | undefined;

  constructor(clock: Clock, check: () => Promise<HealthReport>) {
    this.#clock = clock;
    this.#check = check;
  }

  get(): Promise<HealthReport> {
    const now = this.#clock.now();
    if (this.#report === undefined || now - this.#report.at > maxAge) {
      this.#report = { promise: this.#fresh(), at: now };
    }
    return this.#report.promise;
  }

  forget(): void {
    this.#report = undefined;
  }

  /** A check during which the state has changed is made again, once. */
  async #fresh(): Promise<HealthReport> {
    await Promise.resolve();
    const begun = this.#report;
    const report = await this.#check();
    return this.#report === begun ? report : this.#check();
  }
}

const severity: readonly Health[] = ['healthy', 'degraded', 'unhealthy'];

export function worst(...all: readonly Health[]): Health {
  return severity[Math.max(...all.map((health) => severity.indexOf(health)))]!;
}
