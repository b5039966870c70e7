import { expect } from 'chai';
import * as vscode from 'vscode';
import { StoreError } from '../../../src/errors.ts';
import { createConfigurationService, jsonMemento, JsonStore, jsonStore } from '../../../src/index.ts';
import { SettingsFile } from '../../../src/store/vscode-settings-file.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { fixture } from '../fixture-settings.ts';
import { rejection } from '../fixture-service.ts';

describe('The library in the browser', () => {
  it('has no Node around it', () => {
    expect(vscode.env.uiKind).to.equal(vscode.UIKind.Web);
    expect(typeof (globalThis as { importScripts?: unknown }).importScripts, 'in a worker').to.equal('function');
    expect(() => (require as (name: string) => unknown)(['node', 'fs'].join(':'))).to.throw('Cannot load module');
  });

  it('refuses to keep files, and says what to take instead', () => {
    for (const make of [() => new JsonStore(fixture, { user: 'settings.json' }), () => jsonStore({ user: 'settings.json' })(fixture), () => jsonMemento('memento.json')]) {
      expect(make).to.throw(StoreError, 'a browser has none: take').that.includes({ reason: 'unsupported', retryable: false });
    }
  });

  it('serves, and keeps virtual time', async () => {
    const clock = new VirtualClock();
    const service = createConfigurationService(fixture, { store: new MemoryStore(), clock });
    await clock.run(service.ready);
    await clock.run(service.update('count', 8));
    expect(service.get('count')).to.equal(8);
    await clock.run(service.dispose());
  });
});

describe('A settings file that is not on a disk', () => {
  /** A file system with one settings.json, marked as a test wants it. */
  const served = (scheme: string, permissions: vscode.FilePermission | undefined, isReadonly: boolean): vscode.Disposable => {
    const nothing = (): never => { throw vscode.FileSystemError.NoPermissions(); };
    const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
    const stat: vscode.FileStat = { type: vscode.FileType.File, ctime: 0, mtime: 0, size: 2, ...(permissions === undefined ? {} : { permissions }) };
    return vscode.workspace.registerFileSystemProvider(scheme, {
      onDidChangeFile: changed.event,
      watch: () => new vscode.Disposable(() => undefined),
      stat: () => stat,
      readFile: () => new TextEncoder().encode('{}'),
      readDirectory: () => [], createDirectory: nothing, writeFile: nothing, delete: nothing, rename: nothing,
    }, { isReadonly });
  };
  const probe = (scheme: string): Promise<unknown> => new SettingsFile('workspace', vscode.Uri.from({ scheme, path: '/settings.json' })).probe();

  it('is written when nothing speaks against it', async () => {
    const provider = served('holdfast-open', undefined, false);
    await probe('holdfast-open');
    provider.dispose();
  });

  it('is not written when it is marked read-only', async () => {
    const provider = served('holdfast-marked', vscode.FilePermission.Readonly, false);
    expect(await rejection(probe('holdfast-marked'))).to.include({ code: 'STORE', reason: 'permission' });
    provider.dispose();
  });

  it('is not written when its file system is only read', async () => {
    const provider = served('holdfast-read', undefined, true);
    expect(await rejection(probe('holdfast-read'))).to.include({ code: 'STORE', reason: 'read-only' });
    provider.dispose();
  });
});
