import { expect } from 'chai';
import { concurrency, createGuard, FailedResultError, failingResults, retryAfter, retryAfterHeader, retryBudget, type Guard, type GuardEvent } from '../../../src/index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench } from './bench.ts';

const end = async (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => error);

class Limited extends Error {
  readonly after: number | Date;

  constructor(after: number | Date) {
    super('429');
    this.after = after;
  }
}

const timeOf = (error: unknown): number | Date | undefined => (error as Limited).after;
const limit = (): ReturnType<typeof retryAfter> => retryAfter(timeOf);
const refuse = (after: number | Date) => (): never => { throw new Limited(after); };

describe('The time that a dependency names', () => {
  it('P78 a retry waits until then, and not only for its backoff', async () => {
    const { guard, clock } = bench({ limit: limit() });
    const calls: number[] = [];
    const answer = guard.execute(({ number }) => {
      calls.push(clock.now());
      return number === 1 ? refuse(7_000)() : 'ok';
    });
    await clock.advance(6_999);
    expect(calls).to.deep.equal([0]);
    await clock.advance(1);
    expect(await answer).to.equal('ok');
    expect(calls).to.deep.equal([0, 7_000]);
  });

  it('P78 so do the other calls, those that are backing off included', async () => {
    const { guard, clock } = bench({ limit: limit() });
    const calls: [string, number][] = [];
    const plain = end(guard.execute(({ number }) => {
      calls.push(['plain', clock.now()]);
      if (number === 1) throw new Error('down');
    }));
    void end(guard.execute(({ number }) => {
      calls.push(['limited', clock.now()]);
      if (number === 1) refuse(5_000)();
    }));
    await clock.advance(2_000);
    const late = end(guard.execute(() => void calls.push(['late', clock.now()])));
    await clock.advance(2_999);
    expect(calls).to.have.lengthOf(2);
    await clock.advance(1);
    expect(calls.slice(2).every(([, at]) => at === 5_000)).to.equal(true);
    expect(calls).to.have.lengthOf(5);
    expect([await plain, await late]).to.deep.equal([{ value: undefined }, { value: undefined }]);
  });

  it('P77 P78 a result that is a failure names one, too', async () => {
    const heeded = retryAfter((error) => (error instanceof FailedResultError ? retryAfterHeader((error.result as Response).headers.get('retry-after')) : undefined));
    const { guard, clock } = bench({ limit: heeded });
    const calls: number[] = [];
    const answer = guard.execute(({ number }) => {
      calls.push(clock.now());
      return number === 1 ? new Response('', { status: 503, headers: { 'retry-after': '7' } }) : new Response('ok');
    }, { with: failingResults<Response>(({ status }) => status >= 500) });
    await clock.advance(7_000);
    expect((await answer).status).to.equal(200);
    expect(calls).to.deep.equal([0, 7_000]);
  });

  it('P78 longer than the budget: the call ends at once, with the time on its error; a further one is refused', async () => {
    const { guard, clock } = bench({ limit: limit(), budget: 10_000 });
    expect(await end(guard.execute(refuse(20_000)))).to.include({ message: '429', retryAfter: 20_000 });
    expect(clock.now()).to.equal(0);
    const refused = await end(guard.execute(() => expect.fail('called')));
    expect(refused).to.include({ code: 'RATE_LIMITED', retryAfter: 20_000, retryable: true, message: 'thing asks not to be called for another 20 s.' });
    expect(guard.consecutiveFailures).to.equal(1);
    await clock.advance(20_000);
    expect(await guard.execute(() => 1)).to.equal(1);
  });

  it('P78 an open breaker waits for the later of the two, in a later process as well', async () => {
    const { guard, clock } = bench({ limit: limit(), retry: { attempts: 1 }, breaker: { threshold: 1, openFor: 60_000 } });
    await end(guard.execute(refuse(90_000)));
    expect(guard.retryAfter).to.equal(90_000);
    const next = createGuard({ name: 'next', clock, restore: guard.persisted()! });
    expect(next.retryAfter).to.equal(90_000);
    await clock.advance(90_000);
    expect(guard.breakerMode).to.equal('HALF_OPEN');
    await end(guard.execute(refuse(1_000)));
    expect(guard.retryAfter).to.equal(60_000);
  });

  it('P78 an operator who lets it probe early does not send anything early', async () => {
    const { guard, clock } = bench({ limit: limit(), retry: { attempts: 1 }, breaker: { threshold: 1 } });
    await end(guard.execute(refuse(10_000)));
    guard.probe();
    const calls: number[] = [];
    const probe = guard.execute(() => calls.push(clock.now()));
    await clock.advance(10_000);
    await probe;
    expect(calls).to.deep.equal([10_000]);
    expect(guard.breakerMode).to.equal('CLOSED');
  });

  it('P5 an abort ends the wait, of a retry and of a call that has not begun; so does disposal', async () => {
    const { guard, clock } = bench({ limit: limit() });
    const controller = new AbortController();
    let calls = 0;
    const retried = end(guard.execute(() => {
      calls++;
      return refuse(8_000)();
    }, { signal: controller.signal }));
    await clock.flush();
    const waiting = end(guard.execute(() => expect.fail('called'), { signal: controller.signal }));
    const left = end(guard.execute(() => expect.fail('called')));
    controller.abort();
    expect(await retried).to.include({ code: 'ABORTED' });
    expect(await waiting).to.include({ code: 'ABORTED', outcome: 'not stored' });
    guard.dispose();
    expect(await left).to.include({ code: 'DISPOSED' });
    expect(clock.pendingTimers()).to.deep.equal([]);
    expect(calls).to.equal(1);
  });

  for (const [what, after] of [
    ['negative', -1], ['no number', NaN], ['more than a day', 86_400_001], ['past', new Date(0)], ['an invalid date', new Date(NaN)], ['a text', '5' as never],
  ] as const) {
    it(`P78 a time that is ${what} is ignored, with a warning`, async () => {
      const { guard, clock, events } = bench({ limit: limit() });
      const answer = guard.execute(({ number }) => (number === 1 ? refuse(after)() : 'ok'));
      await clock.advance(1_000);
      expect(await answer).to.equal('ok');
      expect(events[0]).to.deep.equal({ type: 'retry-after-ignored', retryAfter: after });
    });
  }

  it('a moment is as good as a length; a function that throws names none', async () => {
    const { guard, clock } = bench({ limit: retryAfter((error) => {
      if (!(error instanceof Limited)) throw new Error('mistake');
      return error.after;
    }) });
    const answer = guard.execute(({ number }) => {
      if (number === 1) throw new Error('down');
      return number === 2 ? refuse(new Date(clock.wallTime() + 5_000))() : clock.now();
    });
    await clock.advance(6_000);
    expect(await answer).to.equal(6_000);
    expect(() => retryAfter(5 as never)).to.throw(TypeError, 'timeOf must be a function; it is 5.');
  });

  it('P9 P78 an error that cannot be changed is passed on as it is, and heeded', async () => {
    const { guard, clock } = bench({ limit: limit() });
    const frozen = Object.freeze(new Limited(5_000));
    const answer = end(guard.execute(({ number }) => {
      if (number === 1) throw frozen;
      return clock.now();
    }));
    await clock.advance(5_000);
    expect(await answer).to.deep.equal({ value: 5_000 });
    expect(frozen).not.to.have.property('retryAfter');
  });

  it('before a limit of concurrency that has no room by then: the call is refused', async () => {
    const { guard, clock } = bench({ limit: retryAfter(timeOf, concurrency({ limit: 1, queue: 0 })), retry: { attempts: 1 } });
    expect(await end(guard.execute(refuse(3_000)))).to.be.instanceOf(Limited);
    const answers = [1, 2].map(() => end(guard.execute(() => new Promise(() => undefined))));
    await clock.advance(3_000);
    expect(await answers[1]).to.include({ code: 'QUEUE_FULL' });
    guard.dispose();
    expect(await answers[0]).to.include({ code: 'DISPOSED' });
  });

  it('before a limit of concurrency, whose slots are free meanwhile', async () => {
    const slots = concurrency({ limit: 1 });
    const { guard, clock } = bench({ limit: retryAfter(timeOf, slots), retry: { attempts: 1 } });
    await end(guard.execute(refuse(3_000)));
    const calls = [1, 2].map((value) => guard.execute(() => value));
    expect([slots.running, slots.waiting]).to.deep.equal([0, 0]);
    await clock.advance(3_000);
    expect(await Promise.all(calls)).to.deep.equal([1, 2]);
    expect([slots.running, slots.waiting]).to.deep.equal([0, 0]);
  });

  it('P78 in a simulated month of 429s no call is sent before its time', async () => {
    const clock = new VirtualClock();
    const random = seededRandom(429);
    const guard: Guard = createGuard({ name: 'api', clock, limit: limit(), random });
    let closedUntil = 0;
    let sent = 0;
    let early = 0;
    const operation = (): string => {
      sent++;
      if (clock.now() < closedUntil) early++;
      if (random() < 0.6) return 'ok';
      const wait = Math.round(random() * 20_000);
      closedUntil = Math.max(closedUntil, clock.now() + wait);
      throw new Limited(wait);
    };
    for (let day = 0; day < 30; day++) {
      for (let call = 0; call < 40; call++) {
        void end(guard.execute(operation));
        await clock.advance(Math.round(random() * 30_000));
      }
      await clock.advance(86_400_000);
    }
    expect(early).to.equal(0);
    expect(sent).to.be.above(500);
    guard.dispose();
  });

  it('the header', () => {
    expect(['120', ' 0 ', '', null, undefined, 'soon'].map(retryAfterHeader)).to.deep.equal([120_000, 0, undefined, undefined, undefined, undefined]);
    expect(retryAfterHeader('Wed, 21 Oct 2026 07:28:00 GMT')).to.deep.equal(new Date(Date.UTC(2026, 9, 21, 7, 28)));
  });
});

