import { jsonSchemaChecker } from './json-schema.ts';
import type { JsonSchema } from './json-schema-parts.ts';
import { plainData, type PlainData } from './plain-data.ts';
import type { StandardSchema } from './schema.ts';
import { ownCheckers } from './schema-checker.ts';

/**
 * A schema for `defineSettings` that is written as JSON Schema: for what schema libraries say with difficulty, or VS Code's
 * Settings editor shows only when it is said so, such as a table of names of the user's choice, or a union. It goes into the
 * manifest as it is, and values are judged by it as VS Code does.
 *
 * ```ts
 * const aliases = jsonSchema<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } });
 * const width = jsonSchema<number | 'auto'>({ anyOf: [{ type: 'number' }, { const: 'auto' }] });
 * const settings = defineSettings('app', {
 *   aliases: { schema: aliases, default: {}, description: 'Short names.' },
 *   width: { schema: width, default: 'auto', description: 'Of the view.' },
 * });
 * ```
 *
 * @typeParam T the type of the values
 */
export function jsonSchema<T>(schema: JsonSchema): StandardSchema<T> {
  return schemaOf(schema, undefined) as StandardSchema<T>;
}

/** @param standard is valid, whatever the schema says; `undefined`: there is none */
export function schemaOf(schema: JsonSchema, standard: PlainData | undefined): StandardSchema {
  const checker = jsonSchemaChecker(schema, standard);
  const own = {
    version: 1,
    vendor: 'holdfast',
    validate(value: unknown) {
      const plain = plainData(value);
      const checked = plain.ok ? checker.check(plain.value) : plain;
      return checked.ok ? { value: checked.value } : { issues: [{ message: checked.problem }] };
    },
    // https://standardschema.dev/json-schema
    jsonSchema: { input: () => schema, output: () => schema },
  } as const;
  const made = { '~standard': own };
  ownCheckers.set(made, checker);
  return made;
}
