import type { Health } from '../../machines/supervisor.ts';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { ServiceContext } from './context.ts';
import type { SettingIssue, Snapshot } from './reads/snapshot.ts';
import type { Supervision } from './supervision.ts';
import type { FileQueues } from './writes/file-queues.ts';

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
      this.#report = { promise: this.#check(), at: now };
    }
    return this.#report.promise;
  }

  forget(): void {
    this.#report = undefined;
  }
}

/** What the checks look at. */
export interface HealthSources {
  readonly supervision: Supervision;
  readonly snapshot: Snapshot;
  readonly queues: FileQueues;
  /** Writes of unknown outcome. */
  readonly inDoubt: () => number;
  /** Writes that wait for the user. */
  readonly forUser: () => number;
}

/** Looks at everything. The store is asked first and the states are read last, so that the report is true when it is given. */
export async function checkHealth({ store, definition, clock }: ServiceContext, { supervision, snapshot, queues, inDoubt, forUser }: HealthSources): Promise<HealthReport> {
  const checkedAt = clock.wallTime();
  const probed = await checkAccess(store, async () => queues.probe(store.defaultTarget(definition.keys[0] ?? '', {}), {}));
  // A service that refuses writes does so whatever its store says.
  const access = refusal(supervision) ?? probed;
  const checks = {
    api: checkApi(supervision, snapshot),
    access,
    breaker: checkBreakers(queues),
    resources: checkResources(queues, inDoubt(), forUser()),
  };
  return { status: worst(supervision.health, ...Object.values(checks).map(({ status }) => status)), checkedAt, checks };
}

function refusal({ lifecycleState: state, givenUp }: Supervision): HealthCheck | undefined {
  if (givenUp) return { status: 'unhealthy', detail: 'The service has given up; writes are refused.' };
  if (state === 'disposed') return { status: 'unhealthy', detail: 'The service is disposed; writes are refused.' };
  if (state === 'disposing') return { status: 'degraded', detail: 'The service is disposing; writes are refused.' };
  return undefined;
}

async function checkAccess(store: Store, probe: () => Promise<void>): Promise<HealthCheck> {
  try {
    await probe();
    const problem = store.lockProblem?.();
    if (problem === undefined) return { status: 'healthy', detail: 'The settings can be written.' };
    return { status: 'healthy', detail: `The settings can be written. Other processes are not kept from writing at the same moment: ${problem}.` };
  } catch (error) {
    return { status: 'degraded', detail: error instanceof Error ? error.message : String(error) };
  }
}

function checkApi(supervision: Supervision, { issues }: Snapshot): HealthCheck {
  const state = supervision.lifecycleState;
  if (supervision.givenUp) return { status: 'unhealthy', detail: `Given up after too many crashes; the last: ${String(supervision.lastCrash)}.` };
  if (state === 'disposed') return { status: 'unhealthy', detail: 'The service is disposed; the last good values are served.' };
  const { loadFailure } = supervision;
  if (state === 'degraded' && loadFailure !== undefined) return { status: 'degraded', detail: `The settings cannot be read, and the last good values are served: ${loadFailure}` };
  if (state !== 'ready') return { status: 'degraded', detail: `The service is ${state}; the last good values are served.` };
  if (issues.length > 0) return { status: 'degraded', detail: `Not legal, and replaced: ${issues.map(nameOf).join(', ')}.` };
  return { status: 'healthy', detail: 'Live values are served.' };
}

/** The setting, and of which folder or language it is. */
function nameOf({ key, scope }: SettingIssue): string {
  return scope === undefined ? key : `${key} (${[scope.resource, scope.languageId].filter((part) => part !== undefined).join(', ')})`;
}

function checkBreakers(queues: FileQueues): HealthCheck {
  const open = queues.status.filter(({ mode }) => mode !== 'CLOSED');
  if (open.length === 0) return { status: 'healthy', detail: 'Closed.' };
  return {
    status: open.some(({ mode }) => mode === 'OPEN') ? 'unhealthy' : 'degraded',
    detail: open.map(({ file, mode, held }) => `${file}: ${held ? 'held open' : mode}`).join('; '),
  };
}

function checkResources(queues: FileQueues, inDoubt: number, forUser: number): HealthCheck {
  const crowded = inDoubt > 10 || queues.depth > queues.capacity * 0.8;
  return { status: crowded ? 'degraded' : 'healthy', detail: `Writes waiting or under way: ${queues.depth + forUser}, of unknown outcome: ${inDoubt}.` };
}

const severity: readonly Health[] = ['healthy', 'degraded', 'unhealthy'];

export function worst(...all: readonly Health[]): Health {
  return severity[Math.max(...all.map((health) => severity.indexOf(health)))]!;
}
