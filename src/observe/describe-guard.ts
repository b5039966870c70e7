import type { ServiceEvent } from '../service/events.ts';
import { errorFacts } from './error-facts.ts';
import type { Description } from './describe.ts';

type OtherEvent = Extract<ServiceEvent, { type: 'guard' }>['event'];

const healthLevels = { healthy: 'info', degraded: 'warn', unhealthy: 'error' } as const;
const breakerLevels = { CLOSED: 'info', HALF_OPEN: 'info', OPEN: 'warn' } as const;
const breakerMessages = {
  CLOSED: 'The circuit breaker has closed: calls go through again.',
  HALF_OPEN: 'The circuit breaker is half open: a probe may try.',
  OPEN: 'The circuit breaker has opened: calls are refused.',
} as const;
/** The caller's own doing: nothing is wrong with the dependency. */
const callersOwn = new Set(['VALIDATION', 'ABORTED', 'DISPOSED']);

/** An event of a guard in words; `undefined` for what is said as of a service. */
export function describeGuard(event: ServiceEvent): Description | undefined {
  switch (event.type) {
    case 'health':
      return { level: healthLevels[event.health], message: `The guard is ${event.health}.`, context: { before: event.before } };
    case 'breaker':
      return { level: breakerLevels[event.to], message: breakerMessages[event.to], context: { from: event.from } };
    case 'succeeded':
      return { level: 'debug', message: 'A call has succeeded.', context: { latency: event.latency } };
    case 'failed': {
      const error = errorFacts(event.error);
      return { level: callersOwn.has(error.code ?? '') ? 'info' : 'warn', message: `A call has failed: ${error.code ?? error.name}.`, context: { latency: event.latency, error } };
    }
    case 'attempt-failed':
      return { level: 'info', message: 'An attempt failed.', context: { attempt: event.attempt, error: errorFacts(event.error) } };
    case 'guard':
      return other(event.event);
    case 'disposed':
      return { level: 'info', message: 'The guard is not watched any more.', context: {} };
    default:
      return undefined;
  }
}

function other(event: OtherEvent): Description | undefined {
  switch (event.type) {
    case 'late':
      return { level: 'info', message: 'A call that was given up has ended.', context: { attempt: event.attempt } };
    case 'fallback':
      return { level: 'warn', message: 'A call has failed, and its caller was given something else.', context: { error: errorFacts(event.error), age: event.age } };
    case 'retry-refused':
      return { level: 'warn', message: 'The retry budget is spent: a call is not tried again.', context: {} };
    case 'retry-after-ignored':
      return { level: 'warn', message: 'The dependency has named a time to come back that makes no sense.', context: {} };
    case 'queue-full':
      return { level: 'warn', message: 'The queue is full: a call was refused.', context: {} };
    case 'queue-slow':
      return { level: 'warn', message: 'A call has waited for long.', context: { waiting: event.waiting, waited: event.waited } };
    default:
      return undefined;
  }
}
