import { Validator, type OutputUnit } from '@cfworker/json-schema';
import { schemaThrows, type Checker, type Problem } from './checker.ts';
import { at, pathOf, type JsonSchema } from './json-schema-parts.ts';
import { problemWords } from './json-schema-words.ts';
import { sameData, type PlainData } from './plain-data.ts';
import { schemaAsVscode } from './vscode-schema.ts';

/** Errors that only say that there are others, within. */
const containers: ReadonlySet<string> = new Set([
  'properties', 'patternProperties', 'additionalProperties', 'items', 'prefixItems', 'additionalItems', 'allOf', '$ref', 'if',
  'propertyNames', 'dependencies', 'dependentSchemas', 'unevaluatedProperties', 'unevaluatedItems',
]);

/** A schema as the validator has it, and what it says of a value. */
interface Judge {
  readonly schema: JsonSchema;
  errorsOf(value: PlainData): readonly OutputUnit[];
}

function judgeOf(schema: JsonSchema): Judge {
  const read = schemaAsVscode(schema);
  const validator = new Validator(read, '2019-09', false);
  return { schema: read, errorsOf: (value) => validator.validate(value).errors.filter(({ keyword }) => !containers.has(keyword)) };
}

/**
 * Judges values by the JSON Schema of a setting. What it is made of is made when the first value is judged.
 *
 * The default is always valid, even if its own schema refuses it (`null` is common), and so are those of its members that a
 * value shares with it: VS Code merges an object with its default.
 *
 * @param schema not copied: it must stay as it is
 */
export function jsonSchemaChecker(schema: JsonSchema, standard: PlainData | undefined): Checker {
  let made: Judge | undefined;
  let ofDefault: readonly OutputUnit[] | undefined;
  const judge = (): Judge => (made ??= judgeOf(schema));
  const refused = (value: PlainData): readonly OutputUnit[] => {
    if (sameData(value, standard)) return [];
    const errors = judge().errorsOf(value);
    if (errors.length === 0 || typeof value !== 'object' || typeof standard !== 'object') return errors;
    ofDefault ??= judge().errorsOf(standard);
    return errors.filter((error) => {
      const path = pathOf(error);
      // Lists are not merged: of one that is not as in the default, no item is.
      const list = path.findIndex((_, depth) => Array.isArray(at(standard, path.slice(0, depth))));
      const shared = list < 0 ? path : path.slice(0, list);
      return !ofDefault!.some((known) => known.instanceLocation === error.instanceLocation && known.keywordLocation === error.keywordLocation)
        || !sameData(at(value, shared), at(standard, shared));
    });
  };
  const words = (value: PlainData, errors: readonly OutputUnit[]): string => problemWords(judge().schema, value, errors);
  return {
    check(value) {
      try {
        const errors = refused(value);
        return errors.length === 0 ? { ok: true, value } : { ok: false, problem: words(value, errors) };
      } catch {
        return { ok: false, problem: schemaThrows };
      }
    },
    problems: (value) => refused(value).map((error): Problem => ({ item: pathOf(error)[0], text: words(value, [error]) })),
    sanitised: (value) => value,
  };
}
