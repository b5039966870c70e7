export { comparison } from '../conformance/document.ts';
/** Writes the table there. */
export const command = 'npm run sla -- --write';
