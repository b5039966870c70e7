import { expect } from 'chai';
import { prometheusText } from '../../../src/observe/prometheus.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import { settingsFrom } from '../../../src/settings/settings-from.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { leavesNothing, plainRetry, unheard } from './support.ts';

const manifest = {
  contributes: {
    configuration: [
      { title: 'One', properties: { 'app.size': { type: 'number', default: 1 }, 'other.name': { type: 'string', default: '' } } },
      { title: 'Two', properties: { 'more.size': { type: 'number', default: 1 }, 'alone': { type: 'boolean' } } },
    ],
  },
} as const;

interface First {
  readonly 'app.size': number;
  readonly 'other.name': string;
}

interface Second {
  readonly 'more.size': number;
  readonly 'alone': boolean;
}

const first = settingsFrom<First>(manifest, { except: ['more.size', 'alone'] });
const second = settingsFrom<Second>(manifest, { except: ['app.size', 'other.name'] });

describe('Service: settings of several sections', () => {
  leavesNothing();

  it('is called after its sections when it is given no id', async () => {
    const service = createConfigurationService(first, { store: new MemoryStore(new MemoryBackend()) });
    await service.ready;
    expect(service.id).to.equal('app+other');
    expect(prometheusText([service])).to.include('{service="app+other",instance_id="app+other",');
    await service.dispose();
    const error = await service.update('app.size', 2).catch((refused: unknown) => refused);
    expect(error).to.include({ message: 'The configuration of app+other has been disposed.' });
  });

  it('P11 P29 P31 what outlives the process is not that of another service', async () => {
    const clock = new VirtualClock();
    const memento = memoryMemento();
    const backend = new MemoryBackend();
    const reconciled: [string, string, string][] = [];
    const start = (onStore: (store: FaultyStore) => void = () => undefined) => {
      const store = new FaultyStore(new MemoryStore(backend), clock);
      onStore(store);
      const options = { store, memento, clock, guard: plainRetry };
      const [one, other] = [createConfigurationService(first, { id: 'extension', ...options }), createConfigurationService(second, { id: 'extension/2', ...options })] as const;
      for (const { id, onEvent } of [one, other].map((service) => ({ id: service.id, onEvent: service.onEvent.bind(service) }))) {
        onEvent((event) => {
          if (event.type === 'reconciled') reconciled.push([id, event.key, event.outcome]);
        });
      }
      return { one, other, store, end: () => Promise.all([one, other].map((service) => clock.run(service.dispose()))) };
    };

    const before = start();
    await clock.run(Promise.all([before.one.ready, before.other.ready]));
    await clock.run(before.one.update('app.size', 5));
    await clock.run(before.other.update('more.size', 6));
    before.store.writeFaults.push({ kind: 'hang' }, { kind: 'hang' });
    void unheard(before.one.update('app.size', 7));
    void unheard(before.other.update('alone', true));
    await clock.advance(1_000);
    before.one.hold();
    await clock.flush();

    const after = start((store) => store.failing('load'));
    expect([after.one.get('app.size'), after.other.get('more.size')]).to.deep.equal([5, 6]);
    expect([after.one, after.other].map((service) => service.breakers().map(({ held }) => held))).to.deep.equal([[true], []]);
    await clock.advance(10_000);
    expect(reconciled).to.deep.equal([['extension', 'app.size', 'not stored'], ['extension/2', 'alone', 'not stored']]);
    await Promise.all([before.end(), after.end()]);
  });
});
