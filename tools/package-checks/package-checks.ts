/** What judges and bundles packages as their users do, installed when it is first imported. */
import path from 'node:path';
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/package-checks');
export const { publint } = await import('publint');
export const { default: webpack } = await import('webpack');
/** The program of Are the Types Wrong? */
export const attw = path.join(import.meta.dirname, 'node_modules/.bin/attw');
