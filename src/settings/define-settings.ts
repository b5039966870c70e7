import { isSchema } from 'yup';
import { ValidationError } from '../errors.ts';
import { declarationFields, settingScopes, type Declarations, type SettingDeclaration, type ValuesOf, type WithSchemas } from './declaration.ts';
import { hasItems, withoutInvalidItems } from './invalid-items.ts';
import { plainData, sameData } from './plain-data.ts';
import { keyProblem, nameProblem, showKey } from './setting-key.ts';
import { checkAgainst, isAsyncFunction, isAsynchronous, problemText, shortened, type AcceptResult, type CheckResult } from './validation.ts';

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
  /** The same for what is served: a value that is legal but for some items is accepted without these, where `onInvalidItem` says so. */
  accept(key: string, raw: unknown): AcceptResult;
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
 * @throws ValidationError for an illegal section or key, a field or a scope that declarations do not have, a field that holds
 *   something else, an asynchronous test or conversion, a schema that is not one of yup or has a default of its own, or a
 *   default its own schema refuses
 */
export function defineSettings<S extends Record<string, object>>(
  section: string,
  // To name `yup.Schema` here would widen the literals of `oneOf` to `string`.
  declarations: WithSchemas<S> & NoInfer<Declarations<S>>,
): SettingsDefinition<ValuesOf<WithSchemas<S>>> {
  type Values = ValuesOf<WithSchemas<S>>;
  if (nameProblem(section) !== undefined) throw new ValidationError(showKey(section), 'cannot name a section of settings');

  const declared = Object.assign(Object.create(null) as object, declarations) as unknown as Record<string, SettingDeclaration>;
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

  function accept(key: string, raw: unknown): AcceptResult {
    const checked = check(key, raw);
    const declaration = declarationOf(key);
    if (checked.ok || declaration?.onInvalidItem !== 'drop') return checked;
    const plain = plainData(raw);
    const kept = plain.ok ? withoutInvalidItems(declaration.schema, plain.value) : undefined;
    if (kept === undefined) return checked;
    const { value, dropped: items, error } = kept;
    const isSecret = declaration.secret === true;
    return { ok: true, value, dropped: isSecret ? { items: [], problem: checked.problem } : { items, problem: problemText(error) } };
  }

  for (const key of keys) {
    const problem = keyProblem(section, key) ?? hiddenBy(key, declared);
    if (problem !== undefined) throw new ValidationError(showKey(key), problem);
    validateDeclaration(key, declared[key]!);
  }

  const definition: SettingsDefinition<Values> = {
    section,
    keys,
    declarations: Object.freeze(declared),
    formerKeys: formerKeysOf(section, declared),
    defaults: Object.create(null) as Values,
    check,
    accept,
    validate(key, value) {
      definition.validateKey(key);
      const plain = plainData(value);
      if (!plain.ok) throw new ValidationError(key, plain.problem);
      const checked = check(key, plain.value);
      if (!checked.ok) throw new ValidationError(key, checked.problem, { userAction: `Use a valid value for ${section}.${key}.` });
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

/** @throws ValidationError for what its type refuses as well: not everybody has a compiler */
function validateDeclaration(key: string, declaration: SettingDeclaration): void {
  const unknown = Object.keys(Object(declaration) as object).find((field) => !Object.hasOwn(declarationFields, field));
  if (unknown !== undefined) {
    throw new ValidationError(key, `is declared with "${unknown}", which declarations do not have`, { userAction: `The fields of a declaration are: ${Object.keys(declarationFields).join(', ')}.` });
  }
  const { schema, scope = 'window', ...others } = Object(declaration) as SettingDeclaration;
  if (!isSchema(schema)) throw new ValidationError(key, 'needs a schema of yup', { userAction: 'Declare it as in { schema: yup.string().defined(), … }.' });
  if (!settingScopes.includes(scope)) {
    throw new ValidationError(key, `is declared with the scope ${JSON.stringify(scope)}, which VS Code does not have`, { userAction: `The scopes are: ${settingScopes.join(', ')}.` });
  }
  for (const [field, value] of Object.entries({ description: undefined, ...others as Partial<SettingDeclaration> })) {
    const [words, holds] = declarationFields[field as keyof SettingDeclaration];
    const isLeftOut = value === undefined && field !== 'description';
    if (!isLeftOut && !holds(value)) throw new ValidationError(key, `is declared with "${field}", which must be ${words}`);
  }
  if ((schema as { readonly spec?: { readonly default?: unknown } }).spec?.default !== undefined) {
    throw new ValidationError(key, 'has a schema with .default(…): the default is a field of the declaration');
  }
  if (others.formerly?.some(({ convert }) => isAsyncFunction(convert)) === true) {
    throw new ValidationError(key, 'has an asynchronous conversion of old values: values are read without waiting');
  }
  if (isAsynchronous(schema)) {
    throw new ValidationError(key, 'has an asynchronous test or transform in its schema: values are read without waiting', { userAction: 'Make the test synchronous, or test the value where it is used.' });
  }
  if (others.onInvalidItem === 'drop' && !hasItems(schema)) throw new ValidationError(key, 'cannot drop invalid items: it is neither a list nor an object');
}
