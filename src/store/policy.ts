import type { SettingsDefinition } from '../settings/define-settings.ts';
import { sameData } from '../settings/plain-data.ts';
import { merged } from './memory-store.ts';
import type { RawSetting } from './store.ts';

/**
 * Does a policy of the organisation decide this setting?
 *
 * VS Code has no field for it: it serves a policy's value in the place of the default, and lets it win over every layer.
 * So a policy is known by its deeds: another default than the declared one, which is in effect though a layer says
 * something else. Of a setting that declares a policy, either of the two is enough.
 */
export function isByPolicy(definition: SettingsDefinition, key: string, { effective, layers: holding }: RawSetting): boolean {
  const standard = holding.get('default');
  if (standard === undefined || !sameData(effective, standard)) return false;
  const declared = definition.declarations[key]?.policy !== undefined;
  const differs = !sameData(standard, definition.defaults[key]);
  if (declared && differs) return true;
  if (!declared && !differs) return false;
  let resolved: unknown;
  for (const value of holding.values()) resolved = merged(resolved, value);
  return !sameData(resolved, effective);
}
