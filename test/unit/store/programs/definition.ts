import * as yup from 'yup';
import { defineSettings } from '../../../../src/settings/define-settings.ts';

const number = { schema: yup.number().required(), default: 0, description: 'A number' } as const;

/** What the programs of this folder keep in one file. */
export const definition = defineSettings('s', {
  list: { schema: yup.array(yup.string().defined()).defined(), default: [], description: 'A list' },
  n1: number, n2: number, n3: number, n4: number,
});
