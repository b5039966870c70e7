import { expect } from 'chai';
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Attempt } from '../../../src/guard/attempt.ts';
import { createGuard } from '../../../src/guard/guard.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

/** Runs a program of this folder. */
function run(program: string): Promise<{ readonly code: unknown; readonly lines: readonly string[]; readonly problem: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(import.meta.dirname, 'programs', program)], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, lines: stdout.trim().split('\n'), problem: stderr });
    });
  });
}

/** Answers each message, and then says through the memory it was given that it has. */
const answering = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (shared) => {
    parentPort.postMessage('done');
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
  });
`;

const hang = (): Promise<never> => new Promise<never>(() => undefined);

describe('A guard in a real process', () => {
  it('F27: the process waits for the deadline of a call, and ends when the call does', async () => {
    const { code, lines, problem } = await run('awaited.ts');
    // The last call has no deadline: the process ends as for any promise that nobody can settle.
    expect({ code, lines }, problem).to.deep.equal({ code: 13, lines: ['TIMEOUT', 'TIMEOUT', '0 listeners', 'in time', '13'] });
  });

  /**
   * A thread of its own answers while the event loop is blocked, and the block lasts until the deadline has passed. Nothing
   * depends on how long either takes.
   */
  it('F54: what has ended while the event loop was blocked is heard before anything expires', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(answering, { eval: true });
    try {
      await new Promise((resolve) => worker.once('online', resolve));
      // Out of the delivery of messages, which would deliver the next one before any timer.
      await new Promise((resolve) => setImmediate(resolve));
      const timeout = 200;
      const guard = createGuard({ name: 'thing', timeout, retry: { attempts: 3, initialDelay: 1 } });
      let calls = 0;
      const result = await guard.execute(() => {
        calls++;
        const due = performance.now() + timeout;
        worker.postMessage(shared);
        Atomics.wait(shared, 0, 0);
        // A little late, as a timer may be: whatever is later is a sleep, and has time again.
        while (performance.now() <= due + 1) Atomics.wait(shared, 0, 1, 1);
        return new Promise((resolve) => worker.once('message', resolve));
      });
      expect([result, calls]).to.deep.equal(['done', 1]);
    } finally {
      await worker.terminate();
    }
  });

  it('F55: a retry after a timeout runs in the context of its own caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const guard = createGuard({ name: 'thing', timeout: 20, retry: { attempts: 2, initialDelay: 1 } });
    const operation = ({ number }: Attempt): unknown => (number === 1 ? hang() : storage.getStore());
    const call = (who: string): Promise<unknown> => storage.run(who, () => guard.execute(operation));
    expect(await Promise.all(['one', 'two', 'three'].map(call))).to.deep.equal(['one', 'two', 'three']);
  });

  it('F55: also when the timers of the clock carry no context, and after failures of each kind', async () => {
    const storage = new AsyncLocalStorage<string>();
    const clock = new VirtualClock();
    const guard = createGuard({ name: 'thing', clock, retry: { attempts: 4, jitter: 0 } });
    const seen: unknown[] = [];
    const result = storage.run('mine', () => guard.execute(({ number }) => {
      seen.push(storage.getStore());
      if (number === 1) throw new Error('at once');
      if (number === 2) return Promise.reject(new Error('later'));
      return number === 3 ? hang() : 'done';
    }));
    expect(await storage.run('another', () => clock.run(result))).to.equal('done');
    expect(seen).to.deep.equal(['mine', 'mine', 'mine', 'mine']);
  });

  it('F55: also when `AsyncLocalStorage` is loaded after the guard', async () => {
    const { lines, problem } = await run('late-storage.ts');
    expect(lines, problem).to.deep.equal(['one,two']);
  });
});
