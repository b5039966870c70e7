import { expect } from 'chai';
import childProcess, { execFileSync, spawnSync } from 'node:child_process';
import fs, { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'jsonc-parser';
import { StoreError } from '../../../src/errors.ts';
import { createConfigurationService } from '../../../src/service/service.ts';
import { jsonMemento } from '../../../src/store/json-memento.ts';
import { limits } from '../../limits.ts';
import { skip } from '../../skip.ts';
import { definition, effective, failing, failureOf, needs, Place, readBack, write } from './json-support.ts';

const isRoot = process.getuid?.() === 0;
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
/** The user "nobody", and a group that he shares. */
const nobody = 65_534;

describe('Replacing a file: JsonStore', () => {
  const place = new Place();

  /** Writes settings as another user would, and tells what came of it. */
  function writtenBy(user: number, groups: readonly number[], ...files: string[]): string[] {
    const module = pathToFileURL(path.resolve('src/store/json-store.ts')).href;
    const script = `
      process.setgroups(${JSON.stringify(groups)});
      process.setgid(${groups[0]});
      process.setuid(${user});
      const { JsonStore } = await import(${JSON.stringify(module)});
      for (const user of ${JSON.stringify(files)}) {
        const store = new JsonStore({ section: 's' }, { user });
        const tell = (error) => console.log(error.reason + ': ' + error.userAction);
        await store.probe('user', {}).then(() => console.log('writable'), tell);
        await store.write({ key: 'a', value: 'theirs', target: 'user', scope: {} }, { signal: new AbortController().signal }).then(() => console.log('stored'), tell);
      }`;
    if (!fs.existsSync(place.in('tmp'))) {
      mkdirSync(place.in('tmp'));
      chmodSync(place.in('tmp'), 0o1777);
    }
    chmodSync(place.folder, statSync(place.folder).mode | 0o755);
    const env = { ...process.env, TMPDIR: place.in('tmp') };
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env }).trim().split('\n');
  }

  describe('what is no file is neither read, nor waited for, nor replaced:', () => {
    const kinds: readonly (readonly [string, boolean, string, (file: string) => void])[] = [
      ['a character device', isRoot, 'root', (file) => void execFileSync('mknod', [file, 'c', '1', '3'])],
      ['a block device', isRoot, 'root', (file) => void execFileSync('mknod', [file, 'b', '7', '200'])],
      ['a FIFO', has('mkfifo'), 'mkfifo', (file) => void execFileSync('mkfifo', [file])],
      ['a socket', has('python3'), 'python3', (file) => void execFileSync('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', file])],
    ];
    for (const [kind, isPossible, need, create] of kinds) {
      it(`F2, F3: ${kind}, or a link to it`, needs(need, isPossible, async () => {
        const real = place.in('there');
        create(real);
        symlinkSync('there', place.in('link.json'));
        const was = lstatSync(real);
        for (const user of [real, place.in('link.json')]) {
          const store = place.make({ user, folder: () => user });
          for (const call of [() => store.load(), () => write(store, 'a', 1), () => readBack(store, 'a'), () => store.probe('user', {})]) {
            const error = await failureOf(call());
            expect([error.reason, error.message]).to.deep.equal(['invalid-file', `${user} is ${kind.replace(/(character|block) /, '')}, not a file.`]);
            expect(error.userAction).to.contain(`Remove ${user}`);
          }
          expect(() => store.read('a', { resource: 'file:///any' })).to.throw(StoreError).with.property('reason', 'invalid-file');
          expect(() => jsonMemento(user)).to.throw(StoreError).with.property('reason', 'invalid-file');
        }
        expect(readdirSync(place.folder).sort()).to.deep.equal(['link.json', 'there']);
        expect([lstatSync(real).mode, lstatSync(real).ino]).to.deep.equal([was.mode, was.ino]);
      }));
    }

    it('F3: a FIFO that has taken the place of the file since it was looked at', needs('mkfifo', has('mkfifo'), async () => {
      const store = await place.loaded('{"s.a": 1}');
      writeFileSync(place.in('file'), '{}');
      rmSync(place.user);
      execFileSync('mkfifo', [place.user]);
      place.patch(fsPromises, 'stat', (stat) => (() => stat(place.in('file'))));
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('invalid-file');
      place.patch(fs, 'statSync', (look) => (() => look(place.in('file'))));
      const other = place.make();
      expect(() => other.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
    }));

    it('F3: a memento whose file a FIFO has taken the place of', needs('mkfifo', has('mkfifo'), async () => {
      const memento = jsonMemento(place.user);
      execFileSync('mkfifo', [place.user]);
      const error = await Promise.resolve(memento.update('key', 1)).then(() => undefined, (reason: unknown) => reason as StoreError);
      expect(error?.reason).to.equal('invalid-file');
    }));
  });

  describe('a path that can never be is refused at once:', () => {
    for (const [what, name, action] of [
      ['NUL in it', 'set\0tings.json', /holds a character that no path can hold/],
      ['links in a circle', 'circle.json', /Links lead from .* back to it/],
      ['a name that is too long', 'x'.repeat(300), /Choose a shorter path/],
    ] as const) {
      it(`F60: ${what}: nothing was stored, and nothing is tried again`, async () => {
        symlinkSync('circle.json', place.in('circle.json'));
        const user = `${place.folder}${path.sep}${name}`;
        const store = place.make({ user });
        for (const call of [() => store.load(), () => readBack(store, 'a'), () => store.probe('user', {})]) expect((await failureOf(call())).reason).to.equal('invalid-file');
        expect(() => store.read('a', {})).to.throw(StoreError).with.property('reason', 'invalid-file');
        expect(() => jsonMemento(user)).to.throw(StoreError).with.property('reason', 'invalid-file');
        const service = createConfigurationService(definition, { store: place.make({ user }) });
        place.undo(() => void service.dispose());
        const error = await failureOf(service.update('a', 1));
        expect([error.reason, error.attempts.length, error.context.outcome]).to.deep.equal(['invalid-file', 1, undefined]);
        expect(error.userAction).to.match(action).and.not.contain('\0');
        expect(readdirSync(place.folder)).to.deep.equal(['circle.json']);
      });
    }
  });

  it('F60: a folder in which nothing can be created, though it is there: refused, and the process ends', needs('/proc', existsSync('/proc/self'), () => {
    const program = path.join(import.meta.dirname, 'programs', 'update.ts');
    const { stdout, signal } = spawnSync(process.execPath, [program, '/proc/nowhere/settings.json'], { encoding: 'utf8', timeout: limits.condition });
    expect([stdout.trim(), signal]).to.deep.equal([isRoot ? 'io' : 'permission', null]);
  }));

  it('F60: of the folders above it, what another process makes meanwhile is taken, and what cannot be made is told', async () => {
    const deep = place.in('new', 'deep', 'settings.json');
    const store = place.make({ user: deep });
    place.patch(fs, 'mkdirSync', (mkdir) => (folder: string) => {
      mkdir(folder);
      return mkdir(folder);
    });
    await write(store, 'a', 1);
    expect(parse(place.text(deep))).to.deep.equal({ 's.a': 1 });
    place.patch(fs, 'mkdirSync', () => failing('EIO'));
    const error = await failureOf(write(place.make({ user: place.in('other', 'settings.json') }), 'a', 1));
    expect([error.reason, readdirSync(place.folder)]).to.deep.equal(['io', ['new']]);
  });

  describe('owner, group, mode and attributes stay:', () => {
    const owners = ({ uid, gid, mode }: fs.Stats): unknown => [uid, gid, mode & 0o7777];

    it('F4: a member of the group updates the file of another user, who is not locked out', needs('root', isRoot, () => {
      writeFileSync(place.user, '{"x": 1}');
      chownSync(place.user, nobody - 1, nobody);
      chmodSync(place.user, 0o664);
      chownSync(place.folder, nobody - 1, nobody);
      chmodSync(place.folder, 0o775);
      expect(writtenBy(nobody, [nobody], place.user)).to.deep.equal(['writable', 'stored']);
      expect(parse(place.text())).to.deep.equal({ 'x': 1, 's.a': 'theirs' });
      expect(owners(statSync(place.user))).to.deep.equal([nobody - 1, nobody, 0o664]);
      expect(readdirSync(place.folder)).to.deep.equal(['settings.json', 'tmp']);
    }));

    it('F4: root updates the file of a user', needs('root', isRoot, async () => {
      const store = await place.loaded('{}');
      chownSync(place.user, nobody, nobody - 1);
      chmodSync(place.user, 0o640);
      const { ino } = statSync(place.user);
      await write(store, 'a', 1);
      expect(owners(statSync(place.user))).to.deep.equal([nobody, nobody - 1, 0o640]);
      expect(statSync(place.user).ino, 'it is replaced').not.to.equal(ino);
    }));

    it('F4: a user updates a file of his own that belongs to a group of his', needs('root', isRoot, () => {
      writeFileSync(place.user, '{}');
      chownSync(place.user, nobody, nobody - 1);
      chownSync(place.folder, nobody, nobody);
      const { ino } = statSync(place.user);
      expect(writtenBy(nobody, [nobody, nobody - 1], place.user)).to.deep.equal(['writable', 'stored']);
      expect(statSync(place.user)).to.include({ uid: nobody, gid: nobody - 1 }).and.not.to.include({ ino });
    }));

    const attributes: readonly (readonly [string, string, (file: string) => void, (file: string) => string])[] = [
      ['an ACL', 'setfacl', (file) => void execFileSync('setfacl', ['-m', `u:${nobody}:rw,g:${nobody}:r`, file]), (file) => execFileSync('getfacl', ['-cnp', file], { encoding: 'utf8' })],
      ['extended attributes', 'setfattr', (file) => void execFileSync('setfattr', ['-n', 'user.note', '-v', 'mine', file]), (file) => execFileSync('getfattr', ['-d', '--absolute-names', file], { encoding: 'utf8' })],
    ];
    for (const [what, program, set, get] of attributes) {
      it(`F4: ${what}`, needs(program, has(program), async () => {
        const store = await place.loaded('{}');
        set(place.user);
        const was = get(place.user);
        const { ino } = statSync(place.user);
        await write(store, 'a', 1);
        expect(statSync(place.user).ino, 'it is replaced').not.to.equal(ino);
        await write(store, 'a', 2);
        expect([get(place.user), effective(store, 'a')]).to.deep.equal([was, 2]);
      }));

      for (const [when, prepare] of [
        ['where cp is not GNU’s', () => {
          writeFileSync(place.in('cp'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
          setVariable('PATH', place.folder);
        }],
        ['where no program can be started', () => place.patch(childProcess, 'execFile', () => failing('ERR_ACCESS_DENIED'))],
      ] satisfies readonly (readonly [string, () => unknown])[]) {
        it(`F4: ${what}, ${when}: written in place`, needs(program, has(program), async () => {
          const store = await place.loaded('{"x": 1}');
          set(place.user);
          const was = get(place.user);
          const { ino } = statSync(place.user);
          const { PATH } = process.env;
          prepare();
          await write(store, 'a', 2);
          setVariable('PATH', PATH);
          expect([get(place.user), statSync(place.user).ino, parse(place.text())]).to.deep.equal([was, ino, { 'x': 1, 's.a': 2 }]);
        }));
      }
    }

    it('F53: a file with a second name is the same file under both after a write', async () => {
      const store = await place.loaded('{"s.a": 1, "x": "long enough to be longer than what comes after it"}');
      linkSync(place.user, place.in('second.json'));
      await write(store, 'a', 2);
      await write(store, 'a', 3);
      expect(parse(place.text(place.in('second.json')))).to.include({ 's.a': 3 });
      expect(statSync(place.user).ino).to.equal(statSync(place.in('second.json')).ino);
      expect(readdirSync(place.folder).sort()).to.deep.equal(['second.json', 'settings.json']);
    });
  });

  describe('a file that cannot be exchanged is written in place:', () => {
    it('F19: it is mounted by itself', async function () {
      writeFileSync(place.in('real.json'), '{"x": 1}');
      writeFileSync(place.user, '');
      if (!place.mount(place.user, '--bind', place.in('real.json'))) skip(this, 'It needs to mount a file.');
      const store = await place.loaded();
      await store.probe('user', {});
      await write(store, 'a', 1);
      await write(store, 'a', 'longer');
      await write(store, 'a', 2);
      expect([parse(place.text(place.in('real.json'))), effective(store, 'a')]).to.deep.equal([{ 'x': 1, 's.a': 2 }, 2]);
      expect(readdirSync(place.folder).sort()).to.deep.equal(['real.json', 'settings.json']);
    });

    it('F19: a writable file in a folder that is not; one in a sticky folder that is another user’s', needs('root', isRoot, () => {
      const files = ['locked', 'sticky'].map((name) => place.in(name, 'settings.json'));
      for (const file of files) {
        mkdirSync(path.dirname(file));
        writeFileSync(file, '{"x": 1}');
        chownSync(file, nobody - 1, nobody - 1);
        chmodSync(file, 0o666);
      }
      chmodSync(place.in('locked'), 0o755);
      chmodSync(place.in('sticky'), 0o1777);
      expect(writtenBy(nobody, [nobody], ...files)).to.deep.equal(['writable', 'stored', 'writable', 'stored']);
      for (const file of files) {
        expect(parse(place.text(file))).to.deep.equal({ 'x': 1, 's.a': 'theirs' });
        expect(readdirSync(path.dirname(file))).to.deep.equal(['settings.json']);
      }
      expect(readdirSync(place.in('tmp', `holdfast-${nobody}`))).to.deep.equal([]);
    }));

    it('F19: where nothing can be kept meanwhile, the true cause is told; so it is for a new file in such a folder', needs('root', isRoot, () => {
      mkdirSync(place.in('locked'));
      writeFileSync(place.in('locked', 'settings.json'), '{"x": 1}');
      chmodSync(place.in('locked', 'settings.json'), 0o666);
      chmodSync(place.in('locked'), 0o755);
      mkdirSync(place.in('tmp'));
      chmodSync(place.in('tmp'), 0o755);
      const allow = `permission: Allow writing to the folder ${place.in('locked')}, then try again.`;
      expect(writtenBy(nobody, [nobody], place.in('locked', 'settings.json'), place.in('locked', 'new.json'))).to.deep.equal([allow, allow, allow, allow]);
      expect(place.text(place.in('locked', 'settings.json'))).to.equal('{"x": 1}');
    }));

    it('F19: a folder for what is kept that is another user’s, or open to all, is not used', async () => {
      const store = await place.loaded('{"s.a": 1}');
      const { TMPDIR } = process.env;
      setVariable('TMPDIR', place.in('tmp'));
      place.undo(() => setVariable('TMPDIR', TMPDIR));
      const kept = place.in('tmp', `holdfast-${process.getuid?.() ?? 'user'}`);
      mkdirSync(kept, { recursive: true });
      chmodSync(kept, 0o777);
      const restore = place.patch(fsPromises, 'open', (open) => ((...args: Parameters<typeof open>) => (
        String(args[0]).startsWith(place.in('.holdfast-')) ? Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })) : open(...args)
      )));
      place.patch(fsPromises, 'access', (access) => (...args: Parameters<typeof access>) => (
        args[0] === place.folder ? Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })) : access(...args)
      ));
      for (const call of [() => write(store, 'a', 2), () => store.probe('user', {})]) {
        expect(await failureOf(call())).to.include({ reason: 'permission', userAction: `Allow writing to the folder ${place.folder}, then try again.` });
      }
      chmodSync(kept, 0o700);
      await store.probe('user', {});
      await write(store, 'a', 2);
      expect([parse(place.text()), readdirSync(kept)]).to.deep.equal([{ 's.a': 2 }, []]);
      rmSync(kept, { recursive: true });
      writeFileSync(kept, '');
      expect((await failureOf(write(store, 'a', 3))).reason).to.equal('permission');
      restore();
    });

    /** The handle through which the file itself is written. */
    function handles(change: (handle: FileHandle) => void): () => void {
      return place.patch(fsPromises, 'open', (open) => async (...args: Parameters<typeof open>) => {
        const handle = await open(...args);
        if (args[0] === place.user && typeof args[1] === 'number' && (args[1] & fs.constants.O_RDWR) !== 0) change(handle);
        return handle;
      });
    }

    async function linked(): Promise<ReturnType<typeof place.make>> {
      const store = await place.loaded('{"s.a": 1}');
      linkSync(place.user, place.in('second.json'));
      return store;
    }

    it('F19: what fails on the way is put back, and the error is that of the failure', async () => {
      const store = await linked();
      const restore = handles((handle) => {
        const { write: real } = handle;
        handle.write = (() => {
          handle.write = real;
          return Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
        });
      });
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('no-space');
      restore();
      expect([place.text(), effective(store, 'a'), readdirSync(place.folder).sort()]).to.deep.equal(['{"s.a": 1}', 1, ['second.json', 'settings.json']]);
      await write(store, 'a', 2);
      expect(parse(place.text())).to.deep.equal({ 's.a': 2 });
    });

    it('F19: when nothing was written at all, nothing is put back', async () => {
      const store = await linked();
      const restore = place.patch(fs, 'ftruncateSync', () => failing('EPERM'));
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('permission');
      restore();
      expect(readdirSync(place.folder).sort()).to.deep.equal(['second.json', 'settings.json']);
    });

    it('F19: what cannot be put back is kept, and the error says where', async () => {
      const store = await linked();
      const restore = handles((handle) => {
        handle.write = (() => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })));
      });
      const error = await failureOf(write(store, 'a', 2));
      restore();
      const [kept] = readdirSync(place.folder).filter((name) => name.endsWith('.new'));
      expect([error.reason, error.message]).to.deep.equal(['io', `${place.user} was written only in part, and cannot be put right. Its new text is in ${place.in(kept!)}.`]);
      expect(parse(place.text(place.in(kept!)))).to.deep.equal({ 's.a': 2 });
    });

    it('two stores of one process that know it by two names: what is said to be stored is in the file (P20)', async () => {
      const one = await linked();
      const other = place.make({ user: place.in('second.json') });
      for (let round = 0; round < 40; round++) {
        const values = [one, other].map((store, index) => [store, `${index}.${round}`] as const);
        const results = await Promise.allSettled(values.map(([store, name]) => write(store, name, round)));
        const lost = values.filter(([, name], index) => results[index]!.status === 'fulfilled' && !place.text().includes(`"s.${name}"`));
        expect(lost, place.text()).to.deep.equal([]);
      }
      expect(Object.keys(parse(place.text()) as object).length).to.be.greaterThan(40);
    });

    it('a file that is changed before it is written, or exchanged while it is: newer (P28)', async () => {
      const store = await linked();
      const exchange = (): void => {
        writeFileSync(place.in('third.json'), '{"s.a": 5}');
        renameSync(place.in('third.json'), place.user);
      };
      for (const when of ['readFile', 'sync'] as const) {
        const restore = handles((handle) => {
          const real = handle[when].bind(handle) as () => Promise<never>;
          handle[when] = (async () => {
            const result = await real();
            exchange();
            return result;
          });
        });
        expect((await failureOf(write(store, 'a', 2))).reason).to.equal('newer');
        restore();
        expect(place.text()).to.equal('{"s.a": 5}');
        linkSync(place.user, place.in(`${when}.json`));
      }
      const restore = handles((handle) => {
        const { readFile } = handle;
        handle.readFile = (async () => {
          const bytes = await readFile.call(handle);
          writeFileSync(place.user, '{"s.a": "in place"}');
          return bytes;
        }) as typeof readFile;
      });
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('newer');
      restore();
      expect(place.text()).to.equal('{"s.a": "in place"}');
    });
  });

  describe('nobody is buried:', () => {
    it('F53: between the last look and the exchange nothing else has a turn', async () => {
      const store = await place.loaded('{"s.a": 1}');
      let justLooked = false;
      place.patch(fs, 'statSync', (look) => ((...args: Parameters<typeof look>) => {
        justLooked ||= args[0] === place.user;
        process.nextTick(() => (justLooked = false));
        return look(...args);
      }));
      const seen: boolean[] = [];
      place.patch(fs, 'renameSync', (rename) => (from: string, to: string) => {
        if (to === place.user) seen.push(justLooked);
        rename(from, to);
      });
      await write(store, 'a', 2);
      expect(seen).to.deep.equal([true]);
    });

    it('F53: a file that is created at that very moment is left as it is: newer', async () => {
      const store = await place.loaded();
      place.patch(fs, 'linkSync', (link) => (from: string, to: string) => {
        writeFileSync(to, '{"s.a": "theirs"}');
        link(from, to);
      });
      expect((await failureOf(write(store, 'a', 1))).reason).to.equal('newer');
      expect([place.text(), readdirSync(place.folder)]).to.deep.equal(['{"s.a": "theirs"}', ['settings.json']]);
    });

    it('a file is created where there are no hard links as well', async () => {
      const store = await place.loaded();
      place.patch(fs, 'linkSync', () => failing('EPERM'));
      await write(store, 'a', 1);
      expect([parse(place.text()), readdirSync(place.folder)]).to.deep.equal([{ 's.a': 1 }, ['settings.json']]);
    });

    it('F18: a link that is switched between reading and exchanging: newer, and neither file is touched', async () => {
      for (const name of ['one', 'two']) {
        mkdirSync(place.in(name));
        writeFileSync(place.in(name, 'settings.json'), `{"s.a": "${name}"}`);
      }
      symlinkSync('one', place.in('current'));
      const user = place.in('current', 'settings.json');
      const store = place.make({ user });
      await store.load();
      const restore = place.beforeExchange(() => {
        symlinkSync('two', place.in('next'));
        renameSync(place.in('next'), place.in('current'));
      });
      expect((await failureOf(write(store, 'a', 'ours'))).reason).to.equal('newer');
      restore();
      for (const name of ['one', 'two']) expect(place.text(place.in(name, 'settings.json'))).to.equal(`{"s.a": "${name}"}`);
      await write(store, 'a', 'ours');
      expect(parse(place.text(place.in('two', 'settings.json')))).to.deep.equal({ 's.a': 'ours' });
    });

    it('F53: the folder is put on disk as well, and each one that was made on the way', async () => {
      const order: string[] = [];
      place.patch(fsPromises, 'open', (open) => async (...args: Parameters<typeof open>) => {
        const handle = await open(...args);
        if (statSync(args[0]).isDirectory()) {
          const { sync } = handle;
          handle.sync = () => {
            order.push(path.relative(place.folder, String(args[0])) || '.');
            return sync.call(handle);
          };
        }
        return handle;
      });
      const user = place.in('a', 'b', 'settings.json');
      const store = place.make({ user });
      await write(store, 'a', 1);
      expect(order).to.deep.equal(['.', 'a', 'a/b']);
      await write(store, 'a', 2);
      expect(order).to.deep.equal(['.', 'a', 'a/b', 'a/b']);
    });

    it('a folder that another process makes in that moment will do; what cannot be made is told', async () => {
      const putBack = place.patch(fs, 'mkdirSync', (mkdir) => (folder: string) => {
        mkdir(folder);
        return mkdir(folder);
      });
      const user = place.in('a', 'b', 'settings.json');
      const store = place.make({ user });
      await write(store, 'a', 1);
      expect(place.text(user)).to.contain('1');
      putBack();
      rmSync(place.in('a', 'b'), { recursive: true });
      place.patch(fs, 'mkdirSync', () => failing('ENOENT'));
      expect((await failureOf(write(store, 'a', 2))).reason).to.equal('io');
    });

    it('where a folder cannot be put on disk, the file is stored all the same', async () => {
      place.patch(fsPromises, 'open', (open) => async (...args: Parameters<typeof open>) => {
        if (args[0] === place.folder) failing('EISDIR')();
        return open(...args);
      });
      const store = await place.loaded();
      await write(store, 'a', 1);
      expect(parse(place.text())).to.deep.equal({ 's.a': 1 });
    });
  });
});

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
