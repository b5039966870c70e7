import { CircuitOpenError, ConfigurationError, StoreError, type ConfigurationService } from 'holdfast';
import * as vscode from 'vscode';
import type { NofxSettings } from './settings.ts';

type Service = Pick<ConfigurationService<NofxSettings>, 'release'>;

/**
 * Runs a command that changes settings, and says honestly what has become of it: what went wrong, what the
 * user can do, and a button for it. What the user has declined in a notification of Holdfast, they know.
 */
export async function saying(service: Service, done: () => string, change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (error.context['declined'] === true) return;
    const choice = await vscode.window.showErrorMessage([error.message, error.userAction].filter(Boolean).join(' '), ...remedies(error));
    if (choice !== undefined) await remedy(choice, service);
    if (choice !== undefined && choice !== 'Open settings.json') await saying(service, done, change);
    return;
  }
  vscode.window.setStatusBarMessage(done(), 5_000);
}

type Remedy = 'Save and Try Again' | 'Open settings.json' | 'Release and Try Again' | 'Try Again';

function remedies(error: ConfigurationError): Remedy[] {
  if (error instanceof StoreError && error.reason === 'dirty') return ['Save and Try Again', 'Open settings.json'];
  if (error instanceof StoreError && error.reason === 'invalid-file') return ['Open settings.json', 'Try Again'];
  if (error instanceof CircuitOpenError && error.context['held'] === true) return ['Release and Try Again'];
  return error.retryable ? ['Try Again'] : [];
}

async function remedy(choice: Remedy, service: Service): Promise<void> {
  if (choice === 'Open settings.json') await vscode.commands.executeCommand('workbench.action.openSettingsJson');
  if (choice === 'Release and Try Again') service.release();
  if (choice === 'Save and Try Again') {
    const unsaved = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.path.endsWith('/settings.json'));
    await Promise.all(unsaved.map((document) => document.save()));
  }
}
