import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Alert } from '../observe/alerts.ts';
import { needsAPerson } from '../observe/error-facts.ts';
import { whatHappened, whatToDo } from './error-text.ts';
import type { OwnSettings } from './own-settings.ts';
import type { Registry } from './registry.ts';
import type { Rescue } from './rescue.ts';
import { localised } from './library-text.ts';
import { openSettingsFile, workspaceFile } from './settings-file.ts';
import type { WatchedService } from './watched-service.ts';

/** A cause that comes back within this time after it was healed is the same cause. In milliseconds. */
const sameCauseFor = 10 * 60_000;

/**
 * Tells the user of trouble that does not heal by itself: once a cause, with a button for what to do. What heals is
 * taken back quietly by the status bar.
 */
export class Notifications implements vscode.Disposable {
  /** Causes told of: `undefined` while they last, then when they ended. */
  readonly #told = new Map<string, number | undefined>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #rescue: Rescue;
  readonly #settings: OwnSettings;
  readonly #subscription: vscode.Disposable;

  constructor(registry: Registry, rescue: Rescue, settings: OwnSettings) {
    this.#settings = settings;
    this.#rescue = rescue;
    this.#subscription = registry.onDidRegister((watched) => {
      watched.alerts.onAlert((alert) => this.#onAlert(watched, alert));
    });
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#subscription.dispose();
  }

  #onAlert(watched: WatchedService, alert: Alert): void {
    const cause = causeOf(watched, alert);
    if (!alert.active) {
      if (this.#told.has(cause)) this.#told.set(cause, Date.now());
      return;
    }
    const isCall = alert.error !== undefined && needsAPerson(alert.error);
    if (!isCall || !this.#settings.get('alerts.notify')) return;
    // Trouble that is over by then is not worth a word: somebody may just be typing in settings.json.
    const patience = this.#settings.get('alerts.delay') * 1_000;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const lasts = watched.alerts.active.some(({ id }) => id === alert.id);
      if (lasts && !this.#isTold(cause) && !this.#rescue.isAbout(alert.error?.reason, alert.file)) void this.#tell(watched, alert, cause);
    }, alert.kind === 'breaker' ? 0 : patience);
    this.#timers.add(timer);
  }

  #isTold(cause: string): boolean {
    if (!this.#told.has(cause)) return false;
    const ended = this.#told.get(cause);
    return ended === undefined || Date.now() - ended < sameCauseFor;
  }

  async #tell(watched: WatchedService, alert: Alert, cause: string): Promise<void> {
    this.#told.set(cause, undefined);
    const { error, file } = alert;
    const showHealth = l10n.t('Show Health');
    const openSettings = l10n.t('Open settings.json');
    const isAboutFile = error?.reason !== undefined;
    const text = [`${watched.label}: ${localised(alert.message)}`, isAboutFile ? whatHappened(error) : '', error && whatToDo(error)].filter(Boolean).join(' ');
    const choice = await vscode.window.showWarningMessage(text, ...(isAboutFile ? [openSettings] : []), showHealth);
    if (choice === showHealth) await vscode.commands.executeCommand('holdfast.showHealth');
    if (choice === openSettings) await openSettingsFile(file);
  }
}

/** One settings file that is broken in one way is one cause, however many services and alerts tell of it. */
function causeOf({ service }: WatchedService, { id, error, file }: Alert): string {
  if (file === undefined || error?.reason === undefined) return `${service.id} ${id}`;
  return `${error.reason} in ${workspaceFile(file)?.toString() ?? file}`;
}
