/** p-queue, installed when it is first imported. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/peers');
export const { default: PQueue } = await import('p-queue');
