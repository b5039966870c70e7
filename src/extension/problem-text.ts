import { l10n } from 'vscode';
import { rulesOf } from '../settings/manifest.ts';
import { layers, type Scope } from '../store/store.ts';
import type { RegisteredService } from './api.ts';
import type { Rules } from './marks/nearest.ts';
import { expected } from './words.ts';

/** What a value must be and is not, as the end of "… must be …"; `undefined` when its rules do not say what is wrong. */
export function expectationBroken(value: unknown, rules: Rules): string | undefined {
  return breaks(value, rules) ? expected(rules) : undefined;
}

/** What is wrong with the stored value of a setting, in the language of the editor as far as its rules say it; of a secret, nothing. */
export function problemText(service: RegisteredService, key: string, problem: string, scope?: Scope): string {
  const { definition } = service;
  const declaration = definition.declarations?.[key];
  if (declaration === undefined || definition.isSecret(key)) return problem;
  const { layers: stored, ignored = [] } = service.inspect(key, scope);
  const highest = layers.findLast((layer) => layer in stored && !ignored.includes(layer));
  const expectation = highest === undefined ? undefined : expectationBroken(stored[highest], rulesOf(declaration));
  return expectation === undefined ? problem : l10n.t('must be {0}', expectation);
}

/** Does the value break what its rules say, so that to tell the rules tells what is wrong? */
function breaks(value: unknown, rules: Rules): boolean {
  if (rules.enum !== undefined) return !rules.enum.includes(value);
  const types = [rules.type ?? []].flat();
  if (value === null) return !types.includes('null');
  switch (typeof value) {
    case 'number':
      return !(types.includes('number') || (types.includes('integer') && Number.isInteger(value)))
        || value < (rules.minimum ?? -Infinity) || value > (rules.maximum ?? Infinity)
        || value <= (rules.exclusiveMinimum ?? -Infinity) || value >= (rules.exclusiveMaximum ?? Infinity);
    case 'string': return !types.includes('string') || value.length < (rules.minLength ?? 0) || value.length > (rules.maxLength ?? Infinity);
    case 'boolean': return !types.includes('boolean');
    default:
      if (!Array.isArray(value)) return !types.includes('object');
      return !types.includes('array') || value.length < (rules.minItems ?? 0) || value.length > (rules.maxItems ?? Infinity);
  }
}
