/** What the settings of Holdfast itself are by default. */
export const ownDefaults = {
  'alerts.notify': true as boolean,
  /** In seconds. */
  'alerts.delay': 5 as number,
  /** In percent. */
  'alerts.errorRate': 50 as number,
  /** `null`, here and below: as each extension has chosen. */
  'breaker.threshold': null as number | null,
  /** In seconds. */
  'breaker.openFor': null as number | null,
  /** In seconds. */
  'failedWrites.waitFor': 60 as number,
  'inspector.openOnTrouble': false as boolean,
  'inspector.origins': [] as string[],
  'log.level': 'info' as 'debug' | 'info' | 'warn' | 'error',
  'marks.enabled': true as boolean,
  'oldSettings.offer': true as boolean,
  'retry.attempts': null as number | null,
  /** In seconds. */
  'retry.delay': null as number | null,
  'statusBar.show': 'always' as 'always' | 'whenTroubled',
  /** Of an OpenTelemetry collector; empty: nothing leaves the machine. */
  'telemetry.endpoint': '' as string,
};

export type OwnValues = typeof ownDefaults;
