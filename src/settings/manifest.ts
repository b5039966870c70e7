import type * as yup from 'yup';
import type { SettingDeclaration, SettingsDefinition } from './define-settings.ts';

type JsonSchema = Record<string, unknown>;

/** The `contributes.configuration` block of the extension's package.json that belongs to a definition. */
export function contributedConfiguration(definition: SettingsDefinition, title: string): JsonSchema {
  const properties = Object.fromEntries(
    definition.keys.map((key, order) => [`${definition.section}.${key}`, property(definition.declarations[key]!, order)]),
  );
  return { title, properties };
}

/** The settings for `capabilities.untrustedWorkspaces.restrictedConfigurations`. */
export function restrictedConfigurations(definition: SettingsDefinition): string[] {
  return definition.keys.filter((key) => definition.declarations[key]?.restricted === true).map((key) => `${definition.section}.${key}`);
}

function property(declaration: SettingDeclaration, order: number): JsonSchema {
  return {
    ...jsonSchema(declaration.schema.describe()),
    default: declaration.default,
    markdownDescription: declaration.description,
    scope: declaration.scope ?? 'window',
    ...(declaration.enumDescriptions === undefined ? {} : { enumDescriptions: declaration.enumDescriptions }),
    ...(declaration.deprecationMessage === undefined ? {} : { deprecationMessage: declaration.deprecationMessage }),
    order,
  };
}

type Description = yup.SchemaDescription & { innerType?: Description; fields?: Record<string, Description> };

const jsonTypes: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'boolean', array: 'array', object: 'object' };

function jsonSchema(description: Description): JsonSchema {
  const schema: JsonSchema = {};
  const type = jsonTypes[description.type];
  if (type !== undefined) schema['type'] = description.nullable ? [type, 'null'] : type;
  if (description.oneOf.length > 0) schema['enum'] = description.oneOf;
  for (const test of description.tests) Object.assign(schema, keyword(description.type, test.name, test.params ?? {}));
  if (description.innerType !== undefined) schema['items'] = jsonSchema(description.innerType);
  if (description.fields !== undefined && Object.keys(description.fields).length > 0) {
    schema['properties'] = Object.fromEntries(Object.entries(description.fields).map(([name, field]) => [name, jsonSchema(field)]));
  }
  return schema;
}

/** A yup test as JSON Schema; tests JSON Schema cannot say are left to the running service. */
function keyword(type: string, test: string | undefined, params: Record<string, unknown>): JsonSchema {
  switch (`${type}.${test}`) {
    case 'number.integer': return { type: 'integer' };
    case 'number.min': return params['more'] === undefined ? { minimum: params['min'] } : { exclusiveMinimum: params['more'] };
    case 'number.max': return params['less'] === undefined ? { maximum: params['max'] } : { exclusiveMaximum: params['less'] };
    case 'string.min': return { minLength: params['min'] };
    case 'string.max': return { maxLength: params['max'] };
    case 'string.length': return { minLength: params['length'], maxLength: params['length'] };
    case 'string.matches': return { pattern: (params['regex'] as RegExp).source };
    case 'array.min': return { minItems: params['min'] };
    case 'array.max': return { maxItems: params['max'] };
    default: return {};
  }
}
