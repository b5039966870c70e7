import type { OutputUnit } from '@cfworker/json-schema';
import { at, pathOf, patternFormat, pointer, vscodeFormat, type JsonSchema } from './json-schema-parts.ts';
import { placeText } from './place.ts';
import type { PlainData } from './plain-data.ts';
import { shortened } from './validation.ts';

/**
 * What is wrong with a value, in words that follow the name of the setting: of several errors, the one that says most.
 * @param schema as the validator has it
 */
export function problemWords(schema: JsonSchema, value: PlainData, errors: readonly OutputUnit[]): string {
  const [first] = errors;
  if (first === undefined) return 'is not valid';
  const telling: Telling = first.keyword === 'anyOf' || first.keyword === 'oneOf' ? ofAlternatives(first, errors) : first;
  const place = placeText(pathOf(telling));
  const words = Array.isArray(telling.types) ? `must be ${typeNames(telling.types)}` : wordsOf(schemaAt(schema, telling), telling, at(value, pathOf(telling)));
  return shortened(`${place}${place === '' ? '' : ' '}${words.replace(/[.\s]+$/, '')}`);
}

/** An error, or that the value is of none of these types. */
type Telling = OutputUnit & { readonly types?: readonly unknown[] };

/** Of a value that fits none of several alternatives: what is wrong in the one whose type it has, else which types there are. */
function ofAlternatives(outer: OutputUnit, errors: readonly OutputUnit[]): Telling {
  // `(2 matches)`: it fits several.
  if (/\([1-9]/.test(outer.error)) return outer;
  const branches = new Map<string, OutputUnit[]>();
  for (const error of errors) {
    if (!error.keywordLocation.startsWith(`${outer.keywordLocation}/`)) continue;
    const branch = error.keywordLocation.slice(outer.keywordLocation.length + 1).split('/', 1)[0]!;
    branches.set(branch, [...branches.get(branch) ?? [], error]);
  }
  const isHere = ({ instanceLocation }: OutputUnit): boolean => instanceLocation === outer.instanceLocation;
  const fitting = [...branches.values()].filter((branch) => !branch.some((error) => isHere(error) && error.keyword === 'type'));
  if (fitting.length === 1) return fitting[0]![0]!;
  const types = [...branches.values()].map((branch) => branch.find((error) => isHere(error) && error.keyword === 'type')).map((error) => error && expectedTypes(error));
  return types.length > 0 && types.every((each) => each !== undefined) ? { ...outer, types: [...new Set(types.flat())] } : outer;
}

/** The validator says them in its text alone: `Expected "string", "null".` */
const expectedTypes = ({ error }: OutputUnit): string[] => [...(/Expected (.*)\.$/.exec(error)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(([, name]) => name!);

/** The part of the schema that an error is about. */
function schemaAt(schema: JsonSchema, { keywordLocation }: OutputUnit): JsonSchema {
  let found: unknown = schema;
  for (const name of pointer(keywordLocation).slice(0, -1)) {
    found = name === '$ref' ? at(schema, pointer(String(at(found, ['$ref'])))) : at(found, [name]);
  }
  return Object(found) as JsonSchema;
}

const names: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', integer: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', null: 'null',
};

const typeNames = (types: readonly unknown[]): string => listed(types.map((type) => names[String(type)] ?? JSON.stringify(type)));

function listed(all: readonly string[]): string {
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

function wordsOf(schema: JsonSchema, error: OutputUnit, value: unknown): string {
  const { keyword } = error;
  const own = keyword === 'pattern' || keyword === 'format' ? schema['patternErrorMessage'] ?? schema['errorMessage'] : schema['errorMessage'];
  if (typeof own === 'string' && own !== '') return own;
  const limit = String(schema[keyword]);
  switch (keyword) {
    case 'type': return `must be ${typeNames([schema['type']].flat())}`;
    case 'enum': return `must be one of ${(schema['enum'] as unknown[]).map((each) => JSON.stringify(each)).join(', ')}`;
    case 'const': return `must be ${JSON.stringify(schema['const'])}`;
    case 'minimum': return `must be at least ${limit}`;
    case 'maximum': return `must be at most ${limit}`;
    case 'exclusiveMinimum': return `must be more than ${limit}`;
    case 'exclusiveMaximum': return `must be less than ${limit}`;
    case 'multipleOf': return `must be a multiple of ${limit}`;
    case 'minLength': return `must have at least ${limit} characters`;
    case 'maxLength': return `must have at most ${limit} characters`;
    case 'minItems': return `must have at least ${limit} items`;
    case 'maxItems': return `must have at most ${limit} items`;
    case 'minProperties': return `must have at least ${limit} members`;
    case 'maxProperties': return `must have at most ${limit} members`;
    case 'uniqueItems': return 'must not have the same item twice';
    case 'required': return `must have ${missing(schema, value)}`;
    case 'pattern': return `must match the pattern ${JSON.stringify(limit)}`;
    case 'format': return limit.startsWith(patternFormat) ? `must match the pattern ${JSON.stringify(limit.slice(patternFormat.length))}` : `must be written as ${JSON.stringify(limit.slice(vscodeFormat.length))}`;
    case 'false': return 'is not allowed';
    case 'anyOf': return 'has none of the forms that it may have';
    case 'oneOf': return 'must have exactly one of the forms that it may have';
    case 'not': return 'has a form that it must not have';
    default: return 'does not fit what else is in it';
  }
}

function missing({ required }: JsonSchema, value: unknown): string {
  return (required as readonly string[]).filter((name) => !Object.hasOwn(Object(value) as object, name)).map((name) => `"${name}"`).join(', ');
}
