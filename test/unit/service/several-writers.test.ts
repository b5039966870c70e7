import { expect } from 'chai';
import { memoryMemento } from '../../../src/store/memento.ts';
import type { Store } from '../../../src/store/store.ts';
import type { FaultyStore } from '../../../src/testing/faulty-store.ts';
import { bench, leavesNothing, unheard, type Bench } from './support.ts';

/** One attempt, so that what it leaves open stays open. */
const once = { guard: { retry: { attempts: 1 } } };

/** A window that looks at the file a little later than it hears of a change, as VS Code does. */
const slowToLook = 100;

function looksLate(clock: Bench['clock']): (store: FaultyStore) => Store {
  return (store) => new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function') return member;
      if (name !== 'readBack') return member.bind(target) as unknown;
      return async (slot: Parameters<Store['readBack']>[0]) => {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, slowToLook));
        return target.readBack(slot);
      };
    },
  });
}

describe('Service: several writers at one file', () => {
  leavesNothing();

  /** A window that has appended to the list, has given up waiting, and hears of the end by `late`. */
  async function leftOpen(): Promise<Bench> {
    const { clock, backend } = await bench();
    const made = await bench({ ...once, clock, backend, wrap: looksLate(clock) });
    made.store.writeFaults.push({ kind: 'lag', delay: 10_000 });
    const error = await made.error(made.service.update('list', (list) => [...list, 'mine']));
    expect(error).to.include({ code: 'TIMEOUT', outcome: 'unknown' });
    return made;
  }

  const told = (window: Bench): string[] => window.eventsOf('late').map(({ outcome }) => outcome);

  it('F7: another window has appended since: what the file holds is not said to be not stored', async () => {
    const one = await leftOpen();
    const other = await bench({ clock: one.clock, backend: one.backend });
    // In the moment in which it has landed.
    const landed = one.backend.onDidChange(() => {
      landed.dispose();
      void unheard(other.service.update('list', (list) => [...list, 'theirs']));
    });
    await one.clock.advance(20_000);
    expect(one.stored('list')).to.deep.equal(['mine', 'theirs']);
    expect(told(one)).to.be.deep.oneOf([['stored'], ['unknown']]);
  });

  it('F50: others have built on it: neither what was asked for nor what was before is there, so that nobody can tell', async () => {
    const one = await leftOpen();
    const landed = one.backend.onDidChange(() => {
      landed.dispose();
      one.outside('list', ['mine', 'of another program']);
    });
    await one.clock.advance(20_000);
    expect(one.stored('list')).to.deep.equal(['mine', 'of another program']);
    expect(told(one)).to.be.deep.oneOf([['stored'], ['unknown']]);
  });

  it('F50: the same after a crash, by `reconciled`', async () => {
    const first = await bench({ memento: memoryMemento() });
    first.store.writeFaults.push({ kind: 'hang-and-land', delay: 100 });
    void unheard(first.service.update('list', (list) => [...list, 'mine']));
    await first.clock.advance(100);
    first.outside('list', ['mine', 'of another program']);
    const second = await bench({ backend: first.backend, memento: first.memento, clock: first.clock });
    await second.clock.flush();
    expect(second.eventsOf('reconciled').map(({ outcome }) => outcome)).to.be.deep.oneOf([['stored'], ['unknown']]);
  });
});
