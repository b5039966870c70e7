import { expect } from 'chai';
import { createGuards } from '../../src/guard/guards.ts';
import { observeWithOpenTelemetry } from '../../src/observe/opentelemetry.ts';
import { attributes, events, guardInstruments as instruments } from '../../src/observe/telemetry-names.ts';
import { SupervisedGuard } from '../../src/service/guards/supervised-guard.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { Receiver } from './receiver.ts';
import { startSdk } from './sdk.ts';

const ignore = (): undefined => undefined;

describe('OpenTelemetry of a guard, through the real SDK', () => {
  it('P102 P103 tells its calls, its breaker, its health and its log by its name, and never a key', async () => {
    const receiver = await Receiver.start();
    const sdk = startSdk(receiver.url);
    const clock = new VirtualClock();
    const guards = createGuards((key) => ({ name: `git in ${key}`, retry: { attempts: 1 }, breaker: { threshold: 2 } }), { clock });
    const supervised = new SupervisedGuard(guards, { id: 'publisher.extension/git', name: 'git', faultInjection: false });
    const observation = observeWithOpenTelemetry(supervised, { ...sdk, clock });
    try {
      const git = guards.for('/home/somebody');
      for (let each = 0; each < 30; each++) await git.execute(() => 'well');
      await clock.run(git.execute(() => new Promise((resolve) => clock.setTimeout(() => resolve('slow'), 250))));
      for (let each = 0; each < 2; each++) await git.execute(() => Promise.reject(Object.assign(new Error('/home/somebody is away'), { code: 'EIO' }))).catch(ignore);
      await git.execute(() => 'refused').catch(ignore);
      await sdk.flush();
      const value = (name: string, of: Record<string, string> = {}): number | undefined => receiver.value(name, of);
      expect(value(instruments.writes.name, { [attributes.callOutcome]: 'succeeded' })).to.equal(31);
      expect(value(instruments.writes.name, { [attributes.callOutcome]: 'failed', [attributes.errorType]: 'EIO' })).to.equal(2);
      expect(value(instruments.rejections.name)).to.equal(1);
      expect(value(instruments.breakerStatus.name, { [attributes.breakerState]: 'open' })).to.equal(1);
      expect(value(instruments.health.name, { [attributes.health]: 'unhealthy' })).to.equal(1);
      expect(receiver.spans, 'no call is a span').to.deep.equal([]);
      expect(receiver.logs.filter(({ eventName }) => eventName === events.breaker)).to.have.length(1);
      expect([...receiver.metrics.values()].filter(({ name }) => /write|setting/.test(name)), 'it has no settings').to.deep.equal([]);
      const all = JSON.stringify([receiver.logs, ...receiver.metrics.values()]);
      expect(all).to.include('publisher.extension/git').and.include(instruments.writeDuration.name).and.not.include('somebody').and.not.include(attributes.file);
    } finally {
      observation.dispose();
      await sdk.shutdown();
      await receiver.stop();
      guards.dispose();
    }
  });
});