describe('Retry budget', () => {
  /** So many calls, one a second, to a dependency that is down. @returns how often it was asked, and what was told */
  async function outage(calls: number, options?: Parameters<typeof retryBudget>[0]): Promise<{ readonly asked: number; readonly events: GuardEvent[] }> {
    const { guard, clock, events } = bench({ limit: retryBudget(options), breaker: { threshold: Infinity } });
    let asked = 0;
    for (let call = 0; call < calls; call++) {
      void end(guard.execute(() => {
        asked++;
        throw new Error('down');
      }));
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    return { asked, events };
  }

  it('P81 in an outage retries are 10 % of the calls, and 3 a minute', async () => {
    const { asked, events } = await outage(3_000);
    const minutes = 3_000 / 60;
    expect(asked - 3_000).to.be.at.most(300 + 3 * (minutes + 1)).and.at.least(300);
    expect(events.some(({ type }) => type === 'retry-refused')).to.equal(true);
  });

  it('P81 at least three a minute are let through however few calls there are', async () => {
    const { asked } = await outage(3, { share: 0 });
    expect(asked - 3).to.equal(3);
  });

  it('P81 none, when that is asked for; without a budget all of them', async () => {
    expect((await outage(20, { share: 0, atLeast: 0 })).asked).to.equal(20);
    const { guard, clock } = bench();
    let asked = 0;
    void end(guard.execute(() => {
      asked++;
      throw new Error('down');
    }));
    await clock.advance(10_000);
    expect(asked).to.equal(3);
  });

  it('the error is the real one (P9), and a limit inside is asked as well', async () => {
    const slots = concurrency({ limit: 1 });
    const { guard, clock } = bench({ limit: retryBudget({ share: 0, atLeast: 0 }, retryAfter(timeOf, slots)) });
    const down = new Error('down');
    expect(await end(guard.execute(() => Promise.reject(down)))).to.equal(down);
    expect(await end(guard.execute(refuse(2_000)))).to.include({ message: '429', retryAfter: 2_000 });
    const calls = [1, 2].map((value) => guard.execute(() => value));
    await clock.advance(2_000);
    expect(await Promise.all(calls)).to.deep.equal([1, 2]);
    expect([slots.running, slots.waiting]).to.deep.equal([0, 0]);
  });

  for (const [options, message] of [
    [{ share: 1.1 }, 'budget.share must be from 0 to 1; it is 1.1.'],
    [{ atLeast: -1 }, 'budget.atLeast must be a whole number of at least 0; it is -1.'],
  ] as const) it(message, () => expect(() => retryBudget(options)).to.throw(RangeError, message));
});
