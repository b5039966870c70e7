import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { BreakerStatus } from '../service/service.ts';
import { duration, fileName } from './markdown.ts';
import type { Registry } from './registry.ts';
import type { WatchedService } from './watched-service.ts';
import { healthName } from './words.ts';

/** What a command is about, for a caller who knows already: a service by its section, a guard by its id, a settings file by its name. */
export interface Subject {
  readonly service?: string;
  readonly file?: string;
  /** A setting's key. */
  readonly key?: string;
}

/**
 * The service, or the guard, a command is about; asks when there is more than one. `undefined`: there is none, or the user left.
 * @param guards whether it may be a guard
 */
export async function chooseService(registry: Registry, title: string, subject: Subject | undefined, guards = false): Promise<WatchedService | undefined> {
  const watched = registry.watched.filter(({ isGuard }) => guards || !isGuard);
  if (subject?.service !== undefined) return watched.find(({ subject: name }) => name === subject.service);
  if (watched.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No extension in this window uses Holdfast.'));
    return undefined;
  }
  if (watched.length === 1) return watched[0];
  const items = watched.map((service) => ({ label: service.label, description: healthName(service.view.health), detail: service.service.id, service }));
  return (await vscode.window.showQuickPick(items, { title, placeHolder: guards && watched.some(({ isGuard }) => isGuard) ? l10n.t('Whose settings, or which guard?') : l10n.t('Whose settings?') }))?.service;
}

/** One of the breakers, or all of them. `undefined`: the user left. */
export async function chooseBreaker(breakers: readonly BreakerStatus[], title: string, subject: Subject | undefined): Promise<{ readonly file: string | undefined } | undefined> {
  if (subject?.file !== undefined) return { file: subject.file };
  if (breakers.length <= 1) return { file: breakers[0]?.file };
  const items: (vscode.QuickPickItem & { file: string | undefined })[] = [
    ...breakers.map((breaker) => ({ label: fileName(breaker.file), description: stateOf(breaker), file: breaker.file })),
    { label: l10n.t('All settings files'), file: undefined },
  ];
  return vscode.window.showQuickPick(items, { title, placeHolder: l10n.t('Which settings file?') });
}

/** For people: `open, probes in 12.0 s`. */
export function stateOf({ mode, held, retryAfter }: BreakerStatus): string {
  if (held) return l10n.t('held open');
  if (mode === 'OPEN') return retryAfter === undefined ? l10n.t('open') : l10n.t('open, probes in {0}', duration(retryAfter));
  return mode === 'CLOSED' ? l10n.t('closed') : l10n.t('half open');
}
