import { expect } from 'chai';
import { DeadlineList, type Deadline } from '../../../src/guard/deadlines.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const limit = 100;

interface Bench {
  readonly clock: VirtualClock;
  readonly list: DeadlineList;
  /** The names of those that have expired, and when. */
  readonly expired: [name: string, at: number][];
  add(name: string, onExpiry?: () => void): Deadline;
}

function bench(): Bench {
  const clock = new VirtualClock();
  const list = new DeadlineList(clock, limit);
  const expired: [string, number][] = [];
  const add = (name: string, onExpiry: () => void = () => undefined): Deadline => {
    const deadline: Deadline = {
      began: 0, earlier: undefined, later: undefined, listed: false, slow: false,
      expire: () => {
        expired.push([name, clock.now()]);
        onExpiry();
      },
    };
    list.add(deadline);
    return deadline;
  };
  return { clock, list, expired, add };
}

describe('Deadlines', () => {
  it('each expires at its own time, in the order they began, and once', async () => {
    const { clock, expired, add, list } = bench();
    add('a');
    await clock.advance(30);
    const b = add('b');
    add('c');
    expect(b.began).to.equal(30);
    expect(list.isEmpty).to.equal(false);
    await clock.advance(69);
    expect(expired).to.deep.equal([]);
    await clock.advance(1_000);
    expect(expired).to.deep.equal([['a', 100], ['b', 130], ['c', 130]]);
    expect(list.isEmpty).to.equal(true);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P14 one timer serves them all, and keeps no process alive', async () => {
    const { clock, add } = bench();
    for (let index = 0; index < 50; index++) {
      add(`${index}`);
      await clock.advance(1);
      expect(clock.pendingTimers().map(({ due, background }) => [due, background])).to.deep.equal([[100, true]]);
    }
    await clock.advance(50);
    expect(clock.pendingTimers().map(({ due }) => due)).to.deep.equal([101]);
  });

  // The first, one in the middle, the last, all but one.
  for (const removed of [['a'], ['b'], ['c'], ['d'], ['a', 'b'], ['b', 'c'], ['c', 'd'], ['d', 'a'], ['c', 'b', 'a'], ['b', 'c', 'd'], ['a', 'b', 'c', 'd'], ['d', 'c', 'b', 'a']]) {
    it(`without ${removed.join(', ')} the others expire as before`, async () => {
      const { clock, expired, add, list } = bench();
      const all = new Map(['a', 'b', 'c', 'd'].map((name) => [name, add(name)]));
      for (const name of removed) {
        const deadline = all.get(name)!;
        list.remove(deadline);
        expect([deadline.listed, deadline.earlier, deadline.later]).to.deep.equal([false, undefined, undefined]);
        // It is not on the list any more.
        list.remove(deadline);
      }
      const left = ['a', 'b', 'c', 'd'].filter((name) => !removed.includes(name));
      expect(list.isEmpty).to.equal(left.length === 0);
      add('e');
      await clock.advance(limit);
      expect(expired.map(([name]) => name)).to.deep.equal([...left, 'e']);
      for (const deadline of all.values()) expect([deadline.listed, deadline.earlier, deadline.later]).to.deep.equal([false, undefined, undefined]);
    });
  }

  it('the timer goes on with whoever is first by then', async () => {
    const { clock, expired, add, list } = bench();
    const first = add('a');
    await clock.advance(40);
    add('b');
    list.remove(first);
    await clock.advance(60);
    expect(expired).to.deep.equal([]);
    expect(clock.pendingTimers().map(({ due }) => due)).to.deep.equal([140]);
    await clock.advance(40);
    expect(expired).to.deep.equal([['b', 140]]);
  });

  it('P43 when none is left the timer ends by itself', async () => {
    const { clock, add, list } = bench();
    list.remove(add('a'));
    await clock.advance(limit);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('one that begins when another expires has its full time, and no timer of its own', async () => {
    const { clock, expired, add } = bench();
    add('a', () => void add('b'));
    add('c');
    await clock.advance(limit);
    expect(expired.map(([name]) => name)).to.deep.equal(['a', 'c']);
    expect(clock.pendingTimers().map(({ due }) => due)).to.deep.equal([200]);
    await clock.advance(limit);
    expect(expired.at(-1)).to.deep.equal(['b', 200]);
  });

  it('clear takes all off the list, in order, and stops the timer; later ones start it again', async () => {
    const { clock, expired, add, list } = bench();
    const all = ['a', 'b', 'c'].map((name) => add(name));
    expect(list.clear()).to.deep.equal(all);
    expect(all.map(({ listed }) => listed)).to.deep.equal([false, false, false]);
    expect(list.isEmpty).to.equal(true);
    expect(clock.pendingTimers()).to.deep.equal([]);
    expect(list.clear()).to.deep.equal([]);
    add('d');
    await clock.advance(limit);
    expect(expired.map(([name]) => name)).to.deep.equal(['d']);
    expect(list.duration).to.equal(limit);
  });
});
