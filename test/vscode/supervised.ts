import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { fixture } from './fixture-settings.ts';
import { folder, until } from './fixture-service.ts';

export * from './fixture-service.ts';

/** The workspace's settings.json, as a file. */
export const settingsFile = (): string => path.join(folder().uri.fsPath, '.vscode', 'settings.json');

export function readSettings(): Record<string, unknown> {
  return JSON.parse(readFileSync(settingsFile(), 'utf8')) as Record<string, unknown>;
}

export function writeSettings(text: string): void {
  mkdirSync(path.dirname(settingsFile()), { recursive: true });
  writeFileSync(settingsFile(), text);
}

/** An empty settings.json, known to VS Code as such: also when the one before could not be parsed, and so held no value either. */
export async function resetSettings(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  rmSync(settingsFile(), { recursive: true, force: true });
  const seen = (key: 'count'): unknown => vscode.workspace.getConfiguration('fixture', null).inspect(key)?.workspaceValue;
  const mark = seen('count') === 49 ? 48 : 49;
  let written = -Infinity;
  await until('VS Code has seen the new settings.json', () => {
    // Again, should its watcher have lost the folder: tests put other file systems in its place.
    if (Date.now() - written > 2000) {
      writeSettings(`{ "fixture.count": ${mark} }\n`);
      written = Date.now();
    }
    return seen('count') === mark;
  });
  writeSettings('{}\n');
  await until('VS Code has seen the empty settings.json', () => {
    const configuration = vscode.workspace.getConfiguration('fixture', null);
    return fixture.keys.every((key) => configuration.inspect(key)?.workspaceValue === undefined);
  });
}
