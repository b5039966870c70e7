import { ValidationError } from '../errors.ts';
import type { Declarations, SettingDeclaration, ValuesOf, WithSchemas } from './declaration.ts';
import { validateFields, validateIsSchema, validateNames, validateSchema, validateScope } from './declaration-rules.ts';
import { definitionOf, formerKeysOf, hiddenBy, type SettingsDefinition } from './definition.ts';
import { checkerOf } from './schema-checker.ts';
import { keyProblem, nameProblem, showKey } from './setting-key.ts';

export type { SettingsDefinition } from './definition.ts';

/**
 * Defines a section of settings: types, defaults, validation, sanitising, and the manifest's
 * `contributes.configuration` all follow from it.
 *
 * @param section the prefix in settings.json, for instance `nofx`
 * @throws ValidationError for an illegal section or key, a field or a scope that declarations do not have, a field that holds
 *   something else, an asynchronous test or conversion, a schema that is neither one of yup nor follows Standard Schema, a schema
 *   of yup with a default of its own, or a default its own schema refuses
 */
export function defineSettings<S extends Record<string, object>>(
  section: string,
  // To name a schema's type here would widen the literals of `oneOf` to `string`.
  declarations: WithSchemas<S> & NoInfer<Declarations<S>>,
): SettingsDefinition<ValuesOf<WithSchemas<S>>> {
  if (nameProblem(section) !== undefined) throw new ValidationError(showKey(section), 'cannot name a section of settings');
  const declared = Object.assign(Object.create(null) as object, declarations) as unknown as Record<string, SettingDeclaration>;
  for (const [key, declaration] of Object.entries(declared)) {
    const problem = keyProblem(section, key) ?? hiddenBy(key, declared);
    if (problem !== undefined) throw new ValidationError(showKey(key), problem);
    validateDeclaration(key, declaration);
  }
  const checkers = new Map(Object.entries(declared).map(([key, { schema }]) => [key, checkerOf(schema)]));
  const definition = definitionOf<ValuesOf<WithSchemas<S>>>({ section, declared, formerKeys: formerKeysOf(section, declared), checkerOf: (key) => checkers.get(key)! });
  for (const key of definition.keys) {
    try {
      (definition.defaults as Record<string, unknown>)[key] = definition.validate(key, declared[key]?.default);
    } catch (cause) {
      throw new ValidationError(key, `has a default its own schema refuses: ${(cause as Error).message}`, { cause });
    }
  }
  Object.freeze(definition.defaults);
  return definition;
}

/** @throws ValidationError for what its type refuses as well: not everybody has a compiler */
function validateDeclaration(key: string, declaration: SettingDeclaration): void {
  validateNames(key, Object(declaration) as object);
  const { schema, scope = 'window', ...others } = Object(declaration) as SettingDeclaration;
  validateIsSchema(key, schema);
  validateScope(key, scope);
  validateFields(key, { description: undefined, ...others as Partial<SettingDeclaration> });
  validateSchema(key, schema, others.onInvalidItem);
}
