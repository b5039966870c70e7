import { expect } from 'chai';
import { inspect } from 'node:util';
import { StoreError } from '../../../src/errors.ts';
import type { UpdateOptions } from '../../../src/service/options.ts';
import type { Scope } from '../../../src/store/store.ts';
import { bench, leavesNothing, unheard, type Key } from './support.ts';

const deep = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => ({ a: inner }), 1);
const circular: Record<string, unknown> = {};
circular['self'] = circular;

describe('Service: safety', () => {
  leavesNothing();

  const keys: [string, unknown, string][] = [
    ['path traversal', '../count', '../count'], ['a path', 'a/../../b', 'a/../../b'], ['a line feed', 'co\nunt', 'co\\nunt'], ['a null character', 'count\u0000', 'count\\u0000'],
    ['__proto__', '__proto__', '__proto__'], ['constructor', 'constructor', 'constructor'], ['prototype inside', 'a.prototype.b', 'a.prototype.b'],
    ['HTML', '<script>', '<script>'], ['quotes', 'count"', 'count\\"'], ['nothing', '', ''], ['a doubled section', 'test.count', 'test.count'],
    ['ten megabytes', 'x'.repeat(10_000_000), `${'x'.repeat(80)}…`], ['one unknown', 'other', 'other'], ['toString', 'toString', 'toString'],
    ['a number', 5, '(number)'], ['null', null, '(null)'], ['undefined', undefined, '(undefined)'], ['an object', {}, '(object)'], ['a symbol', Symbol('count'), '(symbol)'],
    ['an object that throws', { toString() { throw new Error('no'); } }, '(object)'], ['a proxy that throws', new Proxy({}, { get() { throw new Error('no'); } }), '(object)'],
  ];
  for (const [what, key, field] of keys) {
    it(`P50 a key that is hostile (${what}) is a ValidationError naming the field; nothing else happens`, async () => {
      const { service, store, error, clock } = await bench();
      const calls = { ...store.calls };
      const seen = await error(service.update(key as Key, 5));
      expect(seen).to.include({ code: 'VALIDATION', field, retryable: false });
      expect(seen.message.length).to.be.below(400);
      expect(await error(service.update(key as Key, (() => 5)))).to.include({ code: 'VALIDATION' });
      expect(store.calls).to.deep.equal(calls);
      expect(service.breakers(), 'P7').to.deep.equal([]);
      expect(clock.now()).to.equal(0);
      expect(service.metrics()).to.include({ operationCount: 2, rejectionCount: 2 });
    });
  }

  const values: [string, () => unknown][] = [
    ['a path that climbs', () => 5.5], ['ten megabytes', () => 'x'.repeat(10_000_000)], ['deep nesting', () => deep(10_000)], ['itself', () => circular],
    ['a BigInt', () => 5n], ['a symbol', () => Symbol('s')], ['NaN', () => Number.NaN], ['infinity', () => Infinity],
    ['a getter that throws', () => ({ get a() { throw new Error('no'); } })], ['a proxy that throws', () => new Proxy({}, { ownKeys() { throw new Error('no'); } })],
    ['a revoked proxy', () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; }],
    ['__proto__', () => JSON.parse('{"__proto__": {"a": 1}}')], ['a date', () => new Date()], ['a map', () => new Map()], ['a function inside', () => ({ a: () => 1 })],
    ['a rejected promise', () => unheard(Promise.reject(new Error('no')))], ['null', () => null],
  ];
  for (const [what, value] of values) {
    it(`P50 a value that is hostile (${what}) is a ValidationError naming the field; nothing else happens`, async () => {
      const { service, store, error } = await bench();
      for (const key of ['count', 'name', 'list', 'tree'] as const) {
        expect(await error(service.update(key, value() as never))).to.include({ code: 'VALIDATION', field: key });
        expect(await error(service.updateAll({ [key]: value() }))).to.include({ code: 'VALIDATION', field: key });
        expect(await error(service.update(key, value as never))).to.include({ code: 'VALIDATION', field: key });
      }
      expect(store.asked).to.deep.equal([]);
      expect(({} as { a?: unknown }).a).to.equal(undefined);
    });
  }

  it('P50 a target or a scope that is hostile', async () => {
    const { service, store, error } = await bench();
    const options: [unknown, string][] = [
      [{ target: 'default' }, 'target'], [{ target: 5 }, 'target'], [{ target: '__proto__' }, 'target'], [{ resource: 5 }, 'resource'], [{ resource: 'x'.repeat(5_000) }, 'resource'],
      [{ languageId: '__proto__' }, 'languageId'], [{ languageId: 'a b' }, 'languageId'], [{ languageId: '' }, 'languageId'], [{ languageId: 'x'.repeat(65) }, 'languageId'],
      [{ languageId: 'constructor' }, 'languageId'], [{ languageId: {} }, 'languageId'],
    ];
    for (const [each, field] of options) {
      expect(await error(service.update('count', 5, each as UpdateOptions))).to.include({ code: 'VALIDATION', field });
      expect(await error(service.updateAll({ count: 5 }, each as UpdateOptions))).to.include({ code: 'VALIDATION', field });
    }
    expect(store.asked).to.deep.equal([]);
    expect((await error(service.update('count', 5, { target: 'folder' }))).reason).to.equal('scope');
  });

  it('P50 options that cannot be looked at', async () => {
    const { service, store, end, error } = await bench();
    for (const options of [null, { get target() { throw new Error('no'); } }, { get signal() { throw new Error('no'); } }, { get park() { throw new Error('no'); } }]) {
      expect(await error(service.update('count', 5, options as never))).to.include({ code: 'VALIDATION', field: 'options' });
      expect(await error(service.updateAll({ count: 5 }, options as never))).to.include({ code: 'VALIDATION', field: 'options' });
    }
    expect(store.asked).to.deep.equal([]);
    expect((await end(service.update('count', 5))).ok).to.equal(true);
  });

  it('P51 a secret never appears in an event, an error, an inspection, a metric, a health report or the memento', async () => {
    const secret = 'S3CR3T';
    const kept = new Map<string, unknown>();
    const written: unknown[] = [];
    const memento = { get: (key: string) => kept.get(key), update: async (key: string, value: unknown) => void (written.push(value), kept.set(key, value)) };
    const { service, store, end, outside, clock, events, openBreaker } = await bench({ memento });
    const errors: unknown[] = [];
    const attempt = async (promise: Promise<unknown>): Promise<void> => {
      const ended = await end(promise);
      if (!ended.ok) errors.push(ended.error);
    };
    await attempt(service.update('token', secret));
    expect(service.get('token')).to.equal(secret);
    for (const kind of ['hang', 'lose', 'hang-and-land', 'land-late', 'lag'] as const) {
      for (let i = 0; i < 3; i++) store.writeFaults.push({ kind, delay: 10_000 });
      await attempt(service.update('token', `${secret}-${kind}`));
    }
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'corrupt', value: `${secret}-corrupt` });
    await attempt(service.update('token', `${secret}-asked`));
    await attempt(service.update('token', (now) => `${now}!`));
    await attempt(service.update('token', `${secret}-${'x'.repeat(100)}`));
    await attempt(service.update('token', { [secret]: 1 } as never));
    await attempt(service.update('token', () => [secret] as never));
    store.writeFaults.push(undefined, { kind: 'fail', reason: 'dirty' });
    await attempt(service.updateAll({ token: `${secret}-all`, count: 9 }));
    outside('token', [secret]);
    await clock.advance(60_000);
    const inspected = [service.inspect('token'), service.inspect('token', { languageId: 'go' }), service.issues, service.metrics(), await service.health(), service.breakers()];
    await openBreaker();
    await attempt(service.update('token', `${secret}-refused`));
    const waiting = unheard(service.update('token', `${secret}-parked`, { park: true }));
    await clock.advance(1_000);
    const snapshot = service.supervisor.getSnapshot();
    const actors = [snapshot.context, ...Object.values(snapshot.children).map((child) => (child!.getSnapshot() as { context: unknown }).context)];
    await clock.run(service.dispose());
    await attempt(waiting);
    expect(errors.length).to.be.greaterThan(7);
    for (const [what, shown] of Object.entries({ events, errors, inspected, written, actors })) {
      expect(inspect(shown, { depth: 8, maxArrayLength: null, maxStringLength: null, showHidden: false }), what).not.to.include(secret);
    }
  });

  it('P51 a secret still reaches its own readers', async () => {
    const { service, end } = await bench();
    const heard: unknown[] = [];
    service.onDidChange('token', (now) => heard.push(now));
    await end(service.update('token', 'hidden'));
    expect(heard).to.deep.equal(['hidden']);
    expect(service.inspect('token')).to.deep.equal({ key: 'token', value: '••••••', origin: 'user', layers: { user: '••••••' }, ignored: [] });
  });

  it('P52 in an untrusted workspace, workspace values of settings that can run code are ignored', async () => {
    const { service, backend, outside, clock, end } = await bench();
    const scope: Scope = { resource: 'file:///w/x', languageId: 'go' };
    backend.trusted = false;
    outside('tool', '/mine');
    outside('tool', '/evil', 'workspace');
    outside('tool', '/evil', 'folder', { resource: 'file:///w/x' });
    outside('tool', '/evil', 'folder', scope);
    outside('tool', '/evil', 'workspace', { languageId: 'go' });
    outside('name', 'x', 'workspace');
    await clock.flush();
    for (const each of [undefined, scope, { resource: 'file:///w/x' }, { languageId: 'go' }]) expect(service.get('tool', each)).to.equal('/mine');
    expect(service.get('name')).to.equal('x');
    expect(service.inspect('tool')).to.deep.include({ value: '/mine', origin: 'user', ignored: ['workspace'] });
    outside('tool', undefined);
    await clock.flush();
    expect(service.get('tool')).to.equal('');
    expect(await end(service.update('tool', '/bin', { target: 'workspace' }))).to.have.nested.property('value.shadowedBy', 'workspace trust');
    backend.trusted = true;
    backend.changed();
    await clock.flush();
    expect(service.get('tool')).to.equal('/bin');
    expect(service.get('tool', scope)).to.equal('/evil');
  });

  it('P52 what a workspace said while it was trusted is no last good value when it is not', async () => {
    const { service, backend, outside, clock } = await bench();
    outside('tool', '/evil', 'workspace');
    await clock.flush();
    expect(service.get('tool')).to.equal('/evil');
    backend.trusted = false;
    outside('tool', 5);
    await clock.flush();
    expect(service.get('tool')).to.equal('');
    expect(service.issues[0]).to.include({ key: 'tool', served: 'default' });
  });

  it('P51 a store that quotes a secret is not quoted: not when it reads back, nor when it refuses another setting', async () => {
    const quoting = new StoreError('io', 'Unexpected end of {"token":"s3cret-value"');
    const reading = await bench({ wrap: (store) => {
      store.readBack = () => Promise.reject(quoting);
      return store;
    } });
    const refusing = await bench({ together: true, wrap: (store) => {
      store.commit = () => Promise.resolve([{ index: 0, error: quoting }]);
      return store;
    } });
    for (const [{ error, events }, update] of [
      [reading, reading.service.update('token', 's3cret-value')],
      [refusing, refusing.service.updateAll({ count: 5, token: 's3cret-value' })],
    ] as const) {
      void unheard(update);
      expect(inspect(await error(update), { depth: 9 })).not.to.include('s3cret');
      expect(inspect(events, { depth: 9 })).not.to.include('s3cret');
    }
  });
});
