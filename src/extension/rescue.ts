import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { WaitingWrite } from '../service/writes/awaiting-user.ts';
import { whatHappened, whatToDo } from './error-text.ts';
import type { SettingsFiles } from './marks/settings-files.ts';
import { ProgressNotification } from './progress-notification.ts';
import type { Registry, RegistryChange } from './registry.ts';
import { openSettingsFile, remoteSettings } from './settings-file.ts';
import type { UnsavedWrite } from './unsaved-writes.ts';
import type { WatchedService } from './watched-service.ts';

/** A cause that a person does not want to hear of is not told again for so long, in milliseconds. */
const quietFor = 60_000;

/** What the user can do about writes that wait for them. */
export type Remedy = 'save' | 'open' | 'retry' | 'user' | 'decline';

/** Why writes wait, and which. Each has one notification, which goes when they have all ended. */
interface Cause {
  readonly number: number;
  readonly id: string;
  readonly file: string;
  readonly writes: Map<UnsavedWrite, WatchedService>;
  notification: ProgressNotification | undefined;
  /** When it was declined last. */
  declined: number | undefined;
}

/** One cause, for whoever shows it: what is not stored and why, and what can be done. */
export interface Question {
  readonly cause: number;
  readonly title: string;
  readonly why: string;
  readonly remedies: readonly { readonly remedy: Remedy; readonly label: string }[];
}

/** The argument of the command that does something about a cause. */
export interface Answer {
  readonly cause: number;
  readonly remedy: Remedy;
}

/** The command that asks what to do about the writes that wait, or does what its argument says. */
export const resolveCommand = 'holdfast.resolveWrites';

/**
 * Asks the user about writes that only they can help: in one notification for each cause, however many writes and services
 * suffer from it. It stays as long as one of them waits, and is a progress notification because VS Code lets an extension
 * take back no other. The buttons are links in its text; its own button, Cancel, gives the writes up.
 */
export class Rescue implements vscode.Disposable {
  readonly #registry: Registry;
  readonly #files: SettingsFiles;
  readonly #patience: () => number;
  readonly #causes = new Map<string, Cause>();
  readonly #offers = new Map<WatchedService, vscode.Disposable>();
  readonly #subscriptions: vscode.Disposable[] = [];

