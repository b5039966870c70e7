/**
 * JSON Schema as VS Code reads it in a manifest. The judgement is that of `@cfworker/json-schema`, which needs no `eval`; this
 * file makes it judge as VS Code does (`vscode-json-languageservice`), whose formats are looser, whose patterns need not be
 * Unicode ones, and which takes no notice of a keyword that holds something else than it should. The validator's own formats
 * are not used: bundles leave them out (tools/without-formats.ts).
 */
import { format as formats } from '@cfworker/json-schema';
import { partAt, patternFormat, regularExpression, vscodeFormat, type JsonSchema } from './json-schema-parts.ts';

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);
const isSchema = (value: unknown): value is JsonSchema | boolean => isObject(value) || typeof value === 'boolean';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** What keywords hold that hold no schemas: with something else they say nothing. */
const plainKeywords: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: Boolean,
  enum: Array.isArray, const: () => true, required: isNames,
  multipleOf: isNumber, minimum: isNumber, maximum: isNumber, exclusiveMinimum: isNumber, exclusiveMaximum: isNumber,
  minLength: isNumber, maxLength: isNumber, minItems: isNumber, maxItems: isNumber, minContains: isNumber, maxContains: isNumber,
  minProperties: isNumber, maxProperties: isNumber, uniqueItems: (value) => value === true,
  // Said of what is refused.
  errorMessage: isText, patternErrorMessage: isText,
};
const schemaKeywords: ReadonlySet<string> = new Set([
  'not', 'if', 'then', 'else', 'items', 'additionalItems', 'contains', 'additionalProperties', 'propertyNames', 'unevaluatedItems', 'unevaluatedProperties',
]);
const listKeywords: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'items', 'prefixItems']);
/** Keywords that hold schemas by name, and what the validator has in their place. */
const mapKeywords: Readonly<Record<string, string>> = {
  properties: 'properties', dependentSchemas: 'dependentSchemas', dependencies: 'dependentSchemas', dependentRequired: 'dependentSchemas',
};

/** What is copied: `parts` are what a `$ref` names, and `$defs` their copies. */
interface Copying {
  readonly root: JsonSchema;
  readonly parts: unknown[];
  readonly $defs: JsonSchema;
}

/** A copy of a setting's schema with what VS Code takes notice of, in words that the validator takes for the same. */
export function schemaAsVscode(root: JsonSchema): JsonSchema {
  const $defs: JsonSchema = {};
  return Object.assign(copyOf(root, { root, parts: [], $defs }) as JsonSchema, { $defs });
}

function copyOf(schema: JsonSchema | boolean, within: Copying): JsonSchema | boolean {
  if (typeof schema === 'boolean') return schema;
  const copy: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (Object.hasOwn(plainKeywords, keyword)) {
      if (plainKeywords[keyword]!(value)) copy[keyword] = value;
    } else if (listKeywords.has(keyword) && Array.isArray(value)) {
      if (value.length > 0) copy[keyword] = value.map((each: unknown) => (isSchema(each) ? copyOf(each, within) : {}));
    } else if (schemaKeywords.has(keyword) && isSchema(value)) {
      copy[keyword] = copyOf(value, within);
    } else if (Object.hasOwn(mapKeywords, keyword) && isObject(value)) {
      const name = mapKeywords[keyword]!;
      copy[name] = { ...copy[name] as JsonSchema | undefined, ...mapOf(value, within) };
    } else if (keyword === '$ref') {
      const part = partAt(value, within.root);
      if (isSchema(part)) copy[keyword] = `#/$defs/${partOf(part, within)}`;
    }
  }
  exclusiveLimits(copy, schema);
  const texts = [...patternOf(schema), ...formatOf(schema)];
  const { errorMessage, patternErrorMessage = errorMessage } = copy;
  if (texts.length === 1) Object.assign(copy, texts[0]);
  else if (texts.length > 1) copy['allOf'] = [...(copy['allOf'] as unknown[] | undefined ?? []), ...texts.map((text) => ({ ...text, patternErrorMessage }))];
  if (isObject(schema['patternProperties'])) patternProperties(copy, schema, schema['patternProperties'], within);
  return copy;
}

