import { expect } from 'chai';
import * as vscode from 'vscode';
import { SettingsFile } from '../../src/store/vscode-settings-file.ts';
import { rejection } from './fixture-service.ts';

describe('A settings file that is not on a disk', () => {
  /** A file system with one settings.json, marked as a test wants it. */
  const served = (scheme: string, permissions: vscode.FilePermission | 'unknown' | undefined, isReadonly: boolean): vscode.Disposable => {
    const nothing = (): never => { throw vscode.FileSystemError.NoPermissions(); };
    const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
    const stat = permissions === 'unknown' ? undefined : { type: vscode.FileType.File, ctime: 0, mtime: 0, size: 2, ...(permissions === undefined ? {} : { permissions }) };
    return vscode.workspace.registerFileSystemProvider(scheme, {
      onDidChangeFile: changed.event,
      watch: () => new vscode.Disposable(() => undefined),
      stat: () => stat ?? nothing(),
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

  it('is written when nobody can say', async () => {
    const provider = served('holdfast-unknown', 'unknown', false);
    await probe('holdfast-unknown');
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
