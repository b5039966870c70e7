import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Git as GitClass } from '../../examples/git-glance/src/git.ts';
import { CircuitOpenError, TimeoutError } from '../../src/errors.ts';
import '../../tools/from-source.ts';
import { run } from '../../tools/run.ts';
import { temporaryFolder } from '../../tools/vscode-host/home.ts';

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
    writeFileSync(file, `#!/bin/sh\necho started >> "${folder}/log"\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }
  /** One that is ended before it could note it has not started. */
  const starts = (): number => {
    const log = path.join(folder, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0;
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
    const before = starts();
    const refused = await git.lastCommit(folder).then(() => undefined, (reason: unknown) => reason);
    expect(refused).to.be.instanceOf(CircuitOpenError);
    expect(starts()).to.equal(before);
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
});
