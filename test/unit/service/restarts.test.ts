import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import superjson from 'superjson';
import type { WaitingWrite } from '../../../src/service/writes/awaiting-user.ts';
import { memoryMemento, type Memento } from '../../../src/store/memento.ts';
import { bench, leavesNothing, refusedTogether, unheard, type Bench, type BenchOptions } from './support.ts';

const journal = 'holdfast.test.journal';
const lastGood = 'holdfast.test.lastGood';
const breakers = 'holdfast.test.breakers';

/** The next process: the same backend, memento and clock. The earlier one has crashed, or was disposed of. */
const next = ({ backend, memento, clock }: Bench, options: BenchOptions = {}): Promise<Bench> => bench({ backend, memento, clock, ...options });

async function holding(values: Record<string, unknown>): Promise<Memento> {
  const memento = memoryMemento();
  for (const [name, value] of Object.entries(values)) await memento.update(name, value);
  return memento;
}

describe('Service: restarts', () => {
  leavesNothing();

  describe('the journal', () => {
    it('P29 after a crash the next process finds out what became of each write, and tells', async () => {
      const first = await bench();
      first.store.writeFaults.push({ kind: 'lag', delay: 1_000 }, { kind: 'hang' });
      for (const update of [
        first.service.update('count', 5), first.service.update('name', 'x'), first.service.update('list', (list) => [...list, 'y']), first.service.updateAll({ tree: { a: 1 }, tool: 't' }),
      ]) void unheard(update);
      await first.clock.advance(1_500);
      const second = await next(first);
      await second.clock.flush();
      const acceptedAt = first.clock.wallTime() - 1_500;
      expect(second.eventsOf('reconciled')).to.deep.equal([
        { type: 'reconciled', key: 'name', acceptedAt, outcome: 'not stored' },
        { type: 'reconciled', key: 'list', acceptedAt, outcome: 'unknown' },
        { type: 'reconciled', key: 'tree, tool', acceptedAt, outcome: 'not stored' },
      ]);
      expect(second.memento.get(journal)).to.equal(undefined);
    });

    it('P29 what landed before the crash, or after it, is told to be stored', async () => {
      const first = await bench();
      first.store.writeFaults.push({ kind: 'hang-and-land', delay: 100 });
      void unheard(first.service.update('list', (list) => [...list, 'y']));
      await first.clock.advance(50);
      await first.clock.advance(100);
      const second = await next(first);
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ key, outcome }) => [key, outcome])).to.deep.equal([['list', 'stored']]);
    });

    it('P24 P29 half a transaction is as it was again, and told as one', async () => {
      for (const [stored, outcome, after] of [[1, 'not stored', [7, undefined, undefined]], [3, 'stored', [5, 'x', { a: 1 }]]] as const) {
        const first = await bench();
        await first.clock.run(first.service.update('count', 7));
        first.store.writeFaults.push(...Array.from({ length: stored }, () => undefined), ...(stored === 3 ? [] : [{ kind: 'hang' } as const]));
        if (stored === 3) first.store.hanging('readBack');
        void unheard(first.service.updateAll({ count: 5, name: 'x', tree: { a: 1 } }));
        if (stored === 3) {
          // Everything is there, and nobody has looked.
          for (const [key, value] of [['count', 5], ['name', 'x'], ['tree', { a: 1 }]] as const) first.outside(key, value);
        }
        await first.clock.advance(1_000);
        const second = await next(first);
        await second.clock.flush();
        expect(second.eventsOf('reconciled').map((event) => [event.key, event.outcome])).to.deep.equal([['count, name, tree', outcome]]);
        expect((['count', 'name', 'tree'] as const).map((key) => second.stored(key))).to.deep.equal(after);
      }
    });

    it('P24 P29 half a transaction whose file is not there any more is told as unknown', async () => {
      const first = await bench();
      first.store.writeFaults.push(undefined, { kind: 'hang' });
      void unheard(first.service.updateAll({ count: 5, name: 'x' }, { target: 'workspace' }));
      await first.clock.advance(1_000);
      const second = await next(first, {
        wrap: (inner) => {
          inner.fileOf = () => { throw new StoreError('no-workspace', 'Injected.'); };
          return inner;
        },
      });
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map((event) => [event.key, event.outcome])).to.deep.equal([['count, name', 'unknown']]);
    });

    it('P24 P29 what another program has stored since is not undone', async () => {
      const first = await bench();
      first.store.writeFaults.push(undefined, { kind: 'hang' });
      void unheard(first.service.updateAll({ count: 5, name: 'x', tree: { a: 1 } }));
      await first.clock.advance(1_000);
      first.outside('count', 9);
      const second = await next(first);
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ outcome }) => outcome)).to.deep.equal(['unknown']);
      expect(second.stored('count')).to.equal(9);
    });

    it('P21 P24 a transaction that was stored, as its caller was told, is not undone where one of its settings has another value since', async () => {
      const first = await bench({ together: true });
      first.store.writeFaults.push({ kind: 'lag', delay: 100 });
      const all = first.service.updateAll({ count: 5, name: 'x' });
      await first.clock.advance(50);
      // The process is killed before its journal is kept again.
      const memento = await holding({ [journal]: first.memento.get(journal) });
      expect((await first.end(all)).ok).to.equal(true);
      first.outside('name', 'theirs');
      const second = await next(first, { memento });
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ outcome }) => outcome)).to.deep.equal(['unknown']);
      expect([second.stored('count'), second.stored('name')]).to.deep.equal([5, 'theirs']);
    });

    it('P29 a write that was confirmed, or refused, is not in it', async () => {
      const { service, store, end, error, memento, clock } = await bench();
      store.writeFaults.push(undefined, { kind: 'fail', reason: 'dirty' });
      await end(service.update('count', 5));
      await error(service.update('count', 6));
      await error(service.update('count', -6));
      await clock.flush();
      expect(memento.get(journal)).to.equal(undefined);
    });

    it('P29 a write of unknown outcome stays in it until its end is known', async () => {
      const { service, store, error, memento, clock, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
      store.writeFaults.push({ kind: 'lag', delay: 10_000 });
      await error(service.update('count', 5));
      await clock.flush();
      expect(memento.get(journal)).to.include('"count"');
      await clock.advance(10_000);
      expect(eventsOf('late').length).to.equal(1);
      expect(memento.get(journal)).to.equal(undefined);
    });

    it('P29 P40 and over a disposal that could not wait for it', async () => {
      const first = await bench();
      first.store.writeFaults.push({ kind: 'hang-and-land', delay: 20_000 });
      const [running, waiting] = [unheard(first.service.update('count', 5)), unheard(first.service.update('name', 'x'))];
      await first.clock.advance(100);
      await first.clock.run(first.service.dispose());
      expect((await first.error(running)).context).to.deep.equal({ outcome: 'unknown' });
      await first.error(waiting);
      await first.clock.advance(20_000);
      const second = await next(first);
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ key, outcome }) => [key, outcome])).to.deep.equal([['count', 'stored']]);
    });

    it('P27 P29 a parked write is in it as long as it waits, whatever becomes of its earlier attempts', async () => {
      const first = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
      first.store.writeFaults.push({ kind: 'lag', delay: 7_000 });
      void unheard(first.service.update('count', 5, { park: true }));
      await first.clock.advance(5_500);
      first.service.hold();
      await first.clock.advance(5_000);
      expect(first.eventsOf('late').map(({ outcome }) => outcome)).to.deep.equal(['stored']);
      expect(first.service.metrics().queueDepth).to.equal(1);
      expect(first.memento.get(journal)).to.include('"count"');
    });

    it('P27 P29 a write that waits for a person is in it as long as it waits', async () => {
      const first = await bench();
      first.service.rescueWith({ patience: 60_000, onWaiting: () => undefined });
      first.store.outage('dirty');
      void unheard(first.service.update('count', 5));
      void unheard(first.service.updateAll({ name: 'x', tool: 't' }));
      await first.clock.advance(5_000);
      const crashed = await holding({ [journal]: first.memento.get(journal) });
      const second = await bench({ clock: first.clock, memento: crashed });
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ key, outcome }) => [key, outcome])).to.deep.equal([['count', 'not stored'], ['name, tool', 'not stored']]);
      first.store.heal();
      await first.clock.advance(5_000);
      expect(first.stored('count')).to.equal(5);
      expect(first.memento.get(journal)).to.equal(undefined);
    });

    it('P29 a write that waited for a person in vain is not in it', async () => {
      const { service, store, clock, memento, error } = await bench();
      service.rescueWith({ patience: 10_000, onWaiting: () => undefined });
      store.outage('dirty');
      expect(await error(service.update('count', 5))).to.include({ reason: 'dirty' });
      await clock.flush();
      expect(memento.get(journal)).to.equal(undefined);
    });

    it('P29 a write that is given up as soon as it begins to wait for a person is not in it', async () => {
      const { service, store, clock, memento, error } = await bench();
      service.rescueWith({ patience: 10_000, onWaiting: (write) => write.giveUp() });
      store.outage('dirty');
      expect(await error(service.update('count', 5))).to.include({ reason: 'dirty' });
      await clock.flush();
      expect(memento.get(journal)).to.equal(undefined);
    });

    it('P27 P29 of two that wait for a person, the newer of which had taken the place of the older, each is in it as long as it waits', async () => {
      const { service, store, clock, memento, end } = await bench();
      const waits: WaitingWrite[] = [];
      service.rescueWith({ patience: 60_000, onWaiting: (write) => void waits.push(write) });
      const [older, newer] = await refusedTogether({ service, store, clock });
      expect(waits).to.have.lengthOf(2);
      waits[1]!.giveUp();
      expect((await end(newer)).ok).to.equal(false);
      expect(memento.get(journal)).to.include('"value":5');
      waits[0]!.giveUp();
      expect((await end(older)).ok).to.equal(false);
      await clock.flush();
      expect(memento.get(journal)).to.equal(undefined);
    });

    it('P29 what is not reconciled yet survives another crash, and new writes', async () => {
      const first = await bench();
      first.store.hanging('write');
      void unheard(first.service.update('count', 5));
      await first.clock.flush();
      const second = await next(first, { early: true, wrap: (inner) => (inner.hanging('load'), inner.hanging('write'), inner) });
      void unheard(second.service.update('name', 'x'));
      await second.clock.flush();
      const third = await next(second);
      await third.clock.flush();
      expect(third.eventsOf('reconciled').map(({ key, outcome }) => [key, outcome])).to.deep.equal([['count', 'not stored'], ['name', 'not stored']]);
    });

    it('P29 P40 a disposal during the reconciliation leaves it for the next process', async () => {
      const first = await bench();
      first.store.hanging('write');
      void unheard(first.service.update('count', 5));
      await first.clock.flush();
      const second = await next(first, { wrap: (inner) => (inner.hanging('readBack'), inner) });
      await second.clock.run(second.service.dispose());
      const third = await next(second);
      await third.clock.flush();
      expect(third.eventsOf('reconciled').length).to.equal(1);
    });

    it('P29 a store that cannot be read: unknown', async () => {
      const first = await bench();
      first.store.hanging('write');
      void unheard(first.service.update('count', 5));
      await first.clock.flush();
      const second = await next(first, { wrap: (inner) => (inner.failing('readBack'), inner) });
      await second.clock.flush();
      expect(second.eventsOf('reconciled').map(({ outcome }) => outcome)).to.deep.equal(['unknown']);
    });

    it('P29 garbage in it is passed over', async () => {
      const good = { job: 1, key: 'count', target: 'user', scope: {}, acceptedAt: 5, asked: { value: 5 } };
      const entries = [
        good, null, 5, 'x', {}, { ...good, key: 5 }, { ...good, target: 'nowhere' }, { ...good, scope: null }, { ...good, acceptedAt: 'then' },
        { ...good, asked: 5 }, { ...good, asked: null }, { ...good, key: '__proto__' }, { ...good, key: 'gone' }, { ...good, scope: { resource: 5 } }, { ...good, asked: {} },
      ];
      const { eventsOf, clock } = await bench({ memento: await holding({ [journal]: superjson.stringify(entries) }) });
      await clock.flush();
      expect(eventsOf('reconciled').map(({ key, outcome }) => [key, outcome])).to.deep.equal([
        ['count', 'not stored'], ['__proto__', 'unknown'], ['gone', 'unknown'], ['count', 'not stored'], ['count', 'stored'],
      ]);
      for (const text of ['{', '[]', '"x"', 5, null, superjson.stringify('x'), superjson.stringify({ a: 1 })]) {
        expect((await bench({ memento: await holding({ [journal]: text }) })).eventsOf('reconciled')).to.deep.equal([]);
      }
    });

    for (const together of [false, true]) for (const asked of ['a transaction', 'an update', 'an update before it is ready'] as const) {
      it(`P20 P24 what is half done is not undone over ${asked} of this process${together ? ', stored together' : ''}`, async () => {
        const first = await bench();
        await first.clock.run(first.service.update('count', 7));
        first.store.writeFaults.push(undefined, { kind: 'hang' });
        void unheard(first.service.updateAll({ count: 5, name: 'x' }));
        await first.clock.advance(1_000);
        const text = first.memento.get(journal);
        const { service, clock, end, stored, eventsOf } = await bench({
          backend: first.backend, clock: first.clock, memento: await holding({ [journal]: text }), early: true, together,
        });
        if (asked !== 'an update before it is ready') await service.ready;
        const update = asked === 'a transaction' ? service.updateAll({ count: 5, name: 'y' }) : service.update('count', 5);
        expect(await end(update)).to.deep.include({ ok: true });
        await service.ready;
        for (let turns = 0; turns < 10; turns++) await clock.flush();
        expect(stored('count')).to.equal(5);
        expect(stored('name')).to.equal(asked === 'a transaction' ? 'y' : undefined);
        expect(eventsOf('reconciled').map(({ outcome }) => outcome)).to.deep.equal(['unknown']);
      });
    }
  });

  describe('the last good values', () => {
    it('P30 are served before loading, and when the store cannot be read', async () => {
      const first = await bench();
      await first.end(first.service.updateAll({ count: 5, name: 'x', list: ['y'] }));
      await first.clock.run(first.service.dispose());
      const second = await next(first, { early: true, wrap: (inner) => (inner.failing('load'), inner) });
      expect(second.service.values).to.deep.include({ count: 5, name: 'x', list: ['y'] });
      await second.clock.run(second.service.ready);
      expect(second.service.status).to.equal('degraded');
      expect(second.service.get('count')).to.equal(5);
      expect(second.service.inspect('count').origin).to.equal('last good value');
    });

    it('P31 stand in for what is not legal, also after a restart', async () => {
      const first = await bench();
      await first.end(first.service.update('count', 5));
      first.outside('count', 'garbage');
      await first.clock.flush();
      const second = await next(first);
      expect(second.service.get('count')).to.equal(5);
      expect(second.service.issues[0]).to.include({ key: 'count', served: 'last good value' });
    });

    it('P30 garbage among them is passed over, field by field', async () => {
      const kept = { count: 'five', name: 'ok', list: [5], tree: { a: 'x' }, other: 1, tool: 7 };
      const { service } = await bench({ early: true, memento: await holding({ [lastGood]: superjson.stringify(kept) }) });
      expect(service.values).to.deep.include({ count: 3, name: 'ok', list: [], tree: {}, tool: '' });
      for (const text of ['{', 5, superjson.stringify(null), superjson.stringify([1]), superjson.stringify(new Map([['count', 5]])), superjson.stringify('x')]) {
        const other = await bench({ early: true, memento: await holding({ [lastGood]: text }) });
        expect(other.service.values).to.deep.include({ count: 3, name: 'none' });
      }
    });

    it('P51 hold no secret, and a secret among them is not served', async () => {
      const first = await bench();
      await first.end(first.service.updateAll({ token: 'hidden-1', name: 'x' }));
      await first.clock.flush();
      expect(first.memento.get(lastGood)).to.include('"x"').and.not.include('hidden-1');
      const { service } = await bench({ early: true, memento: await holding({ [lastGood]: superjson.stringify({ token: 'hidden-2' }) }) });
      expect(service.get('token')).to.equal('');
    });

    it('P52 of a workspace that was trusted are not served in one that is not', async () => {
      const first = await bench();
      first.outside('tool', '/evil', 'workspace');
      first.outside('name', 'x', 'workspace');
      await first.clock.flush();
      expect(first.service.get('tool')).to.equal('/evil');
      await first.clock.run(first.service.dispose());
      first.backend.trusted = false;
      const second = await next(first, { early: true, wrap: (inner) => (inner.failing('load'), inner) });
      expect([second.service.get('tool'), second.service.get('name')]).to.deep.equal(['', 'x']);
      const third = await next(first, { early: true, wrap: (inner) => Object.assign(inner, { trusted: () => { throw new Error('no'); } }) });
      expect(third.service.get('tool')).to.equal('');
      await third.clock.run(third.service.ready);
      expect(third.service.status, 'it cannot be read').to.equal('degraded');
    });
  });

  describe('the breakers', () => {
    it('P11 one that is open stays open, until its original deadline', async () => {
      const first = await bench({ probeEvery: 1e9 });
      await first.openBreaker();
      await first.clock.advance(20_000);
      await first.clock.run(first.service.dispose());
      await first.clock.advance(15_000);
      const second = await next(first, { probeEvery: 1e9 });
      expect(second.service.breakers()).to.deep.equal([
        { file: 'user settings', mode: 'OPEN', held: false, consecutiveFailures: 0, retryAfter: 25_000, queueDepth: 0 },
      ]);
      expect(second.service.status).to.equal('unhealthy');
      expect((await second.error(second.service.update('count', 5))).code).to.equal('CIRCUIT_OPEN');
      await second.clock.advance(24_999);
      expect(second.service.breakers()[0]!.mode).to.equal('OPEN');
      await second.clock.advance(1);
      expect(second.service.breakers()[0]!.mode, 'F41 it is half open').to.equal('HALF_OPEN');
      expect((await second.end(second.service.update('count', 5))).ok).to.equal(true);
      expect(second.service.breakers()[0]!.mode).to.equal('CLOSED');
      await second.clock.flush();
      expect(second.memento.get(breakers)).to.equal(undefined);
    });

    it('P10 P11 a wall clock that has jumped meanwhile makes no wait longer than the configured one', async () => {
      for (const jump of [-1e9, 1e9]) {
        const first = await bench({ probeEvery: 1e9 });
        await first.openBreaker();
        await first.clock.run(first.service.dispose());
        first.clock.jumpWallClock(jump);
        const second = await next(first, { probeEvery: 1e9 });
        await second.clock.advance(60_000);
        expect(second.service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      }
    });

    it('P11 after a crash, too', async () => {
      const first = await bench();
      await first.openBreaker();
      await first.clock.flush();
      const second = await next(first);
      expect(second.service.breakers()[0]).to.include({ mode: 'OPEN', retryAfter: 60_000 });
    });

    it('P11 one that is held stays held, and can be released', async () => {
      for (const alreadyOpen of [false, true]) {
        const first = await bench();
        if (alreadyOpen) await first.openBreaker();
        first.store.heal();
        first.service.hold();
        await first.clock.run(first.service.dispose());
        const second = await next(first);
        expect(second.service.breakers()[0]).to.include({ mode: 'OPEN', held: true });
        await second.clock.advance(600_000);
        expect(second.service.breakers()[0]!.mode).to.equal('OPEN');
        second.service.release();
        expect((await second.end(second.service.update('count', 5))).ok).to.equal(true);
        expect(second.service.breakers()[0]!.mode).to.equal('CLOSED');
        await second.clock.flush();
        expect(second.memento.get(breakers)).to.equal(undefined);
      }
    });

    it('P11 released while open is not held after a restart', async () => {
      const first = await bench();
      await first.openBreaker();
      first.service.hold();
      first.service.release();
      await first.clock.flush();
      const second = await next(first);
      expect(second.service.breakers()[0]?.held ?? false).to.equal(false);
    });

    it('P11 garbage among them, and files that are gone, are passed over', async () => {
      const good = { file: 'user settings', target: 'user', scope: {}, breaker: { mode: 'HELD' } };
      const kept = [
        null, 5, {}, { ...good, file: 5 }, { ...good, target: 'nowhere' }, { ...good, scope: null }, { ...good, breaker: null }, { ...good, breaker: { mode: 'CLOSED' } },
        { ...good, breaker: { mode: 'OPEN', until: 'soon' } }, { ...good, file: 'other' }, { ...good, target: 'folder', file: 'settings of x' }, { ...good, more: new Date() },
        { ...good, breaker: { mode: 'OPEN' }, file: 'workspace settings', target: 'workspace' },
      ];
      const { service, clock } = await bench({ memento: await holding({ [breakers]: superjson.stringify(kept) }) });
      expect(service.breakers().map(({ file }) => file)).to.deep.equal(['workspace settings']);
      await clock.advance(1);
      expect(service.breakers()[0]!.mode).to.equal('HALF_OPEN');
      for (const text of ['{', 5, superjson.stringify({ a: 1 }), superjson.stringify(null)]) {
        expect((await bench({ memento: await holding({ [breakers]: text }) })).service.breakers()).to.deep.equal([]);
      }
    });
  });

  describe('a memento that', () => {
    const faulty: [string, Partial<Memento>][] = [
      ['throws when it is read', { get: () => { throw new Error('no'); } }],
      ['throws when it is written', { update: () => { throw new Error('no'); } }],
      ['rejects', { update: () => Promise.reject(new Error('no')) }],
      ['rejects with nothing', { update: () => Promise.reject(undefined) }],
      ['hangs', { update: () => new Promise(() => undefined) }],
      ['gives no promise', { update: () => undefined as never }],
    ];
    for (const [what, part] of faulty) {
      it(`P12 ${what} changes no outcome, and is told`, async () => {
        const { service, end, error, store, clock, eventsOf, events } = await bench({ memento: { ...memoryMemento(), ...part } });
        expect((await end(service.update('count', 5))).ok).to.equal(true);
        expect((await end(service.updateAll({ count: 6, name: 'x' }))).ok).to.equal(true);
        store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
        expect((await error(service.update('count', 7))).reason).to.equal('dirty');
        expect(service.get('count')).to.equal(6);
        expect(service.status).to.equal('healthy');
        if (what.startsWith('throws when it is written') || what.startsWith('rejects')) expect(eventsOf('warning').length).to.be.greaterThan(0);
        await clock.run(service.dispose());
        expect(events.at(-1)!.type).to.equal('disposed');
      });
    }
  });
});
