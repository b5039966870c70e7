import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { chooseService, type Subject } from './choose.ts';
import type { Marks } from './marks/marks.ts';
import type { OwnSettings } from './own-settings.ts';
import type { Registry } from './registry.ts';
import type { WatchedService } from './watched-service.ts';

/** Settings are read in bursts when an extension starts: what is old then is told of once, in milliseconds. */
const settleTime = 2_000;

/** How many settings of a service are stored in a form of an earlier version, and can be converted. */
export function oldSettingsCount({ service }: WatchedService): number {
  try {
    return service.oldSettings?.().filter(({ problem }) => problem === undefined).length ?? 0;
  } catch {
    return 0;
  }
}

/** Converts what is old in all settings files of the window: all of one file, or none of it. */
export async function convertOldSettings(registry: Registry, marks: Marks, subject: Subject | undefined): Promise<void> {
  const watched = await chooseService(registry, `Holdfast: ${l10n.t('Convert Old Settings')}`, subject);
  const { service } = watched ?? {};
  if (watched === undefined || service?.convertOldSettings === undefined) return;
  let count = (await service.convertOldSettings()).length;
  // What folders and languages say is known from their files alone.
  for (const { target, resource, languageId } of marks.oldPlaces(service)) {
    const scope = { ...(resource === undefined ? {} : { resource }), ...(languageId === undefined ? {} : { languageId }) };
    count += (await service.convertOldSettings({ target, ...scope })).length;
  }
  const done = count === 0 ? l10n.t('there is nothing to convert') : count === 1 ? l10n.t('one old setting converted') : l10n.t('{0} old settings converted', count);
  vscode.window.setStatusBarMessage(`Holdfast: ${watched.label}: ${done}`, 5_000);
}

/** Offers to convert what extensions have stored in earlier versions: once a window for each of them. */
export class OldSettingsOffer implements vscode.Disposable {
  readonly #own: OwnSettings;
  readonly #offered = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #subscription: vscode.Disposable;

  constructor(registry: Registry, own: OwnSettings) {
    this.#own = own;
    this.#subscription = registry.onDidChange(({ watched, event }) => {
      if ((event === undefined || event.type === 'loaded') && !this.#offered.has(watched.label) && oldSettingsCount(watched) > 0) this.#offerSoon(watched);
    });
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#subscription.dispose();
  }

  #offerSoon(watched: WatchedService): void {
    this.#offered.add(watched.label);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#offer(watched);
    }, settleTime);
    this.#timers.add(timer);
  }

  async #offer(watched: WatchedService): Promise<void> {
    await this.#own.ready;
    const count = oldSettingsCount(watched);
    if (count === 0 || !this.#own.get('oldSettings.offer')) {
      this.#offered.delete(watched.label);
      return;
    }
    const convert = l10n.t('Convert');
    const show = l10n.t('Show Problems');
    const never = l10n.t('Don’t Ask Again');
    const text = count === 1
      ? l10n.t('{0}: one setting is stored as an earlier version wrote it. It is understood as it is.', watched.label)
      : l10n.t('{0}: {1} settings are stored as an earlier version wrote them. They are understood as they are.', watched.label, count);
    const choice = await vscode.window.showInformationMessage(text, convert, show, never);
    if (choice === convert) await vscode.commands.executeCommand('holdfast.convertOldSettings', { service: watched.label });
    if (choice === show) await vscode.commands.executeCommand('workbench.actions.view.problems');
    if (choice === never) await this.#own.service?.update('oldSettings.offer', false, { target: 'user' });
  }
}
