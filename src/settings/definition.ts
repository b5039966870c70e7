import { ValidationError } from '../errors.ts';
import type { Checker } from './checker.ts';
import type { SettingDeclaration } from './declaration.ts';
import { withoutInvalidItems } from './invalid-items.ts';
import { plainData, sameData } from './plain-data.ts';
import { keyProblem, settingName, showKey } from './setting-key.ts';
import { shortened, type AcceptResult, type CheckResult } from './validation.ts';

/** The one source of truth about settings. `V` maps keys to value types. */
export interface SettingsDefinition<V extends object = Record<string, unknown>> {
  /** The section that all of them are in; `''` when they are in several: then the keys are whole names. */
  readonly section: string;
  readonly keys: readonly (keyof V & string)[];
  readonly declarations: Readonly<Record<string, SettingDeclaration>>;
  /** The keys of earlier versions, and the setting each has become (of several, the first). */
  readonly formerKeys: ReadonlyMap<string, string>;
  /** The defaults: frozen, and valid. */
  readonly defaults: Readonly<V>;
  /**
   * Is this raw value, as it came from a store, valid? Sanitises texts; never converts between types,
   * never throws, and answers with a frozen copy.
   */
  check(key: string, raw: unknown): CheckResult;
  /** The same for what is served: a value that is valid except for some items is accepted without them, where `onInvalidItem` says so. */
  accept(key: string, raw: unknown): AcceptResult;
  /**
   * The value to write, frozen. What the schema would change is refused with the valid spelling in
   * `userAction`, for a value is written as asked or not at all (P22).
   * @throws ValidationError
   */
  validate<K extends keyof V & string>(key: K, value: unknown): V[K];
  /**
   * The canonical spelling of a value from outside (text trimmed, case folded as the schema says).
   * @throws ValidationError when the value is not valid even so
   */
  sanitise<K extends keyof V & string>(key: K, value: unknown): V[K];
  /** @throws ValidationError unless `key` is declared */
  validateKey(key: unknown): asserts key is keyof V & string;
  isSecret(key: string): boolean;
}

/** What a definition is made of. */
export interface DefinitionParts {
  readonly section: string;
  /** By key; without a prototype. */
  readonly declared: Readonly<Record<string, SettingDeclaration>>;
  readonly formerKeys: ReadonlyMap<string, string>;
  readonly checkerOf: (key: string) => Checker;
}

/** A definition, but for its defaults. */
export function definitionOf<V extends object>({ section, declared, formerKeys, checkerOf }: DefinitionParts): SettingsDefinition<V> {
  const keys = Object.freeze(Object.keys(declared)) as readonly (keyof V & string)[];
  const declarationOf = (key: unknown): SettingDeclaration | undefined => (typeof key === 'string' ? declared[key] : undefined);

  function check(key: string, raw: unknown): CheckResult {
    const declaration = declarationOf(key);
    if (declaration === undefined) return { ok: false, problem: 'is not a setting' };
    const plain = plainData(raw);
    const checked = plain.ok ? checkerOf(key).check(plain.value) : plain;
    // A schema's message may quote the value (P51).
    return checked.ok || declaration.secret !== true ? checked : { ok: false, problem: 'is not a legal value' };
  }

  function accept(key: string, raw: unknown): AcceptResult {
    const checked = check(key, raw);
    const declaration = declarationOf(key);
    if (checked.ok || declaration?.onInvalidItem !== 'drop') return checked;
    const plain = plainData(raw);
    const kept = plain.ok ? withoutInvalidItems(checkerOf(key), plain.value) : undefined;
    if (kept === undefined) return checked;
    const { value, dropped: items, problem } = kept;
    const isSecret = declaration.secret === true;
    return { ok: true, value, dropped: isSecret ? { items: [], problem: checked.problem } : { items, problem } };
  }

  const definition: SettingsDefinition<V> = {
    section,
    keys,
    declarations: Object.freeze(declared),
    formerKeys,
    defaults: Object.create(null) as V,
    check,
    accept,
    validate(key, value) {
      definition.validateKey(key);
      const plain = plainData(value);
      if (!plain.ok) throw new ValidationError(key, plain.problem);
      const checked = check(key, plain.value);
      if (!checked.ok) throw new ValidationError(key, checked.problem, { userAction: `Use a valid value for ${settingName(section, key)}.` });
      if (!sameData(checked.value, plain.value)) {
        // The value is for the user's eyes, not for a log: it is in `userAction` alone.
        const hint = definition.isSecret(key) ? '' : `: ${shortened(JSON.stringify(checked.value))}`;
        throw new ValidationError(key, 'is not in its canonical form', { userAction: `Write it in its canonical form${hint}.` });
      }
      return plain.value as never;
    },
    sanitise(key, value) {
      definition.validateKey(key);
      const checked = check(key, value);
      if (!checked.ok) throw new ValidationError(key, checked.problem);
      return checked.value as never;
    },
    validateKey(key: unknown): asserts key is keyof V & string {
      // First: a manifest may have a key that begins with the name of its section.
      if (declarationOf(key) !== undefined) return;
      const problem = keyProblem(section, key);
      if (problem !== undefined) throw new ValidationError(showKey(key), problem);
      throw new ValidationError(showKey(key), section === '' ? 'is not a setting of this definition' : `is not a setting of "${section}"`, {
        userAction: `The settings are: ${keys.join(', ')}.`,
      });
    },
    isSecret: (key) => declarationOf(key)?.secret === true || declarationOf(formerKeys.get(key))?.secret === true,
  };
  return definition;
}

/** VS Code takes the dots of a name for a path: below a setting there is no place for another. */
export function hiddenBy(key: string, declared: Readonly<Record<string, unknown>>): string | undefined {
  const parts = key.split('.');
  const above = parts.map((_, count) => parts.slice(0, count).join('.')).find((name) => Object.hasOwn(declared, name));
  if (above === undefined) return undefined;
  return `cannot be a setting beside "${above}": VS Code takes it for a part of that one, and never reads it`;
}

/**
 * The keys of earlier versions, of these settings.
 * @throws ValidationError for an old key that is none, or is a setting today
 */
export function formerKeysOf(section: string, declared: Readonly<Record<string, Pick<SettingDeclaration, 'formerly'>>>): Map<string, string> {
  const former = new Map<string, string>();
  for (const [key, { formerly = [] }] of Object.entries(declared)) {
    for (const { key: old = key } of formerly) {
      if (old === key) continue;
      const problem = keyProblem(section, old) ?? (Object.hasOwn(declared, old) ? 'is a setting, and cannot be the former key of another' : undefined);
      if (problem !== undefined) throw new ValidationError(showKey(old), problem);
      if (!former.has(old)) former.set(old, key);
    }
  }
  return former;
}
