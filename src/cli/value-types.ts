/**
 * The TypeScript types of the values that JSON Schema accepts. Ours, because `json-schema-to-typescript` brings prettier and
 * lodash (11 MB) to all who install the library, names a type for every part, and knows no default.
 */
import { partAt, regularExpression, type JsonSchema } from '../settings/json-schema-parts.ts';
import { jsonSchemaChecker } from '../settings/json-schema.ts';
import type { PlainData } from '../settings/plain-data.ts';

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);
const isSchema = (value: unknown): value is JsonSchema | boolean => isObject(value) || typeof value === 'boolean';

/** As deep as schemas refer to themselves, and nest: what is deeper is `unknown`. */
const maxDepth = 12;
/** Of how many parts a type is made at most: one that would have more, as it refers to itself in many places, is less deep. */
const maxParts = 500;

/** What a type may be named, by JSON Schema's types. */
const plainTypes: Readonly<Record<string, string>> = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' };

/**
 * The type of a setting's values, on one line. It is never narrower than what the schema accepts: what TypeScript cannot say (`minimum`, `pattern`, `not`,
 * `if`) is left out. The default is always in it, as it is always valid.
 */
export function valueType(schema: JsonSchema, standard: PlainData): string {
  const type = wholeType(schema);
  return problemOf(schema, standard) === undefined ? type : union([type, literal(standard)]);
}

/** What a schema says against a value, be it the default or not; `undefined`: nothing. */
export function problemOf(schema: JsonSchema, value: PlainData): string | undefined {
  // A setting has one default, which is always valid: here it is another one.
  const checked = jsonSchemaChecker(schema, 'no value of any setting is this \u0000').check(value);
  return checked.ok ? undefined : checked.problem;
}

interface Within {
  readonly root: JsonSchema;
  /** How much deeper it may be. */
  readonly depth: number;
  /** How many parts it may still have. */
  readonly left: { parts: number };
}

class TooManyParts extends Error {}

/** The type of a schema, as deep as it may be. */
function wholeType(root: JsonSchema): string {
  for (let depth = maxDepth; ; depth--) {
    try {
      return typeOf(root, { root, depth, left: { parts: depth > 1 ? maxParts : Infinity } });
    } catch (error) {
      if (!(error instanceof TooManyParts)) throw error;
    }
  }
}

function typeOf(schema: JsonSchema | boolean, within: Within): string {
  if (schema === false) return 'never';
  if (--within.left.parts < 0) throw new TooManyParts();
  if (schema === true || within.depth < 0) return 'unknown';
  const inner = { ...within, depth: within.depth - 1 };
  const parts = [ownType(schema, inner)];
  const { allOf, anyOf, oneOf, $ref: ref } = schema;
  if (typeof ref === 'string') {
    const target = partAt(ref, within.root);
    parts.push(isSchema(target) ? typeOf(target, inner) : 'unknown');
  }
  if (Array.isArray(allOf)) parts.push(...allOf.filter(isSchema).map((each) => typeOf(each, inner)));
  for (const list of [anyOf, oneOf]) {
    if (Array.isArray(list) && list.length > 0) parts.push(union(list.map((each: unknown) => (isSchema(each) ? typeOf(each, inner) : 'unknown'))));
  }
  return intersection(parts);
}

/** What the keywords say that hold no alternatives. */
function ownType(schema: JsonSchema, within: Within): string {
  const { type } = schema;
  // VS Code takes no notice of a list in which something else is.
  const types: readonly string[] = [type].flat().every((name) => typeof name === 'string') ? [type].flat() as string[] : [];
  if (Object.hasOwn(schema, 'const')) return literal(schema['const']);
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) {
    const values = schema['enum'].filter((value) => types.length === 0 || types.some((name) => isOfType(value, name)));
    return union(values.map(literal));
  }
  if (types.length === 0) return 'unknown';
  return union(types.map((name) => (name === 'array' ? listType(schema, within) : name === 'object' ? objectType(schema, within) : Object.hasOwn(plainTypes, name) ? plainTypes[name]! : 'unknown')));
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null': return value === null;
    case 'array': return Array.isArray(value);
    case 'object': return isObject(value);
    case 'integer': return Number.isInteger(value);
    case 'string': case 'number': case 'boolean': return typeof value === type;
    // VS Code takes no notice of it.
    default: return true;
  }
}

