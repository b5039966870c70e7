import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { FaultyStore, type WriteFault } from '../../../src/testing/faulty-store.ts';
import { verifyStore } from '../../../src/testing/verify-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const slot = { key: 'key', target: 'user', scope: {} } as const;

function bench(...faults: (WriteFault | undefined)[]) {
  const clock = new VirtualClock();
  const store = new FaultyStore(new MemoryStore(), clock);
  store.writeFaults.push(...faults);
  const abort = new AbortController();
  return {
    clock,
    store,
    abort,
    write: (value: unknown = 1) => watched(store.write({ ...slot, value }, { signal: abort.signal })),
    stored: () => store.inner.readBack(slot),
  };
}

/** How a promise has ended so far. */
function watched(promise: Promise<unknown>): { outcome: string } {
  const watch = { outcome: 'pending' };
  promise.then(
    () => void (watch.outcome = 'resolved'),
    (error: unknown) => void (watch.outcome = error instanceof StoreError ? error.reason : String(error)),
  );
  return watch;
}

describe('FaultyStore', () => {
  it('without a fault is the store inside', async () => {
    const results = await verifyStore(() => Promise.resolve({ store: new FaultyStore(new MemoryStore(), new VirtualClock()) }));
    expect(results.filter(({ ok }) => !ok)).to.deep.equal([]);
    const { store } = bench();
    expect([store.name, store.trusted(), store.fileOf('user', {}), store.defaultTarget('key', {})]).to.deep.equal(['memory', true, 'user settings', 'user']);
  });

  it('counts calls and keeps what was asked', async () => {
    const { store, write } = bench();
    write(1);
    write(2);
    await store.load();
    store.read('key', {});
    await store.readBack(slot);
    await store.probe('user', {});
    expect(store.calls).to.deep.equal({ load: 1, read: 1, write: 2, readBack: 1, probe: 1 });
    expect(store.asked.map(({ value }) => value)).to.deep.equal([1, 2]);
  });

  it('fail and throw: refused, nothing is stored; the fault is used up', async () => {
    const { clock, write, stored } = bench({ kind: 'fail', reason: 'no-space' }, { kind: 'throw', error: 'anything' }, undefined);
    const writes = [write(1), write(2)];
    await clock.flush();
    expect(writes.map(({ outcome }) => outcome)).to.deep.equal(['no-space', 'anything']);
    expect(await stored()).to.equal(undefined);
    const third = write(3);
    await clock.flush();
    expect(third.outcome).to.equal('resolved');
    expect(await stored()).to.equal(3);
  });

  it('hang: never answered, never stored', async () => {
    const { clock, write, stored } = bench({ kind: 'hang' });
    const hung = write();
    await clock.advance(1e9);
    expect(hung.outcome).to.equal('pending');
    expect(await stored()).to.equal(undefined);
  });

  it('lag: stored and answered after the delay, also when given up', async () => {
    const { clock, abort, write, stored } = bench({ kind: 'lag', delay: 10 });
    const lagging = write();
    abort.abort();
    await clock.advance(9);
    expect([lagging.outcome, await stored()]).to.deep.equal(['pending', undefined]);
    await clock.advance(1);
    expect([lagging.outcome, await stored()]).to.deep.equal(['resolved', 1]);
  });

  it('land-late: refused at once, and stored after the delay', async () => {
    const { clock, write, stored } = bench({ kind: 'land-late', delay: 10 });
    const refused = write();
    await clock.flush();
    expect([refused.outcome, await stored()]).to.deep.equal(['unknown', undefined]);
    await clock.advance(10);
    expect(await stored()).to.equal(1);
  });

  it('hang-and-land: never answered, and stored after the delay', async () => {
    const { clock, write, stored } = bench({ kind: 'hang-and-land', delay: 10 });
    const hung = write();
    await clock.advance(10);
    expect([hung.outcome, await stored()]).to.deep.equal(['pending', 1]);
  });

  it('what lands late may fail: that is no unhandled rejection', async () => {
    const { clock, store } = bench({ kind: 'land-late', delay: 1 }, { kind: 'hang-and-land', delay: 1 });
    const signal = new AbortController().signal;
    const late = [1, 2].map((value) => watched(store.write({ key: 'key', target: 'folder', scope: {}, value }, { signal })));
    await clock.advance(1);
    expect(late.map(({ outcome }) => outcome)).to.deep.equal(['unknown', 'pending']);
  });

  it('lose: said to be stored, and is not; corrupt: another value is', async () => {
    const { clock, write, stored } = bench({ kind: 'lose' }, { kind: 'corrupt', value: 'other' });
    const lost = write();
    await clock.flush();
    expect([lost.outcome, await stored()]).to.deep.equal(['resolved', undefined]);
    const corrupted = write();
    await clock.flush();
    expect([corrupted.outcome, await stored()]).to.deep.equal(['resolved', 'other']);
  });

  it('an outage refuses writes and probes until it is healed', async () => {
    const { clock, store, write } = bench({ kind: 'lose' });
    store.outage();
    const refused = [write(), watched(store.probe('user', {}))];
    store.outage('read-only');
    refused.push(write());
    await clock.flush();
    expect(refused.map(({ outcome }) => outcome)).to.deep.equal(['io', 'io', 'read-only']);
    store.heal();
    const healed = [write(), watched(store.probe('user', {}))];
    await clock.flush();
    expect(healed.map(({ outcome }) => outcome)).to.deep.equal(['resolved', 'resolved']);
    expect(store.read('key', {}).effective).to.equal(1);
  });

  it('F67 what is injected by name says that it is injected, and what to do about it', async () => {
    const { store } = bench();
    const refusal = (act: () => Promise<unknown>): Promise<StoreError> => act().then(() => { throw new Error('It was expected to fail.'); }, (error: StoreError) => error);
    const write = (): Promise<unknown> => store.write({ ...slot, value: 1 }, { signal: new AbortController().signal });
    const injected = { userAction: 'Take the injected fault back.' };
    store.inject('fail');
    for (const act of [write, () => store.probe('user', {})]) {
      const error = await refusal(act);
      expect(error).to.include({ ...injected, reason: 'no-space', message: 'Injected: no-space.' });
      expect(error.context).to.deep.equal({ reason: 'no-space', injected: true });
    }
    store.inject('hang');
    expect(await refusal(() => store.probe('user', {}))).to.include({ ...injected, reason: 'io' });
    store.inject('land late');
    expect(await refusal(write)).to.include({ ...injected, reason: 'unknown' });
    store.outage('no-space');
    expect((await refusal(write)).userAction, 'a test plays the real thing').to.match(/^Free some disk space/);
  });

  it('F5 has the lock of the store that it is around, and none where that has none', async () => {
    const inner = new MemoryStore();
    expect(new FaultyStore(inner, new VirtualClock()).lock).to.equal(undefined);
    const locked: unknown[] = [];
    const lock = { dispose: () => undefined };
    const store = new FaultyStore(Object.assign(inner, { lock: (request: unknown) => {
      locked.push(request);
      return Promise.resolve(lock);
    } }), new VirtualClock());
    expect(await store.lock!(slot, new AbortController().signal)).to.equal(lock);
    expect(locked).to.deep.equal([slot]);
  });

  describe('commits', () => {
    const keys = ['a', 'b', 'c', 'd'];

    function bench4(...faults: (WriteFault | undefined)[]) {
      const { store, clock, abort } = bench(...faults);
      const places = keys.map((key) => ({ ...slot, key }));
      return {
        store,
        clock,
        abort,
        commit: (...without: string[]) => store.commit!(
          places.filter(({ key }) => !without.includes(key)).map((place) => ({ ...place, value: `new ${place.key}`, expected: { value: undefined } })),
          { signal: abort.signal },
        ),
        stored: () => store.inner.readBackAll!(places),
      };
    }
    const nothing = [undefined, undefined, undefined, undefined];
    const everything = keys.map((key) => `new ${key}`);

    it('are there where the store inside has them, and count as one write each', async () => {
      const { store, commit, stored } = bench4();
      expect(store.canCommit!(slot)).to.equal(true);
      expect(await commit()).to.deep.equal([]);
      expect(await stored()).to.deep.equal(everything);
      expect(await store.readBackAll!([slot])).to.deep.equal([undefined]);
      expect(store.calls).to.deep.equal({ load: 0, read: 0, write: 1, readBack: 1, probe: 0 });
      expect(store.asked).to.deep.equal(keys.map((key) => ({ ...slot, key, value: `new ${key}` })));
      const plain = Object.assign(new MemoryStore(), { canCommit: undefined, commit: undefined, readBackAll: undefined }) as Store;
      const { canCommit, commit: none, readBackAll } = new FaultyStore(plain, new VirtualClock());
      expect([canCommit, none, readBackAll]).to.deep.equal([undefined, undefined, undefined]);
    });

    it('refuse: the changes are named, and nothing is stored; what strikes the whole strikes what is left', async () => {
      const { store, commit, stored } = bench4(undefined, { kind: 'refuse', reason: 'policy' }, { kind: 'refuse', reason: 'scope' }, { kind: 'fail', reason: 'no-space' });
      expect((await commit()).map(({ index, error }) => [index, (error as StoreError).reason])).to.deep.equal([[1, 'policy'], [2, 'scope']]);
      expect(await stored()).to.deep.equal(nothing);
      expect(store.writeFaults).to.have.length(1);
      const whole = watched(commit('b', 'c'));
      await Promise.resolve();
      expect([whole.outcome, await stored()]).to.deep.equal(['no-space', nothing]);
      expect(await commit('b', 'c')).to.deep.equal([]);
      expect(await stored()).to.deep.equal(['new a', undefined, undefined, 'new d']);
    });

    it('lose and corrupt strike one change; the others are stored', async () => {
      const { commit, stored } = bench4({ kind: 'lose' }, undefined, { kind: 'corrupt', value: 'other' });
      expect(await commit()).to.deep.equal([]);
      expect(await stored()).to.deep.equal([undefined, 'new b', 'other', 'new d']);
    });

    it('a refusal of the store inside has the index that was asked for', async () => {
      const { store, abort } = bench4({ kind: 'lose' });
      const changes = [1, 2, () => undefined].map((value, index) => ({ ...slot, key: keys[index]!, value }));
      expect((await store.commit!(changes, { signal: abort.signal })).map(({ index }) => index)).to.deep.equal([2]);
    });

    for (const [fault, outcome] of [
      [{ kind: 'fail', reason: 'io' }, 'io'],
      [{ kind: 'throw', error: 'anything' }, 'anything'],
      [{ kind: 'hang' }, 'pending'],
      [{ kind: 'lag', delay: 10 }, 'pending'],
      [{ kind: 'land-late', delay: 10 }, 'unknown'],
      [{ kind: 'hang-and-land', delay: 10 }, 'pending'],
    ] as const) {
      it(`${fault.kind} strikes the whole, at whichever change it comes, and the next commit takes the faults behind it`, async () => {
        const { store, clock, abort, commit, stored } = bench4(undefined, fault, { kind: 'lose' });
        const struck = watched(commit());
        abort.abort();
        await clock.advance(9);
        expect([struck.outcome, await stored(), store.writeFaults.length]).to.deep.equal([outcome, nothing, 1]);
        await clock.advance(1);
        expect(await stored()).to.deep.equal('delay' in fault ? everything : nothing);
        expect(struck.outcome).to.equal(fault.kind === 'lag' ? 'resolved' : outcome);
      });
    }

    it('fail as long as an outage, or an injected fault, lasts', async () => {
      const { store, clock, commit, stored } = bench4();
      store.outage();
      const outage = watched(commit());
      store.inject('hang');
      const hanging = watched(commit());
      await clock.advance(10_000);
      expect([outage.outcome, hanging.outcome, await stored()]).to.deep.equal(['io', 'pending', nothing]);
      store.failing('readBack');
      const readBack = watched(store.readBackAll!([slot]));
      await clock.flush();
      expect(readBack.outcome).to.equal('io');
      store.heal();
      expect(await commit()).to.deep.equal([]);
    });
  });

  it('any operation can fail, or hang', async () => {
    const { clock, store } = bench();
    for (const operation of ['load', 'read', 'readBack'] as const) store.failing(operation);
    expect(() => store.read('key', {})).to.throw(StoreError, 'Injected');
    const failed = [watched(store.load()), watched(store.readBack(slot))];
    store.heal();
    store.failing('load', () => new RangeError('odd'));
    store.hanging('readBack');
    failed.push(watched(store.load()), watched(store.readBack(slot)));
    await clock.flush();
    expect(failed.map(({ outcome }) => outcome)).to.deep.equal(['io', 'io', 'RangeError: odd', 'pending']);
  });
});