  /** @param patience how long callers may be kept waiting, in milliseconds */
  constructor(registry: Registry, files: SettingsFiles, patience: () => number) {
    this.#registry = registry;
    this.#files = files;
    this.#patience = patience;
    this.#subscriptions.push(
      registry.onDidRegister((watched) => this.#offer(watched)),
      registry.onDidChange((change) => this.#onChange(change)),
    );
  }

  /** The user is being asked about this cause, or has just declined. */
  isAbout(reason: string | undefined, file: string | undefined): boolean {
    const cause = this.#causes.get(idOf(reason, file));
    return cause !== undefined && (cause.writes.size > 0 || isQuiet(cause));
  }

  /** What the user can be asked now. */
  get questions(): readonly Question[] {
    return [...this.#causes.values()].filter(({ writes }) => writes.size > 0).map(question);
  }

  /** Does what the user has chosen; nothing when the writes have ended meanwhile. */
  async answer({ cause: number, remedy }: Answer): Promise<void> {
    const cause = [...this.#causes.values()].find((each) => each.number === number);
    const [first] = cause?.writes.keys() ?? [];
    if (cause === undefined || first === undefined) return;
    // All that wait now: those that begin to wait while the file is being saved are tried by themselves.
    const handles = [...cause.writes.keys()].map(({ handle }) => handle);
    switch (remedy) {
      case 'save':
        if (await this.#save(first)) for (const each of handles) each.retry();
        break;
      case 'open':
        // They go on waiting, and are written as soon as that is possible.
        await openSettingsFile(cause.file);
        break;
      case 'retry':
        vscode.window.setStatusBarMessage(`$(sync) ${l10n.t('Trying again…')}`, 2_000);
        for (const each of handles) each.retry();
        // One that was tried before may be parked by now: its breaker lets it through.
        for (const { service } of new Set(cause.writes.values())) service.probe(cause.file);
        break;
      case 'user':
        for (const each of handles) each.redirect('user');
        break;
      case 'decline':
        cause.declined = Date.now();
        for (const each of handles) each.decline();
        // What is parked goes on waiting, and the status bar says so.
        cause.notification?.close();
        cause.notification = undefined;
    }
  }

  dispose(): void {
    disposeAll([...this.#subscriptions, ...this.#offers.values()]);
    for (const { notification } of this.#causes.values()) notification?.close();
  }

  #offer(watched: WatchedService): void {
    const patience = this.#patience;
    const offer = watched.service.rescueWith?.({
      get patience() {
        return patience();
      },
      onWaiting: (handle) => this.#onWaiting(watched, watched.awaitUser(handle)),
    });
    if (offer !== undefined) this.#offers.set(watched, offer);
  }

  #onWaiting(watched: WatchedService, write: UnsavedWrite): void {
    const cause = this.#causeOf(write);
    for (const other of this.#causes.values()) {
      if (other !== cause && other.writes.delete(write)) show(other);
    }
    if (isQuiet(cause)) {
      write.handle.giveUp();
      return;
    }
    cause.writes.set(write, watched);
    cause.notification ??= new ProgressNotification(() => void this.answer({ cause: cause.number, remedy: 'decline' }));
    show(cause);
  }

  #causeOf({ facts, file }: UnsavedWrite): Cause {
    const id = idOf(facts.reason, file);
    const known = this.#causes.get(id);
    if (known !== undefined) return known;
    const cause = { number: this.#causes.size + 1, id, file, writes: new Map<UnsavedWrite, WatchedService>(), notification: undefined, declined: undefined };
    this.#causes.set(id, cause);
    return cause;
  }

  #onChange({ watched, event }: RegistryChange): void {
    const isGone = !this.#registry.watched.includes(watched);
    for (const cause of this.#causes.values()) {
      const ended = [...cause.writes].filter(([write, owner]) => owner === watched && (isGone || !watched.unsaved.has(write)));
      for (const [write] of ended) {
        cause.writes.delete(write);
        if (event?.type === 'stored') sayStored(watched.namesOf(write));
      }
      if (ended.length > 0) show(cause);
    }
    if (!isGone) return;
    this.#offers.get(watched)?.dispose();
    this.#offers.delete(watched);
  }

  #save({ file, handle: { target } }: UnsavedWrite): Thenable<boolean> {
    const isInUser = (uri: vscode.Uri): boolean => this.#files.targetOf(uri) === 'user' && this.#files.isRemote(uri) === (file === remoteSettings);
    const document = vscode.workspace.textDocuments.find(({ uri }) => (target === 'user' ? isInUser(uri) : uri.toString() === file));
    return document?.save() ?? Promise.resolve(true);
  }
}

/** Shows a cause as it is now, or takes its notification away when nothing waits any more. */
function show(cause: Cause): void {
  if (cause.writes.size > 0) {
    cause.notification?.say(text(question(cause)));
    return;
  }
  cause.notification?.close();
  cause.notification = undefined;
}

function question(cause: Cause): Question {
  const first = [...cause.writes.keys()][0]!;
  const { facts } = first;
  const isDirty = facts.reason === 'dirty';
  const hasFile = facts.reason !== 'no-workspace';
  const canBeInUser = first.handle.target !== 'user' && [...cause.writes.keys()].every(({ handle }) => canRedirect(handle));
  const names = [...new Set([...cause.writes].map(([write, watched]) => watched.namesOf(write)))];
  return {
    cause: cause.number,
    title: names.length === 1 ? l10n.t('{0} is not stored yet.', names[0]!) : l10n.t('{0} are not stored yet.', names.join(', ')),
    why: [whatHappened(facts), isDirty ? '' : whatToDo(facts)].filter(Boolean).join(' '),
    remedies: [
      ...(isDirty ? [{ remedy: 'save', label: l10n.t('Save and retry') }] as const : []),
      ...(hasFile ? [{ remedy: 'open', label: l10n.t('Open settings.json') }] as const : []),
      ...(hasFile && !isDirty ? [{ remedy: 'retry', label: l10n.t('Retry now') }] as const : []),
      ...(canBeInUser ? [{ remedy: 'user', label: l10n.t('Write to user settings instead') }] as const : []),
    ],
  };
}

/** The text of a notification, with a link for each remedy. */
function text({ cause, title, why, remedies }: Question): string {
  const links = remedies.map(({ remedy, label }) => `[${label}](command:${resolveCommand}?${encodeURIComponent(JSON.stringify({ cause, remedy }))})`);
  return `${withoutLinks(`${title} ${why}`)} ${links.join(' · ')}`;
}

/** Text of others: what would be a link is shown as it is written. */
const withoutLinks = (plain: string): string => plain.replaceAll('](', '] (');

function sayStored(names: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('{0} is stored.', names)}`, 5_000);
}

/** Version 0.1.0 does not say. */
const canRedirect = ({ canRedirect: can = true }: Partial<WaitingWrite>): boolean => can;

const isQuiet = ({ declined }: Cause): boolean => Date.now() - (declined ?? -Infinity) < quietFor;

const idOf = (reason: string | undefined, file: string | undefined): string => `${reason ?? ''} ${file ?? ''}`;
