import { context as globalContext, metrics, trace, type ContextAPI, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import { systemClock, type Clock } from '../clock.ts';
import type { ServiceEvent } from '../service/events.ts';
import type { Disposable } from '../store/store.ts';
import { Alerts, type Alert } from './alerts.ts';
import { logService, type LogSink } from './log.ts';
import { TelemetryFacts } from './telemetry-facts.ts';
import { severities, TelemetryLog, type TelemetryLogger } from './telemetry-logs.ts';
import { ServiceInstruments, type MeasuredService } from './telemetry-metrics.ts';
import { attributes, events, scope } from './telemetry-names.ts';
import { breakerChange, hrTime, WriteSpans } from './telemetry-spans.ts';

export interface OpenTelemetryOptions {
  /** Default: the global one, `trace.getTracerProvider()`. */
  readonly tracerProvider?: Pick<TracerProvider, 'getTracer'>;
  /**
   * Whose active span, when a write is asked for, is the parent of that write's. Default: the global one, `context`.
   * `{ active: () => ROOT_CONTEXT }`: none is.
   */
  readonly context?: Pick<ContextAPI, 'active'>;
  /** Default: the global one, `metrics.getMeterProvider()`, which the SDK must have set before. */
  readonly meterProvider?: Pick<MeterProvider, 'getMeter'>;
  /** Of `@opentelemetry/api-logs`, or what has its shape. Default: no logs. */
  readonly loggerProvider?: { getLogger(name: string): TelemetryLogger };
  /** Those that are told; default: some of its own, with their defaults. */
  readonly alerts?: Pick<Alerts, 'active' | 'onAlert'>;
  readonly clock?: Clock;
}

/**
 * Tells OpenTelemetry what happens in a service, until this is disposed of: a span for each write with its attempts, as
 * a child of the span that was active when it was asked for; instruments for what `metrics()` says; breaker changes,
 * alerts and the log. Never the value of a setting, the message of an error, or a path. What OpenTelemetry throws
 * affects nothing.
 *
 * Of a guard (`superviseGuard`) there are no spans, and from now on each call is measured.
 */
export function observeWithOpenTelemetry(service: MeasuredService, options: OpenTelemetryOptions = {}): Disposable {
  const { clock = systemClock, tracerProvider = trace.getTracerProvider(), context = globalContext, meterProvider = metrics.getMeterProvider(), loggerProvider } = options;
  const facts = new TelemetryFacts(service);
  const ownAlerts = options.alerts === undefined ? new Alerts(service, { clock }) : undefined;
  const alerts = options.alerts ?? ownAlerts!;
  const instruments = new ServiceInstruments(service, meterProvider.getMeter(scope), facts, () => alerts.active);
  const spans = new WriteSpans(service, tracerProvider.getTracer(scope), context, facts, clock);
  const logger = loggerProvider?.getLogger(scope);
  const parts: Disposable[] = [instruments, spans];
  if (service.onCall !== undefined) parts.push(service.onCall((latency) => instruments.onCall(latency)));
  if (ownAlerts !== undefined) parts.push(ownAlerts);
  parts.push(service.onEvent((event) => {
    instruments.onEvent(event);
    spans.onEvent(event);
    if (event.type === 'breaker' && logger !== undefined) logger.emit(breakerRecord(facts, event, clock));
  }));
  if (logger !== undefined) {
    parts.push(logService(service, [new TelemetryLog(logger, facts)], { clock }));
    parts.push(alerts.onAlert((alert) => logger.emit(alertRecord(facts, alert, clock))));
  }
  return { dispose: () => parts.splice(0).forEach((part) => part.dispose()) };
}

/** A sink that sends the entries of a log to OpenTelemetry: for a log of your own. */
export function openTelemetryLog(service: MeasuredService, loggerProvider: { getLogger(name: string): TelemetryLogger }): LogSink {
  return new TelemetryLog(loggerProvider.getLogger(scope), new TelemetryFacts(service));
}

function breakerRecord(facts: TelemetryFacts, event: Extract<ServiceEvent, { type: 'breaker' }>, clock: Clock): Parameters<TelemetryLogger['emit']>[0] {
  const level = event.to === 'OPEN' ? 'warn' : 'info';
  return {
    timestamp: hrTime(clock.wallTime()),
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    body: `The circuit breaker is ${event.to.toLowerCase().replace('_', ' ')}.`,
    eventName: events.breaker,
    attributes: { ...facts.service, ...breakerChange(facts, event) },
  };
}

/** Its message may come from elsewhere, and is not told. */
function alertRecord(facts: TelemetryFacts, { kind, active, since, file, error }: Alert, clock: Clock): Parameters<TelemetryLogger['emit']>[0] {
  const level = active ? 'warn' : 'info';
  return {
    timestamp: hrTime(clock.wallTime()),
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    body: active ? `Alert: ${kind}.` : `The alert is over: ${kind}. It was raised at ${new Date(since).toISOString()}.`,
    eventName: events.alert,
    attributes: {
      ...facts.service,
      [attributes.alertKind]: kind,
      [attributes.alertState]: active ? 'raised' : 'over',
      ...(file === undefined ? {} : facts.fileOf(file)),
      ...(error === undefined ? {} : facts.error(error)),
    },
  };
}
