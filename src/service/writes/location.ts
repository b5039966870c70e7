import type { Scope, Target, WriteRequest } from '../../store/store.ts';

/** Where a value is written: a setting, at a target, for a scope, and the settings file that holds it. */
export interface SettingLocation {
  readonly key: string;
  readonly target: Target;
  readonly scope: Scope;
  readonly file: string;
}

/** The same for two locations that hold one value. */
export const locationId = ({ key, scope, file }: SettingLocation): string => `${file}\n${scope.languageId ?? ''}\n${key}`;

export const isSameLocation = (a: SettingLocation, b: SettingLocation): boolean =>
  a.key === b.key && a.file === b.file && a.scope.languageId === b.scope.languageId;

/** A location as the store takes it. */
export const toRequest = ({ key, target, scope }: SettingLocation): Omit<WriteRequest, 'value'> => ({ key, target, scope });
