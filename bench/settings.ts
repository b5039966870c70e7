import * as yup from 'yup';
import type { Library } from './library.ts';

/** Ten settings of the usual kinds, as an extension would have them. */
export function tenSettings({ defineSettings }: Library) {
  return defineSettings('bench', {
    provider: { schema: yup.string().oneOf(['claude', 'aider', 'custom']).defined(), default: 'claude', description: 'One of a few.' },
    maxAgents: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A number.' },
    path: { schema: yup.string().trim().defined(), default: '', description: 'A path.' },
    autoAssign: { schema: yup.boolean().defined(), default: true, description: 'A switch.' },
    templates: { schema: yup.string().defined(), default: '.templates', description: 'Another path.' },
    persist: { schema: yup.boolean().defined(), default: true, description: 'Another switch.' },
    logLevel: { schema: yup.string().oneOf(['debug', 'info', 'warn', 'error']).defined(), default: 'info', description: 'A level.' },
    delay: { schema: yup.number().min(0).max(10_000).defined(), default: 500, description: 'A wait.' },
    recent: { schema: yup.array().of(yup.string().defined()).max(100).defined(), default: [], description: 'A list.' },
    extras: { schema: yup.object().defined(), default: {}, description: 'An object.' },
  });
}

/** So many settings in one section. */
export function manySettings({ defineSettings }: Library, count: number) {
  const schema = yup.number().integer().min(0).defined();
  const declarations = Object.fromEntries(Array.from({ length: count }, (_, i) => [`setting${i}`, { schema, default: i, description: `Number ${i}.` }]));
  return defineSettings('bench', declarations);
}
