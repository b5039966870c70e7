import * as yup from 'yup';
import { defineSettings } from '../../src/settings/define-settings.ts';

/** Twenty settings: the fixture of the tests has not so many that can be written to a workspace. */
export const keys = Array.from({ length: 20 }, (_, i) => `number${i}`);

export const benchSettings = defineSettings(
  'bench',
  Object.fromEntries(keys.map((key) => [key, { schema: yup.number().integer().min(0).defined(), default: 0, description: 'A number.' }])),
);
