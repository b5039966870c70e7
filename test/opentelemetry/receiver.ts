import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What OTLP/HTTP brings, as JSON: the parts that are looked at. */
export interface Point {
  readonly attributes: Attributes;
  readonly value: number | undefined;
  /** Of a histogram. */
  readonly count: number | undefined;
  readonly sum: number | undefined;
}

export interface ReceivedSpan {
  readonly id: string;
  readonly trace: string;
  /** Of a root it is absent. */
  readonly parent: string | undefined;
  readonly name: string;
  readonly attributes: Attributes;
  readonly failed: boolean;
  /** In milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly events: readonly { readonly name: string; readonly time: number; readonly attributes: Attributes }[];
}

export interface ReceivedLog {
  readonly body: string;
  readonly severity: string;
  readonly eventName: string;
  readonly attributes: Attributes;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly monotonic: boolean;
  readonly points: readonly Point[];
}

export type Attributes = Readonly<Record<string, unknown>>;

type Json = Record<string, never>;

/** A collector's stand-in on loopback: decodes what arrives by OTLP/HTTP as JSON, and can be out of order. */
export class Receiver {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  /** What was told last of each metric, by name and resource. */
  readonly metrics = new Map<string, ReceivedMetric>();
  /** Everything that arrived, as it was, headers included. */
  readonly raw: string[] = [];
  requests = 0;
  refused = 0;
  /** What it answers: 200, or a status that says it cannot. `hang` answers never. */
  answer: 200 | 503 | 400 | 'hang' = 200;
  /** Keeps `raw`; off, it can receive for long. */
  readonly #keepsRaw: boolean;
  readonly #server: Server;
  #port = 0;
  readonly #listeners = new Set<() => void>();

  private constructor(server: Server, keepsRaw: boolean) {
    this.#server = server;
    this.#keepsRaw = keepsRaw;
    server.on('request', (request, response) => {
      void read(request).then((body) => {
        this.requests++;
        if (this.#keepsRaw) this.raw.push(JSON.stringify(request.headers), `${request.url} ${body}`);
        if (this.answer === 'hang') return;
        if (this.answer === 200) this.#take(request.url ?? '', JSON.parse(body) as Json);
        else this.refused++;
        response.writeHead(this.answer, { 'content-type': 'application/json' }).end('{}');
        for (const listener of this.#listeners) listener();
      }).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  static async start(keepsRaw = true): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server, keepsRaw);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when it holds, which is asked after each arrival. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const listener = (): void => { this.#listeners.delete(listener); resolve(); };
        this.#listeners.add(listener);
      });
    }
  }

  metric(name: string): ReceivedMetric | undefined {
    return [...this.metrics.values()].find((metric) => metric.name === name);
  }

  /** The value of the point with these attributes, among others. */
  value(name: string, attributes: Attributes = {}): number | undefined {
    return this.metric(name)?.points.find((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))?.value;
  }

  /** Nobody listens any more: connections are refused. */
  async down(): Promise<void> {
    this.#port = this.port;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Listens again, at the same port. */
  async up(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(url: string, body: Json): void {
    if (url.endsWith('/v1/traces')) this.spans.push(...scoped(body, 'resourceSpans', 'scopeSpans', 'spans').map(({ item }) => toSpan(item)));
    if (url.endsWith('/v1/logs')) this.logs.push(...scoped(body, 'resourceLogs', 'scopeLogs', 'logRecords').map(({ item }) => toLog(item)));
    if (url.endsWith('/v1/metrics')) {
      for (const { item, resource } of scoped(body, 'resourceMetrics', 'scopeMetrics', 'metrics')) {
        const metric = toMetric(item);
        this.metrics.set(`${resource} ${metric.name}`, metric);
      }
    }
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}

const list = (value: unknown): Json[] => (value ?? []) as Json[];

function scoped(body: Json, outer: string, inner: string, items: string): { item: Json; resource: string }[] {
  return list(body[outer]).flatMap((each) => {
    const resource = JSON.stringify(each['resource']);
    return list(each[inner]).flatMap((scope) => list(scope[items]).map((item) => ({ item, resource })));
  });
}

interface AnyValue { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean; arrayValue?: { values: AnyValue[] } }

function toValue(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue);
}

function toAttributes(attributes: unknown): Attributes {
  return Object.fromEntries(list(attributes).map(({ key, value }) => [key, toValue(value as unknown as AnyValue)]));
}

const milliseconds = (nanoseconds: unknown): number => Number(BigInt(nanoseconds as string) / 1_000n) / 1_000;

function toSpan(span: Json): ReceivedSpan {
  return {
    id: span['spanId']!,
    trace: span['traceId']!,
    parent: span['parentSpanId'],
    name: span['name']!,
    attributes: toAttributes(span['attributes']),
    failed: (span['status'] as { code?: number } | undefined)?.code === 2,
    start: milliseconds(span['startTimeUnixNano']),
    end: milliseconds(span['endTimeUnixNano']),
    events: list(span['events']).map((event) => ({ name: event['name']!, time: milliseconds(event['timeUnixNano']), attributes: toAttributes(event['attributes']) })),
  };
}

function toLog(record: Json): ReceivedLog {
  return {
    body: String(toValue(record['body'] as unknown as AnyValue)),
    severity: record['severityText'] ?? '',
    eventName: record['eventName'] ?? '',
    attributes: toAttributes(record['attributes']),
  };
}

function toMetric(metric: Json): ReceivedMetric {
  const kind = (['sum', 'gauge', 'histogram'] as const).find((each) => each in metric)!;
  const data = metric[kind] as unknown as { dataPoints?: Json[]; isMonotonic?: boolean };
  return {
    name: metric['name']!,
    unit: metric['unit'] ?? '',
    description: metric['description'] ?? '',
    kind,
    monotonic: data.isMonotonic === true,
    points: (data.dataPoints ?? []).map((point) => ({
      attributes: toAttributes(point['attributes']),
      value: point['asDouble'] ?? (point['asInt'] === undefined ? undefined : Number(point['asInt'])),
      count: point['count'] === undefined ? undefined : Number(point['count']),
      sum: point['sum'],
    })),
  };
}
