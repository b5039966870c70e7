import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { member } from '../observe/safe-data.ts';
import type { Answer, Remedy, Rescue } from './rescue.ts';

interface Choice extends vscode.QuickPickItem {
  readonly answer?: Answer;
}

const icons: Readonly<Record<Remedy, string>> = { save: 'save', open: 'go-to-file', retry: 'refresh', user: 'account', decline: 'circle-slash' };

/** What can be done about the writes that wait for the user, cause by cause. */
export function remedyItems({ questions }: Rescue): Choice[] {
  return questions.flatMap(({ cause, title, why, remedies }): Choice[] => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...[...remedies, { remedy: 'decline', label: l10n.t('Do not store it') } as const].map(({ remedy, label }, index) => ({
      label: `$(${icons[remedy]}) ${label}`,
      ...(index === 0 ? { description: why } : {}),
      answer: { cause, remedy },
    })),
  ]);
}

/** Does what a link of the notification says, and else asks what to do about the writes that wait for the user. */
export async function resolveWrites(rescue: Rescue, asked: unknown): Promise<void> {
  const [cause, remedy] = [member(asked, 'cause'), member(asked, 'remedy')];
  if (typeof cause === 'number' && typeof remedy === 'string' && remedy in icons) {
    await rescue.answer({ cause, remedy: remedy as Remedy });
    return;
  }
  const items = remedyItems(rescue);
  if (items.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No setting waits to be stored.'));
    return;
  }
  const chosen = await vscode.window.showQuickPick(items, { title: `Holdfast: ${l10n.t('Settings Not Stored Yet')}` });
  if (chosen?.answer !== undefined) await rescue.answer(chosen.answer);
}
