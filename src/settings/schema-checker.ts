import type { Checker } from './checker.ts';
import { isYup, type AnySchema } from './schema.ts';
import { standardChecker } from './standard-checker.ts';
import { yupChecker } from './yup-checker.ts';

/** What stands behind a schema that Holdfast has made: it says more than the standard asks for. */
export const ownCheckers = new WeakMap<AnySchema, Checker>();

/** What an author's schema says. */
export const checkerOf = (schema: AnySchema): Checker => ownCheckers.get(schema) ?? (isYup(schema) ? yupChecker(schema) : standardChecker(schema));
