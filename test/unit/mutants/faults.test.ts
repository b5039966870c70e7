import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faults } from '../../mutants/faults.ts';
import { applied } from '../../mutants/workshop.ts';

describe('Deliberate faults', () => {
  it('still fit the sources', () => {
    for (const fault of faults) applied(readFileSync(path.join(import.meta.dirname, '../../..', fault.file), 'utf8'), fault);
  });
});
