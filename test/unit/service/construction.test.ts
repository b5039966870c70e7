import { expect } from 'chai';
import * as yup from 'yup';
import { AbortedError, CircuitOpenError, StoreError, TimeoutError, ValidationError } from '../../../src/errors.ts';
import { withOutcome } from '../../../src/service/writes/outcome.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, definition, leavesNothing } from './support.ts';

describe('Service: construction', () => {
  leavesNothing();

  it('needs a definition and a store, and nothing else', async () => {
    const service = createConfigurationService(definition, { store: new MemoryStore() });
    await service.ready;
    expect(service.id).to.equal('test');
    await service.update('count', 5);
    expect(service.get('count')).to.equal(5);
    await service.dispose();
  });

  it('takes an id and a clock; what it is not told has its default', async () => {
    const clock = new VirtualClock();
    const service = createConfigurationService(definition, { store: new MemoryStore(), id: 'publisher.name', clock });
    await clock.run(service.ready);
    expect(service.id).to.equal('publisher.name');
    await clock.run(service.dispose());
    await service.update('count', 5).catch((error: unknown) => expect(error).to.have.property('message', 'The configuration of publisher.name has been disposed.'));
  });

  it('a definition without settings is served as well', async () => {
    const clock = new VirtualClock();
    const service = createConfigurationService(defineSettings('empty', {}), { store: new MemoryStore(), clock });
    await clock.run(service.ready);
    expect(service.values).to.deep.equal({});
    service.hold();
    expect(service.breakers()[0]!.held).to.equal(true);
    service.reset();
    await clock.flush();
    expect(await service.health()).to.include({ status: 'healthy' });
    expect(await clock.run(service.restoreDefaults().catch((error: unknown) => error))).to.include({ code: 'VALIDATION' });
    await clock.run(service.dispose());
  });

  it('a store named as its file is named once', async () => {
    const { error, service } = await bench({ wrap: (inner) => Object.assign(inner, { name: 'settings.json', fileOf: () => 'settings.json' }) });
    service.hold();
    expect((await error(service.update('count', 5))).message).to.equal('The circuit breaker of settings.json is open.');
  });

  it('F45 a store that does not tell of changes is refused with a typed error', () => {
    const store = Object.assign(new MemoryStore(), { onDidChange: () => { throw new Error('no'); } });
    expect(() => createConfigurationService(definition, { store })).to.throw(StoreError, 'The store failed: no');
  });

  it('settings of one name in two sections are two settings', async () => {
    const clock = new VirtualClock();
    const other = defineSettings('other', { count: { schema: yup.number(), default: 1, description: '' } });
    const service = createConfigurationService(other, { store: new MemoryStore(), clock });
    await clock.run(service.ready);
    expect(service.get('count')).to.equal(1);
    await clock.run(service.dispose());
  });

  it('P29 an error says what is known of the write', () => {
    const timeout = Object.assign(new TimeoutError('The guard', 5_000, 'unknown', { context: { a: 1 } }), { attempts: [{ number: 1, error: undefined, duration: 1 }] });
    expect(withOutcome(timeout, 'unknown')).to.equal(timeout);
    expect(withOutcome(timeout, 'not stored')).to.deep.include({ outcome: 'not stored', timeout: 5_000, context: { a: 1 }, attempts: timeout.attempts });
    expect(withOutcome(new AbortedError('x', 'not stored', { cause: 'why' }), 'unknown')).to.include({ outcome: 'unknown', cause: 'why' });
    expect(withOutcome(new StoreError('io', 'x'), 'unknown')).to.deep.include({ context: { reason: 'io', outcome: 'unknown' } });
    for (const error of [new StoreError('io', 'x'), new ValidationError('x', 'y'), new CircuitOpenError('x', 1)]) {
      expect((withOutcome(error, 'not stored') as StoreError).context).not.to.have.property('outcome');
    }
    const frozen = new StoreError('io', 'x');
    Object.freeze(frozen.context);
    expect(withOutcome(frozen, 'unknown')).to.equal(frozen);
    const foreign = new TypeError('x');
    expect(withOutcome(foreign, 'unknown')).to.equal(foreign);
  });
});
