import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as yup from 'yup';
import { ConfigurationService } from '../../../src/service/service.ts';
import { defineSettings, type SettingsDefinition } from '../../../src/settings/define-settings.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { memoryMemento } from '../../../src/store/memento.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Scope, Target } from '../../../src/store/store.ts';
import { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const whole = yup.number().integer().min(1).max(60_000).defined();

/** What became of settings from one version to the next. */
const definition = defineSettings('app', {
  workers: { schema: whole, default: 3, description: 'Renamed.', formerly: [{ key: 'threads' }, { key: 'cpus' }] },
  delay: { schema: whole, default: 1_000, description: 'In milliseconds; it was in seconds.', formerly: [{ key: 'delaySeconds', convert: (seconds: number) => seconds * 1_000 }] },
  mode: {
    schema: yup.string().oneOf(['on', 'off', 'auto']).defined(),
    default: 'auto',
    description: 'It was true or false.',
    formerly: [{ convert: (old: unknown) => (old === true ? 'on' : old === false ? 'off' : old) }],
  },
  width: { schema: whole, default: 80, description: 'One of two.', formerly: [{ key: 'size', convert: (size: string) => Number(size.split('x')[0]) }] },
  height: { schema: whole, default: 25, description: 'The other.', formerly: [{ key: 'size', convert: (size: string) => Number(size.split('x')[1]) }] },
  theme: { schema: yup.string().defined(), default: 'plain', description: 'Its old "default" says nothing.', formerly: [{ key: 'skin', convert: (skin: string) => (skin === 'default' ? undefined : skin) }] },
  token: { schema: yup.string().max(50).defined(), default: '', description: 'A secret.', secret: true, formerly: [{ key: 'password' }] },
  tool: { schema: yup.string().defined(), default: '', description: 'Runs code.', restricted: true, formerly: [{ key: 'program' }] },
  plain: { schema: yup.boolean().defined(), default: true, description: 'As ever.' },
});
type Values = typeof definition extends SettingsDefinition<infer V> ? V : never;

interface Bench {
  readonly service: ConfigurationService<Values>;
  readonly store: FaultyStore;
  readonly backend: MemoryBackend;
  readonly clock: VirtualClock;
  outside(key: string, value: unknown, target?: Target, scope?: Scope): void;
  stored(key: string, target?: Target, scope?: Scope): unknown;
}

const open: Bench[] = [];

async function bench(stored: Readonly<Record<string, unknown>> = {}): Promise<Bench> {
  const clock = new VirtualClock();
  const backend = new MemoryBackend();
  for (const [key, value] of Object.entries(stored)) backend.set({ key, target: 'user', scope: {} }, value);
  const store = new FaultyStore(new MemoryStore(backend), clock);
  // One setting at a time, as an editor takes them.
  store.canCommit = () => false;
  const service = new ConfigurationService(definition, { store, clock, memento: memoryMemento() });
  await clock.run(service.ready);
  const made: Bench = {
    service, store, backend, clock,
    outside: (key, value, target = 'user', scope = {}) => backend.set({ key, target, scope }, value),
    stored: (key, target = 'user', scope = {}) => backend.get({ key, target, scope }),
  };
  open.push(made);
  return made;
}

describe('Service: settings of earlier versions', () => {
  afterEach(async () => {
    for (const { service, clock } of open.splice(0)) await clock.run(service.dispose());
  });

  it('are honoured as they are: renamed, in other units, in other words, split in two', async () => {
    const { service } = await bench({ threads: 7, delaySeconds: 2, mode: true, size: '100x40' });
    expect(service.values).to.deep.include({ workers: 7, delay: 2_000, mode: 'on', width: 100, height: 40 });
    expect(service.issues).to.deep.equal([]);
    expect(service.status).to.equal('healthy');
  });

  it('inspect says so, with what is stored and where', async () => {
    const { service } = await bench({ delaySeconds: 2, mode: true, plain: false });
    expect(service.inspect('delay')).to.deep.include({ value: 2_000, origin: 'user', layers: { user: 2 }, formerly: { user: 'delaySeconds' } });
    expect(service.inspect('mode')).to.deep.include({ value: 'on', layers: { user: true }, formerly: { user: 'mode' } });
    expect(service.inspect('plain')).to.not.have.property('formerly');
  });

  it('give way to a newer value in the same layer, and to a higher layer', async () => {
    const { service, outside, clock } = await bench({ threads: 7, cpus: 9 });
    expect(service.get('workers'), 'the newest of two former keys').to.equal(7);
    outside('workers', 5);
    await clock.flush();
    expect(service.get('workers')).to.equal(5);
    outside('threads', 8, 'workspace');
    await clock.flush();
    expect(service.get('workers'), 'layer by layer: an old value of the workspace is above a new one of the user').to.equal(8);
    expect(service.oldSettings().filter(({ key }) => key === 'workers')).to.deep.equal([
      { key: 'workers', storedAs: 'threads', target: 'user', honoured: false },
      { key: 'workers', storedAs: 'cpus', target: 'user', honoured: false },
      { key: 'workers', storedAs: 'threads', target: 'workspace', honoured: true },
    ]);
  });

  it('for a folder and for a language are honoured there alone', async () => {
    const folder = { resource: 'file:///work/one/main.ts' };
    const { service, outside, clock } = await bench();
    outside('threads', 4, 'folder', folder);
    outside('threads', 6, 'user', { languageId: 'ruby' });
    await clock.flush();
    expect([service.get('workers'), service.get('workers', folder), service.get('workers', { languageId: 'ruby' })]).to.deep.equal([3, 4, 6]);
    expect(service.inspect('workers', { languageId: 'ruby' }).formerly).to.deep.equal({ 'user-language': 'threads' });
  });

  it('that cannot be converted are not used, and said so', async () => {
    const { service } = await bench({ delaySeconds: 'soon', size: '100', mode: 'sometimes' });
    expect(service.values).to.deep.include({ delay: 1_000, width: 100, height: 25 });
    expect(service.oldSettings().map(({ key, storedAs, honoured, problem }) => [key, storedAs, honoured, problem !== undefined])).to.deep.equal([
      ['delay', 'delaySeconds', false, true], ['width', 'size', true, false], ['height', 'size', false, true],
    ]);
    expect(service.issues.map(({ key }) => key), 'a value that no version knew is a mistake like any other').to.deep.equal(['mode']);
  });

  it('P30 a conversion that throws, or answers anything, harms nothing', async () => {
    const hostile = defineSettings('app', {
      a: { schema: whole, default: 1, description: '', formerly: [{ key: 'x', convert: () => { throw new Error('no'); } }] },
      b: { schema: whole, default: 1, description: '', formerly: [{ key: 'x', convert: () => 'text' }] },
      c: { schema: whole, default: 1, description: '', formerly: [{ key: 'x', convert: (old: unknown[]) => { old.push(1); return 5; } }] },
    });
    const backend = new MemoryBackend();
    backend.set({ key: 'x', target: 'user', scope: {} }, [1]);
    const clock = new VirtualClock();
    const service = new ConfigurationService(hostile, { store: new MemoryStore(backend), clock });
    await clock.run(service.ready);
    expect({ ...service.values }).to.deep.equal({ a: 1, b: 1, c: 1 });
    expect(service.oldSettings().map(({ problem }) => problem)).to.deep.equal([
      'cannot be converted: its conversion throws',
      'must be a `number` type',
      'cannot be converted: its conversion throws',
    ]);
    await clock.run(service.dispose());
  });

  it('tell of a change once, with the values of today', async () => {
    const { service, outside, clock } = await bench({ delaySeconds: 2 });
    const heard: unknown[] = [];
    service.onDidChange('delay', (now, before) => heard.push([now, before]));
    outside('delaySeconds', 3);
    await clock.flush();
    await clock.run(service.convertOldSettings());
    expect(heard).to.deep.equal([[3_000, 2_000]]);
  });

  it('are converted: the new ones written, the old ones gone, and nothing that is read changes', async () => {
    const { service, stored, clock, backend } = await bench({ threads: 7, cpus: 9, delaySeconds: 2, mode: false, size: '100x40', skin: 'default', plain: false });
    const before = { ...service.values };
    const converted = await clock.run(service.convertOldSettings());
    expect(converted.map(({ key, storedAs }) => `${storedAs} > ${key}`)).to.deep.equal([
      'threads > workers', 'cpus > workers', 'delaySeconds > delay', 'mode > mode', 'size > width', 'size > height', 'skin > theme',
    ]);
    for (const [key, value] of Object.entries({ workers: 7, delay: 2_000, mode: 'off', width: 100, height: 40, plain: false })) expect(stored(key), key).to.equal(value);
    for (const key of ['threads', 'cpus', 'delaySeconds', 'size', 'skin', 'theme']) expect(backend.has({ key, target: 'user', scope: {} }), key).to.equal(false);
    expect({ ...service.values }).to.deep.equal(before);
    expect(service.oldSettings()).to.deep.equal([]);
    expect(await clock.run(service.convertOldSettings()), 'a second time there is nothing to do').to.deep.equal([]);
  });

  it('are converted for each target of its own, or for one alone', async () => {
    const { service, stored, outside, clock } = await bench({ threads: 7 });
    outside('threads', 8, 'workspace');
    outside('delaySeconds', 5, 'workspace');
    await clock.flush();
    await clock.run(service.convertOldSettings({ target: 'workspace' }));
    expect([stored('threads'), stored('workers'), stored('workers', 'workspace'), stored('delay', 'workspace')]).to.deep.equal([7, undefined, 8, 5_000]);
    await clock.run(service.convertOldSettings());
    expect([stored('threads'), stored('workers')]).to.deep.equal([undefined, 7]);
  });

  it('are converted for a language when that is asked for', async () => {
    const ruby = { languageId: 'ruby' };
    const { service, stored, outside, clock } = await bench({ threads: 7 });
    outside('threads', 6, 'user', ruby);
    await clock.flush();
    await clock.run(service.convertOldSettings(ruby));
    expect([stored('workers', 'user', ruby), stored('threads', 'user', ruby), stored('threads')]).to.deep.equal([6, undefined, 7]);
  });

  it('that cannot be converted stay as they are, also when another setting needs the same', async () => {
    const { service, stored, clock } = await bench({ size: '100', delaySeconds: 'soon', threads: 4 });
    await clock.run(service.convertOldSettings());
    expect(['size', 'delaySeconds', 'threads', 'workers', 'width'].map((key) => stored(key))).to.deep.equal(['100', 'soon', undefined, 4, 100]);
  });

  for (const position of [0, 1, 2, 3]) {
    it(`P24 a failure at position ${position} leaves all as it was`, async () => {
      const { service, store, stored, clock } = await bench({ threads: 7, delaySeconds: 2 });
      for (let i = 0; i < position; i++) store.writeFaults.push(undefined);
      store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
      const error = await clock.run(service.convertOldSettings().then(() => undefined, (reason: unknown) => reason));
      expect(error).to.include({ code: position === 0 ? 'STORE' : 'TRANSACTION' });
      expect(['threads', 'delaySeconds', 'workers', 'delay'].map((key) => stored(key))).to.deep.equal([7, 2, undefined, undefined]);
      expect(service.values).to.deep.include({ workers: 7, delay: 2_000 });
    });
  }

  it('P28 what somebody changes meanwhile is not thrown away', async () => {
    const { service, store, stored, backend, clock } = await bench({ threads: 7 });
    const readBack = store.readBack.bind(store);
    // Another program is quicker.
    store.readBack = (slot) => {
      backend.set({ key: 'threads', target: 'user', scope: {} }, 9);
      return readBack(slot);
    };
    const error = await clock.run(service.convertOldSettings().then(() => undefined, (reason: unknown) => reason));
    expect(error).to.include({ code: 'TRANSACTION', retryable: true });
    expect([stored('threads'), stored('workers')]).to.deep.equal([9, undefined]);
  });

  it('P29 to remove the new one says that the old one still counts; restoring the defaults removes both', async () => {
    const { service, stored, clock } = await bench({ threads: 7, workers: 5, skin: 'dark' });
    expect(await clock.run(service.update('workers', undefined, { target: 'user' }))).to.deep.include({ shadowedBy: 'old setting' });
    expect(service.get('workers')).to.equal(7);
    await clock.run(service.restoreDefaults());
    expect([stored('threads'), stored('skin'), service.get('workers'), service.get('theme')]).to.deep.equal([undefined, undefined, 3, 'plain']);
  });

  it('an update goes where the old value is: elsewhere it would be overridden', async () => {
    const { service, stored, outside, clock } = await bench();
    outside('threads', 8, 'workspace');
    await clock.flush();
    expect(await clock.run(service.update('workers', 4))).to.deep.equal({ outcome: 'stored', target: 'workspace' });
    expect([stored('workers', 'workspace'), service.get('workers')]).to.deep.equal([4, 4]);
    expect(await clock.run(service.update('workers', (now) => now + 1))).to.deep.include({ target: 'workspace' });
    expect(service.get('workers')).to.equal(5);
  });

  it('P51 a secret under its old key is one', async () => {
    const { service, clock, outside } = await bench();
    outside('password', 'tell nobody');
    await clock.flush();
    expect(service.get('token')).to.equal('tell nobody');
    expect(JSON.stringify([service.inspect('token'), service.oldSettings()])).to.not.contain('tell nobody');
    expect(definition.isSecret('password')).to.equal(true);
    const events: unknown[] = [];
    service.onEvent((event) => events.push(event));
    await clock.run(service.convertOldSettings());
    expect(JSON.stringify(events)).to.not.contain('tell nobody');
  });

  it('P52 what an untrusted workspace says under the old key of a setting that can run code is ignored', async () => {
    const { service, backend, outside, clock } = await bench({ program: 'mine' });
    backend.trusted = false;
    outside('program', 'evil', 'workspace');
    await clock.flush();
    expect(service.get('tool')).to.equal('mine');
  });

  it('in JSON files are honoured and converted, with comments and other keys kept', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-old-'));
    const user = path.join(folder, 'settings.json');
    writeFileSync(user, '{\n  // How many.\n  "other.key": 1,\n  "app.threads": 7,\n  "app.delaySeconds": 2\n}\n');
    const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user }), clock: new VirtualClock() });
    await service.ready;
    expect(service.values).to.deep.include({ workers: 7, delay: 2_000 });
    await service.convertOldSettings();
    expect(readFileSync(user, 'utf8')).to.contain('// How many.').and.contain('"other.key": 1').and.contain('"app.workers": 7').and.contain('"app.delay": 2000').and.not.contain('app.threads');
    await service.dispose();
    rmSync(folder, { recursive: true });
  });

  it('P30 nothing is known of them while the store cannot be read, and nothing is converted', async () => {
    const { service, store, clock } = await bench({ threads: 7 });
    store.failing('read');
    expect(service.oldSettings()).to.deep.equal([]);
    expect(await clock.run(service.convertOldSettings())).to.deep.equal([]);
    store.heal();
    expect(service.oldSettings()).to.have.lengthOf(1);
  });

  it('that another window has converted meanwhile are left to it', async () => {
    const { service, store, clock, outside, stored } = await bench({ threads: 7 });
    outside('threads', 8, 'workspace');
    store.writeFaults.push({ kind: 'lag', delay: 100 });
    const converting = service.convertOldSettings();
    await clock.advance(50);
    outside('workers', 8, 'workspace');
    outside('threads', undefined, 'workspace');
    expect((await clock.run(converting)).map(({ storedAs, target }) => [storedAs, target])).to.deep.equal([['threads', 'user']]);
    expect([stored('workers'), stored('workers', 'workspace')]).to.deep.equal([7, 8]);
  });

  it('what says nothing in today’s form, beside what cannot be converted, leaves nothing to write', async () => {
    const { service, clock, stored } = await bench({ size: 'wide', skin: 'default' });
    const sized = defineSettings('app', {
      width: { schema: whole, default: 80, description: '', formerly: [{ key: 'size', convert: () => undefined }] },
      height: { schema: whole, default: 25, description: '', formerly: [{ key: 'size', convert: () => 'bad' }] },
    });
    const backend = new MemoryBackend();
    backend.set({ key: 'size', target: 'user', scope: {} }, 'x');
    const other = new ConfigurationService(sized, { store: new MemoryStore(backend), clock });
    await clock.run(other.ready);
    await clock.run(other.convertOldSettings());
    expect(backend.get({ key: 'size', target: 'user', scope: {} })).to.equal('x');
    await clock.run(other.dispose());
    await clock.run(service.convertOldSettings());
    expect([stored('size'), stored('skin')]).to.deep.equal(['wide', undefined]);
  });
});
