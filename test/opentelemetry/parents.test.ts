import { context, trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { observeWithOpenTelemetry } from '../../src/observe/opentelemetry.ts';
import { spans } from '../../src/observe/telemetry-names.ts';
import { bench, type Bench } from '../unit/service/support.ts';
import { Receiver, type ReceivedSpan } from './receiver.ts';
import { startSdk, type Sdk } from './sdk.ts';

describe('The span of a write, and the trace it belongs to', () => {
  let receiver: Receiver;
  let sdk: Sdk;
  let world: Bench;
  let observation: { dispose(): void };

  beforeEach(async () => {
    receiver = await Receiver.start();
    sdk = startSdk(receiver.url);
    // As a program does: the global context, and with it the active span, follows the calls.
    sdk.tracerProvider.register();
    world = await bench();
    observation = observeWithOpenTelemetry(world.service, { clock: world.clock });
  });

  afterEach(async () => {
    observation.dispose();
    await world.end(world.service.dispose());
    await sdk.shutdown();
    context.disable();
    trace.disable();
    await receiver.stop();
  });

  const underSpan = <T>(name: string, work: () => T): T => trace.getTracer('test').startActiveSpan(name, (span) => {
    try {
      return work();
    } finally {
      span.end();
    }
  });
  const named = (name: string): ReceivedSpan => receiver.spans.find((span) => span.name === name)!;
  const writes = (): ReceivedSpan[] => receiver.spans.filter(({ name }) => name === spans.write);

  it('is a child of the span that was active when it was asked for, whoever was before it in the queue', async () => {
    const { service, store, end } = world;
    for (let i = 0; i < 2; i++) store.writeFaults.push({ kind: 'lag', delay: 100 });
    const writing = [
      underSpan('first', () => service.update('count', 7)),
      underSpan('second', () => service.update('name', 'another')),
      service.update('list', ['a']),
    ];
    await end(Promise.all(writing));
    await sdk.flush();
    expect(writes().map(({ parent }) => parent)).to.deep.equal([named('first').id, named('second').id, undefined]);
    expect(writes().slice(0, 2).map((span) => span.trace)).to.deep.equal([named('first').trace, named('second').trace]);
  });

  it('of writes that are merged into one, each has its own', async () => {
    await world.end(Promise.all([underSpan('first', () => world.service.update('count', 7)), underSpan('second', () => world.service.update('count', 8))]));
    await sdk.flush();
    expect(new Set(writes().map(({ parent }) => parent))).to.deep.equal(new Set([named('first').id, named('second').id]));
  });

  it('of a write that fails or is refused, too', async () => {
    await world.end(underSpan('refused', () => world.service.update('count', -1)));
    await world.openBreaker();
    await world.end(underSpan('rejected', () => world.service.update('count', 9)));
    await sdk.flush();
    expect(writes().find(({ parent }) => parent === named('refused').id)).to.include({ failed: true });
    expect(writes().find(({ parent }) => parent === named('rejected').id)).to.include({ failed: true });
  });

  it('P12 whose context cannot be asked is a root, and the write is stored', async () => {
    const second = observeWithOpenTelemetry(world.service, { ...sdk, clock: world.clock, context: { active: () => { throw new Error('no'); } } });
    expect((await world.end(world.service.update('count', 7))).ok).to.equal(true);
    await sdk.flush();
    expect(writes().map(({ parent }) => parent)).to.deep.equal([undefined, undefined]);
    second.dispose();
  });

  it('is asked for nothing more once the observation has ended', async () => {
    let asked = 0;
    const active = () => (asked++, context.active());
    const second = observeWithOpenTelemetry(world.service, { ...sdk, clock: world.clock, context: { active } });
    await world.end(world.service.update('count', 7));
    expect(asked).to.equal(1);
    second.dispose();
    await world.end(world.service.update('count', 8));
    expect(asked).to.equal(1);
  });
});
