import { expect } from 'chai';
import { AbortedError, QueueFullError, StoreError, ValidationError } from '../../../src/errors.ts';
import { Alerts, type Alert } from '../../../src/observe/alerts.ts';
import { needsAPerson } from '../../../src/observe/error-facts.ts';
import type { HealthReport } from '../../../src/service/health.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { FakeService } from './fake-service.ts';

const file = 'user settings';
const io = new StoreError('io', 'It failed.');

describe('Alerts', () => {
  let clock: VirtualClock;
  let service: FakeService;
  let alerts: Alerts;
  let heard: Alert[];
  const told = (): string[] => heard.map(({ id, active }) => `${active ? 'raised' : 'over'}: ${id}`);
  const ok = (times = 1): void => { for (let i = 0; i < times; i++) service.emit({ type: 'stored', keys: ['name'], file, latency: 1 }); };
  const fail = (times = 1, error: unknown = io): void => { for (let i = 0; i < times; i++) service.emit({ type: 'failed', keys: ['name'], file, error, latency: 1 }); };

  beforeEach(() => {
    clock = new VirtualClock();
    service = new FakeService();
    alerts = new Alerts(service, { clock });
    heard = [];
    alerts.onAlert((alert) => heard.push(alert));
  });

  it('tell of a breaker from its opening to its closing, with what is to blame', () => {
    service.emit(
      { type: 'attempt-failed', file, attempt: 1, error: new StoreError('dirty', 'Unsaved.') },
      { type: 'breaker', file, from: 'CLOSED', to: 'OPEN' },
      { type: 'breaker', file, from: 'OPEN', to: 'HALF_OPEN' },
      { type: 'breaker', file, from: 'HALF_OPEN', to: 'OPEN' },
    );
    expect(told()).to.deep.equal([`raised: breaker ${file}`]);
    expect(heard[0]).to.deep.include({ kind: 'breaker', file, since: clock.wallTime() });
    expect(needsAPerson(heard[0]!.error!)).to.equal(true);
    expect(alerts.active).to.have.lengthOf(1);
    service.emit({ type: 'breaker', file, from: 'OPEN', to: 'CLOSED' });
    expect(told().at(-1)).to.equal(`over: breaker ${file}`);
    expect(alerts.active).to.deep.equal([]);
  });

  it('tell of a breaker without a known cause', () => {
    service.emit({ type: 'breaker', file, from: 'CLOSED', to: 'OPEN' });
    expect(heard[0]).not.to.have.property('error');
  });

  it('tell of failed health until it is well again', () => {
    service.emit({ type: 'health', health: 'unhealthy', before: 'healthy' }, { type: 'health', health: 'degraded', before: 'unhealthy' });
    expect(told()).to.deep.equal(['raised: health']);
    service.emit({ type: 'health', health: 'healthy', before: 'degraded' });
    expect(told()).to.deep.equal(['raised: health', 'over: health']);
  });

  it('tell of settings that cannot be read', () => {
    const error = new StoreError('invalid-file', 'It cannot be parsed.', { context: { file: 'file:///settings.json' } });
    service.emit({ type: 'load-failed', error }, { type: 'load-failed', error });
    expect(told()).to.deep.equal(['raised: load']);
    expect(heard[0]).to.include({ file: 'file:///settings.json' });
    service.emit({ type: 'loaded', changed: [], issues: [] });
    expect(told().at(-1)).to.equal('over: load');
    const another = { type: 'load-failed', error: new Error('no file') } as const;
    service.emit(another, another);
    expect(heard.at(-1)).not.to.have.property('file');
  });

  it('tell when a service was given up, which only a person can help', () => {
    service.emit({ type: 'crash', actor: 'a', error: new Error('x'), givenUp: false });
    expect(told()).to.deep.equal([]);
    service.emit({ type: 'crash', actor: 'a', error: new Error('x'), givenUp: true });
    expect(told()).to.deep.equal(['raised: given up']);
    expect(needsAPerson(heard[0]!.error!)).to.equal(true);
    service.emit({ type: 'health', health: 'unhealthy', before: 'healthy' }, { type: 'health', health: 'degraded', before: 'unhealthy' });
    expect(told()).to.deep.equal(['raised: given up', 'raised: health', 'over: given up']);
  });

  describe('of the error rate', () => {
    it('F64 are over when nothing has been written for five minutes', async () => {
      ok();
      fail(4);
      expect(told()).to.deep.equal(['raised: error-rate']);
      await clock.advance(200_000);
      fail();
      await clock.advance(299_999);
      expect(alerts.active.map(({ message }) => message)).to.deep.equal(['80 % of the last 5 writes failed.']);
      await clock.advance(1);
      expect(told()).to.deep.equal(['raised: error-rate', 'over: error-rate']);
      expect(alerts.active).to.deep.equal([]);
      expect(alerts.history[0]).to.include({ until: clock.wallTime() });
      expect(clock.pendingTimers()).to.deep.equal([]);
    });

    it('F64 leave no timer behind when they are over, or disposed of', () => {
      fail(5);
      expect(clock.pendingTimers()).to.have.lengthOf(1);
      ok(20);
      expect(told()).to.deep.equal(['raised: error-rate', 'over: error-rate']);
      expect(clock.pendingTimers()).to.deep.equal([]);
      fail(20);
      alerts.dispose();
      expect(clock.pendingTimers()).to.deep.equal([]);
    });

    it('are raised above one share and are over below another, so that they do not come and go', () => {
      ok(5);
      fail(4);
      expect(told()).to.deep.equal([]);
      fail(1);
      expect(told()).to.deep.equal(['raised: error-rate']);
      expect(heard[0]!.message).to.equal('50 % of the last 10 writes failed.');
      ok(1);
      fail(1);
      ok(12);
      expect(told(), 'between the two').to.deep.equal(['raised: error-rate']);
      ok(6);
      expect(told()).to.deep.equal(['raised: error-rate', 'over: error-rate']);
    });

    it('need enough operations to speak of a share', () => {
      fail(4);
      expect(told()).to.deep.equal([]);
      fail(1);
      expect(told()).to.deep.equal(['raised: error-rate']);
    });

    it('forget what is old', async () => {
      fail(4);
      await clock.advance(300_001);
      fail(4);
      expect(told()).to.deep.equal([]);
    });

    it('P7 do not count what is the callers’ own', () => {
      fail(10, new ValidationError('name', 'is bad'));
      fail(10, new AbortedError('it', 'not stored'));
      expect(told()).to.deep.equal([]);
      fail(5, 'not even an error');
      expect(told()).to.deep.equal(['raised: error-rate']);
    });
  });

  describe('of resources', () => {
    it('are raised by a full queue, and over when half of it is gone', () => {
      service.queueDepth = 100;
      fail(1, new QueueFullError(file, 100));
      expect(told()).to.deep.equal(['raised: resources']);
      service.queueDepth = 51;
      ok();
      expect(told()).to.deep.equal(['raised: resources']);
      service.queueDepth = 50;
      ok();
      expect(told()).to.deep.equal(['raised: resources', 'over: resources']);
    });

    it('F64 are over as well when what waited has failed', () => {
      service.queueDepth = 100;
      fail(1, new QueueFullError(file, 100));
      service.queueDepth = 51;
      fail();
      expect(told()).to.deep.equal(['raised: resources']);
      service.queueDepth = 0;
      fail(1, new AbortedError('it', 'not stored'));
      expect(told()).to.deep.equal(['raised: resources', 'over: resources']);
    });

    it('survive a service that cannot tell its queues', () => {
      service.breakers = () => { throw new Error('gone'); };
      fail(1, new QueueFullError(file, 100));
      ok();
      expect(told()).to.deep.equal(['raised: resources', 'over: resources']);
    });
  });

  it('take a health report into account', () => {
    const check = (status: 'healthy' | 'degraded', detail = ''): HealthReport['checks']['api'] => ({ status, detail });
    const report = (access: HealthReport['checks']['api'], resources: HealthReport['checks']['api']): HealthReport => (
      { status: 'degraded', checkedAt: 0, checks: { api: check('healthy'), access, breaker: check('healthy'), resources } }
    );
    alerts.note(report(check('degraded', 'It is read-only.'), check('degraded', '90 writes wait.')));
    expect(heard.map(({ kind, message }) => [kind, message])).to.deep.equal([['health', 'It is read-only.'], ['resources', '90 writes wait.']]);
    alerts.note(report(check('healthy'), check('healthy')));
    expect(alerts.active).to.deep.equal([]);
    alerts.note(report(check('degraded', 'It is read-only.'), check('healthy')));
    ok();
    expect(alerts.active, 'a write got through').to.deep.equal([]);
  });

  it('P43 have no timer while all is well, P40 and leave nothing behind', () => {
    ok(10);
    fail(4);
    service.emit({ type: 'breaker', file, from: 'CLOSED', to: 'OPEN' });
    expect(clock.pendingTimers()).to.deep.equal([]);
    fail(10);
    expect(clock.pendingTimers()).to.have.lengthOf(1).and.satisfy(([timer]: { background: boolean }[]) => timer!.background);
    alerts.dispose();
    expect(clock.pendingTimers()).to.deep.equal([]);
    expect(service.listenerCount).to.equal(0);
    expect(alerts.active).to.deep.equal([]);
  });

  it('run on the machine’s own clock unless told otherwise', () => {
    const before = Date.now();
    const real = new Alerts(service);
    fail(5);
    expect(real.active[0]!.since).to.be.within(before, Date.now());
    real.dispose();
  });
});
