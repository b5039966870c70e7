import { expect } from 'chai';
import * as yup from 'yup';
import { ConfigurationService } from '../../../src/service/service.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

/** As many as the largest extensions have. */
const settings = 462;
/** Files that are open, each in a folder of its own: the most that can be asked of a change. */
const documents = Array.from({ length: 10 }, (_, index) => ({ resource: `file:///work/folder${index}/main.ts` }));

describe('Service: many settings, many documents', () => {
  /** How often a value was held against a schema. */
  let checks = 0;
  const schema = yup.number().test('counted', 'cannot be', () => ++checks > 0).defined();
  const keys = Array.from({ length: settings }, (_, index) => `setting${index}`);
  const definition = defineSettings('many', Object.fromEntries(keys.map((key) => [key, { schema, default: 0, description: '', scope: 'resource' as const }])));
  const user = (key: string) => ({ key, target: 'user', scope: {} }) as const;

  let clock: VirtualClock;
  let backend: MemoryBackend;
  let store: FaultyStore;
  let service: ConfigurationService<Record<string, number>>;
  let heard: unknown[];

  beforeEach(async () => {
    clock = new VirtualClock();
    backend = new MemoryBackend();
    store = new FaultyStore(new MemoryStore(backend), clock);
    service = new ConfigurationService(definition, { store, clock });
    await clock.run(service.ready);
    for (const key of keys) backend.set(user(key), 1);
    await clock.flush();
    heard = [];
    for (const document of documents) for (const key of keys) service.onDidChange(key, (now, before) => heard.push([key, document, before, now]), document);
    await clock.flush();
    store.calls.read = 0;
    checks = 0;
  });

  afterEach(() => clock.run(service.dispose()));

  it('F36 one change is one read and one check for the window and for each folder, and each of its listeners is called once', async () => {
    backend.set(user('setting7'), 2);
    await clock.flush();
    expect(heard).to.have.deep.members(documents.map((document) => ['setting7', document, 1, 2]));
    expect({ reads: store.calls.read, checks }).to.deep.equal({ reads: 1 + documents.length, checks: 1 + documents.length });
  });

  it('F36 files of one folder are read once', async () => {
    for (let index = 0; index < 100; index++) service.get('setting7', { resource: `file:///work/folder0/${index}.ts` });
    expect(store.calls.read).to.equal(0);
    backend.set({ key: 'setting7', target: 'folder', scope: documents[0]! }, 2);
    await clock.flush();
    expect([heard, service.get('setting7', { resource: 'file:///work/folder0/99.ts' })]).to.deep.equal([[['setting7', documents[0], 1, 2]], 2]);
    expect(store.calls.read).to.equal(1 + documents.length);
  });

  it('F36 news of a file in which no value has changed reads nothing', async () => {
    const before = store.calls.load;
    backend.changed([]);
    await clock.flush();
    expect([store.calls.load - before, store.calls.read, checks, heard]).to.deep.equal([1, 0, 0, []]);
  });

  it('F36 a setting that is written is read, and no other', async () => {
    await clock.run(service.update('setting7', 2));
    await clock.flush();
    expect(heard.length).to.equal(documents.length);
    // Once when the store tells, once when the write is confirmed; and to find where it is to be written, and what shadows it.
    expect(store.calls.read).to.be.at.most(4 * (1 + documents.length));
  });

  it('F36 what a store does not name may be any setting, and so may all after a failure, and when they are asked for', async () => {
    backend.changed();
    await clock.flush();
    expect(store.calls.read).to.equal(settings * (1 + documents.length));
    store.calls.read = 0;
    await clock.run(service.reload());
    expect(store.calls.read).to.equal(settings * (1 + documents.length));
    store.failing('load');
    await clock.run(service.reload());
    store.heal();
    store.calls.read = 0;
    backend.set(user('setting7'), 2);
    await clock.flush();
    expect(store.calls.read).to.equal(settings * (1 + documents.length));
    expect(heard.length).to.equal(documents.length);
  });

  it('F36 the old key of a setting is its own', async () => {
    const renamed = defineSettings('test', {
      count: { schema: yup.number(), default: 0, description: '', formerly: [{ key: 'number' }] },
      half: { schema: yup.number(), default: 0, description: '', formerly: [{ key: 'number', convert: (old: number) => old / 2 }] },
      other: { schema: yup.number(), default: 0, description: '' },
    });
    const other = new ConfigurationService(renamed, { store: new MemoryStore(backend), clock });
    await clock.run(other.ready);
    const changed: unknown[] = [];
    other.onEvent((event) => { if (event.type === 'loaded' && event.changed.length > 0) changed.push(event.changed); });
    backend.set(user('number'), 8);
    expect([other.get('count'), other.get('half')]).to.deep.equal([8, 4]);
    await clock.flush();
    expect(changed).to.deep.equal([['count', 'half']]);
    await clock.run(other.dispose());
  });
});
