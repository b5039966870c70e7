import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { disposeAll } from '../disposal.ts';
import type { Marks } from './marks/marks.ts';
import { settingsDocuments } from './marks/settings-files.ts';
import type { Registry } from './registry.ts';

/** What Holdfast makes of settings.json, beside the language in the status bar while one is open. */
export function languageStatus(registry: Registry, marks: Marks): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('holdfast.settings', settingsDocuments);
  item.name = 'Holdfast';
  const show = (): void => {
    const { count } = marks;
    const sections = registry.watched.filter(({ isGuard }) => !isGuard).map(({ label }) => label);
    item.text = count === 0 ? l10n.t('Settings checked') : count === 1 ? l10n.t('One setting to look at') : l10n.t('{0} settings to look at', count);
    item.detail = sections.length === 0 ? l10n.t('No extension in this window uses Holdfast.') : l10n.t('Checked by Holdfast: {0}', sections.join(', '));
    item.severity = count === 0 ? vscode.LanguageStatusSeverity.Information : vscode.LanguageStatusSeverity.Warning;
    item.command = count === 0
      ? { title: l10n.t('Show Health'), command: 'holdfast.showHealth' }
      : { title: l10n.t('Show Problems'), command: 'workbench.actions.view.problems' };
  };
  show();
  const parts = [item, marks.onDidChange(show), registry.onDidChange(show)];
  return new vscode.Disposable(() => disposeAll(parts));
}
