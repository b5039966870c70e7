/** p-retry and p-timeout, installed when they are first imported. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/peers');
export const { default: pRetry } = await import('p-retry');
export const { default: pTimeout } = await import('p-timeout');
