/**
 * What the library says to people of the state of a service, in English: whole sentences, with what varies in groups.
 * A test finds those that are missing here.
 */
export const libraryPatterns = {
  writable: /^The settings can be written\.$/,
  refusing: /^The service (?:is|has) (disposing|disposed|given up); writes are refused\.$/,
  live: /^Live values are served\.$/,
  lastGood: /^The service is (.+); the last good values are served\.$/,
  replaced: /^Not legal, and replaced: (.+)\.$/,
  givenUp: /^Given up after too many crashes; the last: (.+)\.$/,
  closed: /^Closed\.$/,
  queues: /^Writes waiting or under way: (\d+), of unknown outcome: (\d+)\.$/,
  unhealthy: /^The service is unhealthy\.$/,
  open: /^Settings cannot be stored: the circuit breaker is open\.$/,
  unreadable: /^The settings cannot be read; the last good values are served\.$/,
  crashed: /^A part of the service has crashed too often: settings are not stored any more\.$/,
  crowded: /^More writes are waiting than the queue holds \((.+)\)\.$/,
  errorRate: /^(\d+) % of the last (\d+) writes failed\.$/,
  dirty: /^The \w+ settings file has unsaved changes\.$/,
  invalid: /^The \w+ settings file cannot be read: (.+)$/,
  permission: /^The \w+ settings file cannot be written \((.+)\)\.$/,
  full: /^The disk of .+ is full\.$/,
  notReady: /^(?:VS Code has not answered an earlier write yet|The store did not answer (?:the probe )?in time)\.$/,
} as const;
