import { expect } from 'chai';
import * as yup from 'yup';
import type { ConfigurationScope } from '../../../src/service/reads/configuration-scope.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import type { SettingsChange } from '../../../src/service/reads/settings-change.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Scope, Target } from '../../../src/store/store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { fakeDocument, fakeUri } from './fake-document.ts';

const definition = defineSettings('app', {
  'run': { schema: yup.string().oneOf(['onType', 'onSave'] as const), default: 'onType', description: 'When to run.' },
  'hovers.enabled': { schema: yup.boolean().defined(), default: true, description: 'Whether to show hovers.' },
  'hovers.delay.first': { schema: yup.number().defined().min(0), default: 5, description: 'The first delay.' },
  'hovers.delay.next': { schema: yup.number().defined().min(0), default: 1, description: 'The next delay.' },
  'rules': { schema: yup.object({ a: yup.string() }), default: {}, description: 'Rules.' },
});
const defaults = { run: 'onType', hovers: { enabled: true, delay: { first: 5, next: 1 } }, rules: {} };
const folder: Scope = { resource: 'file:///work/one/' };
const document = fakeDocument('file:///work/one/main.go', 'go');

async function service(): Promise<{
  config: ConfigurationService<typeof definition.defaults>; events: ServiceEvent[]; backend: MemoryBackend; store: MemoryStore; clock: VirtualClock;
  outside(key: string, value: unknown, target?: Target, scope?: Scope): Promise<void>;
}> {
  const backend = new MemoryBackend();
  const clock = new VirtualClock();
  const store = new MemoryStore(backend);
  const config = new ConfigurationService(definition, { store, clock });
  const events: ServiceEvent[] = [];
  config.onEvent((event) => events.push(event));
  await clock.run(config.ready);
  return { config, events, backend, store, clock, outside: async (key, value, target = 'user', scope = {}) => {
    backend.set({ key, target, scope }, value);
    await clock.flush();
  } };
}

describe('Service: sub-sections', () => {
  it('get of a sub-section, and section(), give one frozen object, typed', async () => {
    const { config } = await service();
    const hovers: { readonly enabled: boolean; readonly delay: { readonly first: number; readonly next: number } } = config.get('hovers');
    const { run }: { readonly run: 'onType' | 'onSave' } = config.section();
    expect([hovers, config.get('hovers.delay'), config.section(), run]).to.deep.equal([defaults.hovers, defaults.hovers.delay, defaults, 'onType']);
    for (const object of [hovers, hovers.delay, config.section()]) expect(Object.isFrozen(object)).to.equal(true);
    expect(() => { (hovers.delay as { first: number }).first = 7; }).to.throw(TypeError);
    // @ts-expect-error: it is a number
    const wrong: string = config.get('hovers').delay.first;
    expect(wrong).to.equal(5);
  });

  it('P31 P32 an invalid member falls back alone, and what has not changed stays the same object', async () => {
    const { config, outside } = await service();
    const [before, delay] = [config.section(), config.get('hovers.delay')];
    await outside('hovers.delay.first', 9);
    await outside('hovers.enabled', 'nonsense');
    expect(config.get('hovers')).to.deep.equal({ enabled: true, delay: { first: 9, next: 1 } });
    expect(config.section().rules).to.equal(before.rules);
    expect(config.get('hovers')).to.equal(config.get('hovers'));
    expect(config.section()).to.equal(config.section());
    expect(delay, 'what was given does not change').to.deep.equal({ first: 5, next: 1 });
    await outside('run', 'onSave');
    expect(config.get('hovers.delay')).to.equal(config.section().hovers.delay);
  });

  it('P34 for a folder and a language they are those of the folder and the language', async () => {
    const { config, outside } = await service();
    await outside('hovers.delay.first', 9, 'folder', folder);
    await outside('run', 'onSave', 'user', { languageId: 'go' });
    expect(config.get('hovers', document).delay.first).to.equal(9);
    expect([config.section(document).run, config.section(document).hovers.delay.first, config.section().run]).to.deep.equal(['onSave', 9, 'onType']);
    expect(config.get('hovers', document)).to.equal(config.get('hovers', { uri: fakeUri('file:///work/one/b.go'), languageId: 'go' }));
  });

  it('P30 they are complete while the store cannot be read, and after dispose', async () => {
    const { config, clock, store } = await service();
    store.load = () => Promise.reject(new Error('gone'));
    await clock.run(config.reload());
    expect(config.section(document)).to.deep.equal(defaults);
    await clock.run(config.dispose());
    expect([config.section(), config.get('hovers')]).to.deep.equal([defaults, defaults.hovers]);
  });
});

