import type * as yup from 'yup';
import { presentation, type SettingDeclaration } from './declaration.ts';
import type { SettingsDefinition } from './define-settings.ts';

type JsonSchema = Record<string, unknown>;

/** The `contributes.configuration` block of the extension's package.json that belongs to a definition. */
export function contributedConfiguration(definition: SettingsDefinition, title: string): JsonSchema {
  const properties = Object.fromEntries(
    definition.keys.map((key, order) => [`${definition.section}.${key}`, property(definition.declarations[key]!, order)]),
  );
  for (const [old, key] of definition.formerKeys) properties[`${definition.section}.${old}`] = formerProperty(definition, old, key);
  return { title, properties };
}

/** The settings for `capabilities.untrustedWorkspaces.restrictedConfigurations`. */
export function restrictedConfigurations(definition: SettingsDefinition): string[] {
  const all = [...definition.keys.map((key) => [key, key] as const), ...definition.formerKeys];
  return all.filter(([, key]) => definition.declarations[key]?.restricted === true).map(([name]) => `${definition.section}.${name}`);
}

/** What a schema accepts, as far as JSON Schema can say it. Also of a schema that another copy of yup has made. */
export function rulesOf(schema: SettingDeclaration['schema']): JsonSchema {
  return jsonSchema(schema.describe());
}

function property(declaration: SettingDeclaration, order: number): JsonSchema {
  return {
    ...(declaration.policy === undefined ? rulesOf(declaration.schema) : ruledByPolicy(rulesOf(declaration.schema))),
    default: declaration.default,
    ...(declaration.markdownDescription === undefined ? {} : { description: declaration.description }),
    markdownDescription: declaration.markdownDescription ?? declaration.description,
    scope: declaration.scope ?? 'window',
    ...Object.fromEntries(presentation.flatMap((field) => (declaration[field] === undefined ? [] : [[field, declaration[field]]]))),
    ...(declaration.policy === undefined ? {} : { policy: { name: declaration.policy, minimumVersion: '1.100' } }),
    order: declaration.order ?? order,
  };
}

/** VS Code takes no policy for a setting of the type `integer`. */
function ruledByPolicy({ type, ...rules }: JsonSchema): JsonSchema {
  const number = (name: unknown): unknown => (name === 'integer' ? 'number' : name);
  const isWhole = [type].flat().includes('integer');
  return { type: Array.isArray(type) ? type.map(number) : number(type), ...(isWhole ? { multipleOf: 1 } : {}), ...rules };
}

/** An old key: VS Code tells where it has a value only when it knows it. Its values may be anything, and it has no default. */
function formerProperty({ section, declarations }: SettingsDefinition, old: string, key: string): JsonSchema {
  const { scope = 'window', formerly = [] } = declarations[key]!;
  const message = formerly.find((former) => former.key === old)?.deprecationMessage ?? `This setting is called \`#${section}.${key}#\` now.`;
  return { default: null, scope, markdownDeprecationMessage: message };
}

/** What yup says of a schema. A reference, or a schema that is made when it is needed, says little. */
type Description = { readonly type: string } & Partial<Omit<yup.SchemaDescription, 'type'>> & {
  readonly innerType?: Description | readonly Description[];
  readonly fields?: Record<string, Description>;
};

const jsonTypes: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'boolean', array: 'array', tuple: 'array', object: 'object' };

function jsonSchema(description: Description): JsonSchema {
  const { tests = [], oneOf = [], innerType, fields = {} } = description;
  const schema: JsonSchema = {};
  const isWhole = description.type === 'number' && tests.some(({ name }) => name === 'integer');
  const type = isWhole ? 'integer' : jsonTypes[description.type];
  if (type !== undefined) schema['type'] = description.nullable === true ? [type, 'null'] : type;
  if (oneOf.length > 0 && oneOf.every(isLiteral)) schema['enum'] = oneOf;
  for (const { name, params } of tests) Object.assign(schema, keyword(description.type, name, params ?? {}));
  if (innerType !== undefined) schema['items'] = isList(innerType) ? innerType.map(jsonSchema) : jsonSchema(innerType);
  if (Object.keys(fields).length > 0) {
    schema['properties'] = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, jsonSchema(field)]));
  }
  return schema;
}

const isLiteral = (value: unknown): boolean => typeof value !== 'object' || value === null;
const isList = (inner: Description | readonly Description[]): inner is readonly Description[] => Array.isArray(inner);

/** A yup test as JSON Schema; tests JSON Schema cannot say are left to the running service. */
function keyword(type: string, test: string | undefined, params: Record<string, unknown>): JsonSchema {
  const limit = (name: string, param: string): JsonSchema => (typeof params[param] === 'number' ? { [name]: params[param] } : {});
  switch (`${type}.${test}`) {
    case 'number.min': return { ...limit('minimum', 'min'), ...limit('exclusiveMinimum', 'more') };
    case 'number.max': return { ...limit('maximum', 'max'), ...limit('exclusiveMaximum', 'less') };
    case 'string.min': return limit('minLength', 'min');
    case 'string.max': return limit('maxLength', 'max');
    case 'string.length': return { ...limit('minLength', 'length'), ...limit('maxLength', 'length') };
    case 'string.matches': return pattern(params['regex'] as RegExp);
    case 'array.min': return limit('minItems', 'min');
    case 'array.max': return limit('maxItems', 'max');
    case 'array.length': return { ...limit('minItems', 'length'), ...limit('maxItems', 'length') };
    default: return {};
  }
}

/** JSON Schema's patterns have no flags: one that matters cannot be said. */
function pattern({ source, flags }: RegExp): JsonSchema {
  return /^[dgu]*$/.test(flags) ? { pattern: source } : {};
}
