import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import { errorFacts, type ErrorFacts } from '../observe/error-facts.ts';
import { tellableFacts } from '../observe/redact.ts';
import type { WaitingWrite } from '../service/waiting-writes.ts';
import { whatHappened, whatToDo } from './error-text.ts';
import type { SettingsFiles } from './marks/settings-files.ts';
import type { Registry } from './registry.ts';
import { openSettingsFile, remoteSettings } from './settings-file.ts';
import type { WatchedService } from './watched-service.ts';

/** A cause that a person does not want to hear of is not told again for so long, in milliseconds. */
const quietFor = 60_000;

/** Why writes wait, and which. */
interface Cause {
  readonly file: string;
  readonly writes: Set<WaitingWrite>;
  /** The question that is being asked; `undefined` when there is none, or when it is moot. */
  asking: object | undefined;
  dismissed: number | undefined;
}

/**
 * Asks a person about writes that only a person can help: once a cause, however many writes and services suffer from
 * it. Their callers wait meanwhile, and hear what became of them.
 *
 * VS Code lets nobody take a notification back. When its file has been written after all, what it asks is moot: it is
 * said in the status bar that the settings are stored, a late answer hears the same, and the next cause is asked anew.
 */
export class Rescue implements vscode.Disposable {
  readonly #files: SettingsFiles;
  readonly #patience: () => number;
  readonly #causes = new Map<string, Cause>();
  readonly #subscriptions: vscode.Disposable[] = [];

  /** @param patience how long callers may be kept waiting, in milliseconds */
  constructor(registry: Registry, files: SettingsFiles, patience: () => number) {
    this.#files = files;
    this.#patience = patience;
    this.#subscriptions.push(
      registry.onDidRegister((watched) => this.#offer(watched)),
      registry.onDidChange(({ watched, event }) => {
        if (event?.type === 'stored') this.#heal(event.file, event.keys.map((key) => `${watched.label}.${key}`));
      }),
    );
  }

  /** A person is being asked about this cause, or has just answered. */
  isAbout(reason: string | undefined, file: string | undefined): boolean {
    const cause = this.#causes.get(idOf(reason, file));
    return cause !== undefined && (cause.asking !== undefined || Date.now() - (cause.dismissed ?? -Infinity) < quietFor);
  }

  dispose(): void {
    disposeAll(this.#subscriptions);
  }

  #offer(watched: WatchedService): void {
    const patience = this.#patience;
    const offer = watched.service.rescueWith?.({
      get patience() {
        return patience();
      },
      onWaiting: (write) => this.#onWaiting(watched, write),
    });
    if (offer !== undefined) this.#subscriptions.push(offer);
  }

  #onWaiting(watched: WatchedService, write: WaitingWrite): void {
    const facts = tellableFacts(watched.service, errorFacts(write.error));
    const id = idOf(facts.reason, write.file);
    const cause = this.#causes.get(id) ?? { file: write.file, writes: new Set(), asking: undefined, dismissed: undefined };
    this.#causes.set(id, cause);
    for (const each of cause.writes) if (each.over) cause.writes.delete(each);
    if (Date.now() - (cause.dismissed ?? -Infinity) < quietFor) {
      write.giveUp();
      return;
    }
    cause.writes.add(write);
    if (cause.asking === undefined) void this.#ask(watched, write, facts, cause);
  }

  /** A settings file has been written: nobody has to be asked about it any more. */
  #heal(file: string, names: readonly string[]): void {
    for (const cause of this.#causes.values()) {
      if (cause.file !== file || cause.asking === undefined) continue;
      cause.asking = undefined;
      sayStored(names);
    }
  }

  async #ask({ label }: WatchedService, write: WaitingWrite, facts: ErrorFacts, cause: Cause): Promise<void> {
    const question = {};
    cause.asking = question;
    const saveAndRetry = l10n.t('Save and retry');
    const open = l10n.t('Open settings.json');
    const retryNow = l10n.t('Retry now');
    const toUser = l10n.t('Write to user settings instead');
    const hasFile = facts.reason !== 'no-workspace';
    const buttons = [
      ...(facts.reason === 'dirty' ? [saveAndRetry] : []),
      ...(hasFile ? [open] : []),
      ...(hasFile && facts.reason !== 'dirty' ? [retryNow] : []),
      ...(write.target === 'user' ? [] : [toUser]),
    ];
    const names = write.keys.map((key) => `${label}.${key}`);
    const text = [l10n.t('{0} is not stored yet.', names.join(', ')), whatHappened(facts), whatToDo(facts)].filter(Boolean).join(' ');
    const choice = await vscode.window.showWarningMessage(text, ...buttons);
    if (cause.asking !== question) {
      if (choice === open) await openSettingsFile(write.file);
      else if (choice !== undefined) sayStored(names);
      return;
    }
    cause.asking = undefined;
    const waiting = [...cause.writes].filter(({ over }) => !over);
    cause.writes.clear();
    switch (choice) {
      case saveAndRetry:
        if (await this.#save(write)) for (const each of waiting) each.retry();
        break;
      case open:
        // They go on waiting, and are written as soon as that is possible.
        for (const each of waiting) cause.writes.add(each);
        await openSettingsFile(write.file);
        break;
      case retryNow:
        for (const each of waiting) each.retry();
        break;
      case toUser:
        for (const each of waiting) each.redirect('user');
        break;
      default:
        cause.dismissed = Date.now();
        for (const each of waiting) each.giveUp();
    }
  }

  #save({ file, target }: WaitingWrite): Thenable<boolean> {
    const isInUser = (uri: vscode.Uri): boolean => this.#files.targetOf(uri) === 'user' && this.#files.isRemote(uri) === (file === remoteSettings);
    const document = vscode.workspace.textDocuments.find(({ uri }) => (target === 'user' ? isInUser(uri) : uri.toString() === file));
    return document?.save() ?? Promise.resolve(true);
  }
}

function sayStored(names: readonly string[]): void {
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('{0} is stored.', names.join(', '))}`, 5_000);
}

const idOf = (reason: string | undefined, file: string | undefined): string => `${reason ?? ''} ${file ?? ''}`;
