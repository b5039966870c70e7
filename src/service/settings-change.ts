import type { Scope } from '../store/store.ts';
import type { SettingChange } from './snapshot.ts';

/** What has changed, and where: in the window, in folders, for languages. */
export interface SettingsChange<K extends string = string> {
  /** The settings that have another value somewhere. */
  readonly keys: readonly K[];
  /** Each new value: of the window (`scope` is empty), of a folder, of a language, or of a language in a folder. */
  readonly changes: readonly SettingChange[];
  /**
   * Has `get(key, scope)` another value than before? Without a scope: has it anywhere? Of a file it is asked like of its
   * folder; of a scope that was never read and has no values of its own, whether what shows through there has changed.
   * @throws ValidationError for a scope that is none
   */
  affects(key: K, scope?: Scope): boolean;
}

/** Does what changed in one place show in another? */
export function showsIn(place: Scope, { resource, languageId }: Scope): boolean {
  const isWithin = <T>(wide: T | undefined, narrow: T | undefined): boolean => wide === undefined || wide === narrow;
  return isWithin(place.resource, resource) && isWithin(place.languageId, languageId);
}
