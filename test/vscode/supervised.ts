import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { StoreError } from '../../src/errors.ts';
import { ownDefaults } from '../../src/extension/own-defaults.ts';
import type { Change, Refusal } from '../../src/store/store.ts';
import type { VscodeStore } from '../../src/store/vscode-store.ts';
import { fixture } from './fixture-settings.ts';
import { closeEditors, folder, limits, until } from './fixture-service.ts';

export * from './fixture-service.ts';

/** The workspace's settings.json, as a file. */
export const settingsFile = (): string => path.join(folder().uri.fsPath, '.vscode', 'settings.json');

export function readSettings(): Record<string, unknown> {
  return JSON.parse(readFileSync(settingsFile(), 'utf8')) as Record<string, unknown>;
}

/**
 * Writes as an editor does that saves in place. The file is at no moment empty, as it is between truncating and writing:
 * who reads it in between would take all settings for removed, and the last good values would be gone.
 */
export function writeSettings(text: string, file = settingsFile()): void {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!existsSync(file)) {
    writeFileSync(file, text);
    return;
  }
  const descriptor = openSync(file, 'r+');
  const bytes = Buffer.from(text);
  const rest = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - bytes.length), '\n');
  writeSync(descriptor, Buffer.concat([bytes, rest]), 0, bytes.length + rest.length, 0);
  ftruncateSync(descriptor, bytes.length);
  closeSync(descriptor);
}

/** What a reset has left: while the file is as it was then, there is nothing to do. */
let left: string | undefined;

function stateOfFile(): string | undefined {
  const { ino = 0n, ctimeNs = 0n } = statSync(settingsFile(), { bigint: true, throwIfNoEntry: false }) ?? {};
  return `${ino} ${ctimeNs}`;
}

const settings = [...fixture.keys.map((key) => `fixture.${key}`), ...Object.keys(ownDefaults).map((key) => `holdfast.${key}`)];

/** What VS Code still knows of the settings file that an empty one does not say. */
function remains(): string[] {
  const configuration = vscode.workspace.getConfiguration(undefined, null);
  const values = settings.filter((name) => configuration.inspect(name)?.workspaceValue !== undefined);
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === settingsFile());
  return [...values, ...(document === undefined || document.getText() === empty ? [] : [`a document that says ${JSON.stringify(document.getText().slice(0, 200))}`])];
}

const empty = '{}\n';

/**
 * An empty settings.json, known to VS Code as such; no editor, and nothing unsaved. The document of the file, if VS Code
 * has one, says the same: a write to an older one would be refused.
 */
export async function resetSettings(): Promise<void> {
  await closeEditors();
  if (stateOfFile() === left) return;
  if (statSync(settingsFile(), { throwIfNoEntry: false })?.isDirectory() === true) rmSync(settingsFile(), { recursive: true });
  writeSettings(empty);
  let told = performance.now();
  await until(() => `VS Code has seen the empty settings.json: it still knows ${remains().join(', ')}`, async () => {
    if (performance.now() - told > limits.attempt) {
      // Should its watcher have lost the folder, as tests put other file systems in its place: what VS Code itself does it knows.
      const uri = vscode.Uri.joinPath(folder().uri, '.vscode/settings.json');
      await vscode.workspace.fs.writeFile(uri, Buffer.from(empty));
      if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString())) {
        await vscode.window.showTextDocument(uri);
        await vscode.commands.executeCommand('workbench.action.files.revert');
        await closeEditors();
      }
      told = performance.now();
    }
    return remains().length === 0;
  });
  left = stateOfFile();
}

/** As a service does it: where VS Code has not read the file since another program has saved it, at once again. */
export async function committed(store: VscodeStore, changes: readonly Change[]): Promise<readonly Refusal[]> {
  const { signal } = new AbortController();
  let refusals: readonly Refusal[] = [];
  await until('VS Code knows the file', async () => {
    try {
      refusals = await store.commit(changes, { signal });
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.reason === 'newer') return false;
      throw error;
    }
  });
  return refusals;
}
