import * as yup from 'yup';
import { ValidationError } from '../errors.ts';
import type { FormerSetting } from './former.ts';
import { plainData, sameData, type PlainData } from './plain-data.ts';
import { keyProblem, nameProblem, showKey } from './setting-key.ts';

/** VS Code's own scopes: who may set the value, and where. */
export type SettingScope = 'application' | 'machine' | 'machine-overridable' | 'window' | 'resource' | 'language-overridable';

/** What the schema accepts, without the `undefined` that yup adds to optional schemas. */
export type ValueOf<S extends yup.Schema> = Exclude<yup.InferType<S>, undefined>;

export interface SettingDeclaration<S extends yup.Schema = yup.Schema> {
  /** What values are legal. Text transforms (`trim`, `lowercase`) sanitise what is read. */
  readonly schema: S;
  /** Used when no layer holds a legal value; must be legal itself. */
  readonly default: ValueOf<S>;
  /** Shown in the Settings editor. */
  readonly description: string;
  /** Default `window`. */
  readonly scope?: SettingScope;
  /** Descriptions of the values of an enumeration, in its order. */
  readonly enumDescriptions?: readonly string[];
  /** The value never appears in a log, metric, inspection, diagnostics file or error (P51). Default false. */
  readonly secret?: boolean;
  /** The value can make code run: what an untrusted workspace says is ignored (P52). Default false. */
  readonly restricted?: boolean;
  /**
   * The name under which an organisation may decide the value, for all its people, by a policy. It goes into the manifest,
   * where VS Code heeds it. Default: none.
   */
  readonly policy?: string;
  /** A web page about the setting: offered where its value is not legal. Default: its place in the Settings editor. */
  readonly documentation?: string;
  /** Said in the Settings editor when the setting is in use and should not be. */
  readonly deprecationMessage?: string;
  /** What it was called, or how its values were written, in earlier versions: the newest first. Such values are honoured, and can be converted. */
  readonly formerly?: readonly FormerSetting[];
}

/**
 * A definition's declarations, by key. The schemas alone are inferred from; defaults are then held against them.
 * (To name the schema here as well would widen the literals of `oneOf` to `string`.)
 */
export type Declarations<D> = {
  readonly [K in keyof D]: D[K] extends { readonly schema: infer S extends yup.Schema } ? Omit<SettingDeclaration<S>, 'schema'> : never;
};

/** The value types of a definition's declarations, by key. */
export type ValuesOf<D> = {
  [K in keyof D & string]: D[K] extends { readonly schema: infer S extends yup.Schema } ? ValueOf<S> : never;
};

export type CheckResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** The one source of truth about a section of settings. `V` maps keys to value types. */
export interface SettingsDefinition<V extends object = Record<string, unknown>> {
  readonly section: string;
  readonly keys: readonly (keyof V & string)[];
  readonly declarations: Readonly<Record<string, SettingDeclaration>>;
  /** The keys of earlier versions, and the setting each has become (of several, the first). */
  readonly formerKeys: ReadonlyMap<string, string>;
  /** The defaults: frozen, and valid. */
  readonly defaults: Readonly<V>;
  /**
   * Is this raw value, as it came from a store, legal? Sanitises texts; never converts between types,
   * never throws, and answers with a frozen copy.
   */
  check(key: string, raw: unknown): CheckResult;
  /**
   * The value to write, frozen. What the schema would change is refused with the legal spelling in
   * `userAction`, for a value is written as asked or not at all (P22).
   * @throws ValidationError
   */
  validate<K extends keyof V & string>(key: K, value: unknown): V[K];
  /**
   * The canonical spelling of a value from outside (text trimmed, case folded as the schema says).
   * @throws ValidationError when the value is not legal even so
   */
  sanitise<K extends keyof V & string>(key: K, value: unknown): V[K];
  /** @throws ValidationError unless `key` is declared */
  validateKey(key: unknown): asserts key is keyof V & string;
  isSecret(key: string): boolean;
}

/**
 * Defines a section of settings: types, defaults, validation, sanitising, and the manifest's
 * `contributes.configuration` all follow from it.
 *
 * @param section the prefix in settings.json, for instance `nofx`
 * @throws ValidationError for an illegal section or key, or a default its own schema refuses
 */
