import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as yup from 'yup';
import * as vscode from 'vscode';
import { StoreError, ValidationError } from '../../src/errors.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import { vscodeStore } from '../../src/store/vscode-host.ts';
import { skip } from '../skip.ts';
import { fixtureContext, folder, readSettings, rejection, resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

type Service = Awaited<ReturnType<typeof superviseFixture>>;
const workspace = { target: 'workspace' } as const;

async function refusal(promise: Promise<unknown>, reason: string): Promise<StoreError> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(StoreError, String(error));
  expect((error as StoreError).reason).to.equal(reason, (error as Error).message);
  return error as StoreError;
}

/** Runs mount(8); false where that is not allowed. */
function mount(...options: string[]): boolean {
  try {
    execFileSync('mount', options, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Takes away the permission to write a file, also from root; gives back how to undo it, or nothing where that cannot be done. */
function forbidWriting(file: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0o444);
    return () => chmodSync(file, 0o644);
  }
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'pipe' });
    return () => void execFileSync('chattr', ['-i', file], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
}

/** Waits while VS Code has something open there. */
async function unmount(place: string): Promise<void> {
  await until(`nobody uses ${place}`, () => {
    try {
      execFileSync('umount', [place], { stdio: 'pipe' });
      return true;
    } catch {
      return false;
    }
  });
}

