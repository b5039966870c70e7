import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { SettingsDefinition } from '../settings/define-settings.ts';
import type { Memento } from './memento.ts';
import type { Disposable } from './store.ts';
import { VscodeStore } from './vscode-store.ts';

/** What is used of an extension's `ExtensionContext`. */
export interface VscodeContext {
  readonly subscriptions: { push(...disposables: Disposable[]): unknown };
  readonly workspaceState: Memento;
  readonly globalStorageUri: vscode.Uri;
  readonly extension: { readonly id: string };
}

/**
 * The store of an extension's settings in VS Code.
 * @throws StoreError VS Code does not tell of changes
 */
export function vscodeStore(context: Pick<VscodeContext, 'globalStorageUri'>, definition: SettingsDefinition): VscodeStore {
  return new VscodeStore(definition, context.globalStorageUri);
}

/** Calls back in each event of VS Code's own configuration. */
export const onHostChange = (listener: () => void): Disposable => vscode.workspace.onDidChangeConfiguration(listener);

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
