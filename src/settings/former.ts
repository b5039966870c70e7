import type { SettingsDefinition } from './definition.ts';
import { isPromise, plainData } from './plain-data.ts';

/** What a setting was called, or how its values were written, in an earlier version of the extension. */
export interface FormerSetting {
  /** The key it had, without the section. Default: the one it has; only its values were others. */
  readonly key?: string;
  /**
   * Makes a value of today from an old one, which is frozen plain data; `undefined`: it says nothing any more.
   * Must be free of effects and synchronous; what it throws, or makes of what it does not expect, is never used. Of a setting that kept
   * its key, only values that are not legal today are old ones. Give its parameter a type: `(seconds: number) => …`.
   * Default: the value is the same.
   */
  convert?(old: unknown): unknown;
  /** Said of the old key in the Settings editor. Default: which setting has taken its place. */
  readonly deprecationMessage?: string;
}

/** What an old value is today. `value` is `undefined` when it says nothing any more. */
export type Conversion =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** An old value in today's form: legal, or not at all. Never throws. */
export function converted({ check }: Pick<SettingsDefinition, 'check'>, key: string, form: FormerSetting, old: unknown): Conversion {
  const plain = plainData(old);
  if (!plain.ok) return plain;
  if (form.convert === undefined) return check(key, plain.value);
  let value: unknown;
  try {
    value = form.convert(plain.value);
  } catch {
    return { ok: false, problem: 'cannot be converted: its conversion throws' };
  }
  if (isPromise(value)) return { ok: false, problem: 'cannot be converted: its conversion is asynchronous' };
  return value === undefined ? { ok: true, value } : check(key, value);
}
