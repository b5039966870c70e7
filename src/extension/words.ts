import { l10n } from 'vscode';
import type { Health } from '../service/health.ts';
import type { Origin, SettingIssue } from '../service/reads/snapshot.ts';
import type { Scope } from '../store/store.ts';
import type { Rules } from './marks/nearest.ts';

/** Where a value comes from, for people. */
export function originName(origin: Origin | SettingIssue['served']): string {
  const plain = origin.replace(/-language$/, '');
  const place = {
    'default': l10n.t('the default'),
    'user': l10n.t('user settings'),
    'workspace': l10n.t('workspace settings'),
    'folder': l10n.t('folder settings'),
    'last good value': l10n.t('the last legal value'),
    'valid items': l10n.t('its valid items'),
    'policy': l10n.t('a policy of your organisation'),
  }[plain] ?? plain;
  return plain === origin ? place : l10n.t('{0}, for this language', place);
}

/** A folder, by its name, a language, or both. */
export function scopeName({ resource, languageId }: Scope): string {
  const folder = resource?.replace(/\/+$/, '').replace(/^.*\//, '');
  return [folder, languageId].filter((part) => part !== undefined).join(', ');
}

export function healthName(health: Health): string {
  return { healthy: l10n.t('healthy'), degraded: l10n.t('degraded'), unhealthy: l10n.t('unhealthy') }[health];
}

/** A value as settings.json would have it, but short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** What a value must be, as the end of "… must be …"; `undefined` when its rules do not say. */
export function expected(rules: Rules): string | undefined {
  if (rules.enum !== undefined) return l10n.t('one of {0}', rules.enum.map(shown).join(', '));
  const types = [rules.type ?? []].flat();
  const name = typeName(types.find((type) => type !== 'null'));
  if (name === undefined) return undefined;
  const limits = types.includes('string') ? lengths(rules) : types.includes('array') ? counts(rules) : range(rules);
  const all = [name, limits].filter(Boolean).join(' ');
  return types.includes('null') ? l10n.t('{0}, or null', all) : all;
}

function typeName(type: string | undefined): string | undefined {
  switch (type) {
    case 'integer': return l10n.t('a whole number');
    case 'number': return l10n.t('a number');
    case 'boolean': return l10n.t('true or false');
    case 'string': return l10n.t('a text');
    case 'array': return l10n.t('a list');
    case 'object': return l10n.t('an object');
    default: return undefined;
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Rules): string {
  if (minimum !== undefined && maximum !== undefined) return l10n.t('from {0} to {1}', minimum, maximum);
  const parts = [
    minimum === undefined ? '' : l10n.t('of at least {0}', minimum),
    exclusiveMinimum === undefined ? '' : l10n.t('greater than {0}', exclusiveMinimum),
    maximum === undefined ? '' : l10n.t('of at most {0}', maximum),
    exclusiveMaximum === undefined ? '' : l10n.t('less than {0}', exclusiveMaximum),
  ];
  return parts.filter(Boolean).join(', ');
}

function lengths({ minLength, maxLength }: Rules): string {
  const parts = [
    minLength === undefined ? '' : l10n.t('of at least {0} characters', minLength),
    maxLength === undefined ? '' : l10n.t('of at most {0} characters', maxLength),
  ];
  return parts.filter(Boolean).join(', ');
}

function counts({ minItems, maxItems }: Rules): string {
  const parts = [
    minItems === undefined ? '' : l10n.t('of at least {0} entries', minItems),
    maxItems === undefined ? '' : l10n.t('of at most {0} entries', maxItems),
  ];
  return parts.filter(Boolean).join(', ');
}
