import type * as yup from 'yup';
import { presentation, type SettingDeclaration } from './declaration.ts';
import type { SettingsDefinition } from './definition.ts';
import { isYup, type AnySchema } from './schema.ts';
import { settingName } from './setting-key.ts';

/** A JSON Schema, or a part of a manifest. */
export type JsonSchema = Record<string, unknown>;

/** Where a definition has the manifest that it was made from. */
export const sourceOf = Symbol.for('holdfast.configuration');

/**
 * The `contributes.configuration` of the extension's package.json that belongs to a definition: a block, or a list of them.
 * Of a definition by `settingsFrom` it is the manifest's own, member by member in its order; keys of earlier versions that
 * are not in it are added.
 *
 * ```ts
 * manifest.contributes.configuration = contributedConfiguration(nofx, 'NofX');
 * ```
 *
 * @param title of the block of settings that are in no `block` of their own. Default: the section
 */
export function contributedConfiguration(definition: SettingsDefinition, title = definition.section): JsonSchema | JsonSchema[] {
  const source = (definition as { readonly [sourceOf]?: unknown })[sourceOf];
  return source === undefined ? blocksOf(definition, title) : withFormerKeys(definition, structuredClone(source) as JsonSchema | JsonSchema[]);
}

function blocksOf(definition: SettingsDefinition, title: string): JsonSchema | JsonSchema[] {
  const blocks = new Map<string, JsonSchema & { properties: JsonSchema }>();
  const blockOf = ({ block = title }: SettingDeclaration): JsonSchema => {
    const head = typeof block === 'string' ? { title: block } : block;
    const found = blocks.get(head.title) ?? { ...head, properties: {} };
    blocks.set(head.title, found);
    return found.properties;
  };
  for (const [order, key] of definition.keys.entries()) {
    const declaration = definition.declarations[key]!;
    blockOf(declaration)[settingName(definition.section, key)] = property(declaration, order);
  }
  for (const [old, key] of definition.formerKeys) blockOf(definition.declarations[key]!)[settingName(definition.section, old)] = formerProperty(definition, old, key);
  const all = [...blocks.values()];
  return all.length === 1 ? all[0]! : all;
}

function withFormerKeys(definition: SettingsDefinition, configuration: JsonSchema | JsonSchema[]): JsonSchema | JsonSchema[] {
  const blocks = [configuration].flat() as { readonly properties?: JsonSchema }[];
  for (const [old, key] of definition.formerKeys) {
    const name = settingName(definition.section, old);
    if (blocks.some(({ properties = {} }) => Object.hasOwn(properties, name))) continue;
    const block = blocks.find(({ properties = {} }) => Object.hasOwn(properties, settingName(definition.section, key)));
    block!.properties![name] = formerProperty(definition, old, key);
  }
  return configuration;
}

/** The settings for `capabilities.untrustedWorkspaces.restrictedConfigurations`. */
export function restrictedConfigurations(definition: SettingsDefinition): string[] {
  const all = [...definition.keys.map((key) => [key, key] as const), ...definition.formerKeys];
  return all.filter(([, key]) => definition.declarations[key]?.restricted === true).map(([name]) => settingName(definition.section, name));
}

/** What a declaration accepts, as far as JSON Schema can say it. Also of one by another copy, or an earlier version, of the library. */
export function rulesOf({ schema, manifest = {} }: Partial<Pick<SettingDeclaration, 'schema' | 'manifest'>>): JsonSchema {
  return { ...schemaRules(schema), ...manifest };
}

function schemaRules(schema: AnySchema | undefined): JsonSchema {
  if (isYup(schema)) return jsonSchema(schema.describe() as Description);
  // Standard JSON Schema: https://standardschema.dev/json-schema
  const standard = schema?.['~standard'] as { readonly jsonSchema?: { input?(options: object): JsonSchema } } | undefined;
  try {
    const { $schema: _draft, default: _default, ...rules } = standard?.jsonSchema?.input?.({ target: 'draft-07' }) ?? {};
    return rules;
  } catch {
    // It has something that JSON Schema cannot say.
    return {};
  }
}

function property(declaration: SettingDeclaration, order: number): JsonSchema {
  const rules = schemaRules(declaration.schema);
  return {
    ...(declaration.policy === undefined ? rules : ruledByPolicy(rules)),
    default: declaration.default,
    ...(declaration.markdownDescription === undefined ? {} : { description: declaration.description }),
    markdownDescription: declaration.markdownDescription ?? declaration.description,
    scope: declaration.scope ?? 'window',
    ...Object.fromEntries(presentation.flatMap((field) => (declaration[field] === undefined ? [] : [[field, declaration[field]]]))),
    ...(declaration.policy === undefined ? {} : { policy: { name: declaration.policy, minimumVersion: '1.100' } }),
    order: declaration.order ?? order,
    ...declaration.manifest,
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
  const message = formerly.find((former) => former.key === old)?.deprecationMessage ?? `This setting is called \`#${settingName(section, key)}#\` now.`;
  return { default: null, scope, markdownDeprecationMessage: message };
}

/** What yup says of a schema. A reference, or a schema that is made when it is needed, says little. */
type Description = { readonly type: string } & Partial<Omit<yup.SchemaDescription, 'type'>> & {
  readonly innerType?: Description | readonly Description[];
  readonly fields?: Record<string, Description>;
};

const jsonTypes: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'boolean', array: 'array', tuple: 'array', object: 'object' };

/** @param isMerged whether VS Code merges it with the default: then what the user leaves out is there nevertheless */
function jsonSchema(description: Description, isMerged = true): JsonSchema {
  const { tests = [], oneOf = [], innerType, fields = {}, meta = {} } = description;
  const schema: JsonSchema = {};
  const isWhole = description.type === 'number' && tests.some(({ name }) => name === 'integer');
  const type = isWhole ? 'integer' : jsonTypes[description.type];
  if (type !== undefined) schema['type'] = description.nullable === true ? [type, 'null'] : type;
  if (oneOf.length > 0 && oneOf.every(isLiteral)) schema['enum'] = oneOf;
  for (const { name, params } of tests) Object.assign(schema, keyword(description.type, name, params ?? {}));
  if (innerType !== undefined) schema['items'] = isList(innerType) ? innerType.map((each) => jsonSchema(each, false)) : jsonSchema(innerType, false);
  if (Object.keys(fields).length > 0) Object.assign(schema, members(fields, isMerged));
  if (tests.some(({ name }) => name === 'noUnknown')) schema['additionalProperties'] = false;
  return { ...schema, ...Object.fromEntries(Object.entries(meta).filter(([name]) => described.includes(name))) };
}

/** What a schema's `meta` may say for the manifest. */
const described: readonly string[] = ['title', 'description', 'markdownDescription', 'deprecationMessage', 'examples'];

/** The members of an object: what is said of each, and which must be there. */
function members(fields: Readonly<Record<string, Description>>, isMerged: boolean): JsonSchema {
  const all = Object.entries(fields);
  const required = isMerged ? [] : all.filter(([, { optional, default: standard }]) => optional === false && standard === undefined).map(([name]) => name);
  const properties = all.map(([name, field]) => {
    const standard = field.type === 'object' || field.default === undefined ? {} : { default: field.default };
    return [name, { ...jsonSchema(field, isMerged), ...standard }] as const;
  });
  return { properties: Object.fromEntries(properties), ...(required.length === 0 ? {} : { required }) };
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
