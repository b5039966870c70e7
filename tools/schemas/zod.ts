/** zod, installed when it is first imported. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/schemas');
export const { z } = await import('zod');
