import { expect } from 'chai';
import { StoreError, storeReasons, type StoreReason } from '../../../src/errors.ts';
import type { WriteFault } from '../../../src/testing/faulty-store.ts';
import { bench, leavesNothing, unheard } from './support.ts';

const hang: WriteFault = { kind: 'hang' };
const fail = (reason: StoreReason): WriteFault => ({ kind: 'fail', reason });
const newValue = 50;

describe('Service: faults of the store', () => {
  leavesNothing();

  const reasons = Object.entries(storeReasons) as [StoreReason, (typeof storeReasons)[StoreReason]][];
  for (const [reason, facts] of reasons.filter(([reason]) => reason !== 'newer')) {
    it(`P8 P9 "${reason}" is ${facts.class}: the caller sees it as it is`, async () => {
      const { service, store, error, stored, clock } = await bench();
      for (let i = 0; i < 3; i++) store.writeFaults.push(fail(reason));
      const seen = await error(service.update('count', newValue));
      expect(seen).to.include({ code: 'STORE', reason, retryable: facts.class === 'transient' });
      expect(seen.attempts.map(({ number }) => number)).to.deep.equal(facts.class === 'transient' ? [1, 2, 3] : [1]);
      expect(clock.now()).to.equal(facts.class === 'transient' ? 3_000 : 0);
      expect(seen.userAction).to.equal(facts.userAction);
      expect(stored('count')).to.equal(undefined);
      expect(service.get('count')).to.equal(3);
      expect(service.breakers()[0]?.consecutiveFailures, 'P7').to.equal(facts.class === 'caller' ? 0 : 1);
    });
  }

  it('F51 P7 P28 writers that meet are no failure: the write is made again at once, and nothing is counted', async () => {
    const { service, store, end, clock, stored, eventsOf } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    for (let i = 0; i < 5; i++) store.writeFaults.push(fail('newer'));
    const computed: number[] = [];
    expect((await end(service.update('count', (now) => { computed.push(now); return now + 1; }))).ok).to.equal(true);
    expect(computed, 'from what is there by then').to.deep.equal([3, 3, 3, 3, 3, 3]);
    expect(stored('count')).to.equal(4);
    expect(clock.now()).to.equal(1 + 2 + 4 + 8 + 16);
    expect(eventsOf('attempt-failed')).to.deep.equal([]);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
    expect(service.metrics()).to.include({ successCount: 1, errorCount: 0, retryCount: 0 });
  });

  it('F51 a file that is never the same fails as transient after half the time of an attempt, and the caller is told "newer"', async () => {
    const { service, store, error, clock, stored } = await bench();
    store.outage('newer');
    const seen = await error(service.update('count', newValue));
    expect(seen).to.include({ code: 'STORE', reason: 'newer', retryable: true, userAction: storeReasons.newer.userAction });
    expect(seen.attempts.map(({ error }) => (error as StoreError).reason)).to.deep.equal(['newer', 'newer', 'newer']);
    expect(clock.now()).to.be.within(3 * 2_200 + 3_000, 3 * 2_500 + 3_000);
    expect(service.breakers()[0]?.consecutiveFailures).to.equal(1);
    expect([stored('count'), service.get('count')]).to.deep.equal([undefined, 3]);
  });

  it('F51 a transaction whose first look meets a writer in mid-save looks again, at once', async () => {
    const { service, store, end, clock, stored } = await bench({ guard: { breaker: { threshold: 1 }, retry: { attempts: 1 } } });
    const { readBack } = store;
    let looks = 0;
    store.readBack = (...args) => (++looks <= 3 ? Promise.reject(new StoreError('newer', 'It is being written.')) : readBack.apply(store, args));
    expect((await end(service.updateAll({ count: 7, name: 'x' }))).ok).to.equal(true);
    expect([stored('count'), stored('name')]).to.deep.equal([7, 'x']);
    expect(clock.now()).to.equal(1 + 2 + 4);
    expect(service.breakers()[0]).to.include({ mode: 'CLOSED', consecutiveFailures: 0 });
  });

  it('F51 P40 disposal ends the pause between two collisions', async () => {
    const { service, store, clock, error } = await bench();
    store.outage('newer');
    const running = unheard(service.update('count', newValue));
    await clock.advance(100);
    const disposing = unheard(service.dispose());
    expect(await error(running)).to.be.an('error');
    await clock.run(disposing);
  });

  it('F51 an aborted caller is answered at once, also between two collisions', async () => {
    const { service, store, clock, error } = await bench();
    store.outage('newer');
    const caller = new AbortController();
    const running = unheard(service.update('count', newValue, { signal: caller.signal }));
    await clock.advance(100);
    caller.abort();
    expect(await error(running)).to.include({ code: 'ABORTED', outcome: 'not stored' });
    const asked = store.asked.length;
    await clock.advance(10_000);
    expect(store.asked.length, 'nothing more is sent').to.equal(asked);
  });

  it('P20 a transient failure is retried, and the write succeeds', async () => {
    const { service, store, end, clock, eventsOf } = await bench();
    store.writeFaults.push(fail('io'), fail('not-ready'));
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(clock.now()).to.equal(3_000);
    expect(service.get('count')).to.equal(newValue);
    expect(eventsOf('attempt-failed').map(({ attempt, file }) => [attempt, file])).to.deep.equal([[1, 'user settings'], [2, 'user settings']]);
    expect(eventsOf('stored')[0]?.attempts?.map(({ number, error, endedAt }) => [number, (error as StoreError).reason, endedAt - clock.wallTime()])).to.deep.equal([[1, 'io', -3_000], [2, 'not-ready', -2_000]]);
    expect(service.metrics()).to.include({ operationCount: 1, successCount: 1, retryCount: 2 });
  });

  it('P9 an error of another kind is given as a StoreError, with the original as its cause', async () => {
    const { service, store, error } = await bench();
    for (const cause of [new TypeError('from inside'), 'a text', undefined, Object.freeze(new RangeError('frozen'))]) {
      for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'throw', error: cause });
      const seen = await error(service.update('count', newValue));
      expect(seen).to.include({ code: 'STORE', reason: 'unknown' });
      expect(seen.cause).to.equal(cause);
      expect(seen.attempts.length).to.equal(3);
    }
  });

  it('P9 an error that cannot be changed does no harm', async () => {
    const { service, store, error } = await bench();
    const frozen = Object.freeze(new StoreError('dirty', 'Frozen.'));
    store.writeFaults.push({ kind: 'throw', error: frozen });
    expect((await error(service.update('count', newValue))).code).to.equal('STORE');
  });

  it('P29 a write that hangs ends within its time, and says that nobody knows', async () => {
    const { service, store, error, clock, stored } = await bench();
    store.writeFaults.push(hang, hang, hang);
    const seen = await error(service.update('count', newValue));
    expect(seen).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
    expect(clock.now(), 'P26').to.be.at.most(35_000);
    expect(stored('count')).to.equal(undefined);
    expect((await service.health()).checks.resources.detail).to.include('of unknown outcome: 1');
    expect(service.metrics()).to.include({ timeoutCount: 3, retryCount: 2, operationCount: 1 });
  });

  it('P26 a store that does not answer at all: every update ends in time', async () => {
    const { service, store, error, clock } = await bench();
    store.hanging('write');
    store.hanging('readBack');
    const all = [
      error(service.update('count', newValue)), error(service.update('name', 'x')),
      error(service.update('count', (now) => now + 1)), error(service.updateAll({ count: 4, name: 'y' })),
    ];
    const codes = (await Promise.all(all)).map(({ code }) => code);
    expect(codes).to.deep.equal(['TIMEOUT', 'TIMEOUT', 'TIMEOUT', 'STORE']);
    expect(clock.now()).to.be.at.most(4 * 35_000);
  });

  it('P29 a write that hangs once and then works is simply stored', async () => {
    const { service, store, end, stored } = await bench();
    store.writeFaults.push(hang);
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(stored('count')).to.equal(newValue);
  });

  it('P29 lags longer than an attempt: what landed is seen before it is sent again', async () => {
    const { service, store, end, clock } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 5_500 });
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(store.asked.length).to.equal(1);
    expect(clock.now()).to.equal(6_000);
  });

  it('P29 lands, then rejects: the answer is what the store says', async () => {
    const { service, store, end, backend } = await bench({
      wrap: (inner) => Object.assign(Object.create(inner) as typeof inner, {
        async write(...args: Parameters<typeof inner.write>) {
          await inner.write(...args);
          throw new StoreError('unknown', 'Refused after all.');
        },
        ...bound(inner),
      }),
    });
    expect(store.writeFaults).to.deep.equal([]);
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(backend.get({ key: 'count', target: 'user', scope: {} })).to.equal(newValue);
    expect(service.metrics()).to.include({ retryCount: 1 });
  });

  it('P29 lands at the last attempt, then hangs: the answer is what the store says', async () => {
    const { service, store, end, clock } = await bench();
    store.writeFaults.push(fail('io'), fail('io'), { kind: 'hang-and-land', delay: 100 });
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(clock.now()).to.equal(8_000);
    expect(service.get('count')).to.equal(newValue);
  });

  it('P29 refused, with an earlier attempt that may still land: the error says so, and its end is told', async () => {
    const { service, store, error, clock, eventsOf, stored } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 60_000 }, fail('dirty'));
    const seen = await error(service.update('count', newValue));
    expect(seen).to.include({ code: 'STORE', reason: 'dirty' });
    expect(seen.context.outcome).to.equal('unknown');
    await clock.advance(60_000);
    expect(stored('count')).to.equal(newValue);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'stored', reasserted: false }]);
    expect(service.get('count')).to.equal(newValue);
  });

  it('P29 a definite refusal leaves no doubt', async () => {
    const { service, store, error, eventsOf, clock } = await bench();
    store.writeFaults.push(fail('dirty'));
    const seen = await error(service.update('count', newValue));
    expect(seen.context).not.to.have.property('outcome');
    await clock.advance(60_000);
    expect(eventsOf('late')).to.deep.equal([]);
  });

  it('P20 P29 lost: said to be stored, and is not', async () => {
    const { service, store, error, end, stored } = await bench();
    store.writeFaults.push({ kind: 'lose' }, { kind: 'lose' }, { kind: 'lose' });
    const seen = await error(service.update('count', newValue));
    expect(seen).to.include({ code: 'STORE', reason: 'not-verified' });
    expect(seen.message).not.to.include(String(newValue));
    store.writeFaults.push({ kind: 'lose' });
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(stored('count')).to.equal(newValue);
  });

  it('P20 P22 corrupt: said to be stored, and another value is', async () => {
    const { service, store, error, end, stored } = await bench();
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'corrupt', value: 'garbage' });
    expect(await error(service.update('count', newValue))).to.include({ reason: 'not-verified' });
    expect(service.get('count'), 'P30').to.equal(3);
    store.writeFaults.push({ kind: 'corrupt', value: 49 });
    expect((await end(service.update('count', newValue))).ok).to.equal(true);
    expect(stored('count')).to.equal(newValue);
  });

  for (const kind of ['land-late', 'hang-and-land', 'lag'] as const) {
    it(`P21 ${kind}: a write given up lands after a newer acknowledged one, which is restored`, async () => {
      const { service, store, end, error, clock, stored, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
      store.writeFaults.push({ kind, delay: 20_000 });
      expect((await error(service.update('count', 10))).code).to.equal(kind === 'land-late' ? 'STORE' : 'TIMEOUT');
      expect((await end(service.update('count', 11))).ok).to.equal(true);
      await clock.advance(20_000);
      expect(stored('count')).to.equal(11);
      expect(service.get('count')).to.equal(11);
      expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'stored', reasserted: true }]);
    });
  }

  it('P21 an attempt that was refused lands after the one that succeeded, and was followed by a newer write', async () => {
    const { service, store, end, clock, stored } = await bench();
    store.writeFaults.push({ kind: 'land-late', delay: 10_000 });
    await end(service.update('count', 10));
    await end(service.update('count', 11));
    await clock.advance(20_000);
    expect(stored('count')).to.equal(11);
  });

  it('P21 P28 what an earlier attempt of an update function computed lands after what a later one stored', async () => {
    const { service, store, end, outside, clock, stored } = await bench();
    store.writeFaults.push({ kind: 'land-late', delay: 10_000 });
    const updating = service.update('count', (now) => now + 1);
    await clock.advance(500);
    outside('count', 20);
    expect((await end(updating)).ok).to.equal(true);
    expect(stored('count')).to.equal(21);
    await clock.advance(20_000);
    expect(stored('count')).to.equal(21);
  });

  it('P21 a refused write is written again and stored: that is no news', async () => {
    const { service, store, end, error, clock, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push(fail('io'));
    await error(service.update('count', 10));
    await end(service.update('count', 10));
    await clock.advance(1_000);
    expect(eventsOf('late')).to.deep.equal([]);
  });

  it('P21 five minutes after its end a refused write is not followed any more', async () => {
    const { service, store, end, error, clock, outside, stored, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push(fail('io'));
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    await clock.advance(300_000);
    outside('name', 'x');
    await clock.flush();
    outside('count', 10);
    await clock.advance(1_000);
    expect(stored('count')).to.equal(10);
    expect(eventsOf('late')).to.deep.equal([]);
  });

  it('P21 lands while newer writes wait and run: the newest wins', async () => {
    const { service, store, end, error, clock, stored } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 5_050 }, { kind: 'lag', delay: 100 }, { kind: 'lag', delay: 100 });
    const first = unheard(service.update('count', 10));
    const others = [service.update('name', 'a'), service.update('count', 11), service.update('name', 'b')];
    expect(await error(first)).to.include({ code: 'TIMEOUT' });
    expect((await end(Promise.all(others))).ok).to.equal(true);
    await clock.advance(10_000);
    expect([stored('count'), stored('name')]).to.deep.equal([11, 'b']);
  });

  it('P21 several attempts that land late, one after the other', async () => {
    const { service, store, end, error, clock, stored, eventsOf } = await bench();
    store.writeFaults.push({ kind: 'hang-and-land', delay: 40_000 }, { kind: 'lag', delay: 41_000 }, { kind: 'hang-and-land', delay: 42_000 });
    expect(await error(service.update('count', 10))).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
    expect((await end(service.update('count', 11))).ok).to.equal(true);
    await clock.advance(100_000);
    expect(stored('count')).to.equal(11);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'stored', reasserted: true }]);
  });

  it('P21 an outside change that came later is left alone', async () => {
    const { service, store, error, outside, clock, stored } = await bench();
    store.writeFaults.push(hang, hang, hang);
    await error(service.update('count', 10));
    outside('count', 12);
    await clock.advance(100_000);
    expect(stored('count')).to.equal(12);
  });

  it('P21 an outside change while the newest value is being restored is left alone', async () => {
    const { service, store, end, error, outside, clock, stored } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 }, undefined, fail('io'));
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    service.onEvent((event) => {
      if (event.type === 'late') outside('count', 12);
    });
    await clock.advance(100_000);
    expect(stored('count')).to.equal(12);
  });

  it('P21 a newer update that waits when a late write lands is the newest, whatever its value', async () => {
    const { service, store, end, error, clock, stored } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 });
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    store.writeFaults.push({ kind: 'lag', delay: 4_900 });
    const slow = service.update('name', 'slow');
    await clock.advance(4_500);
    const same = service.update('count', 10);
    expect((await end(Promise.all([slow, same]))).ok).to.equal(true);
    await clock.advance(100_000);
    expect(stored('count')).to.equal(10);
  });

  it('P21 restoring the newest value is refused: that is said once, and tried again at signs of life, not at each', async () => {
    const { service, store, end, error, clock, stored, eventsOf, outside } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 }, undefined, fail('scope'), fail('scope'));
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    await clock.advance(100_000);
    expect(stored('count')).to.equal(10);
    expect(eventsOf('warning').length).to.equal(1);
    expect(eventsOf('warning')[0]!.message).to.include('could not be restored');
    expect((await service.health()).checks.resources.detail).to.include('of unknown outcome: 0');
    outside('name', 'a');
    outside('name', 'b');
    await clock.advance(4_000);
    expect(stored('count')).to.equal(10);
    service.evidence();
    await clock.flush();
    expect(stored('count')).to.equal(10);
    await clock.advance(1_000);
    service.evidence();
    await clock.flush();
    expect(stored('count')).to.equal(11);
    expect(eventsOf('warning').length).to.equal(1);
  });

  it('P21 a removal of which nobody knows the end is not taken for an older one, landing late', async () => {
    const { service, store, end, error, clock, stored, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push(undefined, fail('io'));
    await end(service.update('count', 10));
    await error(service.update('count', undefined));
    await end(service.update('count', 11));
    store.failing('readBack');
    await error(service.update('count', undefined));
    await clock.advance(10_000);
    expect(stored('count')).to.equal(undefined);
    store.heal();
    service.evidence();
    await clock.advance(10_000);
    expect(stored('count')).to.equal(undefined);
    expect(eventsOf('late')).to.deep.equal([
      { type: 'late', key: 'count', file: 'user settings', outcome: 'unknown', reasserted: false },
      { type: 'late', key: 'count', file: 'user settings', outcome: 'stored', reasserted: false },
    ]);
  });

  it('P27 what has been seen to land does not land again: somebody else has restored it', async () => {
    const { service, store, end, outside, clock, stored, eventsOf } = await bench();
    store.writeFaults.push({ kind: 'hang-and-land', delay: 3_000 });
    expect(await end(service.update('count', 10))).to.deep.include({ ok: true });
    for (const value of [12, 10]) {
      outside('count', value);
      await clock.advance(1_000);
      expect(stored('count')).to.equal(value);
    }
    expect(eventsOf('late')).to.deep.equal([]);
  });

  it('P27 nor does a removal', async () => {
    const { service, store, end, outside, clock, stored } = await bench();
    await end(service.update('count', 10));
    store.writeFaults.push({ kind: 'hang-and-land', delay: 3_000 });
    expect(await end(service.restoreDefaults({ target: 'user' }))).to.deep.include({ ok: true });
    for (const value of [12, undefined]) {
      outside('count', value);
      await clock.advance(1_000);
      expect(stored('count')).to.equal(value);
    }
  });

  it('P24 P27 F49 nor is it seen to land when others go back to a value that they had replaced', async () => {
    const { service, store, end, outside, clock, stored, eventsOf } = await bench();
    store.writeFaults.push(fail('unknown'));
    expect(await end(service.update('count', 10))).to.deep.include({ ok: true });
    for (const value of [12, 10, 12, 13, 12, 10, undefined, 10]) {
      outside('count', value);
      await clock.advance(1_000);
      expect(stored('count')).to.equal(value);
    }
    expect(eventsOf('late')).to.deep.equal([]);
  });

  it('P21 F49 what others have gone back to is restored when a late write undoes it', async () => {
    const { service, store, error, end, outside, clock, stored, eventsOf } = await bench({ guard: { retry: { attempts: 2 } } });
    store.writeFaults.push({ kind: 'land-late', delay: 20_000 }, fail('scope'), fail('unknown'));
    await error(service.update('count', 9));
    await end(service.update('count', 10));
    for (const value of [12, 10]) {
      outside('count', value);
      await clock.advance(1_000);
      expect(stored('count')).to.equal(value);
    }
    await clock.advance(60_000);
    expect(stored('count')).to.equal(10);
    expect(eventsOf('late').at(-1)).to.include({ outcome: 'stored', reasserted: true });
  });

  it('P29 an attempt that is stored while it is given up is not forgotten', async () => {
    const { service, store, end, clock, stored } = await bench({ guard: { timeout: 1_000, retry: { attempts: 2 } } });
    store.writeFaults.push({ kind: 'lag', delay: 900 }, fail('scope'));
    const readBack = store.readBack.bind(store);
    store.readBack = async (request) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 200));
      return readBack(request);
    };
    expect(await end(service.update('count', 10))).to.deep.include({ ok: true });
    expect(stored('count')).to.equal(10);
    await clock.advance(1_000);
  });

  it('P21 restoring is tried again when the store works again', async () => {
    const { service, store, end, error, clock, stored } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 });
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    store.outage('dirty');
    await clock.advance(20_000);
    expect(stored('count')).to.equal(10);
    store.heal();
    service.evidence();
    await clock.advance(10_000);
    expect(stored('count')).to.equal(11);
  });

  it('P21 restoring waits for the breaker to close', async () => {
    const { service, store, end, error, clock, stored, openBreaker } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 10_000 });
    await error(service.update('name', 'old'));
    await end(service.update('name', 'new'));
    await openBreaker();
    await clock.advance(10_000);
    expect(stored('name')).to.equal('old');
    store.heal();
    await clock.advance(10_000);
    expect(stored('name')).to.equal('new');
  });

  it('P21 restoring waits for room in the queue', async () => {
    const { service, store, end, error, clock, stored } = await bench({ capacity: 1, guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'hang-and-land', delay: 6_000 });
    await error(service.update('count', 10));
    await end(service.update('count', 11));
    store.writeFaults.push({ kind: 'lag', delay: 3_000 }, { kind: 'lag', delay: 3_000 });
    const others = [service.update('name', 'a'), service.update('list', ['b'])];
    await clock.advance(2_000);
    expect(stored('count')).to.equal(10);
    await end(Promise.all(others));
    await clock.advance(10_000);
    expect(stored('count')).to.equal(11);
  });

  it('P29 at most a hundred writes that never end are followed; the oldest is told to be unknown', async () => {
    const { service, store, error, eventsOf } = await bench({ guard: { retry: { attempts: 1 }, breaker: { threshold: 1_000 } } });
    store.hanging('write');
    for (let i = 0; i < 101; i++) await error(service.update('count', i + 1));
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'unknown', reasserted: false }]);
    expect(service.status).to.equal('healthy');
    expect((await service.health()).status).to.equal('degraded');
  });

  it('P29 an end that cannot be looked at is told to be unknown', async () => {
    const { service, store, error, clock, eventsOf } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'lag', delay: 10_000 });
    await error(service.update('count', 10));
    store.failing('readBack');
    await clock.advance(10_000);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'user settings', outcome: 'unknown', reasserted: false }]);
  });

  it('P29 late, and not stored', async () => {
    const { service, store, error, clock, eventsOf, backend } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'lag', delay: 10_000 });
    await error(service.update('count', 10, { target: 'workspace' }));
    backend.workspaceOpen = false;
    await clock.advance(10_000);
    expect(eventsOf('late')).to.deep.equal([{ type: 'late', key: 'count', file: 'workspace settings', outcome: 'not stored', reasserted: false }]);
  });

  it('P29 the store cannot be read back after a timeout: the outcome is unknown', async () => {
    const { service, store, error } = await bench({ guard: { retry: { attempts: 1 } } });
    store.writeFaults.push({ kind: 'lag', delay: 5_100 });
    store.hanging('readBack');
    expect(await error(service.update('count', 10))).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
  });

  it('P29 a timeout of which the store later says that nothing was stored', async () => {
    const { service, store, error, clock } = await bench({ guard: { retry: { attempts: 1 } } });
    // The write itself is refused while its attempt runs out of time in the look at what is stored.
    store.hanging('readBack');
    const failing = unheard(service.update('count', (now) => now + 1));
    await clock.advance(1_000);
    store.heal();
    expect(await error(failing)).to.include({ code: 'TIMEOUT', outcome: 'not stored' });
  });

  it('a critical write may take as long as the whole budget', async () => {
    const { service, store, end, clock } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 20_000 });
    expect((await end(service.update('count', 10, { critical: true }))).ok).to.equal(true);
    expect(clock.now()).to.equal(20_000);
  });

  it('P29 attempts that end one just after the other are looked at, both', async () => {
    for (let jobs = 0; jobs < 40; jobs++) {
      const ends: ((error: unknown) => void)[] = [];
      const { service, error, clock, eventsOf } = await bench({
        guard: { retry: { attempts: 1 } },
        wrap: (store) => {
          store.write = () => new Promise((_resolve, reject) => ends.push(reject));
          return store;
        },
      });
      await error(service.update('count', 10));
      await error(service.update('name', 'x'));
      await clock.flush();
      ends[0]!(new StoreError('io', 'Injected.'));
      for (let job = 0; job < jobs; job++) await Promise.resolve();
      ends[1]!(new StoreError('io', 'Injected.'));
      await clock.flush();
      expect(eventsOf('late').map(({ key, outcome }) => [key, outcome]), `${jobs} jobs`).to.have.deep.members([['count', 'not stored'], ['name', 'not stored']]);
    }
  });
});

function bound(inner: object): object {
  const names = ['load', 'read', 'readBack', 'probe', 'fileOf', 'defaultTarget', 'trusted', 'onDidChange', 'dispose'] as const;
  return Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => (inner as Record<string, (...args: unknown[]) => unknown>)[name]!(...args)]));
}
