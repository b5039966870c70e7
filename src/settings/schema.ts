/**
 * What can say which values of a setting are valid: a schema of yup, or of any library that follows Standard Schema
 * (https://standardschema.dev), such as zod, valibot and arktype. Both are named by what they have: Holdfast needs neither
 * their code nor their types.
 */

/** A schema that follows Standard Schema, version 1. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Exists for the compiler alone. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What such a schema says of a value. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** What such a schema finds wrong with a value, and where in it. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema of yup is known by, whichever copy of yup has made it. */
export interface YupSchema<Output = unknown> {
  readonly __isYupSchema__: boolean;
  readonly __outputType: Output;
  /** `''` of a schema without `.default(…)`. */
  readonly __flags: '';
  readonly type: string;
  describe(): object;
}

/** A schema that a declaration may have. */
export type AnySchema = YupSchema | StandardSchema;

/** What the schema accepts, without the `undefined` that yup adds to optional schemas. */
export type ValueOf<S> =
  S extends { readonly __outputType: infer T } ? Exclude<T, undefined>
    : S extends StandardSchema<infer T> ? Exclude<T, undefined>
      : never;

const isThing = (value: unknown): value is Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null) || typeof value === 'function';

export function isYup(schema: unknown): schema is YupSchema {
  return isThing(schema) && schema['__isYupSchema__'] === true;
}

/** yup follows the standard as well, but answers with a promise. */
export function isStandard(schema: unknown): schema is StandardSchema {
  const standard = isThing(schema) && !isYup(schema) ? schema['~standard'] : undefined;
  return isThing(standard) && standard['version'] === 1 && typeof standard['validate'] === 'function';
}
