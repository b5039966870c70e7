import { expect } from 'chai';
import { concurrency, createGuard, latest, shared } from '../../../src/index.ts';
import { bench } from './bench.ts';

const end = async (promise: Promise<unknown>): Promise<unknown> => promise.then((value) => ({ value }), (error: unknown) => error);

/** Counts its calls, each of which goes on until it is told to end. */
function counted(): { readonly operation: (attempt: { readonly signal: AbortSignal }) => Promise<string>; readonly calls: { readonly signal: AbortSignal; readonly resolve: (value: string) => void; readonly reject: (error: unknown) => void }[] } {
  const calls: { signal: AbortSignal; resolve: (value: string) => void; reject: (error: unknown) => void }[] = [];
  return { calls, operation: ({ signal }) => new Promise((resolve, reject) => calls.push({ signal, resolve, reject })) };
}

describe('Calls of one key', () => {
  describe('shared', () => {
    it('P73 those who ask for the same while it is under way share one call; a later one calls again', async () => {
      const { guard } = bench();
      const { operation, calls } = counted();
      const all = [1, 2, 3].map(() => guard.execute(operation, { with: shared('status') }));
      const other = guard.execute(operation, { with: shared('branches') });
      expect(calls).to.have.lengthOf(2);
      calls[0]!.resolve('clean');
      expect(await Promise.all(all)).to.deep.equal(['clean', 'clean', 'clean']);
      void guard.execute(operation, { with: shared('status') });
      expect(calls).to.have.lengthOf(3);
      calls[1]!.resolve('main');
      expect(await other).to.equal('main');
      guard.dispose();
    });

    it('all are told of the same error, which counts once', async () => {
      const { guard } = bench({ retry: { attempts: 1 } });
      const { operation, calls } = counted();
      const all = [1, 2].map(() => end(guard.execute(operation, { with: shared('status') })));
      const error = new Error('down');
      calls[0]!.reject(error);
      expect(await Promise.all(all)).to.deep.equal([error, error]);
      expect(guard.consecutiveFailures).to.equal(1);
    });

    it('P5 one that is aborted leaves the others alone; when all have left the call is aborted', async () => {
      const { guard } = bench();
      const { operation, calls } = counted();
      const controllers = [new AbortController(), new AbortController()];
      const all = controllers.map(({ signal }) => end(guard.execute(operation, { with: shared('status'), signal })));
      controllers[0]!.abort();
      expect(await all[0]).to.include({ code: 'ABORTED' });
      expect(calls[0]!.signal.aborted).to.equal(false);
      controllers[1]!.abort();
      expect(await all[1]).to.include({ code: 'ABORTED' });
      expect(calls[0]!.signal.aborted).to.equal(true);
      // What ends late has nothing to do with the next one.
      const next = guard.execute(operation, { with: shared('status') });
      calls[0]!.resolve('late');
      calls[1]!.resolve('new');
      expect(await next).to.equal('new');
      expect(guard.consecutiveFailures).to.equal(0);
    });

    it('a more urgent one takes a call along that still waits', async () => {
      const limit = concurrency({ limit: 2 });
      const { guard, clock } = bench({ limit });
      const busy = counted();
      for (let i = 0; i < 3; i++) void end(guard.execute(busy.operation, { priority: 'background' }));
      const { operation, calls } = counted();
      const first = guard.execute(operation, { with: shared('status'), priority: 'background' });
      expect([calls.length, limit.waiting]).to.deep.equal([0, 3]);
      const second = guard.execute(operation, { with: shared('status'), priority: 'interactive' });
      expect([calls.length, limit.waiting]).to.deep.equal([1, 2]);
      await clock.flush();
      calls[0]!.resolve('clean');
      expect(await Promise.all([first, second])).to.deep.equal(['clean', 'clean']);
      guard.dispose();
    });

    it('the keys of two guards are two', () => {
      const { operation, calls } = counted();
      const guards = [bench().guard, bench().guard];
      for (const guard of guards) void end(guard.execute(operation, { with: shared('status') }));
      expect(calls).to.have.lengthOf(2);
      for (const guard of guards) guard.dispose();
    });
  });

  describe('latest', () => {
    it('P73 a newer call takes the place of the one that runs', async () => {
      const { guard } = bench();
      const { operation, calls } = counted();
      const first = end(guard.execute(operation, { with: latest('search') }));
      const second = guard.execute(operation, { with: latest('search') });
      expect(await first).to.include({ code: 'ABORTED' });
      expect(await first).to.have.nested.property('cause.message', 'A newer call of thing takes its place.');
      expect(calls[0]!.signal.aborted).to.equal(true);
      calls[1]!.resolve('found');
      expect(await second).to.equal('found');
      expect(guard.consecutiveFailures).to.equal(0);
    });

    it('and of one that waits, whose operation is never called', async () => {
      const limit = concurrency({ limit: 1 });
      const { guard, clock } = bench({ limit });
      const busy = counted();
      const running = guard.execute(busy.operation);
      const outcomes = ['a', 'b', 'c'].map((text) => end(guard.execute(() => text, { with: latest('search') })));
      expect(limit.waiting).to.equal(1);
      busy.calls[0]!.resolve('done');
      await running;
      await clock.flush();
      expect(await outcomes[0]).to.include({ code: 'ABORTED', outcome: 'not stored' });
      expect(await outcomes[1]).to.include({ code: 'ABORTED', outcome: 'not stored' });
      expect(await outcomes[2]).to.deep.equal({ value: 'c' });
    });

    it('the caller’s own abort ends it as well, and nothing is left behind', async () => {
      const { guard } = bench();
      const { operation } = counted();
      const controller = new AbortController();
      const call = end(guard.execute(operation, { with: latest('search'), signal: controller.signal }));
      controller.abort(new Error('closed'));
      expect(await call).to.have.nested.property('cause.message', 'closed');
      expect(await guard.execute(() => 1, { with: latest('search') })).to.equal(1);
    });
  });

  it('a key that is no function is refused; so is one with an aborted signal', async () => {
    const guard = createGuard({ name: 'thing' });
    expect(await end(guard.execute(() => 1, { with: 'status' as never }))).to.have.property('message', 'with must be a function; it is "status".');
    expect(await end(guard.execute(() => expect.fail('called'), { with: shared('status'), signal: AbortSignal.abort() }))).to.include({ code: 'ABORTED' });
  });
});
