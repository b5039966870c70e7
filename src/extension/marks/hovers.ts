import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { keyOf } from '../../settings/setting-key.ts';
import { layers, type Layer } from '../../store/store.ts';
import type { RegisteredService } from '../api.ts';
import { escaped, table } from '../markdown.ts';
import { problemText } from '../problem-text.ts';
import { originName, shown } from '../words.ts';
import { overriddenBy, scopeOf } from './find-marks.ts';
import type { Marks } from './marks.ts';
import { isWorkspaceFile } from './settings-files.ts';
import { settingsOfAll, type WrittenSetting } from './settings-text.ts';

/** Says of a setting in settings.json which value is in effect, where it comes from, and what overrides what is written here. */
export class Hovers implements vscode.HoverProvider {
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const target = this.#marks.files.targetOf(document.uri);
    if (target === undefined) return undefined;
    const offset = document.offsetAt(position);
    for (const service of this.#marks.services) {
      const { section, keys } = service.definition;
      const setting = settingsOfAll(document.getText(), service.definition, isWorkspaceFile(document.uri))
        .find(({ nameSpan, valueSpan }) => offset >= nameSpan.start && offset <= valueSpan.end);
      if (setting === undefined) continue;
      const name = keyOf(section, setting.name)!;
      const key = keys.includes(name) ? name : heirOf(service, name);
      if (key === undefined) continue;
      const resource = this.#marks.files.resourceOf(document.uri);
      const overriding = overriddenBy(service, key, setting, target, resource);
      const range = new vscode.Range(document.positionAt(setting.nameSpan.start), document.positionAt(setting.valueSpan.end));
      return new vscode.Hover(new vscode.MarkdownString(text(service, key, setting, resource, overriding), true), range);
    }
    return undefined;
  }
}

/** The setting that a key of an earlier version has become. */
function heirOf({ definition: { keys, declarations } }: RegisteredService, old: string): string | undefined {
  return keys.find((key) => declarations?.[key]?.formerly?.some((form) => form.key === old));
}

function text(service: RegisteredService, key: string, setting: WrittenSetting, resource: string | undefined, overriding: Layer | undefined): string {
  const found = service.inspect(key, scopeOf(setting, resource));
  const secret = service.definition.isSecret(key);
  const show = (value: unknown): string => (secret ? escaped(String(value)) : `\`${shown(value).replaceAll('`', "'")}\``);
  const lines = [`$(shield) ${l10n.t('In effect: {0} ({1})', show(found.value), escaped(originName(found.origin)))}`];
  if (found.origin === 'policy') lines.push(`$(lock) ${l10n.t('Your organisation manages this setting; ask its administrator.')}`);
  else if (overriding !== undefined) lines.push(`$(arrow-up) ${l10n.t('What is written here is overridden by: {0}.', originName(overriding))}`);
  if ((found.ignored ?? []).length > 0) lines.push(`$(lock) ${l10n.t('What an untrusted workspace says of it is ignored.')}`);
  const old = Object.values(found.formerly ?? {});
  if (old.length > 0) lines.push(`$(history) ${l10n.t('A value of an earlier version is understood.')}`);
  if (found.problem !== undefined && !secret) lines.push(`$(warning) ${l10n.t('The stored value is not legal: {0}', escaped(problemText(service, key, found.problem)))}`);
  const rows = layers.filter((layer) => layer in found.layers).reverse().map((layer) => [originName(layer === 'default' && found.origin === 'policy' ? 'policy' : layer), show(found.layers[layer])]);
  return `${lines.join('\n\n')}\n\n${table([l10n.t('Stored in'), l10n.t('Value')], rows.map(([place, value]) => [escaped(place!), value!.replaceAll('|', '\\|')]))}`;
}
