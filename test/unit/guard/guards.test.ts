import { expect } from 'chai';
import { concurrency, createGuard, createGuards, fallback, lastGood, tokenOf, wrap } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench } from './bench.ts';

const end = async (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => error);
const down = new Error('down');

describe('Guards by key', () => {
  const make = (options: Parameters<typeof createGuards>[1] = {}): { readonly clock: VirtualClock; readonly guards: ReturnType<typeof createGuards> } => {
    const clock = new VirtualClock();
    return { clock, guards: createGuards((key) => ({ name: key, retry: { attempts: 1 } }), { clock, ...options }) };
  };

  it('P79 one for each key: one that is down does not stop the others', async () => {
    const { guards } = make();
    for (let i = 0; i < 5; i++) await end(guards.for('a').execute(() => Promise.reject(down)));
    expect([guards.for('a').breakerMode, guards.for('b').breakerMode, guards.size]).to.deep.equal(['OPEN', 'CLOSED', 2]);
    expect(guards.for('a')).to.equal(guards.for('a'));
    guards.dispose();
  });

  it('P79 forgotten after 10 minutes without a call, by a timer that goes with the last of them (P43)', async () => {
    const { guards, clock } = make();
    guards.for('a');
    await clock.advance(300_000);
    await guards.for('b').execute(() => 1);
    await clock.advance(299_999);
    expect(guards.size).to.equal(2);
    await clock.advance(1);
    expect(guards.size).to.equal(1);
    await clock.advance(300_000);
    expect(guards.size).to.equal(0);
    expect(clock.pendingTimers()).to.deep.equal([]);
  });

  it('P79 never while a call is in flight or the breaker is not closed', async () => {
    const { guards, clock } = make();
    let resolve: (value: number) => void = () => undefined;
    const slow = createGuards(() => ({ name: 'slow', timeout: Infinity }), { clock });
    const call = slow.for('a').execute(() => new Promise<number>((settle) => (resolve = settle)));
    guards.for('b').hold();
    await clock.advance(3_600_000);
    expect([slow.size, guards.size]).to.deep.equal([1, 1]);
    resolve(1);
    await call;
    guards.for('b').reset();
    await clock.advance(1_200_000);
    expect([slow.size, guards.size]).to.deep.equal([0, 0]);
  });

  it('P79 when it is full the one that was idle for longest goes; when none can go, a typed error', async () => {
    const { guards } = make({ max: 2 });
    const a = guards.for('a');
    guards.for('b');
    guards.for('a');
    guards.for('c');
    expect([guards.size, guards.for('a') === a]).to.deep.equal([2, true]);
    for (const key of ['a', 'c']) guards.for(key).trip();
    expect(() => guards.for('d')).to.throw().that.includes({ code: 'GUARDS_FULL', capacity: 2, retryable: true });
    guards.for('a').reset();
    expect(guards.for('d').breakerMode).to.equal('CLOSED');
    guards.dispose();
    expect(() => guards.for('a')).to.throw().with.property('code', 'DISPOSED');
    expect(await end(a.execute(() => 1))).to.deep.equal({ value: 1 });
  });

  it('the guards share a limit that is given to all', () => {
    const limit = concurrency({ limit: 1 });
    const guards = createGuards((name) => ({ name, limit }));
    for (const key of ['a', 'b']) void end(guards.for(key).execute(() => new Promise(() => undefined)));
    expect([limit.running, limit.waiting]).to.deep.equal([1, 1]);
    guards.dispose();
    expect([limit.running, limit.waiting]).to.deep.equal([0, 0]);
  });

  it('options', () => {
    expect(() => createGuards(() => ({ name: 'x' }), { max: 0 })).to.throw(RangeError, 'guards.max must be a whole number of at least 1; it is 0.');
    expect(() => createGuards(() => ({ name: 'x' }), { forgetAfter: -1 })).to.throw(RangeError, 'guards.forgetAfter must be more than 0 ms, or Infinity; it is -1.');
  });
});

