import type { Checker } from './checker.ts';
import { isYup, type AnySchema } from './schema.ts';
import { standardChecker } from './standard-checker.ts';
import { yupChecker } from './yup-checker.ts';

/** What an author's schema says. */
export const checkerOf = (schema: AnySchema): Checker => (isYup(schema) ? yupChecker(schema) : standardChecker(schema));
