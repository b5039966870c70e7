import * as yup from 'yup';
import { defineSettings } from '../../src/settings/define-settings.ts';

const numbers = (keys: readonly string[], scope: 'window' | 'resource') => (
  Object.fromEntries(keys.map((key) => [key, { schema: yup.number().integer().min(0).defined(), default: 0, description: 'A number.', scope }]))
);

/** Twenty settings: the fixture of the tests has not so many that can be written to a workspace. */
export const keys = Array.from({ length: 20 }, (_, i) => `number${i}`);

export const benchSettings = defineSettings('bench', numbers(keys, 'window'));

/** As many as the largest extensions have. */
export const manyKeys = Array.from({ length: 462 }, (_, i) => `setting${i}`);

export const manySettings = defineSettings('many', numbers(manyKeys, 'resource'));
