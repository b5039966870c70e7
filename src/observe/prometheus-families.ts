import type { ErrorCode } from '../errors.ts';
import type { Health } from '../service/health.ts';
import type { Metrics } from '../service/metrics.ts';
import type { BreakerStatus } from '../service/service.ts';

/** What is asked of a `ConfigurationService`: by its shape, so that one of another copy of the library will do. */
export interface MeasuredService {
  readonly id: string;
  readonly kind?: 'guard';
  readonly definition: { readonly section: string };
  readonly status: Health;
  readonly issues: readonly unknown[];
  metrics(): Metrics;
  breakers(): readonly BreakerStatus[];
}

/** A service, or a guard, at one moment. */
export interface Measured {
  readonly isGuard: boolean;
  readonly status: Health;
  readonly issues: number;
  readonly metrics: Metrics;
  readonly breakers: readonly BreakerStatus[];
}

/** One line: a value in the family's unit, and the labels beside those that name the service. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | undefined;
  /** Of a histogram: which of its series. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** Series of one name. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Beside `service` and `instance_id`. */
  readonly labels: readonly string[];
  samples(measured: Measured): readonly Sample[];
}

/** Those of guards that are no service's. */
type GuardCode = 'FAILED_RESULT' | 'RATE_LIMITED' | 'GUARDS_FULL' | 'INJECTED';

/** All there are, also those that have not happened: `rate` misses the first one of a series that begins with it. */
const codes: Readonly<Record<Exclude<ErrorCode, GuardCode>, 0>> = {
  VALIDATION: 0, TIMEOUT: 0, CIRCUIT_OPEN: 0, QUEUE_FULL: 0, DISPOSED: 0, ABORTED: 0, STORE: 0, TRANSACTION: 0, SUPERVISION: 0,
};
const guardCodes: Readonly<Record<string, 0>> = { TIMEOUT: 0, CIRCUIT_OPEN: 0, QUEUE_FULL: 0, RATE_LIMITED: 0, ABORTED: 0, OTHER: 0 };
/** A guard has no settings file: its name is the label `service`. */
const ofFile = (file: string, isGuard: boolean): Readonly<Record<string, string>> => (isGuard ? {} : { file });
const modes = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const;
const health = ['healthy', 'degraded', 'unhealthy'] as const;

const seconds = (milliseconds: number | undefined): number | undefined => (milliseconds === undefined ? undefined : Number((milliseconds / 1_000).toPrecision(15)));
const one = (value: number | undefined): Sample[] => [{ value }];
/** One series for each state, of which one is 1. */
const states = <T extends string>(label: string, all: readonly T[], now: T, others: Readonly<Record<string, string>> = {}): Sample[] => (
  all.map((state) => ({ labels: { ...others, [label]: state.toLowerCase() }, value: state === now ? 1 : 0 }))
);

