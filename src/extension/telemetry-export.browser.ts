import type * as onNode from './telemetry-export.ts';

/** In the place of telemetry-export.ts in a browser: a collector takes nothing from a web page unless it is told to, and the SDK is large. */
export const TelemetryExport = class TelemetryExport {
  constructor() {
    throw new Error('not from a browser. The extension’s own code can send what a service does (holdfast/opentelemetry).');
  }
} as unknown as typeof onNode.TelemetryExport;
