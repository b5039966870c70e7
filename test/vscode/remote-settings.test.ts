import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError, TransactionError } from '../../src/errors.ts';
import { memoryMemento } from '../../src/store/memento.ts';
import { night } from '../night.ts';
import { skip } from '../skip.ts';
import { fixture } from './fixture-settings.ts';
import { elapse, fixtureContext, rejection, superviseFixture, until } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
type Values = Record<string, unknown>;

const user = { target: 'user' } as const;

/*
 * A window whose extension host runs on another machine, as this one's does: VS Code keeps settings of scope `machine`
 * and `machine-overridable` in that machine's own settings file, and all others in the user settings.
 */
describe('A remote window', () => {
  let service: Service;
  let files: { readonly user: string; readonly machine: string };
  let calls: number;

  const read = (file: string): Values => JSON.parse(readFileSync(file, 'utf8')) as Values;
  const ours = (file: string): Values => Object.fromEntries(Object.entries(read(file)).filter(([name]) => name.startsWith('fixture.')));
  const stored = (): readonly [user: Values, machine: Values] => [ours(files.user), ours(files.machine)];
  const shown = (key: string): unknown => vscode.workspace.getConfiguration('fixture', null).inspect(key)?.globalValue;

  const append = (list: readonly string[]): string[] => {
    calls++;
    return [...list, `item ${list.length}`];
  };

  /** Both files without a value of ours, by VS Code itself. */
  async function reset(): Promise<void> {
    for (const key of fixture.keys) {
      while (shown(key) !== undefined) await vscode.workspace.getConfiguration('fixture', null).update(key, undefined, vscode.ConfigurationTarget.Global);
    }
  }

  before(async function () {
    if (vscode.env.remoteName === undefined) skip(this, 'This window is not remote.');
    const { globalStorageUri } = await fixtureContext();
    const at = (...parts: string[]): string => vscode.Uri.joinPath(globalStorageUri, ...parts).fsPath;
    files = { user: at('..', '..', 'settings.json'), machine: at('..', '..', '..', 'Machine', 'settings.json') };
    mkdirSync(path.dirname(files.machine), { recursive: true });
    writeFileSync(files.machine, '{\n  "other.machine": 1\n}\n');
  });

  after(async () => {
    if (files === undefined) return;
    await reset();
    rmSync(files.machine);
  });

  beforeEach(async () => {
    calls = 0;
    await reset();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
  });

  const unhurt = (): void => {
    for (const { mode, consecutiveFailures } of service.breakers()) expect([mode, consecutiveFailures]).to.deep.equal(['CLOSED', 0]);
  };
  const failures = (): unknown[] => {
    const seen: unknown[] = [];
    service.onEvent((event) => {
      if (event.type === 'attempt-failed' || event.type === 'failed') seen.push(event.error);
    });
    return seen;
  };

  for (const [when, prepare, test] of [
    ['as the first write of a window', () => Promise.resolve(), night.it],
    ['after one to an ordinary setting', () => service.update('count', 5, user), it],
  ] as const) {
    test(`F8 update, ${when}: stored where VS Code keeps it, at the first attempt (P20)`, async () => {
      await prepare();
      const failed = failures();
      for (const [key, value] of [['perMachine', 'here'], ['tools', ['a']], ['application', true], ['name', 'x']] as const) {
        expect(await service.update(key, value as never, user)).to.deep.equal({ outcome: 'stored', target: 'user' });
        expect(service.get(key)).to.deep.equal(value);
      }
      expect(failed).to.deep.equal([]);
      const [inUser, onMachine] = stored();
      expect(inUser).to.deep.include({ 'fixture.application': true, 'fixture.name': 'x' });
      expect(onMachine).to.deep.equal({ 'fixture.perMachine': 'here', 'fixture.tools': ['a'] });
      unhurt();
    });

    test(`F8 update with a function, ${when}: applied once (P28)`, async () => {
      await prepare();
      await service.update('tools', append, user);
      await service.update('tools', append, user);
      expect(calls).to.equal(2);
      expect(stored()[1]).to.deep.equal({ 'fixture.tools': ['item 0', 'item 1'] });
    });

    test(`F8 updateAll, ${when}: all or none, in both files (P24)`, async () => {
      await prepare();
      const failed = failures();
      await service.updateAll({ perMachine: 'all', tools: ['a', 'b'], application: true, name: 'all' }, user);
      expect(failed).to.deep.equal([]);
      expect(stored()[0]).to.deep.include({ 'fixture.application': true, 'fixture.name': 'all' });
      expect(stored()[1]).to.deep.equal({ 'fixture.perMachine': 'all', 'fixture.tools': ['a', 'b'] });
      expect([service.get('perMachine'), service.get('tools'), service.get('application'), service.get('name')]).to.deep.equal(['all', ['a', 'b'], true, 'all']);
      unhurt();
    });

    test(`F8 a reset, ${when}`, async () => {
      await prepare();
      await service.updateAll({ perMachine: 'gone', tools: ['a'], name: 'stays' }, user);
      const failed = failures();
      await service.update('perMachine', undefined, user);
      await service.update('tools', undefined, user);
      expect(failed).to.deep.equal([]);
      expect(stored()[0]).to.include({ 'fixture.name': 'stays' });
      expect(read(files.machine)).to.deep.equal({ 'other.machine': 1 });
      expect([service.get('perMachine'), service.get('tools')]).to.deep.equal(['', []]);
    });
  }

  it('F8 restoreDefaults takes every value out of both files, and nothing else', async () => {
    await service.updateAll({ perMachine: 'x', tools: ['a'], application: true, count: 9 }, user);
    await service.restoreDefaults();
    expect(stored()).to.deep.equal([{}, {}]);
    expect(read(files.machine)).to.deep.equal({ 'other.machine': 1 });
    for (const key of fixture.keys) expect(service.get(key), key).to.deep.equal(fixture.defaults[key]);
  });

  it('F8 a transaction that fails in the user settings is undone on the machine, and says so (P24)', async () => {
    await service.update('perMachine', 'old', user);
    await service.update('count', 5, user);
    const text = readFileSync(files.user, 'utf8');
    writeFileSync(files.user, '{ oops');
    const error = await rejection(service.updateAll({ perMachine: 'new', count: 6 }, { ...user, wait: false }));
    writeFileSync(files.user, text);
    expect(error).to.be.instanceOf(TransactionError).and.to.deep.include({ rolledBack: ['perMachine'], notRestored: [] });
    expect((error as TransactionError).cause).to.include({ reason: 'invalid-file' });
    expect(ours(files.machine)).to.deep.equal({ 'fixture.perMachine': 'old' });
    await until('both are served as they were', () => service.get('perMachine') === 'old' && service.get('count') === 5);
  });

  it('F8 each file has a breaker and a queue of its own, which a restart does not forget (P11)', async () => {
    const memento = memoryMemento();
    const first = await superviseFixture({ memento });
    await first.update('perMachine', 'x', user);
    const text = readFileSync(files.machine, 'utf8');
    writeFileSync(files.machine, '{ oops');
    for (let i = 0; i < 5; i++) expect(await rejection(first.update('perMachine', `${i}`, { ...user, wait: false }))).to.be.instanceOf(StoreError).and.to.include({ reason: 'invalid-file' });
    expect(await rejection(first.update('tools', ['a'], { ...user, wait: false }))).to.include({ code: 'CIRCUIT_OPEN' });
    expect(await rejection(first.updateAll({ tools: ['a'], name: 'x' }, { ...user, wait: false }))).to.include({ code: 'CIRCUIT_OPEN' });
    expect(await first.update('name', 'other', user)).to.include({ outcome: 'stored' });
    const modes = (each: Service): Values => Object.fromEntries(each.breakers().map(({ file, mode }) => [file, mode]));
    expect(modes(first)).to.deep.equal({ 'remote settings': 'OPEN', 'user settings': 'CLOSED' });
    await first.dispose();
    const second = await superviseFixture({ memento });
    expect(modes(second)).to.deep.equal({ 'remote settings': 'OPEN' });
    writeFileSync(files.machine, text);
    await second.update('perMachine', 'well', { ...user, park: true });
    expect(ours(files.machine)).to.deep.equal({ 'fixture.perMachine': 'well' });
    await second.dispose();
  });

  it('F8 a setting of the window that a person has put into the machine’s file is changed there', async () => {
    await service.update('count', 5, user);
    writeFileSync(files.machine, '{\n  "fixture.count": 9\n}\n');
    await until('VS Code shows it', () => shown('count') === 9);
    await until('it is served', () => service.get('count') === 9);
    const failed = failures();
    expect(await service.update('count', (count) => count + 1, user)).to.include({ outcome: 'stored' });
    expect(stored()).to.deep.equal([{ 'fixture.count': 5 }, { 'fixture.count': 10 }]);
    await service.update('count', undefined, user);
    expect(stored(), 'the one below it is the user’s as well').to.deep.equal([{}, {}]);
    expect(failed).to.deep.equal([]);
    expect(service.get('count')).to.equal(3);
  });

  it('F8 F48 the machine’s file is being saved by another program', async () => {
    await service.update('tools', ['a', 'b', 'c'], user);
    const text = readFileSync(files.machine, 'utf8');
    writeFileSync(files.machine, '');
    const update = service.update('tools', append, user);
    await elapse(20);
    writeFileSync(files.machine, text);
    await update;
    expect(stored()[1]).to.deep.equal({ 'fixture.tools': ['a', 'b', 'c', 'item 3'] });
  });

  it('F8 over SSH, where the user settings are on another machine than the extension', async function () {
    if (vscode.env.appHost !== 'desktop' || vscode.env.remoteName !== 'ssh-remote') skip(this, 'Needs a desktop VS Code with a window over SSH (HOLDFAST_VSCODE=desktop).');
    const failed = failures();
    await service.updateAll({ perMachine: 'x', tools: ['a'], application: true, count: 9 }, user);
    expect([shown('perMachine'), shown('tools'), shown('application'), shown('count')]).to.deep.equal(['x', ['a'], true, 9]);
    expect(ours(files.machine)).to.deep.equal({ 'fixture.perMachine': 'x', 'fixture.tools': ['a'] });
    await service.update('tools', append, user);
    expect([calls, shown('tools')]).to.deep.equal([1, ['a', 'item 1']]);
    await service.restoreDefaults();
    expect(failed).to.deep.equal([]);
    for (const key of fixture.keys) expect(shown(key), key).to.equal(undefined);
  });
});
