import { expect } from 'chai';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import superjson from 'superjson';
import type { ConfigurationError } from '../../../src/errors.ts';
import { importRecording } from '../../../src/inspect/recording.ts';
import { apply, type Moment } from '../../../src/inspect/history.ts';
import type { ServiceEvent } from '../../../src/service/events.ts';
import { ConfigurationService } from '../../../src/service/service.ts';
import { defineSettings } from '../../../src/settings/define-settings.ts';
import { memoryMemento, type Memento } from '../../../src/store/memento.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { MemoryBackend, MemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { testing } from '../../earlier/0.1.0/library.cjs';
import { earlierSettings } from '../../earlier/settings.ts';
import { limits, until } from '../../limits.ts';
import { Place } from '../store/json-support.ts';

const folder = path.join(import.meta.dirname, '../../earlier/0.1.0');
const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const kept = JSON.parse(text('memento.json')) as Readonly<Record<string, string>>;
const journal = 'holdfast.earlier.journal';
const definition = earlierSettings({ defineSettings });

async function holding(values: Readonly<Record<string, string>>): Promise<Memento> {
  const memento = memoryMemento();
  for (const [name, value] of Object.entries(values)) await memento.update(name, value);
  return memento;
}

describe('What version 0.1.0 left', () => {
  const services: { dispose(): Promise<void>; clock: VirtualClock }[] = [];

  afterEach(async () => {
    for (const { dispose, clock } of services.splice(0)) await clock.run(dispose());
  });

  /** A service of today, a second after the one of 0.1.0 ended. */
  async function started(values: Readonly<Record<string, string>>, store: Store = new MemoryStore()) {
    const clock = new VirtualClock();
    await clock.advance(1_000);
    const memento = await holding(values);
    const service = new ConfigurationService(definition, { store, clock, memento, guard: { retry: { jitter: 0 } } });
    services.push({ dispose: () => service.dispose(), clock });
    const events: ServiceEvent[] = [];
    service.onEvent((event) => events.push(event));
    await clock.run(service.ready);
    await clock.flush();
    return { service, clock, memento, events };
  }

  const told = (events: readonly ServiceEvent[]): unknown => events.flatMap((event) => (event.type === 'reconciled' ? [[event.key, event.outcome]] : []));
  const warnings = (events: readonly ServiceEvent[]): string[] => events.flatMap((event) => (event.type === 'warning' ? [String(event.error)] : []));

  it('P29 its journal is read: what became of each write is told, and the journal is empty then', async () => {
    const backend = new MemoryBackend();
    backend.set({ key: 'count', target: 'user', scope: {} }, 7);
    const { memento, events } = await started(kept, new MemoryStore(backend));
    expect(told(events)).to.deep.equal([['count', 'stored'], ['list', 'unknown'], ['token', 'unknown'], ['name', 'not stored'], ['tree', 'not stored']]);
    expect(warnings(events)).to.deep.equal([]);
    expect(memento.get(journal)).to.equal(undefined);
  });

  it('P11 its breaker stays open until the time it said', async () => {
    const { service, clock } = await started(kept);
    expect(service.breakers()).to.deep.equal([
      { file: 'workspace settings', mode: 'OPEN', held: false, consecutiveFailures: 0, retryAfter: 59_000, queueDepth: 0 },
    ]);
    await clock.advance(59_000);
    await clock.run(service.update('count', 9, { target: 'workspace' }));
    expect(service.breakers()[0]!.mode).to.equal('CLOSED');
  });

  it('P30 its last good values are served where the store cannot be read', async () => {
    const store = new MemoryStore();
    store.load = () => Promise.reject(new Error('Injected.'));
    store.read = () => { throw new Error('Injected.'); };
    const { service } = await started(kept, store);
    expect(service.values).to.deep.include({ count: 5, name: 'kept', list: ['a', 'b'] });
  });

  it('its recordings open in the State Inspector', () => {
    const { records } = importRecording(text('recording.json'));
    const moment: Moment = new Map();
    for (const record of records) apply(moment, record);
    const states = Object.fromEntries([...moment.values()].map(({ name, states }) => [name, states.at(-1)]));
    expect(states).to.include({
      'lifecycle': 'config-lifecycle.ready', 'breaker:workspace settings': 'circuit-breaker.OPEN.cooling.resting', 'queue:user settings': 'write-queue.writing',
    });
  });

  it('P29 a journal of a later version, or a damaged one, is ignored with a warning; the entries that are understood are told', async () => {
    const [entry] = superjson.parse<[object]>(kept[journal]!);
    const later: readonly (readonly [left: string, told: readonly unknown[], warning: string])[] = [
      [superjson.stringify({ version: 2, entries: [entry] }), [], 'is not a list'],
      [superjson.stringify([entry, { ...entry, target: 'profile' }]), [['count', 'not stored']], 'understand: 1.'],
      [superjson.stringify([{ what: 'another form' }, { what: 'again' }]), [], 'understand: 2.'],
      [kept[journal]!.slice(0, 100), [], 'JSON'],
      ['', [], 'JSON'],
    ];
    for (const [left, expected, warning] of later) {
      const { events, service, clock } = await started({ [journal]: left });
      expect(told(events), left).to.deep.equal(expected);
      expect(warnings(events).join(), left).to.include(warning);
      await clock.run(service.update('count', 8));
    }
  });

  /** A store of that version: it has `write`, and nothing that stores several values. */
  const earlierStore = (): Store => new (testing().MemoryStore)();

  it('P24 its stores work: values are stored one by one, and a transaction that fails is undone', async () => {
    const store = earlierStore();
    expect([store.commit, store.canCommit, store.lock, store.readBackAll]).to.deep.equal([undefined, undefined, undefined, undefined]);
    const { service, clock } = await started({}, store);
    await clock.run(service.updateAll({ count: 4, name: 'x' }));
    const written: string[] = [];
    const write = store.write.bind(store);
    store.write = (request, options) => {
      written.push(`${request.key}=${JSON.stringify(request.value)}`);
      return request.key === 'tree' ? Promise.reject(Object.assign(new Error('Injected.'), { code: 'EROFS' })) : write(request, options);
    };
    await clock.run(service.updateAll({ count: 5, name: 'y', tree: { a: 1 } }).then(() => expect.fail('It was stored.'), () => undefined));
    expect(written.slice(0, 2)).to.deep.equal(['count=5', 'name="y"']);
    expect(written.slice(-2)).to.deep.equal(['name="x"', 'count=4']);
    expect(service.values).to.deep.include({ count: 4, name: 'x', tree: {} });
  });

  describe('a process of that version at the same settings file', () => {
    const place = new Place();
    const stored = (): unknown => (JSON.parse(readFileSync(place.user, 'utf8')) as Record<string, unknown>)['earlier.list'];
    const program = path.join(import.meta.dirname, 'programs/append.ts');

    async function onFile() {
      writeFileSync(place.user, '{}');
      const service = new ConfigurationService(definition, {
        store: new JsonStore(definition, { user: place.user }),
        guard: { breaker: { threshold: 1 }, retry: { attempts: 1 }, timeout: limits.product, budget: limits.product },
      });
      await service.ready;
      return service;
    }

    it('F51 P28 what it stores while a value is computed is built on, and does not count as a failure of the file', async () => {
      const service = await onFile();
      let calls = 0;
      await service.update('list', (list) => {
        if (++calls <= 3) expect(JSON.parse(spawnSync(process.execPath, [program, place.user, `old${calls}`, '1'], { encoding: 'utf8' }).stdout)).to.have.length(1);
        return [...list, 'new'];
      });
      expect(stored()).to.deep.equal(['old1-1', 'old2-1', 'old3-1', 'new']);
      expect([calls, service.breakers()[0]!.consecutiveFailures]).to.deep.equal([4, 0]);
      await service.dispose();
    });

    it('F5 P20 what it takes away again is not told as stored, and is served as the file says', async () => {
      const service = await onFile();
      const others = promisify(execFile)(process.execPath, [program, place.user, 'old', '30']);
      const denied: string[] = [];
      let isOver = false;
      void others.finally(() => (isOver = true));
      for (let number = 0; !isOver; number++) {
        await service.update('list', (list) => [...list, `new-${number}`]).catch(({ context }: ConfigurationError) => {
          if (context['outcome'] !== 'unknown') denied.push(`new-${number}`);
          service.reset();
        });
      }
      await others;
      await service.update('list', (list) => [...list, 'last']);
      const list = stored() as string[];
      expect(list.filter((tag) => denied.includes(tag)), 'said not to be stored, and in the file').to.deep.equal([]);
      expect(list.length, 'nothing twice').to.equal(new Set(list).size);
      expect(list.at(-1)).to.equal('last');
      expect(list.some((tag) => tag.startsWith('old-')), 'it has stored something').to.equal(true);
      await until('it serves what the file says', () => JSON.stringify(service.get('list')) === JSON.stringify(list));
      await service.dispose();
    });
  });
});
