import { expect } from 'chai';
import superjson from 'superjson';
import { listText, memberText } from '../../../src/service/writes/list-text.ts';
import { memoryMemento, type Memento } from '../../../src/store/memento.ts';
import { bench, leavesNothing, unheard, type BenchOptions } from '../service/support.ts';

/** How many characters `JSON.stringify` makes, for whatever purpose, while `work` runs. */
async function serialised(work: () => Promise<unknown>): Promise<number> {
  const { stringify } = JSON;
  let characters = 0;
  JSON.stringify = ((...args: Parameters<typeof stringify>) => {
    const text = stringify(...args) as string | undefined;
    characters += text?.length ?? 0;
    return text;
  }) as typeof stringify;
  try {
    await work();
  } finally {
    JSON.stringify = stringify;
  }
  return characters;
}

const options: BenchOptions = { capacity: 2_000, guard: { breaker: { threshold: 100 }, retry: { attempts: 1 } } };

describe('Service: many writes', () => {
  leavesNothing();

  it('F59 what is serialised and kept for each of 2,000 writes that wait is no more than for each of 100', async () => {
    async function costOfEach(writes: number): Promise<{ readonly serialised: number; readonly kept: number }> {
      const memento = memoryMemento();
      let kept = 0;
      const counting: Memento = {
        get: (key) => memento.get(key),
        update(key, value) {
          kept += (value as string | undefined)?.length ?? 0;
          return memento.update(key, value);
        },
      };
      const { service, end, stored } = await bench({ ...options, memento: counting });
      const cost = await serialised(() => end(Promise.all(Array.from({ length: writes }, () => service.update('count', (count) => count + 1)))));
      expect(stored('count')).to.equal(3 + writes);
      return { serialised: cost / writes, kept: kept / writes };
    }
    const [many, few] = [await costOfEach(2_000), await costOfEach(100)];
    expect(many.serialised).to.be.at.most(1.2 * few.serialised);
    expect(many.kept).to.be.at.most(1.2 * few.kept);
  });

  it('F59 also while a write that may land late is followed', async () => {
    async function costOfEach(writes: number): Promise<number> {
      const { service, store, error, end, stored } = await bench(options);
      store.writeFaults.push({ kind: 'hang' });
      expect(await error(service.update('name', 'late'))).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
      const cost = await serialised(() => end(Promise.all(Array.from({ length: writes }, () => service.update('count', (count) => count + 1)))));
      expect(stored('count')).to.equal(3 + writes);
      return cost / writes;
    }
    expect(await costOfEach(2_000)).to.be.at.most(1.2 * await costOfEach(100));
  });

  it('F59 the journal is written as superjson writes it, for earlier and later versions', async () => {
    const entries = [
      { job: 1, key: 'count', target: 'user', scope: {}, acceptedAt: 1, asked: { value: undefined } },
      { job: 2, key: 'tree', target: 'user', scope: { languageId: 'c"\\.' }, acceptedAt: 2, asked: { value: { 'a.b\\"c': [1, null] } } },
      { job: 3, key: 'list', target: 'folder', scope: { resource: 'file:///x' }, acceptedAt: 3 },
      { job: 4, key: 'name', target: 'user', scope: {}, acceptedAt: 4, asked: { value: undefined } },
    ];
    for (const list of [[], entries.slice(1, 3), entries]) expect(listText(list.map(memberText))).to.equal(superjson.stringify(list));
  });

  it('F59 a new write does not join one that was refused while it waited', async () => {
    const { service, store, end, error, stored, clock } = await bench();
    store.writeFaults.push({ kind: 'lag', delay: 1_000 });
    const first = service.update('name', 'first');
    await clock.flush();
    const refused = unheard(service.update('count', 5));
    service.trip();
    service.reset();
    const last = service.update('count', 7);
    expect(await error(refused)).to.include({ code: 'CIRCUIT_OPEN' });
    for (const update of [first, last]) expect((await end(update)).ok).to.equal(true);
    expect([stored('name'), stored('count')]).to.deep.equal(['first', 7]);
  });
});

describe('Service: the open breaker, and writes that wait for it', () => {
  leavesNothing();

  it('a parked write that is tried for hours remembers the last 32 of its attempts', async () => {
    const { service, store, end, openBreaker, clock, eventsOf } = await bench();
    await openBreaker();
    const waiting = unheard(service.update('count', 5, { park: true }));
    await clock.advance(2 * 3_600_000);
    const tried = eventsOf('attempt-failed').length;
    store.heal();
    expect((await end(waiting)).ok).to.equal(true);
    const { attempts } = eventsOf('stored').at(-1)!;
    expect(tried).to.be.above(50);
    expect(attempts).to.have.lengthOf(32);
    expect(clock.wallTime() - attempts!.at(-1)!.endedAt).to.be.below(120_000);
  });
});

describe('Service: disposal', () => {
  leavesNothing();

  it('P41 a thousand updates leave nothing behind', async () => {
    const { service, clock, end, memento } = await bench();
    for (let i = 0; i < 1_000; i++) await end(service.update('count', i + 1));
    await clock.flush();
    expect(service.metrics()).to.include({ operationCount: 1_000, queueDepth: 0 });
    expect(Object.keys(service.supervisor.getSnapshot().children).sort()).to.deep.equal(['breaker:user settings', 'lifecycle', 'queue:user settings']);
    expect(memento.get('holdfast.test.journal')).to.equal(undefined);
  });
});
