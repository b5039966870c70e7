import * as yup from 'yup';
import { defineSettings } from '../settings/define-settings.ts';
import { ownDefaults } from './own-defaults.ts';
import { isEndpoint } from './telemetry-destination.ts';

const seconds = yup.number().min(0).max(600).defined();

/** A number, or what each extension has chosen. */
const chosen = (least: number, most: number) => yup.number().min(least).max(most).nullable().defined();

/** The settings of Holdfast itself; their descriptions are in package.nls.json. `npm run manifest` writes them into package.json. */
export const ownDefinition = defineSettings('holdfast', {
  'alerts.notify': { schema: yup.boolean().defined(), default: ownDefaults['alerts.notify'], description: '%setting.alerts.notify%' },
  'alerts.delay': { schema: seconds, default: ownDefaults['alerts.delay'], description: '%setting.alerts.delay%' },
  'alerts.errorRate': { schema: yup.number().min(1).max(100).defined(), default: ownDefaults['alerts.errorRate'], description: '%setting.alerts.errorRate%' },
  'breaker.threshold': { schema: chosen(1, 100).integer(), default: ownDefaults['breaker.threshold'], description: '%setting.breaker.threshold%' },
  'breaker.openFor': { schema: chosen(1, 3_600), default: ownDefaults['breaker.openFor'], description: '%setting.breaker.openFor%' },
  'failedWrites.waitFor': { schema: seconds, default: ownDefaults['failedWrites.waitFor'], description: '%setting.failedWrites.waitFor%' },
  'inspector.openOnTrouble': { schema: yup.boolean().defined(), default: ownDefaults['inspector.openOnTrouble'], description: '%setting.inspector.openOnTrouble%' },
  'inspector.origins': {
    // A folder that is opened must not let pages in.
    schema: yup.array(yup.string().matches(/^https?:\/\/[^/\s]+$/).defined()).defined(),
    default: ownDefaults['inspector.origins'],
    scope: 'machine',
    description: '%setting.inspector.origins%',
  },
  'log.level': { schema: yup.string().oneOf(['debug', 'info', 'warn', 'error'] as const).defined(), default: ownDefaults['log.level'], description: '%setting.log.level%' },
  'marks.enabled': { schema: yup.boolean().defined(), default: ownDefaults['marks.enabled'], description: '%setting.marks.enabled%' },
  'oldSettings.offer': { schema: yup.boolean().defined(), default: ownDefaults['oldSettings.offer'], description: '%setting.oldSettings.offer%' },
  'retry.attempts': { schema: chosen(1, 10).integer(), default: ownDefaults['retry.attempts'], description: '%setting.retry.attempts%' },
  'retry.delay': { schema: chosen(0, 60), default: ownDefaults['retry.delay'], description: '%setting.retry.delay%' },
  'statusBar.show': {
    schema: yup.string().oneOf(['always', 'whenTroubled'] as const).defined(),
    default: ownDefaults['statusBar.show'],
    description: '%setting.statusBar.show%',
    enumDescriptions: ['%setting.statusBar.show.always%', '%setting.statusBar.show.whenTroubled%'],
  },
  'telemetry.endpoint': {
    schema: yup.string().trim().max(2_000).test('endpoint', 'must be empty, or an address that begins with http:// or https:// and has no password in it', (text) => text === undefined || text === '' || isEndpoint(text)).defined(),
    default: ownDefaults['telemetry.endpoint'],
    description: '%setting.telemetry.endpoint%',
    // A workspace must not send anything anywhere.
    scope: 'machine',
  },
});
