import { expect } from 'chai';
import { ValidationError } from '../../../src/errors.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { bench, definition, unheard } from './support.ts';

/** What VS Code's own API takes in these places, and what callers pass by mistake. */
const notObjects: readonly unknown[] = [2, 1, 'workspace', true, false, null, [], () => undefined];

describe('Service: arguments', () => {
  for (const given of notObjects) {
    it(`F44: options that are ${JSON.stringify(given) ?? 'a function'} are refused, and nothing is written`, async () => {
      const { service, error, stored } = await bench();
      for (const call of [
        () => service.update('count', 5, given as never),
        () => service.updateAll({ count: 5 }, given as never),
        () => service.convertOldSettings(given as never),
      ]) {
        const refused = await error(call());
        expect(refused).to.be.instanceOf(ValidationError);
        expect(refused.message).to.match(/must be an object, such as/);
      }
      expect(stored('count')).to.equal(undefined);
    });
  }

  for (const [field, ...wrong] of [['target', null, 2], ['park', null, 'yes', 1], ['critical', 'no', 0], ['wait', null, 0]] as const) {
    it(`F44: a ${field} that is none is refused, and nothing is written`, async () => {
      const { service, error, stored } = await bench();
      for (const value of wrong) {
        for (const call of [() => service.update('count', 5, { [field]: value }), () => service.updateAll({ count: 5 }, { [field]: value }), () => service.convertOldSettings({ [field]: value })]) {
          expect(await error(call())).to.include({ code: 'VALIDATION', field });
        }
      }
      expect(stored('count')).to.equal(undefined);
    });
  }

  it('F44: a listener that cannot be called is refused when it is registered', async () => {
    const { service } = await bench();
    for (const listener of [null, undefined, {}, 'x']) {
      expect(() => service.onDidChange('count', listener as never), 'onDidChange').to.throw(ValidationError, 'listener');
      expect(() => service.onEvent(listener as never), 'onEvent').to.throw(ValidationError, 'listener');
      expect(() => service.onWrite(listener as never), 'onWrite').to.throw(ValidationError, 'capture');
    }
  });

  it('F28: a rule of its guards that cannot be is refused when the service is made', () => {
    const store = new MemoryStore();
    for (const [guard, message] of [[{ timeout: -1 }, 'timeout must be more than 0 ms, or Infinity; it is -1.'], [{ breaker: { threshold: NaN } }, 'breaker.threshold must be a whole number']] as const) {
      expect(() => new ConfigurationService(definition, { store, guard })).to.throw(RangeError, message);
    }
  });

  it('F31: a CancellationToken of VS Code ends an update, before its turn and while it is written', async () => {
    for (const mode of ['before', 'during'] as const) {
      const { service, store, error, clock } = await bench();
      const listeners = new Set<(event: unknown) => unknown>();
      const token = {
        isCancellationRequested: false,
        onCancellationRequested: (listener: (event: unknown) => unknown) => {
          listeners.add(listener);
          return { dispose: () => listeners.delete(listener) };
        },
      };
      store.hanging('write');
      const update = unheard(service.update('count', 5, { signal: token }));
      if (mode === 'during') await clock.flush();
      token.isCancellationRequested = true;
      for (const listener of listeners) listener(undefined);
      expect(await error(update)).to.include({ code: 'ABORTED' });
      expect(listeners.size).to.equal(0);
      expect(await error(service.update('count', 6, { signal: token }))).to.include({ code: 'ABORTED', outcome: 'not stored' });
      expect(await error(service.update('count', 6, { signal: {} as never }))).to.include({ code: 'VALIDATION', message: '"signal" is neither an AbortSignal nor a CancellationToken.' });
      await service.dispose();
    }
  });

  it('F24: what a store rejects with may throw when it is looked at: a StoreError that has it as its cause', async () => {
    for (const key of ['count', 'token'] as const) {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const { service, store, error } = await bench();
      store.write = () => Promise.reject(proxy);
      const refused = await error(service.update(key, key === 'count' ? 5 : 'abcdef'));
      expect(refused).to.include({ code: 'STORE', reason: 'unknown' });
      expect(refused.cause === proxy).to.equal(true);
    }
  });

  it('F58: a scope that is none is refused by name, wherever one is taken; a read still answers', async () => {
    const { service } = await bench();
    for (const scope of [null, 2, 'file:///a', true]) {
      expect(() => service.inspect('count', scope as never), 'inspect').to.throw(ValidationError, 'scope');
      expect(() => service.onDidChange('count', () => undefined, scope as never), 'onDidChange').to.throw(ValidationError, 'scope');
      expect(service.get('count', scope as never)).to.equal(3);
    }
    expect(() => service.inspect('count', { resource: 5 } as never)).to.throw(ValidationError, 'resource');
  });
});
