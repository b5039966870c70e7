import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs, { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'jsonc-parser';
import { jsonMemento } from '../../../src/store/json-memento.ts';
import { asBeingWritten, identityOfMachine, spareBeside, spareElsewhere } from '../../../src/store/json-spare.ts';
import { effective, failing, Place, write } from './json-support.ts';

const day = 24 * 60 * 60_000;

describe('What killed processes leave behind: JsonStore', () => {
  const place = new Place();
  const left = (): string[] => readdirSync(place.folder).filter((name) => name.startsWith('.holdfast-'));

  /** Another process writes a setting and is killed on the way: when it opens a file of that name, or writes into the file itself. */
  function killed(when: 'at the spare file' | 'after truncation' | 'half way'): void {
    const module = pathToFileURL(path.resolve('src/store/json-store.ts')).href;
    const script = `
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      const [when, user] = process.argv.slice(1);
      const { open } = fs;
      const end = () => process.kill(process.pid, 'SIGKILL');
      fs.open = async (name, ...rest) => {
        const handle = await open(name, ...rest);
        const isSpare = String(name).endsWith('.tmp');
        if (isSpare && when === 'at the spare file') end();
        if (isSpare || typeof rest[0] !== 'number') return handle;
        const { write } = handle;
        handle.write = async (bytes, offset, length, position) => {
          if (when === 'half way') await write.call(handle, bytes, offset, Math.floor(length / 2), position);
          end();
        };
        return handle;
      };
      syncBuiltinESMExports();
      const { JsonStore } = await import(${JSON.stringify(module)});
      const request = { key: 'a', value: 'new', target: 'user', scope: {} };
      await new JsonStore({ section: 's' }, { user }).write(request, { signal: new AbortController().signal });`;
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, when, place.user], { encoding: 'utf8' });
    expect(signal, stderr).to.equal('SIGKILL');
  }

  it('F20: a file that was to take the place of the settings file is removed by the next process; the settings are as before', async () => {
    writeFileSync(place.user, '{"s.a": "old"}');
    killed('at the spare file');
    expect(left()).to.have.length(1);
    const store = place.make();
    await store.load();
    expect([left(), place.text(), effective(store, 'a')]).to.deep.equal([[], '{"s.a": "old"}', 'old']);
  });

  for (const when of ['after truncation', 'half way'] as const) {
    it(`F20: a text that was being written into the file itself, ${when}: the next process completes it`, async () => {
      writeFileSync(place.user, '{\n  "s.a": "old",\n  "x": 1\n}\n');
      linkSync(place.user, place.in('second.json'));
      killed(when);
      expect(left()).to.have.length(1);
      const store = place.make();
      await store.load();
      expect([left(), place.text(), effective(store, 'a')]).to.deep.equal([[], '{\n  "s.a": "new",\n  "x": 1\n}\n', 'new']);
      expect(place.text(place.in('second.json'))).to.equal(place.text());
    });
  }

  it('F20: the text of a folder’s settings that was being written is completed before it is first read (P30 P31)', () => {
    const file = place.in('f', 'settings.json');
    abandoned(asBeingWritten(spareBeside(file)), '{"s.a": 1}\n', { age: 60_000 });
    writeFileSync(file, '{"s.a": 1');
    linkSync(file, place.in('second.json'));
    // Nobody is writing it any more.
    utimesSync(file, 0, 0);
    const store = place.make({ folder: () => file });
    expect(effective(store, 'a', { resource: 'file:///f/any' })).to.equal(1);
    expect([file, place.in('second.json')].map((name) => place.text(name))).to.deep.equal(['{"s.a": 1}\n', '{"s.a": 1}\n']);
    expect(readdirSync(place.in('f'))).to.deep.equal(['settings.json']);
  });

  it('F20: a memento that was being written is completed before it is read', () => {
    writeFileSync(place.user, '{"key": "wri');
    const text = '{"key": "written"}';
    abandoned(asBeingWritten(spareBeside(place.user)), text);
    expect(jsonMemento(place.user).get('key')).to.equal('written');
    expect(readdirSync(place.folder)).to.deep.equal(['settings.json']);
  });

  /** A process of that number has left something, a while ago. A number that no process has: the largest there can be. */
  function abandoned(spare: string, text = '{"s.a": "new"}', { pid = 4_194_304, age = 0, machine = '$1' } = {}): string {
    const name = spare.replace(/\.holdfast-([0-9a-f]+)-\d+-/, `.holdfast-${machine}-${pid}-`);
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, text);
    const then = new Date(Date.now() - age);
    utimesSync(name, then, then);
    return name;
  }

  const spare = (): string => spareBeside(place.user);

  it('F20: which machine this is a process finds out once, and not for each write', async () => {
    let reads = 0;
    place.patch(fs, 'readFileSync', (original) => (...args: Parameters<typeof original>) => {
      if (String(args[0]).endsWith('boot_id')) reads++;
      return original(...args);
    });
    const store = await place.loaded('{"s.a": "old"}');
    for (const value of [1, 2, 3]) await write(store, 'a', value);
    expect([effective(store, 'a'), reads > 1]).to.deep.equal([3, false]);
  });

  it('F20: what may be somebody’s stays: of a process that runs, of another machine, of this process; a day later it is nobody’s', async () => {
    await place.loaded('{"s.a": "old"}');
    const others = [{ pid: process.ppid }, { machine: '01234567' }, { pid: process.pid }];
    const young = others.map((whose) => abandoned(spare(), '', whose));
    for (const whose of others) abandoned(spare(), '', { ...whose, age: day + 60_000 });
    abandoned(place.in('.holdfast-0e5b9a4e-7a0a-4c86-9d5a-2b1c1a1b1c1d.tmp'), '', { age: day + 60_000 });
    await place.make().load();
    expect(left().sort()).to.deep.equal(young.map((name) => path.basename(name)).sort());
  });

  it('F20: what a process of the same number has left before this one began is nobody’s, as in a container that was started again', async () => {
    abandoned(spare(), '', { pid: process.pid, age: process.uptime() * 1_000 + 60_000 });
    await place.loaded('{"s.a": "old"}');
    expect(left()).to.deep.equal([]);
  });

  it('F20: on a system that tells neither its start nor its container, the name of the machine has to do', () => {
    place.patch(fs, 'readlinkSync', () => failing('ENOENT'));
    place.patch(fs, 'readFileSync', (read) => (...args: Parameters<typeof read>) => (String(args[0]).startsWith('/proc') ? failing('ENOENT')() : read(...args)));
    expect(identityOfMachine()).to.equal(createHash('sha256').update(`${hostname()}\n\n`).digest('hex').slice(0, 8));
  });

  it('F20: a process that another user runs is one that runs', async () => {
    const name = abandoned(spare());
    place.patch(process, 'kill', () => failing('EPERM'));
    await place.loaded('{}');
    expect(left()).to.deep.equal([path.basename(name)]);
  });

  it('F20: a file that says something else by now, or is gone, is not touched', async () => {
    for (const text of ['{"s.a": "theirs"}', '{"s.a": "new"}', '{"s.a": "newer and longer"}', '{"s.b', undefined]) {
      const name = abandoned(asBeingWritten(spare()));
      if (text === undefined) fs.rmSync(place.user);
      else writeFileSync(place.user, text);
      await place.make().load().catch(() => undefined);
      expect(existsSync(name)).to.equal(false);
      expect(existsSync(place.user) ? place.text() : undefined).to.equal(text);
    }
  });

  it('F20: what belongs to another settings file of the folder is left to that; what else is in the folder, to all', async () => {
    const name = abandoned(asBeingWritten(spareBeside(place.in('other.json'))));
    writeFileSync(place.in('other.json'), '');
    for (const other of ['.holdfast', 'holdfast-1.tmp', '.other.tmp']) writeFileSync(place.in(other), '');
    await place.loaded('{"s.a": "old"}');
    expect([left(), place.text(place.in('other.json'))]).to.deep.equal([[path.basename(name)], '']);
    await place.make({ user: place.in('other.json') }).load();
    expect([left(), place.text(place.in('other.json'))]).to.deep.equal([[], '{"s.a": "new"}']);
    expect(readdirSync(place.folder).sort()).to.deep.equal(['.holdfast', '.other.tmp', 'holdfast-1.tmp', 'other.json', 'settings.json']);
  });

  it('F20: a file that is not ours stays, even if it is old and its name begins like those of ours', async () => {
    for (const name of ['.holdfast-notes.json', '.holdfast-tmp']) abandoned(place.in(name), 'theirs', { age: 2 * day });
    await place.loaded('{"s.a": "old"}');
    expect(left().sort()).to.deep.equal(['.holdfast-notes.json', '.holdfast-tmp']);
  });

  it('F20: a text that was kept elsewhere, as nothing can be created beside the file, is found again', async () => {
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = place.in('tmp');
    place.undo(() => (TMPDIR === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = TMPDIR)));
    expect(tmpdir()).to.equal(place.in('tmp'));
    const [name, other] = [place.user, place.in('other', 'settings.json')].map((file) => abandoned(asBeingWritten(spareElsewhere(file)!)));
    writeFileSync(place.user, '{"s.a"');
    const store = place.make();
    await store.load();
    expect([effective(store, 'a'), existsSync(name!), existsSync(other!)]).to.deep.equal(['new', false, true]);
  });

  it('F20: what cannot be put right is left, and keeps nobody from loading and writing', async () => {
    const name = abandoned(asBeingWritten(spare()));
    mkdirSync(place.in('.holdfast-a-folder.tmp'));
    utimesSync(place.in('.holdfast-a-folder.tmp'), 0, 0);
    writeFileSync(place.user, '{"s.a"');
    place.patch(fs, 'openSync', () => failing('EACCES'));
    const store = place.make();
    await store.load().catch(() => undefined);
    expect([existsSync(name), place.text()]).to.deep.equal([true, '{"s.a"']);
    renameSync(name, place.user);
    await write(store, 'a', 'ours');
    expect(parse(readFileSync(place.user, 'utf8'))).to.deep.equal({ 's.a': 'ours' });
  });
});
