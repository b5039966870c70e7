import { ConfigurationError, StoreError } from 'holdfast';
import * as vscode from 'vscode';

/**
 * Runs a command that changes settings, and says honestly what has become of it: what went wrong, what the
 * user can do, and a button for it.
 */
export async function saying(done: () => string, change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const choice = await vscode.window.showErrorMessage([error.message, error.userAction].filter(Boolean).join(' '), ...remedies(error));
    if (choice !== undefined) await remedy(choice);
    if (choice === 'Try Again' || choice === 'Save and Try Again') await saying(done, change);
    return;
  }
  vscode.window.setStatusBarMessage(done(), 5_000);
}

type Remedy = 'Save and Try Again' | 'Open settings.json' | 'Try Again';

function remedies(error: ConfigurationError): Remedy[] {
  if (error instanceof StoreError && error.reason === 'dirty') return ['Save and Try Again', 'Open settings.json'];
  if (error instanceof StoreError && error.reason === 'invalid-file') return ['Open settings.json', 'Try Again'];
  return error.retryable ? ['Try Again'] : [];
}

async function remedy(choice: Remedy): Promise<void> {
  if (choice === 'Open settings.json') await vscode.commands.executeCommand('workbench.action.openSettingsJson');
  if (choice === 'Save and Try Again') {
    const unsaved = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.path.endsWith('/settings.json'));
    await Promise.all(unsaved.map((document) => document.save()));
  }
}
