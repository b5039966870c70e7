import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Git as GitClass } from '../../examples/git-glance/src/git.ts';
import { AbortedError, CircuitOpenError, TimeoutError } from '../../src/errors.ts';
import '../../tools/from-source.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';
import { limits, until } from '../limits.ts';

describe('Example: a guard around git', () => {
  let folder: string;
  let Git: typeof GitClass;
  let git: GitClass | undefined;

  before(async () => {
    ({ Git } = await import('../../examples/git-glance/src/git.ts'));
  });

  beforeEach(() => { folder = temporaryFolder(); });
  afterEach(() => {
    git?.dispose();
    rmSync(folder, { recursive: true });
  });

  /** A program that stands where git should, and notes each time that it is started. */
  function program(body: string): string {
    const file = path.join(folder, 'git');
    writeFileSync(file, `#!/bin/sh\necho "started $*" >> "${folder}/log"\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }
  /** One that is ended before it could note it has not started. */
  const started = (): string[] => {
    const log = path.join(folder, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  };

  it('answers with the last commit', async () => {
    git = new Git();
    expect(await git.lastCommit(folder)).to.equal(undefined);
    await run('git', ['init', '--quiet'], folder);
    expect(await git.lastCommit(folder)).to.equal(undefined);
    await run('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message', 'A first step'], folder);
    expect(await git.lastCommit(folder)).to.equal('A first step');
    expect(git.guard.breakerMode).to.equal('CLOSED');
  });

  it('gives up a git that hangs, ends its process, and leaves it alone after five failures', async function () {
    if (process.platform === 'win32') this.skip();
    git = new Git({ program: program('exec sleep 600'), timeout: 100 });
    for (let call = 0; call < 5 && git.guard.breakerMode === 'CLOSED'; call++) {
      const error = await git.lastCommit(folder).then(() => undefined, (reason: unknown) => reason);
      expect(error).to.be.instanceOf(call < 2 ? TimeoutError : Error);
    }
    expect(git.guard.breakerMode).to.equal('OPEN');
    const before = started().length;
    const refused = await git.lastCommit(folder).then(() => undefined, (reason: unknown) => reason);
    expect(refused).to.be.instanceOf(CircuitOpenError);
    expect(started()).to.have.length(before);
  });

  it('asks again once git works, when the breaker probes', async function () {
    if (process.platform === 'win32') this.skip();
    git = new Git({ program: program('exit 1') });
    while (git.guard.breakerMode === 'CLOSED') await git.lastCommit(folder).catch(() => undefined);
    program('echo mended');
    git.guard.probe();
    expect(await git.lastCommit(folder)).to.equal('mended');
    expect(git.guard.breakerMode).to.equal('CLOSED');
  });

  it('P70, P72: 500 calls in the background hold up nobody who waits for one, and none is lost', async function () {
    if (process.platform === 'win32') this.skip();
    git = new Git({ program: program('shift 3\nfor last; do :; done\necho "who changed $last"'), timeout: limits.withoutProgress });
    let answered = 0;
    const background = Array.from({ length: 500 }, async (_, n) => {
      const author = await git!.lastAuthor(folder, `file-${n}`);
      answered++;
      return author;
    });
    expect(git.limit).to.include({ running: 3, waiting: 497 });
    const interactive = Promise.all([git.lastCommit(folder), git.lastCommit(folder)]);
    expect(git.limit, 'the place that is kept for it, shared by both').to.include({ running: 4, waiting: 497 });
    await interactive;
    expect(answered).to.be.lessThan(250);
    expect(await Promise.all(background)).to.deep.equal(Array.from({ length: 500 }, (_, n) => `who changed file-${n}`));
    expect(git.limit).to.include({ running: 0, waiting: 0 });
    expect(started().filter((line) => line.endsWith('--format=%s'))).to.have.length(1);
    expect(started()).to.have.length(501);
  });

  it('a call in the background that is aborted leaves the queue, and starts no process', async function () {
    if (process.platform === 'win32') this.skip();
    git = new Git({ program: program('exec sleep 600'), timeout: limits.withoutProgress });
    const caller = new AbortController();
    const calls = Array.from({ length: 10 }, (_, n) => git!.lastAuthor(folder, `file-${n}`, caller.signal).then(() => undefined, (error: unknown) => error));
    expect(git.limit).to.include({ running: 3, waiting: 7 });
    await until('three processes have started', () => started().length === 3);
    caller.abort();
    for (const error of await Promise.all(calls)) expect(error).to.be.instanceOf(AbortedError);
    expect(git.limit).to.include({ running: 0, waiting: 0 });
    expect(started()).to.have.length(3);
  });
});
