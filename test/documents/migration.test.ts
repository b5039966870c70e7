import '../../tools/from-source.ts';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { AbortedError, CircuitOpenError, QueueFullError } from '../../src/errors.ts';
import { install } from '../../tools/on-demand.ts';
import { projectRoot } from '../../tools/vscode-host/paths.ts';
import { blocksOf } from './documents.ts';
import { typeErrors } from './typecheck.ts';

type Call = (work: () => Promise<string>) => Promise<string>;

/** The code in docs/guides/migration.md, as a reader would copy it. */
describe('The migration guide', () => {
  const folder = path.join(projectRoot, 'out/documents/migration');
  const files = [...blocksOf('docs/guides/migration.md')].map(([title, code]) => ({ file: path.join(folder, title), code }));

  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { file, code } of files) writeFileSync(file, code);
    // A reader has installed what the code imports.
    await install('tools/peers');
    symlinkSync(path.join(projectRoot, 'tools/peers/node_modules'), path.join(folder, 'node_modules'), 'junction');
  });

  it('has code that is type-checked', async () => {
    expect(files).to.have.length(11);
    expect(await typeErrors('migration')).to.equal('');
  });

  const callOf = async (title: string): Promise<Call> => (await import(path.join(folder, title)) as { call: Call }).call;
  const broken = (): Promise<string> => Promise.reject(new Error('broken'));

  for (const peer of ['cockatiel', 'opossum']) {
    it(`answers as ${peer} did, while all is well`, async () => {
      for (const title of [`${peer}-before.ts`, `${peer}-after.ts`]) {
        const call = await callOf(title);
        expect(await call(() => Promise.resolve('an answer')), title).to.equal('an answer');
      }
    });
  }

  it('tries again as cockatiel did, and refuses when it is open', async () => {
    for (const [title, isOpen] of [['cockatiel-before.ts', 'BrokenCircuitError'], ['cockatiel-after.ts', CircuitOpenError.name]] as const) {
      const call = await callOf(title);
      let calls = 0;
      expect(await call(() => ++calls < 2 ? broken() : Promise.resolve('the second time')), title).to.equal('the second time');
      let last: unknown;
      for (let n = 0; n < 6; n++) last = await call(broken).catch((error: unknown) => error);
      expect((last as Error).constructor.name, title).to.equal(isOpen);
    }
  });

  it('falls back as opossum did, failed or open, and calls nobody while open', async () => {
    for (const title of ['opossum-before.ts', 'opossum-after.ts']) {
      const call = await callOf(title);
      for (let n = 0; n < 10; n++) expect(await call(broken), title).to.equal('from the cache');
      let called = false;
      expect(await call(() => { called = true; return Promise.resolve('an answer'); }), title).to.equal('from the cache');
      expect(called, title).to.be.false;
    }
  });

  const many = [['cockatiel-many-before.ts', 'BrokenCircuitError', 'BulkheadRejectedError'], ['cockatiel-many-after.ts', CircuitOpenError.name, QueueFullError.name]] as const;

  it('lets as many calls run and wait as cockatiel did', async () => {
    for (const [title, , isFull] of many) {
      const call = await callOf(title);
      const endings: ((value: string) => void)[] = [];
      const calls = Array.from({ length: 105 }, () => call(() => new Promise((resolve) => endings.push(resolve))));
      const refused = await calls.pop()!.catch((error: unknown) => error);
      expect((refused as Error).constructor.name, title).to.equal(isFull);
      expect(endings, title).to.have.length(4);
      void Promise.all(calls).then(() => endings.push(() => undefined));
      while (endings.length > 0) {
        endings.shift()!('done');
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await Promise.all(calls), title).to.deep.equal(Array.from({ length: 104 }, () => 'done'));
    }
  });

  it('opens at a share of failures as cockatiel did, results among them', async () => {
    for (const [title, isOpen] of many) {
      const call = await callOf(title);
      for (let n = 0; n < 60; n++) {
        expect(await call(() => Promise.resolve(n % 3 === 0 ? 'exit code 1' : 'done')), title).to.equal(n % 3 === 0 ? 'exit code 1' : 'done');
      }
      let failures = 0;
      let last: unknown = 'exit code 1';
      for (; last === 'exit code 1' && failures < 400; failures++) last = await call(() => Promise.resolve('exit code 1')).catch((error: unknown) => error);
      expect((last as Error).constructor.name, title).to.equal(isOpen);
      expect(failures, title).to.be.greaterThan(20);
    }
  });

  it('lets the urgent call go first as p-queue did, and an aborted one not at all', async () => {
    type Queued = (work: () => Promise<string>, isUrgent: boolean, signal?: AbortSignal) => Promise<string>;
    for (const title of ['p-queue-before.ts', 'p-queue-after.ts']) {
      const { call } = await import(path.join(folder, title)) as { call: Queued };
      const order: string[] = [];
      const work = (name: string) => async (): Promise<string> => {
        order.push(name);
        await new Promise((resolve) => setImmediate(resolve));
        return name;
      };
      const caller = new AbortController();
      const calls = [call(work('first'), false), call(work('background'), false), call(work('urgent'), true)];
      const aborted = call(work('aborted'), true, caller.signal).catch((error: unknown) => error);
      caller.abort();
      expect(await Promise.all(calls), title).to.deep.equal(['first', 'background', 'urgent']);
      expect(order, title).to.deep.equal(['first', 'urgent', 'background']);
      const error = await aborted;
      expect(error instanceof AbortedError || (error as Error).name === 'AbortError', title).to.equal(true);
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));
});