describe('Service: scopes as VS Code has them', () => {
  const same: readonly (readonly [string, ConfigurationScope, Scope])[] = [
    ['a Uri', document.uri, { resource: 'file:///work/one/main.go' }],
    ['a document', document, { resource: 'file:///work/one/main.go', languageId: 'go' }],
    ['a workspace folder', { uri: fakeUri('file:///work/one/'), name: 'one', index: 0 } as ConfigurationScope, folder],
    ['{ uri, languageId }', { uri: document.uri, languageId: 'go' }, { resource: 'file:///work/one/main.go', languageId: 'go' }],
    ['{ languageId }', { languageId: 'go' }, { languageId: 'go' }],
    ['{ uri: undefined, languageId }', { uri: undefined, languageId: 'go' }, { languageId: 'go' }],
  ];
  for (const [what, given, meant] of same) {
    it(`P34 ${what} means the same as its texts: in get, inspect, onDidChange, affects and update`, async () => {
      const { config, outside, clock, backend } = await service();
      const heard: unknown[] = [];
      const changes: SettingsChange[] = [];
      config.onDidChange('run', (now) => heard.push(now), given);
      config.onDidChangeAny((change) => changes.push(change));
      const target = meant.resource === undefined ? 'user' : 'folder';
      await outside('run', 'onSave', target, meant.languageId === undefined ? folder : { ...meant });
      expect([config.get('run', given), config.get('run', meant), config.get('run')]).to.deep.equal(['onSave', 'onSave', 'onType']);
      expect([heard, changes.map((change) => change.affects('run', given))]).to.deep.equal([['onSave'], [true]]);
      expect(config.inspect('run', given)).to.deep.equal(config.inspect('run', meant));
      await clock.run(config.update('run', 'onType', { target, scope: given }));
      expect([config.get('run', meant), backend.get({ key: 'run', target, scope: meant })]).to.deep.equal(['onType', 'onType']);
    });
  }

  it('P50 what is no scope is refused, and get answers for the window', async () => {
    const { config, clock } = await service();
    for (const wrong of [null, 5, [], { languageId: '__proto__' }, { uri: { toString: () => { throw new Error('no'); } } }]) {
      expect(config.get('run', wrong as never)).to.equal('onType');
      expect(config.section(wrong as never)).to.deep.equal(defaults);
    }
    for (const wrong of [5, { languageId: '__proto__' }]) {
      const error: unknown = await clock.run(config.update('run', 'onSave', { scope: wrong as never })).then(() => undefined, (reason: unknown) => reason);
      expect(error).to.have.property('code', 'VALIDATION');
    }
  });
});

