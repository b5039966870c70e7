import type { ServiceEvent } from '../service/events.ts';
import { describeGuard } from './describe-guard.ts';
import { errorFacts, type ErrorFacts } from './error-facts.ts';
import { tellableFacts, withoutSecrets, withoutStoredValues } from './redact.ts';
import type { ObservedService } from './observed-service.ts';
import { member, shortened } from './safe-data.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** An event in words. The message of one thing that happens again is the same: what differs is in the context. */
export interface Description {
  readonly level: LogLevel;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Never throws, whatever another version of the library sends. */
export function describe(service: ObservedService, event: ServiceEvent): Description {
  try {
    return (service.kind === 'guard' ? describeGuard(event) : undefined) ?? inWords(service, event);
  } catch {
    return { level: 'debug', message: 'Something happened that this version cannot describe.', context: { type: member(event, 'type') } };
  }
}

const healthLevels = { healthy: 'info', degraded: 'warn', unhealthy: 'error' } as const;
const breakerLevels = { CLOSED: 'info', HALF_OPEN: 'info', OPEN: 'warn' } as const;
const breakerMessages = {
  CLOSED: 'The circuit breaker has closed: writes go through again.',
  HALF_OPEN: 'The circuit breaker is half open: one write may try.',
  OPEN: 'The circuit breaker has opened: writes are refused.',
} as const;
/** The caller's own doing: nothing is wrong with the settings. */
const callersOwn = new Set(['VALIDATION', 'ABORTED', 'DISPOSED']);

function inWords(service: ObservedService, event: ServiceEvent): Description {
  const told = (error: unknown): ToldError => tellable(service, errorFacts(error));
  switch (event.type) {
    case 'health':
      return { level: healthLevels[event.health], message: `The service is ${event.health}.`, context: { before: event.before } };
    case 'breaker':
      return { level: breakerLevels[event.to], message: breakerMessages[event.to], context: { file: event.file, from: event.from } };
    case 'loaded':
      return {
        level: 'debug',
        message: 'The settings have been read.',
        context: { changed: event.changed, notLegal: event.issues.map(({ key }) => key) },
      };
    case 'load-failed':
      return { level: 'warn', message: 'The settings cannot be read; the last good values are served.', context: { error: told(event.error) } };
    case 'invalid': {
      const { key, problem, layer, served, scope, dropped } = event.issue;
      return {
        level: 'warn',
        message: served === 'valid items'
          ? `The stored value of "${key}" is not legal; its valid items are served.`
          : `The stored value of "${key}" is not legal; the ${served} is served.`,
        context: { key, problem: withoutStoredValues(service, key, problem, scope), layer, ...(scope === undefined ? {} : { scope }), ...(dropped === undefined ? {} : { dropped }) },
      };
    }
    case 'mended': {
      const { key, scope } = event;
      return { level: 'info', message: `The stored value of "${key}" is legal again.`, context: { key, ...(scope === undefined ? {} : { scope }) } };
    }
    case 'stored': {
      const { keys, file, latency, shadowedBy } = event;
      return shadowedBy === undefined
        ? { level: 'debug', message: 'Stored.', context: { keys, file, latency } }
        : { level: 'info', message: 'Stored, but another value is in effect.', context: { keys, file, latency, shadowedBy } };
    }
    case 'failed': {
      const { keys, file, error, latency } = event;
      const facts = told(error);
      const level = callersOwn.has(facts.code ?? '') ? 'info' : facts.code === 'CIRCUIT_OPEN' || facts.code === 'QUEUE_FULL' ? 'warn' : 'error';
      return { level, message: `Not stored: ${facts.reason ?? facts.code ?? facts.name}.`, context: { keys, file, latency, error: facts } };
    }
    case 'parked':
      return { level: 'info', message: 'Waiting until the circuit breaker closes.', context: { keys: event.keys, file: event.file } };
    case 'attempt-failed':
      return { level: 'info', message: 'An attempt failed.', context: { file: event.file, attempt: event.attempt, error: told(event.error) } };
    case 'late':
      return {
        level: event.outcome === 'not stored' ? 'info' : 'warn',
        message: event.reasserted ? 'A write that was given up landed late and undid a newer one, which is stored again.' : 'A write that was given up has ended.',
        context: { key: event.key, file: event.file, outcome: event.outcome },
      };
    case 'reconciled':
      return {
        level: event.outcome === 'stored' ? 'info' : 'warn',
        message: `An earlier process did not see the end of a write: ${event.outcome}.`,
        context: { key: event.key, acceptedAt: new Date(event.acceptedAt).toISOString(), outcome: event.outcome },
      };
    case 'crash':
      return {
        level: 'error',
        message: event.givenUp ? 'An actor has crashed once too often: writes are refused until a reset.' : 'An actor has crashed and was restarted.',
        context: { actor: event.actor, error: told(event.error), stack: stack(service, event.error) },
      };
    case 'warning':
      return { level: 'warn', message: event.message, context: { error: told(event.error), stack: stack(service, event.error) } };
    case 'disposed':
      return event.unsettled === 0
        ? { level: 'info', message: 'The service has been disposed of.', context: {} }
        : { level: 'warn', message: 'The service has been disposed of before all writes had ended.', context: { unsettled: event.unsettled } };
    default:
      return { level: 'debug', message: 'Something happened that this version does not know.', context: { type: member(event, 'type') } };
  }
}

type ToldError = Omit<ErrorFacts, 'message'> & Partial<ErrorFacts>;

/** Of a refused value only the field is told: what is wrong with it, and its canonical form, may show the value. */
function tellable(service: ObservedService, facts: ErrorFacts): ToldError {
  if (facts.code !== 'VALIDATION') return tellableFacts(service, facts);
  const { name, code } = facts;
  return { name, code };
}

/** The frames alone: the first lines repeat the message. */
function stack(service: ObservedService, error: unknown): string | undefined {
  const text = member(error, 'stack');
  if (typeof text !== 'string') return undefined;
  const frames = text.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 10);
  return shortened(withoutSecrets(service, frames.join('\n')));
}
