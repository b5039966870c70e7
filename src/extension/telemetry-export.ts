import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { Disposable } from '../store/store.ts';
import { observeWithOpenTelemetry } from '../observe/opentelemetry.ts';
import { Delivery } from '../observe/telemetry-delivery.ts';
import type { WatchedService } from './watched-service.ts';

/*
 * A bundle of its own, which holds the OpenTelemetry SDK: loaded when an endpoint is set, and not before.
 */

export interface ExportLimits {
  /** Spans and log records are sent after this time, in milliseconds. What a person looks at changes within a few seconds. */
  readonly delay: number;
  /** Metrics are sent this often, in milliseconds. */
  readonly metricsEvery: number;
  /** So long an export may take, retries included, in milliseconds. */
  readonly timeout: number;
  /** Spans, and log records, that wait: the rest is lost, and counted (`otel.sdk.processor.span.processed`). */
  readonly queue: number;
}

const defaults: ExportLimits = { delay: 2_000, metricsEvery: 5_000, timeout: 5_000, queue: 2_048 };

/** Exports to one OTLP/HTTP endpoint. */
export class TelemetryExport {
  readonly #delivery: Delivery;
  readonly #tracerProvider: BasicTracerProvider;
  readonly #meterProvider: MeterProvider;
  readonly #loggerProvider: LoggerProvider;

  constructor(endpoint: string, version: string, say: (message: string) => void, limits: Partial<ExportLimits> = {}) {
    const { delay, metricsEvery, timeout, queue } = { ...defaults, ...limits };
    const delivery = new Delivery(say);
    const resource = resourceFromAttributes({ 'service.name': 'holdfast', 'service.version': version, 'service.instance.id': randomUUID() });
    const to = (path: string): { url: string; timeoutMillis: number } => ({ url: `${endpoint}/v1/${path}`, timeoutMillis: timeout });
    this.#delivery = delivery;
    this.#meterProvider = new MeterProvider({
      resource,
      readers: [new PeriodicExportingMetricReader({
        exporter: delivery.watch(new OTLPMetricExporter(to('metrics')), () => 0),
        exportIntervalMillis: metricsEvery,
        exportTimeoutMillis: timeout,
      })],
    });
    // The SDK counts what it loses: that is told with the rest, once there is somebody to tell.
    const selfObsMeterProvider = this.#meterProvider;
    const batch = { maxQueueSize: queue, maxExportBatchSize: queue / 4, scheduledDelayMillis: delay, exportTimeoutMillis: timeout, selfObsMeterProvider };
    this.#tracerProvider = new BasicTracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor(delivery.watch(new OTLPTraceExporter(to('traces')), (spans: readonly unknown[]) => spans.length), batch)],
    });
    this.#loggerProvider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: delivery.watch(new OTLPLogExporter(to('logs')), (records: readonly unknown[]) => records.length), ...batch })],
    });
  }

  observe({ service, alerts }: Pick<WatchedService, 'service' | 'alerts'>): Disposable {
    return observeWithOpenTelemetry(service, {
      tracerProvider: this.#tracerProvider,
      meterProvider: this.#meterProvider,
      loggerProvider: this.#loggerProvider,
      alerts,
      // A span of another extension's tracing may never come to this endpoint: what had it as its parent would be torn.
      context: { active: () => ROOT_CONTEXT },
    });
  }

  /** Ends with what is waiting sent, if that can be done in time. Never rejects. */
  async end(): Promise<void> {
    await Promise.allSettled([this.#tracerProvider.shutdown(), this.#loggerProvider.shutdown()]);
    // The metrics last: they tell of what the others have lost.
    await Promise.allSettled([this.#meterProvider.shutdown()]);
  }

  /** Ends, and nothing leaves any more: what is waiting is thrown away. */
  discard(): void {
    this.#delivery.shut();
    void this.end();
  }
}
