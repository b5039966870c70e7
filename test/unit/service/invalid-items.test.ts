import { expect } from 'chai';
import * as yup from 'yup';
import { ConfigurationService } from '../../../src/service/service.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const list = (onInvalidItem?: 'drop' | 'refuse') => ({
  schema: yup.array(yup.string().defined()).defined(), default: ['standard'], description: 'A list', ...(onInvalidItem === undefined ? {} : { onInvalidItem }),
});
const definition = defineSettings('test', { dropping: list('drop'), refusing: list('refuse'), plain: list() });

describe('Service: invalid items', () => {
  const user = (key: string) => ({ key, target: 'user', scope: {} }) as const;
  let clock: VirtualClock;
  let backend: MemoryBackend;
  let service: ConfigurationService<typeof definition.defaults>;
  let events: ServiceEvent[];

  beforeEach(async () => {
    clock = new VirtualClock();
    backend = new MemoryBackend();
    events = [];
    service = new ConfigurationService(definition, { store: new MemoryStore(backend), clock });
    service.onEvent((event) => events.push(event));
    await clock.run(service.ready);
  });

  afterEach(() => clock.run(service.dispose()));

  it('F35 an invalid item is dropped and told, or the whole list falls back: as its author says', async () => {
    const heard: unknown[] = [];
    service.onDidChange('dropping', (now) => heard.push(now));
    for (const key of definition.keys) backend.set(user(key), ['a', 'b']);
    for (const key of definition.keys) backend.set(user(key), ['a', 5, 'c', 6]);
    await clock.flush();
    expect([service.get('dropping'), service.get('refusing'), service.get('plain')]).to.deep.equal([['a', 'c'], ['a', 'b'], ['a', 'b']]);
    expect(heard.at(-1)).to.deep.equal(['a', 'c']);
    const { problem } = service.issues[0]!;
    expect(problem).to.match(/^\[1\] must be a `string` type/);
    expect(service.issues[0]).to.deep.equal({ key: 'dropping', problem, layer: 'user', served: 'valid items', dropped: ['[1]', '[3]'] });
    expect(service.issues.slice(1).map(({ key, served, dropped }) => [key, served, dropped])).to.deep.equal([['refusing', 'last good value', undefined], ['plain', 'last good value', undefined]]);
    expect(service.inspect('dropping')).to.deep.include({ value: ['a', 'c'], origin: 'user', problem, dropped: ['[1]', '[3]'], layers: { user: ['a', 5, 'c', 6] } });
    expect(events.flatMap((event) => (event.type === 'invalid' ? [event.issue.key] : []))).to.deep.equal(['dropping', 'refusing', 'plain']);
    expect(service.status).to.equal('degraded');
    expect((await clock.run(service.health())).checks.api.status).to.equal('degraded');
    backend.set(user('dropping'), 'no list');
    await clock.flush();
    expect(service.get('dropping'), 'the last good value is what was valid of it').to.deep.equal(['a', 'c']);
  });

  it('F35 for a folder as well', async () => {
    const folder = { resource: 'file:///work/one/a.ts' };
    backend.set({ key: 'dropping', target: 'folder', scope: folder }, ['a', 5]);
    await clock.flush();
    expect(service.get('dropping', folder)).to.deep.equal(['a']);
    expect(service.issues.map(({ served, scope }) => [served, scope])).to.deep.equal([['valid items', { resource: 'file:///work/one/' }]]);
    backend.set({ key: 'dropping', target: 'folder', scope: folder }, 5);
    await clock.flush();
    expect(service.get('dropping', folder)).to.deep.equal(['a']);
  });

  it('F35 writes stay strict; a function is given what is served, and what it returns is stored', async () => {
    backend.set(user('dropping'), ['a', 5]);
    await clock.flush();
    const error = await clock.run(service.update('dropping', ['x', 5] as never).catch((reason: unknown) => reason));
    expect(error).to.include({ code: 'VALIDATION' });
    const seen: unknown[] = [];
    await clock.run(service.update('dropping', (stored) => {
      seen.push(stored);
      return [...stored, 'more'];
    }));
    expect([seen, backend.get(user('dropping'))]).to.deep.equal([[['a']], ['a', 'more']]);
    expect(service.issues).to.deep.equal([]);
  });
});