/** Everything that `prometheusText` writes, in its order; docs/reference/metrics.md is made of it. */
export const families: readonly Family[] = [
  {
    name: 'holdfast_operations_total', type: 'counter', labels: ['outcome'],
    help: 'Calls of update and updateAll, or of a guard, that have ended, whatever their attempts, by outcome (success, error).',
    samples: ({ metrics }) => [{ labels: { outcome: 'success' }, value: metrics.successCount }, { labels: { outcome: 'error' }, value: metrics.errorCount }],
  },
  {
    name: 'holdfast_operation_errors_total', type: 'counter', labels: ['code'],
    help: 'Operations that have failed, by the code of their error; of a guard OTHER for what has none.',
    samples: ({ metrics, isGuard }) => Object.entries({ ...(isGuard ? guardCodes : codes), ...metrics.errors }).map(([code, value]) => ({ labels: { code }, value })),
  },
  {
    name: 'holdfast_rejections_total', type: 'counter', labels: [],
    help: 'Operations refused without an attempt: bad input, open breaker, full queue.',
    samples: ({ metrics }) => one(metrics.rejectionCount),
  },
  {
    name: 'holdfast_retries_total', type: 'counter', labels: [],
    help: 'Further attempts after a first one.',
    samples: ({ metrics }) => one(metrics.retryCount),
  },
  {
    name: 'holdfast_attempt_timeouts_total', type: 'counter', labels: [],
    help: 'Attempts that took too long.',
    samples: ({ metrics }) => one(metrics.timeoutCount),
  },
  {
    name: 'holdfast_crashes_total', type: 'counter', labels: [],
    help: 'Actors that have crashed.',
    samples: ({ metrics }) => one(metrics.crashCount),
  },
  {
    name: 'holdfast_operation_duration_seconds', type: 'histogram', labels: ['le'],
    help: 'Time from the call to its answer, waits and retries included. The counts are exact at every bound, but for calls of a guard that end at once: one in eight of these is measured.',
    samples: ({ metrics: { latency, operationCount } }) => [
      ...latency.buckets.map(({ upTo, count }): Sample => ({ suffix: '_bucket', labels: { le: String(seconds(upTo)) }, value: count })),
      { suffix: '_bucket', labels: { le: '+Inf' }, value: operationCount },
      { suffix: '_sum', value: seconds(latency.sum) },
      { suffix: '_count', value: operationCount },
    ],
  },
  {
    name: 'holdfast_last_success_timestamp_seconds', type: 'gauge', labels: [],
    help: 'When an operation last succeeded, since the Unix epoch; absent when none was.',
    samples: ({ metrics }) => one(seconds(metrics.lastSuccessTime)),
  },
  {
    name: 'holdfast_last_error_timestamp_seconds', type: 'gauge', labels: [],
    help: 'When an operation last failed, since the Unix epoch; absent when none did.',
    samples: ({ metrics }) => one(seconds(metrics.lastErrorTime)),
  },
  {
    name: 'holdfast_health_status', type: 'gauge', labels: ['status'],
    help: 'Health of the service or guard: 1 for its status (healthy, degraded, unhealthy), 0 for the others.',
    samples: ({ status }) => states('status', health, status),
  },
  {
    name: 'holdfast_invalid_settings', type: 'gauge', labels: [],
    help: 'Settings whose stored value is not legal, so that another one is served.',
    samples: ({ issues, isGuard }) => (isGuard ? [] : one(issues)),
  },
  {
    name: 'holdfast_queue_capacity', type: 'gauge', labels: [],
    help: 'Writes that may wait for one settings file, or calls for a slot; more are refused.',
    samples: ({ metrics }) => one(metrics.queueCapacity),
  },
  {
    name: 'holdfast_queue_depth', type: 'gauge', labels: ['file'],
    help: 'Writes accepted and not yet settled, by settings file; calls of a guard that wait for a slot.',
    samples: ({ breakers, isGuard }) => breakers.map(({ file, queueDepth }) => ({ labels: ofFile(file, isGuard), value: queueDepth })),
  },
  {
    name: 'holdfast_breaker_state', type: 'gauge', labels: ['file', 'state'],
    help: 'Circuit breaker of a settings file, or of a guard: 1 for its state (closed, open, half_open), 0 for the others.',
    samples: ({ breakers, isGuard }) => breakers.flatMap(({ file, mode }) => states('state', modes, mode, ofFile(file, isGuard))),
  },
  {
    name: 'holdfast_breaker_held', type: 'gauge', labels: ['file'],
    help: 'Whether an operator holds the breaker open (1) or not (0).',
    samples: ({ breakers, isGuard }) => breakers.map(({ file, held }) => ({ labels: ofFile(file, isGuard), value: held ? 1 : 0 })),
  },
  {
    name: 'holdfast_breaker_consecutive_failures', type: 'gauge', labels: ['file'],
    help: 'Failures in a row; five open the breaker unless it was told otherwise.',
    samples: ({ breakers, isGuard }) => breakers.map(({ file, consecutiveFailures }) => ({ labels: ofFile(file, isGuard), value: consecutiveFailures })),
  },
  {
    name: 'holdfast_breaker_state_seconds_total', type: 'counter', labels: ['file', 'state'],
    help: 'Time the breaker has spent in each state.',
    samples: ({ metrics, isGuard }) => Object.entries(metrics.breakerTime).flatMap(([file, time]) => (
      modes.map((mode) => ({ labels: { ...ofFile(file, isGuard), state: mode.toLowerCase() }, value: seconds(time[mode]) }))
    )),
  },
  {
    name: 'holdfast_uptime_seconds', type: 'gauge', labels: [],
    help: 'Age of these figures: time since the start of the service, or since they were reset.',
    samples: ({ metrics }) => one(seconds(metrics.uptime)),
  },
];
