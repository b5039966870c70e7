import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import type { Memento } from './memento.ts';
import type { Disposable } from './store.ts';
import { VscodeStore, type VscodeStoreOptions } from './vscode-store.ts';

/** What is used of an extension's `ExtensionContext`. */
export interface VscodeContext {
  readonly subscriptions: { push(...disposables: Disposable[]): unknown };
  readonly workspaceState: Memento;
  readonly globalStorageUri: vscode.Uri;
  readonly storageUri?: vscode.Uri | undefined;
  readonly extension: { readonly id: string };
}

/**
 * The store of an extension's settings in VS Code.
 * @throws StoreError VS Code does not tell of changes
 */
export function vscodeStore(context: Pick<VscodeContext, 'globalStorageUri'>, definition: SettingsDefinition, options: VscodeStoreOptions = {}): VscodeStore {
  return new VscodeStore(definition, context.globalStorageUri, options);
}

/** Calls back in each event of VS Code's own configuration. */
export const onHostChange = (listener: () => void): Disposable => vscode.workspace.onDidChangeConfiguration(listener);

/** The default of any setting that VS Code knows, as plain data. */
export function defaultInVscode(name: string): unknown {
  const standard = vscode.workspace.getConfiguration(undefined, null).inspect(name)?.defaultValue;
  return standard === undefined ? undefined : JSON.parse(JSON.stringify(standard));
}

/** Asks whether to restart the extensions. In the words of the extension's own `l10n`, if it has these. */
export async function askToRestart(titles: readonly string[]): Promise<boolean> {
  const action = vscode.l10n.t('Restart Extensions');
  const message = titles.length === 1
    ? vscode.l10n.t('{0} takes effect after the extensions are restarted.', titles[0]!)
    : vscode.l10n.t('{0} take effect after the extensions are restarted.', titles.join(', '));
  return await vscode.window.showInformationMessage(message, action) === action;
}

/** In the browser VS Code can restart its extensions only together with the window. */
export async function restartExtensions(): Promise<void> {
  const restart = 'workbench.action.restartExtensionHost';
  const canRestart = (await vscode.commands.getCommands()).includes(restart);
  await vscode.commands.executeCommand(canRestart ? restart : 'workbench.action.reloadWindow');
}

interface HoldfastExports {
  register?(service: unknown): Disposable;
}

/**
 * Shows a service in the Holdfast extension, when that is installed. It may be installed, or finish
 * starting, later; without it nothing is missing but the view.
 */
export function registerWithHoldfast(service: unknown): Disposable {
  let registration: Disposable | undefined;
  let ended = false;
  const tryToRegister = async (): Promise<void> => {
    const extension = vscode.extensions.getExtension<HoldfastExports>('holdfast.holdfast');
    if (extension === undefined || registration !== undefined) return;
    try {
      const exports = extension.isActive ? extension.exports : await extension.activate();
      if (ended || registration !== undefined) return;
      registration = exports.register?.(service);
    } catch {
      // The Holdfast extension failed to start: VS Code has told already.
    }
  };
  let watcher: Disposable | undefined;
  try {
    watcher = vscode.extensions.onDidChange(() => void tryToRegister());
  } catch {
    // One that is installed later is not noticed.
  }
  void tryToRegister();
  return {
    dispose: () => {
      ended = true;
      disposeAll([watcher, registration]);
    },
  };
}
