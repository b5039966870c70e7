import * as vscode from 'vscode';
import { ConfigurationService } from '../../src/service/service.ts';
import type { ServiceOptions } from '../../src/service/options.ts';
import { vscodeStore, type VscodeContext } from '../../src/store/vscode-host.ts';
import { fixture } from './fixture-settings.ts';

/* What the suites need in every extension host, also in the browser's. */

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

/** Waits for what must come true; says what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limit = 45_000): Promise<void> {
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
