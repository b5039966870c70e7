/**
 * Spans, metrics, logs and alerts of a service, with OpenTelemetry. Needs `@opentelemetry/api`, which nothing else does.
 *
 * @module holdfast/opentelemetry
 */
export { observeWithOpenTelemetry, openTelemetryLog, type OpenTelemetryOptions } from './observe/opentelemetry.ts';
export type { TelemetryLogger, TelemetryRecord } from './observe/telemetry-logs.ts';
export type { MeasuredService } from './observe/telemetry-metrics.ts';
export { attributes, durationBuckets, events, guardInstruments, instruments, spans, type InstrumentDescription } from './observe/telemetry-names.ts';
