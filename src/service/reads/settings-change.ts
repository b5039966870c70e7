import { sameData } from '../../settings/plain-data.ts';
import type { Scope } from '../../store/store.ts';
import type { ConfigurationScope } from './configuration-scope.ts';
import { memberOf, type SubSections } from './sections.ts';
import type { SettingChange } from './snapshot.ts';

/** What has changed, and where: in the window, in folders, for languages. */
export interface SettingsChange<K extends string = string> {
  /** The settings that have another value somewhere. */
  readonly keys: readonly K[];
  /** Each new value: of the window (`scope` is empty), of a folder, of a language, or of a language in a folder. */
  readonly changes: readonly SettingChange[];
  /**
   * Has `get(key, scope)` another value than before? Without a scope: has it anywhere? Of a sub-section: has any setting in it?
   * Of a file it is asked like of its folder; of a scope that was never read and has no values of its own, whether what shows
   * through there has changed.
   * @throws ValidationError for a scope that is none
   */
  affects(key: K | SubSections<K>, scope?: ConfigurationScope): boolean;
  /**
   * The same by the whole name, as in VS Code's own event: `change.affectsConfiguration('app.run', document)`. The section
   * alone stands for all its settings; what is no part of it has not changed.
   * @throws ValidationError for a scope that is none
   */
  affectsConfiguration(name: string, scope?: ConfigurationScope): boolean;
}

/** Does what changed in one place show in another? */
export function showsIn(place: Scope, { resource, languageId }: Scope): boolean {
  const isWithin = <T>(wide: T | undefined, narrow: T | undefined): boolean => wide === undefined || wide === narrow;
  return isWithin(place.resource, resource) && isWithin(place.languageId, languageId);
}

/** Is it a change of this setting, of one in this sub-section, or of this member of an object? @param name `''`: of any setting */
export function isAbout({ key, now, before }: SettingChange, name: string | undefined): boolean {
  if (name === undefined) return false;
  if (name === '' || name === key || key.startsWith(`${name}.`)) return true;
  if (!name.startsWith(`${key}.`)) return false;
  const path = name.slice(key.length + 1).split('.');
  return !sameData(memberOf(now, path), memberOf(before, path));
}