function listType({ items, prefixItems, additionalItems, minItems }: JsonSchema, within: Within): string {
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
  if (tuple === undefined) return `readonly ${grouped(isSchema(items) ? typeOf(items, within) : 'unknown')}[]`;
  // An empty list of items says nothing, and neither does what is said of those beside them.
  const others = !Array.isArray(items) ? items : items.length > 0 ? additionalItems : undefined;
  const least = typeof minItems === 'number' ? minItems : 0;
  const parts = tuple.map((each: unknown, index) => {
    const type = isSchema(each) ? typeOf(each, within) : 'unknown';
    return index < least ? type : `${grouped(type)}?`;
  });
  const rest = others === false ? [] : [`...${grouped(isSchema(others) ? typeOf(others, within) : 'unknown')}[]`];
  return `readonly [${[...parts, ...rest].join(', ')}]`;
}

function objectType({ properties, patternProperties, additionalProperties, required }: JsonSchema, within: Within): string {
  const known = Object.entries(isObject(properties) ? properties : {}).map(([name, each]) => ({
    name, type: isSchema(each) ? typeOf(each, within) : 'unknown', isRequired: Array.isArray(required) && required.includes(name),
  }));
  // A pattern that is no Unicode pattern is not judged by, and then additional members are not either.
  const ofPatterns = Object.entries(isObject(patternProperties) ? patternProperties : {}).map(([pattern, each]) => (
    isSchema(each) && regularExpression(pattern).flags === 'u' ? typeOf(each, within) : 'unknown'
  ));
  const ofOthers = additionalProperties === false ? [] : [isSchema(additionalProperties) ? typeOf(additionalProperties, within) : 'unknown'];
  const others = union([...ofPatterns, ...ofOthers]);
  const members = known.map(({ name, type, isRequired }) => `readonly ${nameText(name)}${isRequired ? '' : '?'}: ${type}`);
  if (others !== 'never') {
    // TypeScript wants the type of all names to hold for the known ones as well.
    const all = known.length === 0 ? others : union([others, ...known.map(({ type }) => type), ...(known.every(({ isRequired }) => isRequired) ? [] : ['undefined'])]);
    members.push(`readonly [name: string]: ${all}`);
  } else if (members.length === 0) {
    return 'Readonly<Record<string, never>>';
  }
  return `{ ${members.join('; ')} }`;
}

/** A name as TypeScript writes it. */
export const nameText = (name: string): string => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : textLiteral(name));

const textLiteral = (text: string): string => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\'', '\\\'').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;

/** The type of one value alone. */
function literal(value: unknown): string {
  if (typeof value === 'string') return textLiteral(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `readonly [${value.map(literal).join(', ')}]`;
  const members = Object.entries(value).map(([name, each]) => `readonly ${nameText(name)}: ${literal(each)}`);
  return members.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${members.join('; ')} }`;
}

/** The parts of a type that is a union, where it can be split without a look inside. */
const isUnion = (type: string): boolean => splitUnion(type).length > 1;

/** At ` | `, outside of brackets and texts. */
function splitUnion(type: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const [token] of type.matchAll(/'(?:\\.|[^'\\])*'| \| |[^']/g)) {
    if (/^[([{<]$/.test(token)) depth++;
    else if (/^[)\]}>]$/.test(token)) depth--;
    if (token === ' | ' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function union(types: readonly string[]): string {
  const all = [...new Set(types.flatMap(splitUnion))].filter((type) => type !== 'never');
  if (all.includes('unknown')) return 'unknown';
  // A text that is one of several, or any.
  const isCovered = (type: string): boolean => (type.startsWith('\'') && all.includes('string')) || (/^-?\d/.test(type) && all.includes('number')) || (/^(true|false)$/.test(type) && all.includes('boolean'));
  const kept = all.filter((type) => !isCovered(type));
  return kept.length === 0 ? 'never' : kept.join(' | ');
}

function intersection(types: readonly string[]): string {
  const all = [...new Set(types)].filter((type) => type !== 'unknown');
  return all.length === 0 ? 'unknown' : all.length === 1 ? all[0]! : all.map(grouped).join(' & ');
}

const grouped = (type: string): string => (isUnion(type) || type.includes(' & ') || type.startsWith('readonly ') ? `(${type})` : type);
