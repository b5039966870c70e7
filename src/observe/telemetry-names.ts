/*
 * What Holdfast says to OpenTelemetry, in one place: the code takes its names from here, and so do the documents.
 * Names follow the semantic conventions: lower case, a namespace, units in UCUM's words, no unit in the name.
 */

export interface InstrumentDescription {
  readonly name: string;
  readonly kind: 'histogram' | 'observable counter' | 'observable up-down counter' | 'observable gauge';
  /** In UCUM. */
  readonly unit: string;
  readonly description: string;
  /** Beside those that say which service it is. */
  readonly attributes: readonly string[];
}

/** On everything: which service it is. */
export const serviceAttributes = {
  name: 'holdfast.service.name',
  id: 'holdfast.service.id',
} as const;

export const attributes = {
  ...serviceAttributes,
  keys: 'holdfast.setting.keys',
  key: 'holdfast.setting.key',
  file: 'holdfast.file',
  outcome: 'holdfast.write.outcome',
  callOutcome: 'holdfast.call.outcome',
  attempts: 'holdfast.write.attempts',
  shadowedBy: 'holdfast.write.shadowed_by',
  attempt: 'holdfast.attempt.number',
  attemptOutcome: 'holdfast.attempt.outcome',
  attemptDuration: 'holdfast.attempt.duration',
  breakerState: 'holdfast.breaker.state',
  breakerBefore: 'holdfast.breaker.previous_state',
  health: 'holdfast.health.state',
  alertKind: 'holdfast.alert.kind',
  alertState: 'holdfast.alert.state',
  errorType: 'error.type',
  errorReason: 'holdfast.error.reason',
} as const;

/** What each attribute says. */
export const attributeMeanings: Readonly<Record<keyof typeof attributes, string>> = {
  name: 'the section of the settings, such as `nofx`; of a guard its name, and never a key',
  id: 'the id of the service or guard; in VS Code, of the extension, for a guard with its name',
  keys: 'the settings that were written; what is not a key of the definition is `(not a setting)`',
  key: 'a setting',
  file: 'the settings file, which a guard has none of: the last part of its name; a second one of that name is `settings.json (2)`',
  outcome: '`stored` or `failed`',
  callOutcome: '`succeeded` or `failed`',
  attempts: 'attempts made, the last included; 0 when the write was refused without one',
  shadowedBy: 'the layer that hides the stored value',
  attempt: '1 for the first',
  attemptOutcome: '`failed` or `succeeded`',
  attemptDuration: 'in seconds',
  breakerState: '`closed`, `half_open` or `open`',
  breakerBefore: 'the state before',
  health: '`healthy`, `degraded` or `unhealthy`',
  alertKind: '`breaker`, `error-rate`, `health` or `resources`',
  alertState: '`raised` or `over`',
  errorType: 'the `code` of the error, or its name when it has none',
  errorReason: 'the `reason` of a `StoreError`',
};

const { outcome, callOutcome, errorType, file, breakerState, health, key, alertKind } = attributes;

