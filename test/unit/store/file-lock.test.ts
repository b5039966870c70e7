import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import fs, { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasLostLock, lease, lockFile, lockOf } from '../../../src/store/file-lock.ts';
import { clearAway, ownFolderName, shortHash, thisMachine } from '../../../src/store/json-spare.ts';
import { elapse, limits, stillPending, until } from '../../limits.ts';
import { night } from '../../night.ts';
import { failing, failureOf, needs, Place, write } from './json-support.ts';

const never = new AbortController().signal;

describe('The lock of a settings file', () => {
  const place = new Place();
  const lock = (): string => lockOf(place.user)!;
  const held = (holder: string): void => writeFileSync(lock(), holder);
  let temporary: string | undefined;

  beforeEach(() => {
    temporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = place.in('tmp');
    mkdirSync(place.in('tmp'));
  });

  afterEach(() => {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
  });

  it('is held by one at a time, whatever the file is called, and leaves nothing behind', async () => {
    writeFileSync(place.user, '{}');
    symlinkSync('settings.json', place.in('link.json'));
    const first = await lockFile(place.user, never);
    const second = lockFile(place.in('link.json'), never);
    const elsewhere = await lockFile(place.in('other.json'), never);
    expect(await stillPending(second, 100)).to.equal(true);
    expect(hasLostLock(place.user)).to.equal(false);
    first.dispose();
    (await second).dispose();
    elsewhere.dispose();
    first.dispose();
    expect(readdirSync(path.dirname(lock()))).to.deep.equal([]);
  });

  it('is waited for no longer than the caller does', async () => {
    const first = await lockFile(place.user, never);
    const caller = new AbortController();
    const second = lockFile(place.user, caller.signal);
    caller.abort();
    (await second).dispose();
    expect(existsSync(lock()), 'still the first one’s').to.equal(true);
    first.dispose();
  });

  it('goes to one that waits before it goes to the process again that had it', async () => {
    // However long the process is held up between giving it back and asking again.
    place.stopTime();
    const order: string[] = [];
    const first = await lockFile(place.user, never);
    const waiting = lockFile(place.user, never).then((lock) => {
      order.push('waiting');
      lock.dispose();
    });
    await until('it is known that another waits', () => (statSync(lock()).mode & 0o777) === 0o700);
    first.dispose();
    const again = lockFile(place.user, never).then((lock) => {
      order.push('again');
      lock.dispose();
    });
    await Promise.all([waiting, again]);
    expect(order).to.deep.equal(['waiting', 'again']);
    // Nobody waits any more: neither does this process.
    (await lockFile(place.user, never)).dispose();
    (await lockFile(place.user, never)).dispose();
  });

  /** The text that a process has left behind that has ended. */
  async function ofTheDead(): Promise<string> {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    return `${thisMachine()} ${child.pid} 00`;
  }

  it('of a process that was killed is taken over at once', async () => {
    held(await ofTheDead());
    // The time after which any lock is taken over does not come.
    place.stopTime();
    const taken = await lockFile(place.user, never);
    expect(readFileSync(lock(), 'utf8')).to.contain(` ${process.pid} `);
    taken.dispose();
  });

  it('of a process that was killed is taken over also where what it left cannot be removed', async () => {
    const dead = await ofTheDead();
    const [machine, pid] = dead.split(' ') as [string, string];
    const left = place.in(`.holdfast-${machine}-${pid}-${shortHash(path.basename(place.user))}-aa.tmp`);
    mkdirSync(left);
    held(dead);
    (await lockFile(place.user, never)).dispose();
    expect([existsSync(left), existsSync(lock())]).to.deep.equal([true, false]);
  });

  it('is taken also where another process clears up in the same moment', async () => {
    const vanishing = path.join(path.dirname(lock()), `lock-1-${'0'.repeat(32)}-${'0'.repeat(16)}`);
    writeFileSync(vanishing, '');
    place.patch(fs, 'lstatSync', (lstat) => (file: string, ...options: never[]) => {
      if (file === vanishing) throw Object.assign(new Error('Injected.'), { code: 'ENOENT' });
      return (lstat as (...args: unknown[]) => unknown)(file, ...options);
    });
    (await lockFile(place.user, never)).dispose();
    expect(existsSync(lock())).to.equal(false);
  });

  it('that another took over in the moment before stays with that one', async () => {
    held(await ofTheDead());
    const living = `${thisMachine()} ${process.pid} 00`;
    let moments = 0;
    place.patch(fs, 'renameSync', (rename) => (from: string, to: string) => {
      if (from === lock() && moments++ === 0) held(living);
      if (moments === 2) throw new Error('Another was faster again.');
      rename(from, to);
    });
    const taking = lockFile(place.user, never);
    await until('it was tried', () => moments > 0);
    expect(readFileSync(lock(), 'utf8')).to.equal(living);
    held(await ofTheDead());
    (await taking).dispose();
    expect(moments).to.be.at.least(3);
  });

  for (const [whose, holder] of [['this machine', `${thisMachine()} ${process.ppid} 00`], ['another container', 'ffffffff 1 00']] as const) {
    it(`of a process on ${whose} that does not renew it is taken over after ${lease} ms, and not before`, async () => {
      held(holder);
      const taking = lockFile(place.user, never);
      expect(await stillPending(taking, lease / 2)).to.equal(true);
      const taken = await taking;
      expect(readFileSync(lock(), 'utf8')).to.not.equal(holder);
      taken.dispose();
    });
  }

  it('is not taken over because nobody could look: the time in which a process stands still counts for no one (P10)', async () => {
    const first = await lockFile(place.user, never);
    const [text, { mtimeMs }] = [readFileSync(lock(), 'utf8'), statSync(lock())];
    const second = lockFile(place.user, never);
    await until('it is known that another waits', () => (statSync(lock()).mode & 0o777) === 0o700);
    for (const end = performance.now() + lease + 300; performance.now() < end;);
    await until('it is renewed', () => statSync(lock()).mtimeMs > mtimeMs);
    expect(readFileSync(lock(), 'utf8')).to.equal(text);
    first.dispose();
    (await second).dispose();
    expect(existsSync(lock())).to.equal(false);
  });

  it('is renewed as long as it is held', async () => {
    const first = await lockFile(place.user, never);
    const { mtimeMs } = statSync(lock());
    await until('it is renewed', () => statSync(lock()).mtimeMs > mtimeMs);
    first.dispose();
  });

  it('that another has taken over is neither renewed nor removed, and nothing is written without it', async () => {
    const store = await place.loaded('{"s.a": 1}');
    const first = await lockFile(place.user, never);
    held('ffffffff 1 00');
    expect(hasLostLock(place.user)).to.equal(true);
    const { mtimeMs } = statSync(lock());
    expect((await failureOf(write(store, 'a', 2))).reason).to.equal('newer');
    expect(place.text()).to.equal('{"s.a": 1}');
    await elapse(lease / 2);
    first.dispose();
    expect([readFileSync(lock(), 'utf8'), statSync(lock()).mtimeMs]).to.deep.equal(['ffffffff 1 00', mtimeMs]);
    expect(hasLostLock(place.user)).to.equal(false);
  });

  it('there is none where there is no folder for it, or others can look into it: then it is as if one were alone', async () => {
    process.env['TMPDIR'] = place.in('nowhere', 'at', 'all');
    writeFileSync(place.in('nowhere'), '');
    (await lockFile(place.user, never)).dispose();
    expect(hasLostLock(place.user)).to.equal(false);
    process.env['TMPDIR'] = place.in('tmp');
    const folder = path.dirname(lock());
    chmodSync(folder, 0o777);
    expect(lockOf(place.user)).to.equal(undefined);
    (await lockFile(place.user, never)).dispose();
    const store = await place.loaded('{"s.a": 1}');
    await write(store, 'a', 2);
    expect(place.text()).to.equal('{"s.a": 2}');
  });

  it('there is none where no file can be made in its folder', async () => {
    const store = await place.loaded('{"s.a": 1}');
    place.patch(fs, 'linkSync', () => failing('ENOSPC'));
    const none = await lockFile(place.user, never);
    expect(readdirSync(path.dirname(lock()))).to.deep.equal([]);
    await write(store, 'a', 2);
    none.dispose();
    expect(place.text()).to.equal('{"s.a": 2}');
  });

  for (const [what, make] of [
    ['a folder', () => mkdirSync(lock())],
    ['a link to nothing', () => symlinkSync('nothing', lock())],
  ] as const) {
    it(`F5 of what is in its place and is none, such as ${what}, nobody is held up for longer than the lease`, async () => {
      make();
      const taken = await lockFile(place.user, never);
      expect(readFileSync(lock(), 'utf8')).to.contain(` ${process.pid} `);
      taken.dispose();
      expect(existsSync(lock())).to.equal(false);
    });
  }

  it('F5 is made in a temporary folder that is not there yet', () => {
    process.env['TMPDIR'] = place.in('tmp', 'of', '..', 'today');
    expect(lockOf(place.user)).to.not.equal(undefined);
  });

  for (const [what, folder, test] of [
    ['below a file', () => place.in('file', 'tmp'), night.it],
    ['in which nothing can be created, though it is there', () => '/proc/nowhere', it],
    ['with a name that is too long', () => place.in('x'.repeat(300)), night.it],
  ] as const) {
    test(`F5 where the temporary folder is one ${what}, reads and writes go on without a lock`, () => {
      writeFileSync(place.in('file'), '');
      writeFileSync(place.user, '{"s.n1": 2}');
      const program = path.join(import.meta.dirname, 'programs', 'update.ts');
      // In a process of its own: what never ends can be ended there.
      const { stdout, stderr } = spawnSync(process.execPath, [program, place.user], {
        encoding: 'utf8', timeout: limits.condition, env: { ...process.env, TMPDIR: folder() },
      });
      expect([stdout, stderr]).to.deep.equal(['stored\n', '']);
      expect(place.text()).to.equal('{"s.n1": 1}');
      process.env['TMPDIR'] = folder();
      expect(() => clearAway(place.user)).to.not.throw();
    });
  }

  it('what killed processes left that were just taking a lock is removed by the next process; locks, and what others are just doing, stay', async () => {
    const store = await place.loaded('{"s.a": 1}');
    const left = (name: string, holder: string): string => {
      const file = path.join(path.dirname(lock()), name);
      writeFileSync(file, holder);
      return name;
    };
    const hash = 'f'.repeat(32);
    const dead = await ofTheDead();
    left(`lock-1-${hash}-0123456789abcdef`, dead);
    const old = left(`lock-1-${hash}-1123456789abcdef`, '');
    utimesSync(path.join(path.dirname(lock()), old), 0, 0);
    const stay = [
      left(`lock-1-${hash}`, dead),
      left(`lock-1-${hash}-2123456789abcdef`, `${thisMachine()} ${process.pid} 00`),
      left(`lock-1-${hash}-3123456789abcdef`, ''),
    ];
    (await store.lock!({ key: 'a', target: 'user', scope: {} }, never)).dispose();
    expect(readdirSync(path.dirname(lock())).toSorted()).to.deep.equal(stay);
  });

  it('tells why there is none, as long as there is none', async () => {
    const store = await place.loaded('{"s.a": 1}');
    const lockOnce = async (): Promise<string | undefined> => {
      (await store.lock!({ key: 'a', target: 'user', scope: {} }, never)).dispose();
      return store.lockProblem!();
    };
    expect(await lockOnce()).to.equal(undefined);
    const putBack = place.patch(fs, 'linkSync', () => failing('ENOSPC'));
    expect(await lockOnce()).to.equal('no lock can be made in the temporary folder: ENOSPC: so says the test');
    putBack();
    expect(await lockOnce()).to.equal(undefined);
    process.env['TMPDIR'] = place.user;
    expect(await lockOnce()).to.equal(`no lock can be made in the temporary folder: ${ownFolderName()} is not there, or others can look into it`);
    process.env['TMPDIR'] = place.in('tmp');
    expect(await lockOnce()).to.equal(undefined);
  });

  it('tells that a file belongs to another user', needs('root', process.getuid?.() === 0, async () => {
    const store = await place.loaded('{"s.a": 1}');
    chownSync(place.user, 12_345, 0);
    expect(store.lockProblem!()).to.equal(`${place.user} belongs to another user, and each user has locks of their own`);
    rmSync(place.user);
    expect(store.lockProblem!()).to.equal(undefined);
  }));

  it('goes on when it could not be renewed, and when its folder has gone', async () => {
    const first = await lockFile(place.user, never);
    let tried = 0;
    const putBack = place.patch(fs, 'utimesSync', () => () => {
      tried++;
      throw new Error('Not now.');
    });
    await until('it was to be renewed', () => tried > 0);
    putBack();
    const { mtimeMs } = statSync(lock());
    await until('it is renewed', () => statSync(lock()).mtimeMs > mtimeMs);
    process.env['TMPDIR'] = place.user;
    expect(hasLostLock(place.user), 'nothing is known of it').to.equal(false);
    process.env['TMPDIR'] = place.in('tmp');
    first.dispose();
    expect(existsSync(lock())).to.equal(false);
  });
});
