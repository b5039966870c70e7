import type { HrTime } from '@opentelemetry/api';
import type { LogEntry, LogLevel, LogSink } from './log.ts';
import { member } from './safe-data.ts';
import { identifier, isWord, type Attributes, type TelemetryFacts } from './telemetry-facts.ts';
import { attributes } from './telemetry-names.ts';
import { hrTime } from './telemetry-spans.ts';

/** What is used of OpenTelemetry's logs API: by its shape, so that `@opentelemetry/api-logs` need not be there. */
export interface TelemetryLogger {
  emit(record: TelemetryRecord): void;
}

export interface TelemetryRecord {
  readonly timestamp: HrTime;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  /** Of an event, as against an entry of the log. */
  readonly eventName?: string;
  readonly attributes: Attributes;
}

/** As OpenTelemetry numbers them. */
export const severities: Readonly<Record<LogLevel, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

/** Context of entries that may leave the machine: numbers, and words of the library's own. */
const told = new Set(['before', 'from', 'layer', 'latency', 'shadowedBy', 'attempt', 'outcome', 'acceptedAt', 'unsettled', 'repeated']);

/**
 * Sends log entries to OpenTelemetry. Of their context only what cannot hold the value of a setting: no message of an
 * error, no stack, no path; keys that are settings, and no others.
 */
export class TelemetryLog implements LogSink {
  readonly #logger: TelemetryLogger;
  readonly #facts: TelemetryFacts;

  constructor(logger: TelemetryLogger, facts: TelemetryFacts) {
    this.#logger = logger;
    this.#facts = facts;
  }

  write(entry: LogEntry): void {
    const { timestamp, level, message, service: _service, instanceId: _id, ...context } = entry;
    this.#logger.emit({
      timestamp: hrTime(Date.parse(timestamp)),
      severityNumber: severities[level],
      severityText: level.toUpperCase(),
      body: message,
      attributes: { ...this.#facts.service, ...this.#context(context) },
    });
  }

  #context(context: Readonly<Record<string, unknown>>): Attributes {
    const result: Attributes = {};
    for (const [name, value] of Object.entries(context)) {
      if (name === 'file' && typeof value === 'string') result[attributes.file] = this.#facts.file(value);
      else if (name === 'key' && typeof value === 'string') result[attributes.key] = this.#facts.key(value);
      else if (name === 'keys' || name === 'changed' || name === 'notLegal') result[name === 'keys' ? attributes.keys : `holdfast.log.${name}`] = this.#facts.keys(texts(value));
      else if (name === 'error') Object.assign(result, errorContext(value));
      // The rest of an actor's name is that of a file.
      else if (name === 'actor' && typeof value === 'string') result['holdfast.log.actor'] = /^[a-z]+/.exec(value)?.[0] ?? '';
      else if (told.has(name) && mayBeTold(value)) result[`holdfast.log.${name}`] = value;
    }
    return result;
  }
}

function errorContext(error: unknown): Attributes {
  const [type, reason] = [member(error, 'code') ?? member(error, 'name'), member(error, 'reason')];
  const [retryable, attempts] = [member(error, 'retryable'), member(error, 'attempts')];
  return {
    ...(typeof type === 'string' ? { [attributes.errorType]: identifier(type) } : {}),
    ...(typeof reason === 'string' ? { [attributes.errorReason]: identifier(reason) } : {}),
    ...(typeof retryable === 'boolean' ? { 'holdfast.error.retryable': retryable } : {}),
    ...(typeof attempts === 'number' ? { [attributes.attempts]: attempts } : {}),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** A number, a point in time, or one of the library's words: an author's entry of the same name may hold anything. */
function mayBeTold(value: unknown): value is string | number | boolean {
  if (typeof value === 'string') return isWord(value) || /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value);
  return typeof value === 'number' || typeof value === 'boolean';
}