/** Of `dependencies` a member may be a list of names. */
function mapOf(map: JsonSchema, within: Copying): JsonSchema {
  const valueOf = (each: unknown): JsonSchema | boolean => (isSchema(each) ? copyOf(each, within) : isNames(each) ? { required: each } : {});
  return Object.fromEntries(Object.entries(map).map(([name, each]) => [name, valueOf(each)]));
}

/** Its copy's name in `$defs`. */
function partOf(part: JsonSchema | boolean, within: Copying): number {
  const known = within.parts.indexOf(part);
  if (known >= 0) return known;
  const name = within.parts.push(part) - 1;
  within.$defs[name] = copyOf(part, within);
  return name;
}

/** As draft 4 has them: `minimum: 0, exclusiveMinimum: true`. */
function exclusiveLimits(copy: JsonSchema, schema: JsonSchema): void {
  for (const [limit, exclusive] of [['minimum', 'exclusiveMinimum'], ['maximum', 'exclusiveMaximum']] as const) {
    if (schema[exclusive] !== true || !isNumber(schema[limit])) continue;
    copy[exclusive] = schema[limit];
    delete copy[limit];
  }
}

/** A pattern that the validator does not know by itself becomes a format. */
function patternOf({ pattern }: JsonSchema): JsonSchema[] {
  if (!isText(pattern)) return [];
  const expression = regularExpression(pattern);
  return [expression.flags === 'u' ? { pattern } : namedFormat(`${patternFormat}${pattern}`, (text) => expression.test(text))];
}

function formatOf({ format: name }: JsonSchema): JsonSchema[] {
  const test = isText(name) && Object.hasOwn(vscodeFormats, name) ? vscodeFormats[name]! : undefined;
  return test === undefined ? [] : [namedFormat(`${vscodeFormat}${String(name)}`, (text) => text !== '' && test(text))];
}

function namedFormat(name: string, test: (text: string) => boolean): JsonSchema {
  formats[name] = test;
  return { format: name };
}

/**
 * What is said of members whose names match a pattern. VS Code takes the first pattern that matches, and none for a member that
 * has a schema by its name. A pattern that is no Unicode pattern is left out, and then nothing is said of additional members.
 */
function patternProperties(copy: JsonSchema, { properties }: JsonSchema, map: JsonSchema, within: Copying): void {
  const known = Object.entries(map).filter(([pattern]) => regularExpression(pattern).flags === 'u');
  const named = Object.keys(Object(properties) as JsonSchema).map(quoted);
  let others = `^(?!(?:${named.join('|')})$)`;
  if (named.length === 0) others = '^';
  const exclusive = known.map(([pattern, schema]) => {
    const own = `${others}[^]*?(?:${pattern})`;
    others += `(?![^]*?(?:${pattern}))`;
    return [own, schema];
  });
  copy['patternProperties'] = mapOf(Object.fromEntries(exclusive) as JsonSchema, within);
  if (known.length < Object.keys(map).length) delete copy['additionalProperties'];
}

/** A text as a pattern that only it matches. */
const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const matches = (pattern: RegExp) => (text: string): boolean => pattern.test(text);
const time = String.raw`([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)([01][0-9]|2[0-3]):([0-5][0-9]))`;
const date = '([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';

/** The formats that VS Code knows, as it takes them. */
const vscodeFormats: Readonly<Record<string, (text: string) => boolean>> = {
  'uri': matches(/^[^:/?#]+:/),
  'uri-reference': () => true,
  'color-hex': matches(/^#([0-9A-Fa-f]{3,4}|([0-9A-Fa-f]{2}){3,4})$/),
  'date-time': matches(new RegExp(`^${date}T${time}$`, 'i')),
  'date': matches(new RegExp(`^${date}$`)),
  'time': matches(new RegExp(`^${time}$`, 'i')),
  'email': matches(/^(([^<>()[\]\\.,;:\s@"]+(\.[^<>()[\]\\.,;:\s@"]+)*)|(".+"))@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}])|(([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}))$/),
  'hostname': matches(/^(?=.{1,253}\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i),
  'ipv4': matches(/^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/),
  'ipv6': (text) => /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`),
};
