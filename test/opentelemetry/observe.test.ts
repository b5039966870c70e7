import { expect } from 'chai';
import { StoreError } from '../../src/errors.ts';
import { observeWithOpenTelemetry } from '../../src/observe/opentelemetry.ts';
import type { MeasuredService } from '../../src/observe/telemetry-metrics.ts';
import { attributes, events, instruments, spans } from '../../src/observe/telemetry-names.ts';
import { bench, type Bench } from '../unit/service/support.ts';
import { Receiver, type ReceivedSpan } from './receiver.ts';
import { startSdk, type Sdk } from './sdk.ts';

const io = { kind: 'throw', error: new StoreError('io', 'The disk is away.') } as const;

/** The real SDK and the real OTLP/HTTP exporters, to a receiver of our own that decodes what arrives. */
describe('OpenTelemetry, through the real SDK', () => {
  let receiver: Receiver;
  let sdk: Sdk;
  let world: Bench;
  let observation: { dispose(): void };
  const written = (): ReceivedSpan[] => receiver.spans.filter(({ name }) => name === spans.write);

  beforeEach(async () => {
    receiver = await Receiver.start();
    sdk = startSdk(receiver.url);
    world = await bench();
    observation = observeWithOpenTelemetry(world.service, { ...sdk, clock: world.clock });
  });

  afterEach(async () => {
    observation.dispose();
    await sdk.shutdown();
    await world.end(world.service.dispose());
    await receiver.stop();
  });

  it('a write is a span as long as it took, with the setting, the file and one attempt', async () => {
    world.store.writeFaults.push({ kind: 'lag', delay: 250 });
    await world.end(world.service.update('count', 7));
    await sdk.flush();
    const [span] = written();
    expect(span).to.include({ failed: false });
    expect(span!.end - span!.start).to.equal(250);
    expect(span!.end).to.equal(world.clock.wallTime());
    expect(span!.attributes).to.deep.equal({
      [attributes.name]: 'test', [attributes.id]: 'test', [attributes.keys]: ['count'], [attributes.file]: 'user settings',
      [attributes.outcome]: 'stored', [attributes.attempts]: 1,
    });
    expect(span!.events).to.deep.equal([{ name: spans.attempt, time: span!.end, attributes: { [attributes.attempt]: 1, [attributes.attemptOutcome]: 'succeeded' } }]);
  });

  it('the attempts of a write are events of its span, each at its time and with its cause', async () => {
    world.store.writeFaults.push(io, io);
    const began = world.clock.wallTime();
    await world.end(world.service.update('count', 7));
    await sdk.flush();
    const [span] = written();
    expect(span!.attributes[attributes.attempts]).to.equal(3);
    expect(span!.events.map(({ time, attributes: each }) => [time - began, each[attributes.attempt], each[attributes.attemptOutcome], each[attributes.errorReason]])).to.deep.equal([
      [0, 1, 'failed', 'io'], [1_000, 2, 'failed', 'io'], [3_000, 3, 'succeeded', undefined],
    ]);
  });

  it('writes that were merged into one tell of the same attempts', async () => {
    world.store.writeFaults.push(io);
    await world.end(Promise.all([world.service.update('count', 7), world.service.update('count', 8)]));
    await sdk.flush();
    expect(written().map((span) => span.attributes[attributes.attempts])).to.deep.equal([2, 2]);
  });

  it('a breaker that opens is an event of the write during which it did, a log event, a state and time', async () => {
    await world.openBreaker();
    await world.error(world.service.update('count', 9));
    await world.clock.advance(10_000);
    await sdk.flush();
    const change = { [attributes.file]: 'user settings', [attributes.breakerBefore]: 'closed', [attributes.breakerState]: 'open' };
    const opening = written().flatMap((span) => span.events.filter(({ name }) => name === spans.breaker));
    expect(opening.map(({ attributes: each }) => each)).to.deep.equal([change]);
    const refused = written().at(-1)!;
    expect(refused).to.deep.include({ failed: true, events: [] });
    expect(refused.attributes).to.include({ [attributes.errorType]: 'CIRCUIT_OPEN', [attributes.attempts]: 0 });
    expect(receiver.logs.filter(({ eventName }) => eventName === events.breaker)[0]!.attributes).to.include(change);
    const state = (name: string): number | undefined => receiver.value(instruments.breakerStatus.name, { [attributes.breakerState]: name });
    expect([state('closed'), state('half_open'), state('open')].filter((each) => each === 1)).to.have.lengthOf(1);
    expect(state('closed')).to.equal(0);
    const { breakerTime } = world.service.metrics();
    expect(receiver.value(instruments.breakerTime.name, { [attributes.breakerState]: 'open' })).to.be.closeTo(breakerTime['user settings']!.OPEN / 1_000, 1e-9).and.to.be.above(0);
  });

  it('every instrument arrives with its unit, its kind and what metrics() says', async () => {
    world.store.writeFaults.push(io);
    await world.end(world.service.update('count', 7));
    await world.error(world.service.update('count', -1));
    world.outside('count', 'not a number');
    await world.clock.advance(1_000);
    await sdk.flush();
    for (const { name, unit, kind, description } of Object.values(instruments)) {
      const metric = receiver.metric(name);
      expect(metric, name).to.include({ unit, description, kind: kind === 'histogram' ? 'histogram' : kind === 'observable gauge' ? 'gauge' : 'sum', monotonic: kind === 'observable counter' });
      for (const point of metric!.points) expect(point.attributes, name).to.include({ [attributes.name]: 'test', [attributes.id]: 'test' });
    }
    const { errors, successCount, rejectionCount, retryCount, crashCount, timeoutCount, uptime } = world.service.metrics();
    const value = (name: keyof typeof instruments, more = {}): number | undefined => receiver.value(instruments[name].name, more);
    expect(value('writes', { [attributes.outcome]: 'stored' })).to.equal(successCount).and.to.equal(1);
    expect(value('writes', { [attributes.errorType]: 'VALIDATION' })).to.equal(errors['VALIDATION']).and.to.equal(1);
    expect([value('rejections'), value('retries'), value('crashes'), value('timeouts'), value('queueDepth')]).to.deep.equal([rejectionCount, retryCount, crashCount, timeoutCount, 0]);
    expect(value('uptime')).to.equal(uptime / 1_000);
    expect(value('settingValid', { [attributes.key]: 'count' })).to.equal(0);
    expect(value('settingValid', { [attributes.key]: 'name' })).to.equal(1);
    expect(value('health', { [attributes.health]: world.service.status })).to.equal(1);
    const stored = receiver.metric(instruments.writeDuration.name)!.points.find((point) => point.attributes[attributes.outcome] === 'stored');
    expect(stored).to.include({ count: 1, sum: 1 });
  });

  it('counters do not go back when the metrics are reset', async () => {
    await world.end(world.service.update('count', 7));
    await sdk.flush();
    world.service.resetMetrics();
    await sdk.flush();
    await world.end(world.service.update('count', 8));
    await sdk.flush();
    expect(receiver.value(instruments.writes.name, { [attributes.outcome]: 'stored' })).to.equal(2);
  });

  it('the log arrives with its levels; alerts are events, raised and over', async () => {
    await world.openBreaker();
    world.service.reset();
    await sdk.flush();
    expect(receiver.logs.find(({ body }) => body === 'The circuit breaker has opened: writes are refused.')).to.deep.include({ severity: 'WARN', eventName: '' });
    const alerts = receiver.logs.filter(({ eventName }) => eventName === events.alert).map(({ severity, attributes: each }) => [severity, each[attributes.alertKind], each[attributes.alertState]]);
    expect(alerts).to.deep.include(['WARN', 'breaker', 'raised']).and.to.deep.include(['INFO', 'breaker', 'over']);
    expect(receiver.value(instruments.alerts.name, { [attributes.alertKind]: 'breaker' })).to.equal(0);
  });

  it('two services are told apart, and one that is no longer observed is not told of', async () => {
    const other = await bench({ id: 'other' });
    const second = observeWithOpenTelemetry(other.service, { ...sdk, clock: other.clock });
    const writesOf = (id: string): number | undefined => receiver.value(instruments.writes.name, { [attributes.id]: id, [attributes.outcome]: 'stored' });
    await other.end(other.service.update('count', 5));
    await sdk.flush();
    expect([writesOf('test'), writesOf('other')]).to.deep.equal([0, 1]);
    expect(written().map((span) => span.attributes[attributes.id])).to.deep.equal(['other']);
    second.dispose();
    await other.end(other.service.update('count', 6));
    await sdk.flush();
    expect(writesOf('other')).to.equal(1);
    expect(written()).to.have.lengthOf(1);
    await other.end(other.service.dispose());
  });

  it('P12 a service of another version, which cannot be asked, is told of as far as it can be', async () => {
    const lacking: MeasuredService = {
      id: 'lacking',
      definition: world.service.definition,
      status: 'healthy',
      issues: [],
      get: () => undefined,
      inspect: () => ({ layers: {} }),
      onEvent: () => ({ dispose: () => undefined }),
      metrics: () => { throw new TypeError('It is of another version.'); },
      breakers: undefined as never,
    };
    const second = observeWithOpenTelemetry(lacking, { ...sdk, clock: world.clock });
    await sdk.flush();
    expect(receiver.value(instruments.health.name, { [attributes.id]: 'lacking', [attributes.health]: 'healthy' })).to.equal(1);
    expect(receiver.value(instruments.uptime.name, { [attributes.id]: 'lacking' })).to.equal(undefined);
    second.dispose();
  });

  it('a collector that refuses, or is not there, affects no write', async () => {
    receiver.answer = 400;
    await world.end(world.service.update('count', 7));
    await sdk.flush().catch(() => undefined);
    expect(receiver.refused).to.be.above(0);
    expect((await world.end(world.service.update('count', 8))).ok).to.equal(true);
    expect(world.service.get('count')).to.equal(8);
    receiver.answer = 200;
  });
});
