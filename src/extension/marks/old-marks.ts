import { l10n } from 'vscode';
import { converted } from '../../settings/former.ts';
import { keyOf, settingName } from '../../settings/setting-key.ts';
import type { RegisteredService } from '../api.ts';
import { shown } from '../words.ts';
import type { Mark } from './find-marks.ts';
import type { WrittenSetting } from './settings-text.ts';

const none = { documentation: undefined, nearest: [], fallback: undefined, meant: undefined } as const;

/** A key of an earlier version: what it is called today, or `undefined` when it never was one. */
export function oldKey({ definition }: RegisteredService, key: string, setting: WrittenSetting, written: readonly WrittenSetting[]): Mark | undefined {
  const { section, declarations = {}, check } = definition;
  if (check === undefined) return undefined;
  const heirs = definition.keys.flatMap((heir) => (declarations[heir]?.formerly ?? []).filter(({ key: old }) => old === key).map((form) => ({ heir, form })));
  if (heirs.length === 0) return undefined;
  const names = heirs.map(({ heir }) => settingName(section, heir)).join(', ');
  const today = new Map<string, unknown>();
  let used = false;
  for (const { heir, form } of heirs) {
    const name = settingName(section, heir);
    const result = converted({ check: check.bind(definition) }, heir, form, setting.value);
    if (!result.ok) {
      const why = definition.isSecret(heir) ? '' : ` ${l10n.t('It cannot be converted: {0}.', result.problem)}`;
      return { ...none, kind: 'old', severity: 'warning', setting, message: `${l10n.t('{0} is called {1} now, and its value is not used.', setting.name, names)}${why}` };
    }
    if (written.some((other) => other.name === name && other.languageId === setting.languageId)) continue;
    used = true;
    if (result.value !== undefined) today.set(name, result.value);
  }
  const values = [...today].filter(([name]) => !definition.isSecret(keyOf(section, name)!)).map(([, value]) => shown(value));
  const message = !used
    ? l10n.t('{0} is called {1} now, which is set here as well: this one is not used.', setting.name, names)
    : values.length === 0
      ? l10n.t('{0} is called {1} now.', setting.name, names)
      : l10n.t('{0} is called {1} now. Its value is used as {2}.', setting.name, names, values.join(', '));
  return { ...none, kind: 'old', severity: 'information', setting, message, today };
}

/** A value as an earlier version wrote it, under the key of today. */
export function oldValue({ definition }: RegisteredService, key: string, setting: WrittenSetting): Mark | undefined {
  const { check, declarations } = definition;
  const forms = declarations?.[key]?.formerly?.filter(({ key: old = key }) => old === key) ?? [];
  if (check === undefined || forms.length === 0 || check(key, setting.value).ok) return undefined;
  for (const form of forms) {
    const result = converted({ check: check.bind(definition) }, key, form, setting.value);
    if (!result.ok) continue;
    const message = definition.isSecret(key) || result.value === undefined
      ? l10n.t('{0} has a value of an earlier version.', setting.name)
      : l10n.t('{0} has a value of an earlier version. It is used as {1}.', setting.name, shown(result.value));
    return { ...none, kind: 'old', severity: 'information', setting, message, today: new Map(result.value === undefined ? [] : [[setting.name, result.value]]) };
  }
  return undefined;
}
