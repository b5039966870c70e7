import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faults } from '../../mutants/faults.ts';
import { applied, Workshop } from '../../mutants/workshop.ts';

describe('Deliberate faults', () => {
  it('still fit the sources', () => {
    for (const fault of faults) applied(readFileSync(path.join(import.meta.dirname, '../../..', fault.file), 'utf8'), fault);
  });

  it('some of them are noticed by the generated tests', async () => {
    const workshop = new Workshop();
    try {
      for (const property of ['P1', 'P2', 'P6']) {
        const found = await workshop.try(faults.find((fault) => fault.property === property));
        expect(found?.by, property).to.equal('generated tests');
        expect(found?.finding, property).to.include('behaves as the oracle says');
      }
    } finally {
      workshop.close();
    }
  });
});
