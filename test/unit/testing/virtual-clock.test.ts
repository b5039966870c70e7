import { expect } from 'chai';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

describe('VirtualClock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => expect.fail('too early'), 1);
    await clock.flush();
    expect(clock.now()).to.equal(0);
  });

  it('fires timers at their own times, in order; those of one time in the order they were set', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const at = (delay: number, name: string): void => void clock.setTimeout(() => fired.push(`${name} ${clock.now()}`), delay);
    at(20, 'c');
    at(10, 'a');
    at(10, 'b');
    at(31, 'never');
    await clock.advance(30);
    expect(fired).to.deep.equal(['a 10', 'b 10', 'c 20']);
    expect(clock.now()).to.equal(30);
  });

  it('fires what timers set meanwhile, with promises settled in between', async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = async (): Promise<void> => {
      fired.push(clock.now());
      await Promise.resolve();
      clock.setTimeout(() => void again(), 10);
    };
    void again();
    await clock.advance(35);
    expect(fired).to.deep.equal([0, 10, 20, 30]);
  });

  it('advanceSync fires timers and lets no promise settle', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      fired.push('timer');
      void Promise.resolve().then(() => fired.push('promise'));
    }, 5);
    clock.advanceSync(10);
    expect(fired).to.deep.equal(['timer']);
    expect(clock.now()).to.equal(10);
  });

  it('a cleared timer does not fire; clearing twice, or after firing, is no failure', async () => {
    const clock = new VirtualClock();
    const cleared = clock.setTimeout(() => expect.fail('cleared'), 1);
    let calls = 0;
    const fired = clock.setTimeout(() => void calls++, 1);
    clock.clearTimeout(cleared);
    clock.clearTimeout(cleared);
    await clock.advance(1);
    clock.clearTimeout(fired);
    expect(calls).to.equal(1);
  });

  it('a negative delay is none, and time never runs backwards', async () => {
    const clock = new VirtualClock();
    await clock.advance(100);
    let at = -1;
    clock.setTimeout(() => void (at = clock.now()), -50);
    await clock.advance(0);
    expect(at).to.equal(100);
  });

  it('a jump of the wall clock moves neither now nor the timers (P10)', async () => {
    const clock = new VirtualClock();
    const wall = clock.wallTime();
    let at: number | undefined;
    clock.setTimeout(() => void (at = clock.now()), 10);
    clock.jumpWallClock(-3_600_000);
    expect(clock.wallTime()).to.equal(wall - 3_600_000);
    expect(clock.now()).to.equal(0);
    await clock.advance(10);
    expect(at).to.equal(10);
    expect(clock.wallTime()).to.equal(wall - 3_600_000 + 10);
  });

  it('tells the timers that have not fired, the next one first', () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => undefined, 30, true);
    clock.setTimeout(() => undefined, 10);
    clock.setTimeout(() => undefined, 30);
    expect(clock.pendingTimers().map(({ due, background }) => ({ due, background }))).to.deep.equal([
      { due: 10, background: false }, { due: 30, background: true }, { due: 30, background: false },
    ]);
    clock.advanceSync(30);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('run goes on until a promise has settled, and gives its outcome', async () => {
    const clock = new VirtualClock();
    const after = (delay: number): Promise<number> => new Promise((resolve) => void clock.setTimeout(() => resolve(clock.now()), delay));
    expect(await clock.run(after(10).then(() => after(20)))).to.equal(30);
    const failure = await clock.run(after(5).then(() => Promise.reject(new RangeError('late')))).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RangeError);
    expect(clock.now()).to.equal(35);
  });

  it('run says so when nothing is left that could settle the promise', async () => {
    const clock = new VirtualClock();
    const failure: unknown = await clock.run(new Promise(() => undefined)).catch((error: unknown) => error);
    expect((failure as Error).message).to.equal('Nothing is left that could settle the promise.');
  });
});
