export type AlertKind = 'breaker' | 'error-rate' | 'health' | 'resources';

/** When an alert is raised and when it is over. The second is further away than the first, so that it does not flap. */
export interface AlertRule {
  readonly kind: AlertKind;
  /** For people; `{0}` and `{1}` stand for numbers that are known only then. */
  readonly message: string;
  /** Of a guard, where it is another. */
  readonly ofGuard?: string;
  readonly raised: string;
  readonly over: string;
}

/** By the `id` of the alert, or how that begins. docs/reference/alerts.md is made of it. */
export const alertRules = {
  'breaker': {
    kind: 'breaker',
    message: 'Settings cannot be stored: the circuit breaker is open.',
    ofGuard: 'Calls are refused: the circuit breaker is open.',
    raised: 'The circuit breaker of a settings file opens. Its `id` is `breaker` and the file.',
    over: 'The breaker closes. Half open is not over yet: a probe that fails is the same alert.',
  },
  'error-rate': {
    kind: 'error-rate',
    message: '{0} % of the last {1} writes failed.',
    ofGuard: '{0} % of the last {1} calls failed.',
    raised: 'Of the last `sample` (20) writes, those of the last `maxAge` (5 minutes) and `minimum` (5) at least, a share of `raiseAt` (half) or more has failed. What is the caller’s own doing (`VALIDATION`, `ABORTED`, `DISPOSED`) does not count.',
    over: 'The share is `clearAt` (two fifths of `raiseAt`) or less, or no write has ended for `maxAge`.',
  },
  'health': {
    kind: 'health',
    message: 'The service is unhealthy.',
    ofGuard: 'The guard is unhealthy.',
    raised: 'The service becomes `unhealthy`.',
    over: 'It is `healthy`: `degraded` is on the way both up and down.',
  },
  'load': {
    kind: 'health',
    message: 'The settings cannot be read; the last good values are served.',
    raised: 'The settings could not be read. Within five minutes of the last time that it was over: twice in a row, so that a file which comes and goes is not one alert after the other.',
    over: 'They have been read.',
  },
  'access': {
    kind: 'health',
    message: 'The settings cannot be written.',
    raised: 'The check `access` of a health report has failed, whose detail is then the message. Within five minutes of the last time that it was over: in two reports in a row.',
    over: 'A write was stored, or the check is well again.',
  },
  'given up': {
    kind: 'health',
    message: 'A part of the service has crashed too often: settings are not stored any more.',
    raised: 'An actor has crashed more than three times within a minute. Only a person can help.',
    over: 'The service was reset.',
  },
  'resources': {
    kind: 'resources',
    message: 'More writes are waiting than the queue holds ({0}).',
    ofGuard: 'More calls are waiting than the queue holds ({0}).',
    raised: 'A write was refused because the queue is full; or the check `resources` of a health report has failed, whose detail is then the message.',
    over: 'Half of what waited then is gone.',
  },
} as const satisfies Readonly<Record<string, AlertRule>>;

export type AlertName = keyof typeof alertRules;
