import * as vscode from 'vscode';
import { ConfigurationService } from '../../src/service/service.ts';
import type { ServiceOptions } from '../../src/service/options.ts';
import { vscodeStore, type VscodeContext } from '../../src/store/vscode-host.ts';
import { limits, until } from '../limits.ts';
import { Witness } from '../replay/witness.ts';
import { fixture } from './fixture-settings.ts';

export { again, elapse, limits, until } from '../limits.ts';

/* What the suites need in every extension host, also in the browser's. */

/** The context of the fixture extension, as its `activate` got it. */
export async function fixtureContext(): Promise<VscodeContext> {
  const extension = vscode.extensions.getExtension<{ context: VscodeContext }>('holdfast-tests.fixture')!;
  return (await extension.activate()).context;
}

/** VS Code may take its time: for services of tests that are not about time limits. */
export const patientGuard = { timeout: limits.product, budget: limits.product } as const;
export const patientLifecycle = { loadLimit: limits.product, drainLimit: limits.product } as const;

/** A service on the fixture's settings, which is quick to try again and slow to give up. */
export async function superviseFixture(options: Partial<ServiceOptions> = {}): Promise<ConfigurationService<typeof fixture.defaults>> {
  const context = await fixtureContext();
  const service = new ConfigurationService(fixture, {
    store: vscodeStore(context, fixture),
    lifecycle: patientLifecycle,
    ...options,
    guard: { ...patientGuard, retry: { attempts: 4, initialDelay: 50, factor: 10 }, ...options.guard },
  });
  witness(service);
  await service.ready;
  return service;
}

const witnesses: Witness[] = [];

/** What the State Inspector would show of a service is compared with what was so, at the end. */
export function witness({ supervisor }: Pick<ConfigurationService, 'supervisor'>, now: () => number = () => performance.now()): void {
  witnesses.push(new Witness(supervisor as never, now));
}

// At the end of all suites of the window.
after('F61 F62 each moment that the State Inspector would have shown was so', () => {
  const problems = witnesses.splice(0).map((each) => each.end());
  if (problems.some((found) => found.length > 0)) throw new Error(problems.flat().slice(0, 20).join('\n'));
});

/** The folder that is open. */
export const folder = (): vscode.WorkspaceFolder => vscode.workspace.workspaceFolders![0]!;

/** Takes back what was typed and not saved, and closes all editors. VS Code itself opens one for what is left unsaved. */
export async function closeEditors(): Promise<void> {
  for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  await until('no editor is left', () => vscode.window.visibleTextEditors.length === 0 && vscode.workspace.textDocuments.every(({ isDirty }) => !isDirty));
}

/**
 * Types something into a document that has nothing unsaved, and leaves it so. Where VS Code reads the file again at that
 * moment, what was typed is gone: it is typed again.
 */
export async function typeUnsaved(document: vscode.TextDocument, position: vscode.Position, text: string): Promise<void> {
  let typed: string | undefined;
  await until('what was typed is there, and not saved', async () => {
    if (document.isDirty) return true;
    const before = document.getText();
    // VS Code tells a moment later that it is not saved.
    if (before === typed) return false;
    const at = document.offsetAt(position);
    typed = `${before.slice(0, at)}${text}${before.slice(at)}`;
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, position, text);
    await vscode.workspace.applyEdit(edit);
    return document.isDirty;
  });
}

/**
 * The quick fixes that are offered at a place. There are none while VS Code is busy with the document and cancels the request. A fix
 * without its command is left out: VS Code may drop the commands of a list before it returns that list.
 */
export async function quickFixes(uri: vscode.Uri, range: vscode.Range | undefined): Promise<vscode.CodeAction[]> {
  if (range === undefined) return [];
  try {
    const kind = vscode.CodeActionKind.QuickFix.value;
    const fixes = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', uri, range, kind);
    return fixes.filter(({ command, edit }) => command !== undefined || edit !== undefined);
  } catch {
    return [];
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
