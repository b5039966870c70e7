import * as yup from 'yup';
import type { defineSettings } from '../../src/settings/define-settings.ts';

/** The settings of the fixtures, declared by the library of either version. */
export const earlierSettings = (library: { readonly defineSettings: typeof defineSettings }) => library.defineSettings('earlier', {
  count: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A number.' },
  name: { schema: yup.string().max(50).defined(), default: 'none', description: 'A text.' },
  list: { schema: yup.array(yup.string().defined()).defined(), default: [] as string[], description: 'A list.' },
  tree: { schema: yup.object({ a: yup.number() }).defined(), default: {}, description: 'An object.' },
  token: { schema: yup.string().defined(), default: '', description: 'A secret.', secret: true },
});
