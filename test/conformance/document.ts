import path from 'node:path';

export const comparison = path.join(import.meta.dirname, '../../docs/comparison.md');
/** Writes the table there. */
export const command = 'npm run conformance -- --write';
