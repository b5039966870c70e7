import FakeTimers from '@sinonjs/fake-timers';
import { expect } from 'chai';
import { Ledger, mendLimit, type Write } from './ledger.ts';
import { measure, type Measures } from './measures.ts';
import { valueOf, type Key } from './settings.ts';

describe('The ledger', () => {
  let clock: ReturnType<typeof FakeTimers.install>;
  let ledger: Ledger;
  let asked: number;
  beforeEach(() => {
    clock = FakeTimers.install({ toFake: ['performance'] });
    ledger = new Ledger();
    asked = 0;
  });
  afterEach(() => clock.uninstall());

  const ask = (key: Key = 'port'): Write => ledger.asked(++asked, key, false);
  const land = ({ key, id }: Write): void => {
    clock.tick(1);
    ledger.landed(key, valueOf(key, id));
  };
  const answer = (write: Write, said: Write['said'] & string): void => {
    clock.tick(1);
    ledger.answered(write, said);
  };
  const shown = (): Partial<Measures> => measure(ledger);

  it('honours what is stored between the call and the answer', () => {
    const write = ask();
    land(write);
    answer(write, 'stored');
    expect(shown()).to.include({ asked: 1, honoured: 1, lied: 0, availability: 1 });
  });

  it('calls a lie: said to be stored, and not, or only later', () => {
    const [never, late] = [ask(), ask()];
    answer(never, 'stored');
    answer(late, 'stored');
    land(late);
    expect(shown()).to.include({ honoured: 0, lied: 2, availability: 0 });
  });

  it('calls a lie: said not to be stored, and stored then or later', () => {
    const [before, after] = [ask(), ask()];
    land(before);
    answer(before, 'not stored');
    answer(after, 'not stored');
    land(after);
    expect(shown()).to.include({ lied: 2, refused: 0 });
  });

  it('calls a lie: said to be superseded by what was never stored', () => {
    const [first, second, third] = [ask(), ask(), ask()];
    answer(first, 'superseded');
    land(second);
    answer(second, 'stored');
    answer(third, 'superseded');
    expect(shown()).to.include({ honoured: 1, lied: 2 });
  });

  it('calls no lie what is left open, and counts it as fulfilled only when it is stored', () => {
    const [stored, not] = [ask(), ask()];
    answer(stored, 'unknown');
    answer(not, 'unknown');
    land(stored);
    expect(shown()).to.include({ lied: 0, inDoubt: 2, inDoubtStored: 1, accepted: 2, fulfilled: 1 });
  });

  it('excuses a refusal while the store is in trouble, and no other', () => {
    ledger.noteStore(false, true);
    answer(ask(), 'not stored');
    ledger.noteStore(false, false);
    const overlapping = ask();
    ledger.noteStore(false, true);
    clock.tick(10);
    ledger.noteStore(false, false);
    answer(overlapping, 'not stored');
    const told = ask();
    ledger.refused();
    answer(told, 'not stored');
    answer(ask(), 'not stored');
    expect(shown()).to.include({ refused: 4, refusedInTrouble: 3, accepted: 1, fulfilled: 0 });
  });

  it('counts what a closed window leaves unanswered, and not what a killed one does', () => {
    ask().silenced = 'closed';
    ask().silenced = 'killed';
    expect(shown()).to.include({ asked: 1, unanswered: 1, availability: 0 });
  });

  it('takes for lost what an older write has undone, unless it is back in time', () => {
    const [older, newer] = [ask(), ask()];
    land(newer);
    answer(newer, 'stored');
    land(older);
    expect(ledger.lost).to.deep.equal(['port 2']);
    clock.tick(mendLimit - 10);
    land(newer);
    expect(ledger.lost).to.deep.equal([]);
  });

  it('takes nothing for lost that a newer write or somebody else has replaced, or that nobody was told of', () => {
    const [first, second, third] = [ask(), ask(), ask()];
    land(first);
    answer(first, 'stored');
    land(second);
    answer(second, 'stored');
    ledger.editedOutside('port', 1);
    land(third);
    land(first);
    expect(ledger.lost).to.deep.equal([]);
  });

  it('takes for lost the entries a write did not know of, also those of others, and not the oldest', () => {
    ledger.editedOutside('recent', ['outside-1']);
    const full = Array.from({ length: 20 }, (_, index) => `outside-${index + 1}`);
    ledger.editedOutside('recent', full);
    const known = ask('recent');
    clock.tick(1);
    ledger.landed('recent', [...full.slice(1), valueOf('recent', known.id)]);
    answer(known, 'stored');
    expect(ledger.lost).to.deep.equal([]);
    const ignorant = ask('recent');
    ledger.landed('recent', [...full.slice(2), valueOf('recent', ignorant.id)]);
    expect(ledger.lost).to.deep.equal([`recent w-${known.id}`]);
  });

  it('measures the time over that of the store, and of recovery', () => {
    const write = ask();
    clock.tick(30);
    ledger.noteStore(true, false);
    clock.tick(500);
    land(write);
    ledger.noteStore(false, false);
    ledger.healed();
    clock.tick(68);
    answer(write, 'stored');
    expect(measure(ledger)).to.deep.include({ latency: { p50: 99, p95: 99, p99: 99 }, recovery: { p50: 69, p99: 69, most: 69 }, recoveries: 1 });
  });
});
