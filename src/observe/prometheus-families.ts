import type { ErrorCode } from '../errors.ts';
import type { Health } from '../service/health.ts';
import type { Metrics } from '../service/metrics.ts';
import type { BreakerStatus } from '../service/service.ts';

/** What is asked of a `ConfigurationService`: by its shape, so that one of another copy of the library will do. */
export interface MeasuredService {
  readonly id: string;
  readonly definition: { readonly section: string };
  readonly status: Health;
  readonly issues: readonly unknown[];
  metrics(): Metrics;
  breakers(): readonly BreakerStatus[];
}

/** A service at one moment. */
export interface Measured {
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
type GuardCode = 'FAILED_RESULT' | 'RATE_LIMITED' | 'GUARDS_FULL';

/** All there are, also those that have not happened: `rate` misses the first one of a series that begins with it. */
const codes: Readonly<Record<Exclude<ErrorCode, GuardCode>, 0>> = {
  VALIDATION: 0, TIMEOUT: 0, CIRCUIT_OPEN: 0, QUEUE_FULL: 0, DISPOSED: 0, ABORTED: 0, STORE: 0, TRANSACTION: 0, SUPERVISION: 0,
};
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
    help: 'Calls of update and updateAll that have ended, whatever their attempts, by outcome (success, error).',
    samples: ({ metrics }) => [{ labels: { outcome: 'success' }, value: metrics.successCount }, { labels: { outcome: 'error' }, value: metrics.errorCount }],
  },
  {
    name: 'holdfast_operation_errors_total', type: 'counter', labels: ['code'],
    help: 'Operations that were not stored, by the code of their error.',
    samples: ({ metrics }) => Object.entries({ ...codes, ...metrics.errors }).map(([code, value]) => ({ labels: { code }, value })),
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
    help: 'Time from the call of update or updateAll to its answer, waits and retries included. The counts are exact at every bound.',
    samples: ({ metrics: { latency, operationCount } }) => [
      ...latency.buckets.map(({ upTo, count }): Sample => ({ suffix: '_bucket', labels: { le: String(seconds(upTo)) }, value: count })),
      { suffix: '_bucket', labels: { le: '+Inf' }, value: operationCount },
      { suffix: '_sum', value: seconds(latency.sum) },
      { suffix: '_count', value: operationCount },
    ],
  },
  {
    name: 'holdfast_last_success_timestamp_seconds', type: 'gauge', labels: [],
    help: 'When an operation was last stored, since the Unix epoch; absent when none was.',
    samples: ({ metrics }) => one(seconds(metrics.lastSuccessTime)),
  },
  {
    name: 'holdfast_last_error_timestamp_seconds', type: 'gauge', labels: [],
    help: 'When an operation last failed, since the Unix epoch; absent when none did.',
    samples: ({ metrics }) => one(seconds(metrics.lastErrorTime)),
  },
  {
    name: 'holdfast_health_status', type: 'gauge', labels: ['status'],
    help: 'Health of the service: 1 for its status (healthy, degraded, unhealthy), 0 for the others.',
    samples: ({ status }) => states('status', health, status),
  },
  {
    name: 'holdfast_invalid_settings', type: 'gauge', labels: [],
    help: 'Settings whose stored value is not legal, so that another one is served.',
    samples: ({ issues }) => one(issues),
  },
  {
    name: 'holdfast_queue_capacity', type: 'gauge', labels: [],
    help: 'Writes that may wait for one settings file; more are refused.',
    samples: ({ metrics }) => one(metrics.queueCapacity),
  },
  {
    name: 'holdfast_queue_depth', type: 'gauge', labels: ['file'],
    help: 'Writes accepted and not yet settled, by settings file.',
    samples: ({ breakers }) => breakers.map(({ file, queueDepth }) => ({ labels: { file }, value: queueDepth })),
  },
  {
    name: 'holdfast_breaker_state', type: 'gauge', labels: ['file', 'state'],
    help: 'Circuit breaker of a settings file: 1 for its state (closed, open, half_open), 0 for the others.',
    samples: ({ breakers }) => breakers.flatMap(({ file, mode }) => states('state', modes, mode, { file })),
  },
  {
    name: 'holdfast_breaker_held', type: 'gauge', labels: ['file'],
    help: 'Whether an operator holds the breaker open (1) or not (0).',
    samples: ({ breakers }) => breakers.map(({ file, held }) => ({ labels: { file }, value: held ? 1 : 0 })),
  },
  {
    name: 'holdfast_breaker_consecutive_failures', type: 'gauge', labels: ['file'],
    help: 'Failures in a row; five open the breaker unless it was told otherwise.',
    samples: ({ breakers }) => breakers.map(({ file, consecutiveFailures }) => ({ labels: { file }, value: consecutiveFailures })),
  },
  {
    name: 'holdfast_breaker_state_seconds_total', type: 'counter', labels: ['file', 'state'],
    help: 'Time the breaker has spent in each state.',
    samples: ({ metrics }) => Object.entries(metrics.breakerTime).flatMap(([file, time]) => (
      modes.map((mode) => ({ labels: { file, state: mode.toLowerCase() }, value: seconds(time[mode]) }))
    )),
  },
  {
    name: 'holdfast_uptime_seconds', type: 'gauge', labels: [],
    help: 'Age of these figures: time since the start of the service, or since they were reset.',
    samples: ({ metrics }) => one(seconds(metrics.uptime)),
  },
];
