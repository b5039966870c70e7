import { expect } from 'chai';
import { BatchSpanProcessor, BasicTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Delivery } from '../../src/observe/telemetry-delivery.ts';
import { limits } from '../limits.ts';
import { Receiver } from './receiver.ts';

describe('Delivery of telemetry', () => {
  let receiver: Receiver;
  beforeEach(async () => { receiver = await Receiver.start(); });
  afterEach(() => receiver.stop());

  const spansThrough = (delivery: Delivery): { span(): void; flush(): Promise<void>; shutdown(): Promise<void> } => {
    const exporter = delivery.watch(new OTLPTraceExporter({ url: `${receiver.url}/v1/traces`, timeoutMillis: limits.condition }), (spans: readonly unknown[]) => spans.length);
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: limits.condition })] });
    return { span: () => provider.getTracer('test').startSpan('a').end(), flush: () => provider.forceFlush().catch(() => undefined), shutdown: () => provider.shutdown().catch(() => undefined) };
  };

  it('counts what arrives and what is lost, and says so once at the beginning and once at the end', async () => {
    const said: string[] = [];
    const delivery = new Delivery((message) => said.push(message));
    const { span, flush, shutdown } = spansThrough(delivery);
    span();
    await flush();
    expect(said).to.deep.equal([]);
    receiver.answer = 400;
    for (let round = 0; round < 3; round++) {
      span();
      span();
      await flush();
    }
    expect(said).to.have.lengthOf(1).and.to.deep.equal(['Telemetry cannot be delivered. Settings are read and written as before; what does not fit into the queue is lost.']);
    receiver.answer = 200;
    span();
    await flush();
    expect(said.slice(1)).to.deep.equal(['Telemetry is delivered again; 6 spans and log records were given up meanwhile.']);
    expect(delivery).to.include({ delivered: 2, lost: 6 });
    expect(receiver.spans).to.have.lengthOf(2);
    await shutdown();
  });

  it('sends nothing once it is shut, also not what was waiting', async () => {
    const delivery = new Delivery();
    const { span, shutdown } = spansThrough(delivery);
    span();
    delivery.shut();
    await shutdown();
    expect(receiver.requests).to.equal(0);
  });
});