describe('Failures of VS Code, classified by facts', () => {
  let service: Service;

  after(resetSettings);

  beforeEach(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  afterEach(async () => {
    await service.dispose();
  });

  const stillWorks = async (): Promise<void> => {
    await service.update('count', 42, workspace);
    expect(readSettings()).to.include({ 'fixture.count': 42 });
    expect(service.get('count')).to.equal(42);
  };

  /** The document of settings.json, once it says what is on disk: one that is older could not be saved. */
  const openSettings = async (): Promise<vscode.TextDocument> => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await until('the document is up to date', () => !document.isDirty && document.getText() === readFileSync(settingsFile(), 'utf8'));
    return document;
  };

  const undo: (() => void)[] = [];
  afterEach(() => { for (const each of undo.splice(0)) each(); });

  /** By which an extension opens an editor, or works on one. */
  const onEditors = /^(vscode\.(open|diff)|workbench\.action\.(open|files))/;

  /** What extensions do from now on to show an editor. */
  function showings(): unknown[] {
    const { window, commands } = vscode;
    const { showTextDocument } = window;
    const { executeCommand } = commands;
    const shown: unknown[] = [];
    const watch = <W extends unknown[], R>(act: (...words: W) => R, isShowing: (...words: W) => boolean) => (...words: W): R => {
      if (isShowing(...words)) shown.push(words[0]);
      return act(...words);
    };
    Object.assign(window, { showTextDocument: watch(showTextDocument as (...words: unknown[]) => unknown, () => true) });
    Object.assign(commands, { executeCommand: watch(executeCommand as (...words: unknown[]) => unknown, (name) => onEditors.test(String(name))) });
    undo.push(() => Object.assign(window, { showTextDocument }), () => Object.assign(commands, { executeCommand }));
    return shown;
  }

  it('a key that is not in the manifest: a programming error, which costs the breaker nothing', async () => {
    const stray = defineSettings('fixture', { stray: { schema: yup.number().defined(), default: 1, description: '' } });
    const strayService = new ConfigurationService(stray, { store: vscodeStore(await fixtureContext(), stray) });
    await strayService.ready;
    const error = await refusal(strayService.update('stray', 2, workspace), 'unregistered');
    expect(error.retryable).to.equal(false);
    expect(error.attempts).to.have.length(1);
    expect(strayService.breakers()[0]!.consecutiveFailures).to.equal(0);
    await strayService.dispose();
  });

  it('a folder target without a resource', async () => {
    await refusal(service.update('perFolder', 'x', { target: 'folder' }), 'scope');
  });

  it('a window setting in folder settings', async () => {
    await refusal(service.update('count', 5, { target: 'folder', resource: folder().uri.toString() }), 'scope');
  });

  it('a machine or application setting in the workspace', async () => {
    await refusal(service.update('perMachine', 'x', workspace), 'scope');
    await refusal(service.update('application', true, workspace), 'scope');
    expect(service.breakers()[0]!.consecutiveFailures).to.equal(0);
  });

  it('a language value of a setting that has none', async () => {
    await refusal(service.update('count', 5, { ...workspace, languageId: 'typescript' }), 'scope');
  });

  it('unsaved changes in settings.json: says so, leaves them alone, and works once they are saved', async () => {
    const document = await openSettings();
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// mine\n'));
    const error = await refusal(service.update('count', 5, workspace), 'dirty');
    expect(error.userAction).to.match(/Save/);
    expect(document.isDirty, 'a person’s changes stay').to.equal(true);
    expect(document.getText()).to.contain('// mine');
    expect(await document.save()).to.equal(true);
    await service.update('count', 6, workspace);
    expect(readFileSync(settingsFile(), 'utf8')).to.contain('// mine').and.to.contain('"fixture.count": 6');
  });

  it('an edit that the extension host has not heard of yet stays too', async () => {
    const document = await openSettings();
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), '// mine\n');
    const applied = vscode.workspace.applyEdit(edit);
    await refusal(service.update('count', 5, workspace), 'dirty');
    await applied;
    expect(document.getText()).to.contain('// mine');
    expect(document.isDirty).to.equal(true);
    expect(await document.save()).to.equal(true);
    expect(readFileSync(settingsFile(), 'utf8')).to.contain('// mine');
  });

  it('a settings.json that does not parse: reads go on with the last good value (P30), writes say where', async () => {
    await service.update('count', 7, workspace);
    writeSettings('{ "fixture.count": 7, oops');
    const error = await refusal(service.update('count', 8, workspace), 'invalid-file');
    expect(error.message).to.match(/line 1/);
    expect(error.userAction).to.match(/Open the settings file/);
    await until('the lifecycle has noticed', () => service.status !== 'healthy');
    expect(service.get('count')).to.equal(7);
    writeSettings('{ "fixture.count": 9 }');
    await until('the mended value is served', () => service.get('count') === 9);
    expect(service.status).to.equal('healthy');
    await stillWorks();
  });

  it('an empty settings.json is an empty one', async () => {
    writeSettings('');
    await stillWorks();
  });

  it('a folder in the place of settings.json', async () => {
    rmSync(settingsFile());
    mkdirSync(settingsFile());
    const error = await refusal(service.update('count', 5, workspace), 'invalid-file');
    expect(error.userAction).to.match(/folder/i);
    expect(service.get('count')).to.be.a('number');
    rmSync(settingsFile(), { recursive: true });
    await stillWorks();
  });

  it('a settings.json deleted while it is written', async () => {
    const updates = [4, 5, 6, 7, 8].map((count) => service.update('recent', (list) => [...list, String(count)], workspace));
    rmSync(settingsFile());
    const results = await Promise.allSettled(updates);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreError);
    }
    await stillWorks();
  });

  it('a settings.json rewritten from outside: the change is merged by computing anew (P28)', async () => {
    await service.update('recent', ['first'], workspace);
    writeSettings(`${JSON.stringify({ ...readSettings(), 'fixture.recent': ['first', 'outside'] }, null, 2)}\n`);
    await service.update('recent', (list) => [...list, 'mine'], workspace);
    expect(readSettings()['fixture.recent']).to.deep.equal(['first', 'outside', 'mine']);
  });

  it('a settings.json that is newer on disk than in the editor', async () => {
    const document = await vscode.workspace.openTextDocument(settingsFile());
    await vscode.window.showTextDocument(document);
    writeSettings('{\n  "fixture.name": "outside"\n}\n');
    await service.update('count', 13, workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.name': 'outside', 'fixture.count': 13 });
    await until('both are served', () => service.get('name') === 'outside' && service.get('count') === 13);
  });

  it('a read-only file system: permanent; the document VS Code leaves dirty is healed, and the refused value never lands', async function () {
    const file = settingsFile();
    await service.update('count', 14, workspace);
    const shown = showings();
    if (!mount('--bind', file, file) || !mount('-o', 'remount,ro,bind', file)) skip(this, 'A file system cannot be mounted here.');
    try {
      const error = await refusal(service.update('count', 15, workspace), 'read-only');
      expect(error.retryable).to.equal(false);
      expect(error.attempts).to.have.length(1);
      await refusal(service.update('count', 16, workspace), 'read-only');
      expect(service.get('count')).to.equal(14);
    } finally {
      await unmount(file);
    }
    await service.update('name', 'after', workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 14, 'fixture.name': 'after' });
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
    // What is left unsaved for most of a second, VS Code opens by itself.
    expect(shown, 'no editor was opened for it').to.deep.equal([]);
    const others = vscode.window.visibleTextEditors.filter(({ document }) => document.uri.fsPath !== file);
    expect(others, 'and none of another file').to.deep.equal([]);
  });

  it('a settings.json that may not be written: permanent, and healed as well', async function () {
    const file = settingsFile();
    await service.update('count', 14, workspace);
    const allow = forbidWriting(file);
    if (allow === undefined) skip(this, 'Writing to a file cannot be forbidden here.');
    try {
      const error = await refusal(service.update('count', 15, workspace), 'permission');
      expect(error.retryable).to.equal(false);
      expect(error.userAction).to.match(/Allow writing/);
      expect(service.get('count')).to.equal(14);
    } finally {
      allow();
    }
    await service.update('name', 'after', workspace);
    expect(readSettings()).to.deep.equal({ 'fixture.count': 14, 'fixture.name': 'after' });
    expect(vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)).to.deep.equal([]);
  });

  it('a full disk: says so, and works when there is room', async function () {
    const place = path.dirname(settingsFile());
    if (!mount('-t', 'tmpfs', '-o', 'size=64k', 'holdfast-test', place)) skip(this, 'A file system cannot be mounted here.');
    try {
      writeSettings('{ "fixture.count": 17, "fixture.name": "kept" }');
      const filler = path.join(place, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(1 << 20));
      } catch {
        // That is the point.
      }
      const long = Array.from({ length: 100 }, (_, item) => `${item} ${'x'.repeat(300)}`);
      const error = await refusal(service.update('recent', long, workspace), 'no-space');
      expect(error.userAction).to.match(/space/);
      rmSync(filler);
      await stillWorks();
      expect(readSettings()).to.deep.equal({ 'fixture.count': 42, 'fixture.name': 'kept' });
    } finally {
      await unmount(place);
    }
  });

  it('hostile keys and values are refused before anything happens (P50)', async () => {
    const before = readFileSync(settingsFile(), 'utf8');
    for (const key of ['', '..', '__proto__', 'constructor', 'fixture.count', 'a'.repeat(10_000), 'x\u0000', '<script>', 5, null, Symbol('x')]) {
      expect(await rejection(service.update(key as 'count', 1, workspace))).to.be.instanceOf(ValidationError);
      expect(service.get(key as 'count')).to.equal(undefined);
    }
    const circular: unknown[] = [];
    circular.push(circular);
    for (const value of [circular, 5n, Symbol('x'), NaN, new Date(), new Proxy({}, { ownKeys: () => { throw new Error('no'); } }), 'x'.repeat(10_000_000), null, '5', 5.5, 51]) {
      expect(await rejection(service.update('count', value as number, workspace))).to.be.instanceOf(ValidationError);
    }
    expect(readFileSync(settingsFile(), 'utf8')).to.equal(before);
    expect(service.breakers().every(({ consecutiveFailures }) => consecutiveFailures === 0)).to.equal(true);
  });
});
