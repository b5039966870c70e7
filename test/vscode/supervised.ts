import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { ConfigurationService } from '../../src/service/service.ts';
import type { ServiceOptions } from '../../src/service/options.ts';
import { vscodeStore, type VscodeContext } from '../../src/store/vscode-host.ts';
import { fixture } from './fixture-settings.ts';

/** The context of the fixture extension, as its `activate` got it. */
export async function fixtureContext(): Promise<VscodeContext> {
  const extension = vscode.extensions.getExtension<{ context: VscodeContext }>('holdfast-tests.fixture')!;
  return (await extension.activate()).context;
}

/** A service on the fixture's settings, with waits short enough for a test, and what it stands for otherwise. */
export async function superviseFixture(options: Partial<ServiceOptions> = {}): Promise<ConfigurationService<typeof fixture.defaults>> {
  const context = await fixtureContext();
  const service = new ConfigurationService(fixture, {
    store: vscodeStore(context, fixture),
    guard: { retry: { initialDelay: 50 } },
    ...options,
  });
  await service.ready;
  return service;
}

/** The folder that is open. */
export const folder = (): vscode.WorkspaceFolder => vscode.workspace.workspaceFolders![0]!;

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

/** Waits for what must come true; says what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limit = 20_000): Promise<void> {
  const end = Date.now() + limit;
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`Waited ${limit} ms in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** What a promise rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail, and did not.');
}
