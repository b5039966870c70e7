import { defineSettings } from 'holdfast';
import * as yup from 'yup';

/** The settings of a program that looks at some web pages now and then. */
export const watcher = defineSettings('watcher', {
  every: { schema: yup.number().integer().min(1).max(3_600).defined(), default: 60, description: 'The pause between two rounds, in seconds.' },
  pages: { schema: yup.array(yup.string().url().defined()).max(100).defined(), default: [], description: 'The pages to look at.' },
});