export function defineSettings<D extends Record<string, { readonly schema: object }>>(
  section: string,
  declarations: D & Declarations<D>,
): SettingsDefinition<ValuesOf<D>> {
  type Values = ValuesOf<D>;
  if (nameProblem(section) !== undefined) throw new ValidationError(showKey(section), 'cannot name a section of settings');

  const declared = Object.assign(Object.create(null) as Record<string, SettingDeclaration>, declarations);
  const keys = Object.freeze(Object.keys(declared)) as readonly (keyof Values & string)[];

  function declarationOf(key: unknown): SettingDeclaration | undefined {
    return typeof key === 'string' ? declared[key] : undefined;
  }

  function check(key: string, raw: unknown): CheckResult {
    const declaration = declarationOf(key);
    if (declaration === undefined) return { ok: false, problem: 'is not a setting' };
    const checked = checkAgainst(declaration.schema, raw);
    // A schema's message may quote the value (P51).
    return checked.ok || declaration.secret !== true ? checked : { ok: false, problem: 'is not a legal value' };
  }

  const definition: SettingsDefinition<Values> = {
    section,
    keys,
    declarations: Object.freeze(declared),
    formerKeys: formerKeysOf(section, declared),
    defaults: Object.create(null) as Values,
    check,
    validate(key, value) {
      definition.validateKey(key);
      const plain = plainData(value);
      if (!plain.ok) throw new ValidationError(key, plain.problem);
      const checked = check(key, plain.value);
      if (!checked.ok) throw new ValidationError(key, checked.problem, { userAction: `Use a legal value for ${section}.${key}.` });
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
    validateKey(key: unknown): asserts key is keyof Values & string {
      const problem = keyProblem(section, key);
      if (problem !== undefined) throw new ValidationError(showKey(key), problem);
      if (declarationOf(key) === undefined) {
        throw new ValidationError(showKey(key), `is not a setting of "${section}"`, {
          userAction: `The settings are: ${keys.join(', ')}.`,
        });
      }
    },
    isSecret: (key) => declarationOf(key)?.secret === true || declarationOf(definition.formerKeys.get(key))?.secret === true,
  };

  for (const key of keys) {
    const problem = keyProblem(section, key) ?? hiddenBy(key, declared);
    if (problem !== undefined) throw new ValidationError(showKey(key), problem);
    try {
      (definition.defaults as Record<string, unknown>)[key] = definition.validate(key, declared[key]?.default);
    } catch (cause) {
      throw new ValidationError(key, `has a default its own schema refuses: ${(cause as Error).message}`, { cause });
    }
  }
  Object.freeze(definition.defaults);
  return definition;
}

/** VS Code takes the dots of a name for a path: below a setting there is no place for another. */
function hiddenBy(key: string, declared: Readonly<Record<string, SettingDeclaration>>): string | undefined {
  const parts = key.split('.');
  const above = parts.map((_, count) => parts.slice(0, count).join('.')).find((name) => Object.hasOwn(declared, name));
  if (above === undefined) return undefined;
  return `cannot be a setting beside "${above}": VS Code takes it for a part of that one, and never reads it`;
}

/** @throws ValidationError for an old key that is none, or is a setting today */
function formerKeysOf(section: string, declared: Readonly<Record<string, SettingDeclaration>>): Map<string, string> {
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

function checkAgainst(schema: yup.Schema, raw: unknown): CheckResult {
  const plain = plainData(raw);
  if (!plain.ok) return plain;
  try {
    const value = sanitised(schema, plain.value);
    schema.validateSync(value, { strict: true, abortEarly: true });
    return { ok: true, value };
  } catch (error) {
    // A schema's own test may throw anything: then the value is refused as well.
    const problem = error instanceof yup.ValidationError ? problemText(error) : 'cannot be checked: its schema throws';
    return { ok: false, problem };
  }
}

/** yup's cast, but only where it turns text into text: "5" never becomes 5. */
function sanitised(schema: yup.Schema, value: PlainData): PlainData {
  const cast = plainData(schema.cast(value, { assert: false }));
  return cast.ok && sameShape(value, cast.value) ? cast.value : value;
}

function sameShape(a: PlainData, b: PlainData): boolean {
  if (typeof a === 'string') return typeof b === 'string';
  if (typeof a !== 'object' || a === null) return a === b;
  if (typeof b !== 'object' || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length
    && names.every((name) => Object.hasOwn(b, name) && sameShape((a as Record<string, PlainData>)[name]!, (b as Record<string, PlainData>)[name]!));
}

function problemText(error: yup.ValidationError): string {
  // yup begins its own messages with the path or "this"; ours follow the name of the setting. Its
  // type messages go on to quote the value, which may be long or secret.
  const message = error.message.replace(/^this /, '').replace(/, but the final value was:[\s\S]*$/, '');
  return shortened(message.replace(/[.\s]+$/, ''));
}

/** Names and values in a message may be as long as their author liked. */
function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