describe('Fallbacks', () => {
  it('P80 the caller gets the fallback; the failure counts, and is told with the real error', async () => {
    const { guard, events } = bench({ retry: { attempts: 1 } });
    expect(await guard.execute(() => Promise.reject<string[]>(down), { with: fallback(() => ['none']) })).to.deep.equal(['none']);
    expect(guard.consecutiveFailures).to.equal(1);
    expect(events.at(-1)).to.deep.equal({ type: 'fallback', error: down });
    guard.hold();
    expect(await guard.execute(() => 1, { with: fallback((error) => (error as { code: string }).code) })).to.equal('CIRCUIT_OPEN');
  });

  it('P7 none for what the caller has aborted; what the fallback throws is the error', async () => {
    const { guard } = bench({ retry: { attempts: 1 } });
    expect(await end(guard.execute(() => 1, { with: fallback(() => 2), signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' });
    const caller = new AbortController();
    const leaving = end(guard.execute(() => new Promise(() => undefined), { with: fallback(() => 2), signal: caller.signal }));
    caller.abort();
    expect(await leaving).to.include({ code: 'ABORTED' });
    const worse = new Error('worse');
    expect(await end(guard.execute(() => Promise.reject(down), { with: fallback(() => { throw worse; }) }))).to.equal(worse);
  });

  it('P80 the last good answer, until it is too old; counted, with the real error and its age', async () => {
    const { guard, clock, events } = bench({ retry: { attempts: 1 } });
    const branches = lastGood({ maxAge: 10_000 });
    let fails = true;
    const read = (): Promise<unknown> => end(guard.execute(() => (fails ? Promise.reject(down) : 'main'), { with: branches }));
    expect(await read()).to.equal(down);
    fails = false;
    expect(await read()).to.deep.equal({ value: 'main' });
    fails = true;
    await clock.advance(10_000);
    expect(await read()).to.deep.equal({ value: 'main' });
    expect(events.at(-1)).to.deep.equal({ type: 'fallback', error: down, age: 10_000 });
    expect([branches.served, branches.lastError]).to.deep.equal([1, down]);
    await clock.advance(1);
    expect(await read()).to.equal(down);
    expect(branches.served).to.equal(1);
  });

  it('policies are done one within the other, the outermost first', async () => {
    const { guard } = bench({ retry: { attempts: 1 } });
    const answers = lastGood();
    expect(await guard.execute(() => 1, { with: [fallback(() => 0), answers] })).to.equal(1);
    expect(await guard.execute(() => Promise.reject<number>(down), { with: [fallback(() => 0), answers] })).to.equal(1);
    expect(await guard.execute(() => Promise.reject<number>(down), { with: [fallback(() => 0), lastGood()] })).to.equal(0);
  });
});

describe('Around a guard', () => {
  it('a wrapped function has its own arguments', async () => {
    const { guard } = bench({ retry: { attempts: 1 } });
    const add = wrap(guard, (a: number, b: number) => a + b);
    expect(await add(1, 2)).to.equal(3);
    guard.hold();
    expect(await end(add(1, 2))).to.include({ code: 'CIRCUIT_OPEN' });
  });

  it('a token for an API of VS Code is cancelled with its signal, and tells once', () => {
    const controller = new AbortController();
    const token = tokenOf(controller.signal);
    let told = 0;
    token.onCancellationRequested(() => told++);
    token.onCancellationRequested(() => expect.fail('told')).dispose();
    expect([token.isCancellationRequested, told]).to.deep.equal([false, 0]);
    controller.abort();
    expect([token.isCancellationRequested, told]).to.deep.equal([true, 1]);
    token.onCancellationRequested(() => told++);
    expect(told).to.equal(2);
  });

  it('P40 it is disposed of at the end of a block, where the runtime can', async function () {
    const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
    if (asyncDispose === undefined) return this.skip();
    const guard = createGuard({ name: 'thing' });
    await (guard as unknown as Record<symbol, () => Promise<void>>)[asyncDispose]!();
    expect(await end(guard.execute(() => 1))).to.include({ code: 'DISPOSED' });
  });
});
