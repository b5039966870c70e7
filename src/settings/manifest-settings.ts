import { ValidationError } from '../errors.ts';
import { regularExpression, type JsonSchema } from './json-schema-parts.ts';
import { placeText } from './place.ts';
import { nameProblem } from './setting-key.ts';

/** What is asked of a package.json. `context.extension.packageJSON` is one, and so is an imported `package.json`. */
export interface ExtensionManifest {
  /** Its `configuration` is a block, or a list of blocks, of settings. */
  readonly contributes?: unknown;
  /** Its `untrustedWorkspaces.restrictedConfigurations` are the settings that a workspace which is not trusted may not decide (P52). */
  readonly capabilities?: unknown;
}

/** A setting as a manifest has it. */
export interface ManifestSetting {
  readonly property: JsonSchema;
  /** Where it stands, for messages. */
  readonly place: readonly string[];
}

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands there instead of an object. */
const kindOf = (value: unknown): string => (value === undefined ? 'is missing' : value === null ? 'is null' : Array.isArray(value) ? 'is a list, and must be an object' : `is ${JSON.stringify(value)}, and must be an object`);

/** @throws ValidationError that names the place */
function refuse(place: readonly string[], problem: string): never {
  throw new ValidationError(placeText(place), problem);
}

function objectAt(value: unknown, place: readonly string[]): JsonSchema {
  return isObject(value) ? value : refuse(place, kindOf(value));
}

/** The manifest's `contributes.configuration`. */
export function configurationOf(manifest: ExtensionManifest): unknown {
  if (!isObject(manifest)) refuse(['manifest'], kindOf(manifest));
  return objectAt(manifest.contributes, ['contributes'])['configuration'];
}

/**
 * The settings of a manifest by their whole names, in its order.
 * @throws ValidationError that names the place
 */
export function settingsOf(manifest: ExtensionManifest): Map<string, ManifestSetting> {
  const configuration = configurationOf(manifest);
  const place = ['contributes', 'configuration'];
  const blocks = Array.isArray(configuration) ? configuration.map((block: unknown, index) => ({ block, place: [...place, String(index)] })) : [{ block: configuration, place }];
  const settings = new Map<string, ManifestSetting>();
  for (const { block, place: ofBlock } of blocks) {
    const { properties = {} } = objectAt(block, ofBlock);
    for (const [name, property] of Object.entries(objectAt(properties, [...ofBlock, 'properties']))) {
      const here = [...ofBlock, 'properties', name];
      const problem = nameProblem(name);
      if (problem !== undefined) refuse(here, problem);
      const other = settings.get(name);
      if (other !== undefined) refuse(here, `is a setting for the second time: the first is ${placeText(other.place)}`);
      const setting = { property: objectAt(property, here), place: here };
      validatePatterns(setting.property, here);
      settings.set(name, setting);
    }
  }
  return settings;
}

/** The keywords in which there are further schemas: of their own, in a list, or by name. */
const within = new Set([
  'items', 'additionalItems', 'prefixItems', 'contains', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf',
  'unevaluatedItems', 'unevaluatedProperties',
]);
const byName = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies']);

/** @throws ValidationError for a pattern that is no regular expression, wherever it is */
function validatePatterns(schema: unknown, place: readonly string[]): void {
  if (!isObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'pattern' && typeof value === 'string') validatePattern(value, [...place, keyword]);
    if (within.has(keyword)) {
      if (Array.isArray(value)) value.forEach((each, index) => validatePatterns(each, [...place, keyword, String(index)]));
      else validatePatterns(value, [...place, keyword]);
    }
    if (!byName.has(keyword) || !isObject(value)) continue;
    for (const [name, each] of Object.entries(value)) {
      if (keyword === 'patternProperties') validatePattern(name, [...place, keyword, name]);
      validatePatterns(each, [...place, keyword, name]);
    }
  }
}

function validatePattern(pattern: string, place: readonly string[]): void {
  try {
    regularExpression(pattern);
  } catch (cause) {
    throw new ValidationError(placeText(place), `is not a regular expression: ${(cause as Error).message}`, { cause });
  }
}