describe('Service: what is not declared', () => {
  it('has tells settings, sub-sections and members of objects from what there is not', async () => {
    const { config, outside } = await service();
    await outside('rules', { a: 'x', deep: { b: 1 } }, 'folder', folder);
    expect(['run', 'hovers', 'hovers.delay', 'hovers.delay.first'].map((key) => config.has(key))).to.deep.equal([true, true, true, true]);
    expect(['ran', 'hover', 'hovers.', '', 'app.run', 'rules.a', 'run.length', 'toString', '__proto__', null as never].map((key) => config.has(key))).to.not.include(true);
    expect([config.has('rules.a', document), config.has('rules.deep.b', document), config.has('rules.deep.c', document)]).to.deep.equal([true, true, false]);
  });

  it('get(key, fallback): a declared setting has a value; for another key the fallback is the answer, and one warning names it', async () => {
    const { config, events } = await service();
    const read = config as unknown as { get(key: unknown, fallback?: unknown): unknown };
    expect([read.get('run', 'onSave'), read.get('rules', { a: 'b' })]).to.deep.equal(['onType', {}]);
    const fallbacks = ['text', 5, false, null, ['list'], {}, { an: 'object' }];
    expect(fallbacks.map((fallback) => read.get('ran', fallback))).to.deep.equal(fallbacks);
    // A fallback that throws when it is looked at might be a scope: it says nothing.
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(read.get('ran', proxy)).to.equal(undefined);
    expect([undefined, document, document.uri, folder].map((scope) => read.get('ran', scope))).to.deep.equal([undefined, undefined, undefined, undefined]);
    for (const key of [null, 5, Symbol('s'), {}, '__proto__', '', 'hovers..delay']) expect(read.get(key, undefined)).to.equal(undefined);
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [(event.error as Error).message] : []));
    expect(warnings.filter((message) => message.includes('ran'))).to.have.lengthOf(1);
    expect(warnings).to.have.lengthOf(3);
    for (let i = 0; i < 500; i++) read.get(`made up ${i}`);
    expect(events.filter(({ type }) => type === 'warning')).to.have.lengthOf(100);
  });

  it('a member of an object is read by its name, as in VS Code', async () => {
    const { config, outside } = await service();
    const read = config as unknown as { get(key: string, scope?: unknown): unknown };
    await outside('rules', { a: 'x', deep: { b: 1 } });
    expect([read.get('rules.a'), read.get('rules.deep'), read.get('rules.deep.b'), read.get('rules.deep.toString')]).to.deep.equal(['x', { b: 1 }, 1, undefined]);
  });
});

describe('Service: one event for a change anywhere', () => {
  it('F32 affects tells of sub-sections, and affectsConfiguration by whole names as VS Code does', async () => {
    const { config, outside } = await service();
    const changes: SettingsChange<keyof typeof definition.defaults>[] = [];
    config.onDidChangeAny((change) => changes.push(change));
    await outside('hovers.delay.first', 9, 'folder', folder);
    const [{ affects, affectsConfiguration }] = changes as [SettingsChange<keyof typeof definition.defaults>];
    expect([affects('hovers'), affects('hovers.delay', document), affects('hovers.delay.first'), affects('run')]).to.deep.equal([true, true, true, false]);
    expect([affects('hovers', { resource: 'file:///work/two/a.go' }), affects('hovers.delay', {})]).to.deep.equal([false, false]);
    const names = ['app', 'app.hovers', 'app.hovers.delay', 'app.hovers.delay.first'];
    expect(names.map((name) => affectsConfiguration(name, document))).to.deep.equal([true, true, true, true]);
    expect(names.map((name) => affectsConfiguration(name, { languageId: 'css' }))).to.not.include(true);
    expect(['', 'ap', 'apps', 'editor', 'hovers', 'app.hover', 'app.run', 'app.hovers.delay.next'].map((name) => affectsConfiguration(name))).to.not.include(true);
  });

  it('F32 affectsConfiguration of a member of an object: when that member has changed', async () => {
    const { config, outside } = await service();
    await outside('rules', { a: 'x', deep: { b: 1 } });
    const changes: SettingsChange[] = [];
    config.onDidChangeAny((change) => changes.push(change));
    await outside('rules', { a: 'y', deep: { b: 1 } });
    expect(['app.rules', 'app.rules.a', 'app.rules.deep', 'app.rules.deep.b'].map((name) => changes[0]!.affectsConfiguration(name))).to.deep.equal([true, true, false, false]);
  });
});
