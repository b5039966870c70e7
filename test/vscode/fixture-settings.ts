import * as yup from 'yup';
import { defineSettings } from '../../src/settings/define-settings.ts';

/** One setting of each kind that VS Code treats in a way of its own. */
export const fixture = defineSettings('fixture', {
  count: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A window setting.' },
  name: { schema: yup.string().trim().lowercase().max(100).defined(), default: 'none', description: 'A window setting, sanitised.' },
  recent: { schema: yup.array().of(yup.string().defined()).max(100).defined(), default: [], description: 'A list to append to.' },
  perFolder: { schema: yup.string().defined(), default: 'everywhere', description: 'A folder setting.', scope: 'resource' },
  perLanguage: { schema: yup.number().min(0).max(16).defined(), default: 4, description: 'A language setting.', scope: 'language-overridable' },
  perMachine: { schema: yup.string().defined(), default: '', description: 'A machine setting.', scope: 'machine' },
  tools: { schema: yup.array().of(yup.string().defined()).max(100).defined(), default: [], description: 'A list of the machine, which a workspace may override.', scope: 'machine-overridable' },
  application: { schema: yup.boolean().defined(), default: false, description: 'An application setting.', scope: 'application' },
  options: { schema: yup.object().defined(), default: {}, description: 'An object; VS Code merges its layers.' },
  limits: { schema: yup.object().defined(), default: { low: 1, high: 9 }, description: 'An object whose default has members.' },
  token: { schema: yup.string().max(200).defined(), default: '', description: 'A secret.', secret: true },
  timeout: { schema: yup.number().min(1).max(60_000).defined(), default: 5_000, description: 'Renamed, and in other units.', scope: 'resource', formerly: [{ key: 'timeoutSeconds', convert: (seconds: number) => seconds * 1_000 }] },
  mode: { schema: yup.string().oneOf(['on', 'off', 'auto'] as const).defined(), default: 'auto', description: 'It was true or false.', formerly: [{ convert: (old: unknown) => (old === true ? 'on' : old === false ? 'off' : old) }] },
  command: { schema: yup.string().defined(), default: 'true', description: 'Can run code.', restricted: true },
});
