import { ValidationError } from '../errors.ts';
import { declarationFields, settingScopes, type SettingDeclaration, type SettingScope } from './declaration.ts';
import { isStandard, isYup, type AnySchema } from './schema.ts';
import { isAsyncFunction } from './validation.ts';
import { isAsynchronous } from './yup-checker.ts';

/** @throws ValidationError for a field that declarations do not have */
export function validateNames(key: string, declaration: object): void {
  const unknown = Object.keys(declaration).find((field) => !Object.hasOwn(declarationFields, field));
  if (unknown === undefined) return;
  throw new ValidationError(key, `is declared with "${unknown}", which declarations do not have`, { userAction: `The fields of a declaration are: ${Object.keys(declarationFields).join(', ')}.` });
}

/** @throws ValidationError unless VS Code has the scope */
export function validateScope(key: string, scope: unknown): asserts scope is SettingScope {
  if (settingScopes.includes(scope as SettingScope)) return;
  throw new ValidationError(key, `is declared with the scope ${JSON.stringify(scope)}, which VS Code does not have`, { userAction: `The scopes are: ${settingScopes.join(', ')}.` });
}

/** @throws ValidationError for a field that holds something else than it may */
export function validateFields(key: string, fields: Readonly<Partial<Record<keyof SettingDeclaration, unknown>>>): void {
  for (const [field, value] of Object.entries(fields)) {
    const [words, holds] = declarationFields[field as keyof SettingDeclaration];
    const isLeftOut = value === undefined && field !== 'description';
    if (!isLeftOut && !holds(value)) throw new ValidationError(key, `is declared with "${field}", which must be ${words}`);
  }
  if ((fields.formerly as SettingDeclaration['formerly'])?.some(({ convert }) => isAsyncFunction(convert)) === true) {
    throw new ValidationError(key, 'has an asynchronous conversion of old values: values are read without waiting');
  }
}

/** @throws ValidationError for what is no schema */
export function validateIsSchema(key: string, schema: unknown): asserts schema is AnySchema {
  if (isYup(schema) || isStandard(schema)) return;
  throw new ValidationError(key, 'needs a schema of yup, or one that follows Standard Schema', { userAction: 'Declare it as in { schema: yup.string().defined(), … }.' });
}

/** @throws ValidationError for a schema with a default of its own, that would have to be waited for, or that has no items that could be dropped */
export function validateSchema(key: string, schema: AnySchema, onInvalidItem: SettingDeclaration['onInvalidItem']): void {
  if (!isYup(schema)) return;
  if ((schema as { readonly spec?: { readonly default?: unknown } }).spec?.default !== undefined) {
    throw new ValidationError(key, 'has a schema with .default(…): the default is a field of the declaration');
  }
  if (isAsynchronous(schema)) {
    throw new ValidationError(key, 'has an asynchronous test or transform in its schema: values are read without waiting', { userAction: 'Make the test synchronous, or test the value where it is used.' });
  }
  // A tuple has no items that can be dropped: each has its place.
  if (onInvalidItem === 'drop' && schema.type !== 'array' && schema.type !== 'object') throw new ValidationError(key, 'cannot drop invalid items: it is neither a list nor an object');
}
