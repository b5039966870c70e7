import { expect } from 'chai';
import { StoreError } from '../../../src/errors.ts';
import type { WaitingWrite } from '../../../src/service/writes/awaiting-user.ts';
import { bench, leavesNothing, refusedTogether, unheard, type Bench, type BenchOptions, type Values } from './support.ts';

/** A bench with somebody who can ask a person. */
async function rescued(patience = 60_000, options: BenchOptions = {}): Promise<Bench & { waits: WaitingWrite[] }> {
  const made = await bench(options);
  const waits: WaitingWrite[] = [];
  made.service.rescueWith({ patience, onWaiting: (write) => waits.push(write) });
  return { ...made, waits };
}

describe('Service: writes that wait for a person', () => {
  leavesNothing();

  it('without anybody to ask, and for a caller who will not wait, a refusal is told at once', async () => {
    const alone = await bench();
    alone.store.outage('dirty');
    expect(await alone.error(alone.service.update('count', 5))).to.include({ reason: 'dirty' });
    expect(alone.clock.now()).to.be.lessThan(1_000);
    const { service, store, error, waits } = await rescued();
    store.outage('dirty');
    expect(await error(service.update('count', 5, { wait: false }))).to.include({ reason: 'dirty' });
    expect(waits).to.deep.equal([]);
  });

  it('it is written when the cause is gone, without a word from anybody, and its caller is told so (P20)', async () => {
    const { service, store, clock, stored, waits, eventsOf } = await rescued();
    store.outage('dirty');
    const pending = service.update('count', 5);
    await clock.advance(1_000);
    expect(waits).to.have.lengthOf(1);
    expect(waits[0]).to.deep.include({ keys: ['count'], file: 'user settings', target: 'user', over: false });
    expect(stored('count')).to.equal(undefined);
    store.heal();
    await clock.advance(2_000);
    expect(await pending).to.include({ outcome: 'stored', target: 'user' });
    expect(stored('count')).to.equal(5);
    expect(waits[0]!.over).to.equal(true);
    expect(eventsOf('failed')).to.deep.equal([]);
    expect(service.metrics()).to.include({ operationCount: 1, successCount: 1, errorCount: 0 });
  });

  it('a person can retry, write it elsewhere, or give up: the caller hears what really happened', async () => {
    const { service, store, clock, stored, waits, error } = await rescued();
    store.outage('permission');
    const retried = service.update('count', 5, { target: 'workspace' });
    await clock.advance(100);
    waits[0]!.retry();
    await clock.advance(100);
    expect(waits, 'it waits again').to.have.lengthOf(2);
    store.heal();
    waits[1]!.retry();
    expect(await retried).to.include({ outcome: 'stored', target: 'workspace' });

    store.outage('dirty');
    const redirected = service.update('name', 'mine', { target: 'workspace' });
    await clock.advance(100);
    store.heal();
    waits.at(-1)!.redirect('user');
    expect(await redirected).to.include({ outcome: 'stored', target: 'user' });
    expect([stored('name', 'workspace'), stored('name', 'user')]).to.deep.equal([undefined, 'mine']);

    store.outage('dirty');
    const left = error(service.update('name', 'other'));
    await clock.advance(100);
    waits.at(-1)!.giveUp();
    expect(await left).to.include({ reason: 'dirty' });
    store.heal();
    await clock.advance(10_000);
    expect(stored('name', 'user'), 'P27 not applied after its caller was told').to.equal('mine');
  });

  it('F66 one that the user declines says so; F65 until then health counts it among the writes that wait', async () => {
    const { service, store, clock, waits, error } = await rescued();
    const counted = async (): Promise<string> => (await service.health()).checks.resources.detail;
    store.outage('dirty');
    const declined = error(service.update('count', 5));
    await clock.advance(100);
    expect(await counted()).to.match(/under way: 1,/);
    waits[0]!.decline();
    expect((await declined).context).to.include({ declined: true });
    expect(await counted()).to.match(/under way: 0,/);
    const givenUp = error(service.update('count', 5));
    await clock.advance(100);
    waits[1]!.giveUp();
    expect((await givenUp).context).not.to.have.property('declined');
    // Of a store that gives away nothing that could be changed the error is as it is.
    store.failing('write', () => new StoreError('dirty', 'It has unsaved changes.', { context: Object.freeze({}) }));
    const frozen = error(service.update('count', 5));
    await clock.advance(100);
    waits[2]!.decline();
    expect(await frozen).to.include({ reason: 'dirty' });
  });

  it('P26 patience ends, and so does disposal, an abort, and the rescuer', async () => {
    const { service, store, clock, error } = await rescued(10_000);
    store.outage('dirty');
    const began = clock.now();
    expect(await error(service.update('count', 5))).to.include({ reason: 'dirty' });
    expect(clock.now() - began).to.equal(10_000);

    const controller = new AbortController();
    const aborted = error(service.update('count', 6, { signal: controller.signal }));
    await clock.advance(100);
    controller.abort();
    expect(await aborted).to.include({ code: 'ABORTED', outcome: 'not stored' });

    const disposed = error(service.update('count', 7));
    await clock.advance(100);
    const gone = service.dispose();
    expect(await disposed).to.include({ reason: 'dirty' });
    await clock.advance(6_000);
    await gone;

    const other = await bench();
    const asked = other.service.rescueWith({ patience: 10_000, onWaiting: () => undefined });
    other.store.outage('dirty');
    const left = other.error(other.service.update('count', 5));
    await other.clock.advance(100);
    asked.dispose();
    expect(await left).to.include({ reason: 'dirty' });
  });

  it('P21 one that waits never undoes a newer one', async () => {
    const { service, store, clock, stored, waits } = await rescued();
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    const older = service.update('count', 5);
    await clock.advance(100);
    expect(waits).to.have.lengthOf(1);
    expect(await service.update('count', 6)).to.include({ outcome: 'stored' });
    expect(await older).to.include({ outcome: 'superseded' });
    await clock.advance(10_000);
    expect(stored('count')).to.equal(6);
  });

  it('P23 P28 those that wait together are written in the order they were asked for', async () => {
    const { service, store, clock, stored } = await rescued();
    store.outage('dirty');
    const appended = ['a', 'b', 'c'].map((item) => service.update('list', (list) => [...list, item]));
    await clock.advance(500);
    store.heal();
    await clock.advance(3_000);
    await Promise.all(appended);
    expect(stored('list')).to.deep.equal(['a', 'b', 'c']);
  });

  it('P24 a transaction that was rolled back waits as a whole', async () => {
    const { service, store, clock, stored } = await rescued();
    store.writeFaults.push(undefined, { kind: 'fail', reason: 'dirty' });
    const pending = service.updateAll({ count: 5, name: 'mine' });
    await clock.advance(5_000);
    await pending;
    expect([stored('count'), stored('name')]).to.deep.equal([5, 'mine']);
  });

  it('waits for the breaker too, when that has opened meanwhile', async () => {
    const { service, store, clock, end } = await rescued();
    store.outage('dirty');
    const all = [1, 2, 3, 4, 5, 6].map((value) => service.update('list', [`${value}`], { target: value % 2 === 0 ? 'user' : 'workspace' }));
    for (const each of all) void unheard(each);
    for (let i = 0; i < 6; i++) void unheard(service.update('count', i + 1));
    await clock.advance(20_000);
    store.heal();
    await clock.advance(30_000);
    expect(await end(Promise.all(all))).to.include({ ok: true });
  });

  it('what may be stored all the same, and what heals by itself, waits for nobody', async () => {
    const { service, store, error, waits } = await rescued();
    for (const reason of ['io', 'policy', 'scope', 'no-space'] as const) {
      store.outage(reason);
      await error(service.update('count', 5));
      store.heal();
      service.reset();
    }
    store.writeFaults.push({ kind: 'throw', error: new StoreError('dirty', 'Who knows.', { context: { outcome: 'unknown' } }) });
    await error(service.update('count', 6));
    expect(waits).to.deep.equal([]);
  });

  it('P23 P26 it is tried again while what was saved with it is still under way: the queue goes on', async () => {
    const { service, store, clock, end, stored, waits } = await rescued(60_000, { together: true });
    store.writeFaults.push({ kind: 'refuse', reason: 'conflict' }, undefined, { kind: 'lag', delay: 3_000 });
    const all = [service.update('count', 5), service.update('name', 'x')];
    await clock.advance(100);
    expect(waits).to.have.lengthOf(1);
    waits[0]!.retry();
    for (const each of all) expect(await end(each)).to.deep.equal({ ok: true, value: { outcome: 'stored', target: 'user' } });
    expect((await end(service.update('tool', 'y'))).ok).to.equal(true);
    expect([stored('count'), stored('name'), service.metrics().queueDepth]).to.deep.equal([5, 'x', 0]);
  });

  it('P12 who asks and throws ends nothing: it waits, and the queue goes on', async () => {
    const { service, store, end } = await bench();
    service.rescueWith({ patience: 60_000, onWaiting: () => { throw new Error('Injected.'); } });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    const waiting = service.update('count', 5);
    expect((await end(service.update('name', 'x'))).ok).to.equal(true);
    expect((await end(waiting)).ok).to.equal(true);
  });

  it('that one of two was declined is not said of the other, though both were refused by the same error', async () => {
    const { service, store, clock, error, waits } = await rescued();
    const [older, newer] = await refusedTogether({ service, store, clock });
    waits[1]!.decline();
    waits[0]!.giveUp();
    expect((await error(newer)).context).to.include({ declined: true });
    expect((await error(older)).context).not.to.have.property('declined');
  });

  it('P22 what was asked for is written, also when the caller changes its objects meanwhile', async () => {
    const { service, store, end, clock, stored } = await rescued();
    store.outage('dirty');
    const list = ['a'];
    const values: Partial<Values> = { count: 5, name: 'x' };
    const all = [service.update('list', list), service.updateAll(values)];
    await clock.flush();
    list.push('b');
    values.count = 77;
    delete values.name;
    store.heal();
    for (const each of all) expect(await end(each)).to.deep.include({ ok: true });
    expect([stored('list'), stored('count'), stored('name')]).to.deep.equal([['a'], 5, 'x']);
  });

  it('what removes the values of one place is not done in another: no person is offered that', async () => {
    const { service, store, end, clock, stored, waits } = await rescued();
    for (const target of ['user', 'workspace'] as const) {
      expect(await end(service.update('count', 7, { target }))).to.deep.include({ ok: true });
    }
    store.outage('read-only');
    const all = [service.restoreDefaults({ target: 'workspace' }), service.update('count', undefined, { target: 'workspace' })];
    await clock.flush();
    expect(waits.map(({ canRedirect }) => canRedirect)).to.deep.equal([false, false]);
    for (const each of waits) each.redirect('user');
    await clock.flush();
    expect(waits.map(({ over }) => over)).to.deep.equal([false, false]);
    store.heal();
    for (const each of all) expect(await end(each)).to.deep.include({ ok: true });
    expect([stored('count'), stored('count', 'workspace')]).to.deep.equal([7, undefined]);
  });

  it('P12 who asks and has a patience that throws has none: the caller is told, and the queue goes on', async () => {
    const { service, store, end, error } = await bench();
    service.rescueWith({ get patience(): number { throw new Error('Injected.'); }, onWaiting: () => undefined });
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' });
    expect(await error(service.update('count', 5))).to.include({ reason: 'dirty' });
    expect((await end(service.update('count', 6))).ok).to.equal(true);
  });

  it('P23 an older one that is written elsewhere takes no newer one’s place there', async () => {
    const { service, store, end, clock, waits } = await rescued();
    store.writeFaults.push({ kind: 'fail', reason: 'dirty' }, { kind: 'lag', delay: 1_000 });
    const older = service.update('count', 5, { target: 'workspace' });
    await clock.flush();
    const busy = service.update('name', 'x');
    const newer = service.update('count', 9, { target: 'user', park: true });
    await clock.flush();
    waits[0]!.redirect('user');
    const stored = { ok: true, value: { outcome: 'stored', target: 'user' } };
    for (const each of [older, busy, newer]) expect(await end(each)).to.deep.equal(stored);
  });
});
