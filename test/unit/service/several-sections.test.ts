import { expect } from 'chai';
import { prometheusText } from '../../../src/observe/prometheus.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import { settingsFrom } from '../../../src/settings/settings-from.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import { leavesNothing } from './support.ts';

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

const first = settingsFrom<First>(manifest, { except: ['more.size', 'alone'] });

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
});