/** Every instrument. Counters never go back, also when `resetMetrics` is called. */
export const instruments = {
  writeDuration: { name: 'holdfast.write.duration', kind: 'histogram', unit: 's', description: 'Time from the call of a write to its settlement, waits and retries included.', attributes: [outcome, errorType] },
  writes: { name: 'holdfast.writes', kind: 'observable counter', unit: '{write}', description: 'Writes that have ended; one counts once, whatever its attempts.', attributes: [outcome, errorType] },
  rejections: { name: 'holdfast.write.rejections', kind: 'observable counter', unit: '{write}', description: 'Writes refused without an attempt: bad input, open breaker, full queue.', attributes: [] },
  retries: { name: 'holdfast.write.retries', kind: 'observable counter', unit: '{attempt}', description: 'Further attempts after a first one.', attributes: [] },
  timeouts: { name: 'holdfast.write.timeouts', kind: 'observable counter', unit: '{attempt}', description: 'Attempts that took too long.', attributes: [] },
  queueDepth: { name: 'holdfast.write.queue.depth', kind: 'observable up-down counter', unit: '{write}', description: 'Writes accepted and not yet settled.', attributes: [] },
  lastWrite: { name: 'holdfast.write.last.time', kind: 'observable gauge', unit: 's', description: 'When a write last ended so, since the Unix epoch.', attributes: [outcome] },
  breakerStatus: { name: 'holdfast.breaker.status', kind: 'observable up-down counter', unit: '{breaker}', description: '1 for the state that the circuit breaker of a file is in, 0 for the others.', attributes: [file, breakerState] },
  breakerTime: { name: 'holdfast.breaker.time', kind: 'observable counter', unit: 's', description: 'Time that the circuit breaker of a file has spent in each state.', attributes: [file, breakerState] },
  crashes: { name: 'holdfast.actor.crashes', kind: 'observable counter', unit: '{crash}', description: 'Actors that have crashed.', attributes: [] },
  health: { name: 'holdfast.service.status', kind: 'observable up-down counter', unit: '{service}', description: '1 for the health that the service is in, 0 for the others.', attributes: [health] },
  uptime: { name: 'holdfast.service.uptime', kind: 'observable gauge', unit: 's', description: 'Time since the start, or since the metrics were last reset.', attributes: [] },
  settingValid: { name: 'holdfast.setting.valid', kind: 'observable gauge', unit: '1', description: '1 when the stored value of a setting is legal, 0 when another one is served in its place.', attributes: [key] },
  alerts: { name: 'holdfast.alerts', kind: 'observable up-down counter', unit: '{alert}', description: 'Alerts that are raised now.', attributes: [alertKind] },
} as const satisfies Record<string, InstrumentDescription>;

const { breakerStatus, breakerTime, health: status, uptime, alerts } = instruments;

/** The instruments of a guard (`superviseGuard`); what is called the same is the same. */
export const guardInstruments = {
  writeDuration: { name: 'holdfast.call.duration', kind: 'histogram', unit: 's', description: 'Time from a call to its settlement, waits and retries included.', attributes: [callOutcome, errorType] },
  writes: { name: 'holdfast.calls', kind: 'observable counter', unit: '{call}', description: 'Calls that have ended; one counts once, whatever its attempts.', attributes: [callOutcome, errorType] },
  rejections: { name: 'holdfast.call.rejections', kind: 'observable counter', unit: '{call}', description: 'Calls refused without an attempt: open breaker, full queue, the dependency asks to wait.', attributes: [] },
  retries: { name: 'holdfast.call.retries', kind: 'observable counter', unit: '{attempt}', description: 'Further attempts after a first one.', attributes: [] },
  timeouts: { name: 'holdfast.call.timeouts', kind: 'observable counter', unit: '{attempt}', description: 'Attempts that took too long.', attributes: [] },
  queueDepth: { name: 'holdfast.call.queue.depth', kind: 'observable up-down counter', unit: '{call}', description: 'Calls that wait for a slot.', attributes: [] },
  lastWrite: { name: 'holdfast.call.last.time', kind: 'observable gauge', unit: 's', description: 'When a call last ended so, since the Unix epoch.', attributes: [callOutcome] },
  breakerStatus, breakerTime, health: status, uptime, alerts,
} as const satisfies Partial<Record<keyof typeof instruments, InstrumentDescription>>;

/** Upper bounds of the histogram's buckets, in seconds: from a memory store to a write that waits for a person. */
export const durationBuckets = [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Names of the tracer, the meter and the logger. */
export const scope = 'holdfast';

/** A span, and what it may contain. */
export const spans = {
  write: 'holdfast.write',
  attempt: 'holdfast.attempt',
  breaker: 'holdfast.breaker.change',
} as const;

/** Log records that are events: their `eventName`. Other records are entries of the log. */
export const events = {
  breaker: 'holdfast.breaker.change',
  alert: 'holdfast.alert',
} as const;
