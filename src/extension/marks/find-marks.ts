import { l10n } from 'vscode';
import { rulesOf } from '../../settings/manifest.ts';
import { keyOf, settingName } from '../../settings/setting-key.ts';
import { layers, type Layer, type Scope, type Target } from '../../store/store.ts';
import type { RegisteredService } from '../api.ts';
import { expectationBroken } from '../problem-text.ts';
import { originName, shown } from '../words.ts';
import { meant } from './distance.ts';
import { nearestLegal, type Rules } from './nearest.ts';
import { oldKey, oldValue } from './old-marks.ts';
import { settingsOfAll, type WrittenSetting } from './settings-text.ts';

/** Something in a settings file that is not as it should be. */
export interface Mark {
  /** `invalid`: not a legal value; `unknown`: not a setting; `ignored`: not heeded in an untrusted workspace, or under a policy; `old`: of an earlier version. */
  readonly kind: 'invalid' | 'unknown' | 'ignored' | 'old';
  readonly severity: 'warning' | 'information';
  readonly message: string;
  readonly setting: WrittenSetting;
  /** A web page about it. */
  readonly documentation: string | undefined;
  /** Legal values to put in its place, the nearest first. */
  readonly nearest: readonly unknown[];
  /** The default, when it is another one. */
  readonly fallback: { readonly value: unknown } | undefined;
  /** The name that was meant, whole. */
  readonly meant: string | undefined;
  /** What is to be written today instead, by whole names: of an old setting that can be converted. */
  readonly today?: ReadonlyMap<string, unknown>;
}

/** A settings file, and what must be known of the window to judge it. */
export interface JudgedFile {
  readonly text: string;
  readonly isWorkspaceFile: boolean;
  readonly target: Target;
  /** The folder whose settings these are. */
  readonly resource: string | undefined;
  readonly trusted: boolean;
  /** Does VS Code know the setting? An extension may have more of a section than Holdfast sees to. */
  isRegistered(name: string): boolean;
}

/** Judges what a settings file says of a service's section. */
export function findMarks(service: RegisteredService, file: JudgedFile): Mark[] {
  const { section } = service.definition;
  const written = settingsOfAll(file.text, service.definition, file.isWorkspaceFile);
  return written.flatMap((setting) => {
    const key = keyOf(section, setting.name)!;
    const mark = service.definition.keys.includes(key)
      ? oldValue(service, key, setting) ?? judged(service, key, setting, file)
      : oldKey(service, key, setting, written) ?? unknown(service, setting, file);
    return mark === undefined ? [] : [mark];
  });
}

export function scopeOf({ languageId }: WrittenSetting, resource: string | undefined): Scope {
  return { ...(resource === undefined ? {} : { resource }), ...(languageId === undefined ? {} : { languageId }) };
}

function judged(service: RegisteredService, key: string, setting: WrittenSetting, file: JudgedFile): Mark | undefined {
  const { definition } = service;
  const declaration = definition.declarations?.[key];
  const none = { setting, documentation: declaration?.documentation, nearest: [], fallback: undefined, meant: undefined };
  if (!file.trusted && file.target !== 'user' && declaration?.restricted === true) {
    const what = l10n.t('{0} can make code run: while the workspace is not trusted, this value is ignored.', setting.name);
    return { ...none, kind: 'ignored', severity: 'information', message: `${what} ${inUse(service, key, setting, file)}` };
  }
  if (service.inspect(key, scopeOf(setting, file.resource)).origin === 'policy') {
    return { ...none, kind: 'ignored', severity: 'information', message: `${l10n.t('{0} is set by a policy: this value is ignored.', setting.name)} ${inUse(service, key, setting, file)}` };
  }
  const checked = definition.check?.(key, setting.value);
  if (checked === undefined || checked.ok) return undefined;
  const secret = definition.isSecret(key);
  const rules: Rules = declaration === undefined ? {} : rulesOf(declaration);
  // What the rules cannot say, the schema's author has said.
  const expectation = secret ? undefined : expectationBroken(setting.value, rules);
  const legal = (candidate: unknown): { value: unknown } | undefined => {
    const result = definition.check!(key, candidate);
    return result.ok ? { value: result.value } : undefined;
  };
  const nearest = secret ? [] : nearestLegal(setting.value, rules, legal);
  const standard = definition.defaults?.[key];
  return {
    ...none,
    kind: 'invalid',
    severity: 'warning',
    message: `${expectation !== undefined ? l10n.t('{0} must be {1}.', setting.name, expectation) : l10n.t('{0} is not legal: {1}.', setting.name, checked.problem)} ${inUse(service, key, setting, file)}`,
    nearest,
    fallback: standard === undefined || nearest.some((value) => shown(value) === shown(standard)) ? undefined : { value: standard },
  };
}

/** Which value is used, and where it comes from. */
function inUse(service: RegisteredService, key: string, setting: WrittenSetting, { resource }: JudgedFile): string {
  const { value, origin, dropped } = service.inspect(key, scopeOf(setting, resource));
  const text = service.definition.isSecret(key) ? String(value) : shown(value);
  return l10n.t('{0} is used instead ({1}).', text, originName(dropped === undefined ? origin : 'valid items'));
}

function unknown(service: RegisteredService, setting: WrittenSetting, file: JudgedFile): Mark | undefined {
  if (file.isRegistered(setting.name)) return undefined;
  const { section, keys } = service.definition;
  // Of what is in the same section, by what follows that: a long name of a section makes nothing nearer.
  const near = meant(keyOf(setting.section, setting.name) ?? setting.name, keys.flatMap((key) => keyOf(setting.section, settingName(section, key)) ?? []));
  const name = near === undefined ? undefined : settingName(setting.section, near);
  return {
    kind: 'unknown',
    severity: name === undefined ? 'information' : 'warning',
    message: name === undefined
      ? l10n.t('{0} is not a setting of {1}.', setting.name, setting.section)
      : l10n.t('{0} is not a setting of {1}. Did you mean {2}?', setting.name, setting.section, name),
    setting,
    documentation: undefined,
    nearest: [],
    fallback: undefined,
    meant: name,
  };
}

/** The layer of a file that overrides what this one says, or `undefined`. */
export function overriddenBy(service: RegisteredService, key: string, setting: WrittenSetting, target: Target, resource: string | undefined): Layer | undefined {
  const found = service.inspect(key, scopeOf(setting, resource));
  const own = setting.languageId === undefined ? target : `${target}-language` as const;
  return layers.findLast((layer) => layer in found.layers && !(found.ignored ?? []).includes(layer) && layers.indexOf(layer) > layers.indexOf(own));
}
