import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { limits } from '../limits.ts';

/** The real SDK, with its real OTLP/HTTP exporters. */
export interface Sdk {
  readonly tracerProvider: NodeTracerProvider;
  readonly meterProvider: MeterProvider;
  readonly loggerProvider: LoggerProvider;
  /** Sends what there is. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

export function startSdk(url: string, name = 'tests'): Sdk {
  const resource = resourceFromAttributes({ 'service.name': name });
  const to = (signal: string): { url: string; timeoutMillis: number } => ({ url: `${url}/v1/${signal}`, timeoutMillis: limits.condition });
  const batch = { exportTimeoutMillis: limits.condition };
  const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(to('metrics')), exportIntervalMillis: limits.condition, ...batch });
  const meterProvider = new MeterProvider({ resource, readers: [reader] });
  const tracerProvider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(to('traces')), batch)] });
  const loggerProvider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(to('logs')), ...batch })] });
  const all = [tracerProvider, meterProvider, loggerProvider];
  return {
    tracerProvider, meterProvider, loggerProvider,
    flush: async () => { await Promise.all(all.map((each) => each.forceFlush())); },
    shutdown: async () => { await Promise.all(all.map((each) => each.shutdown())); },
  };
}
