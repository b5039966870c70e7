import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { labelOf } from '../api.ts';
import { shown } from '../words.ts';
import type { Marks, PlacedMark } from './marks.ts';

/** What can be done about a mark, where it is: the editor's quick fixes. */
export class QuickFixes implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, { diagnostics }: vscode.CodeActionContext): vscode.CodeAction[] {
    return this.#marks.at(document.uri, range).flatMap((mark) => {
      const diagnostic = diagnostics.find((each) => each.source === 'Holdfast' && each.message === mark.message);
      return fixes(document, mark).map((fix) => Object.assign(fix, diagnostic === undefined ? {} : { diagnostics: [diagnostic] }));
    });
  }
}

function fixes(document: vscode.TextDocument, mark: PlacedMark): vscode.CodeAction[] {
  const { kind, setting, nearest, fallback, meant } = mark;
  const found: vscode.CodeAction[] = [];
  const replace = (title: string, span: { readonly start: number; readonly end: number }, text: string, preferred = false): void => {
    const fix = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    fix.edit = new vscode.WorkspaceEdit();
    fix.edit.replace(document.uri, new vscode.Range(document.positionAt(span.start), document.positionAt(span.end)), text);
    fix.isPreferred = preferred;
    found.push(fix);
  };
  const run = (title: string, command: string, ...words: unknown[]): void => {
    const fix = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    fix.command = { title, command, arguments: words };
    found.push(fix);
  };

  if (mark.today !== undefined) {
    const entries = [...mark.today];
    if (entries.length > 0 && setting.flat) {
      const indent = /^[^\S\n]*/.exec(document.lineAt(document.positionAt(setting.nameSpan.start)).text)![0];
      const text = entries.map(([name, value]) => `${JSON.stringify(name)}: ${json(value)}`).join(`,\n${indent}`);
      const names = entries.map(([name]) => name).join(', ');
      replace(names === setting.name ? l10n.t('Convert the value of {0}', names) : l10n.t('Convert to {0}', names), { start: setting.nameSpan.start, end: setting.valueSpan.end }, text, true);
    }
    const label = labelOf(mark.service);
    run(l10n.t('Convert all old settings of {0}', label), 'holdfast.convertOldSettings', { service: label });
  }
  if (meant !== undefined) {
    const written = setting.flat ? meant : meant.slice(setting.section.length + 1);
    replace(l10n.t('Change to "{0}"', meant), setting.nameSpan, JSON.stringify(written), true);
  }
  nearest.forEach((value, index) => replace(l10n.t('Use {0}, the nearest legal value', shown(value)), setting.valueSpan, json(value), index === 0));
  if (fallback !== undefined) replace(l10n.t('Use the default, {0}', shown(fallback.value)), setting.valueSpan, json(fallback.value));
  if (kind === 'ignored' && !vscode.workspace.isTrusted) run(l10n.t('Manage Workspace Trust'), 'workbench.trust.manage');
  else replace(l10n.t('Remove {0} from this file', setting.name), setting.entrySpan, '');
  if (mark.documentation !== undefined) run(l10n.t('Open the documentation of {0}', setting.name), 'vscode.open', vscode.Uri.parse(mark.documentation));
  else run(l10n.t('Open the documentation of {0}', meant ?? setting.name), 'workbench.action.openSettings', `@id:${meant ?? setting.name}`);
  return found;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);
