import { expect } from 'chai';
import { faults } from '../../tools/faults.ts';

describe('Conditions seen in use (docs/faults.md)', () => {
  it('each have a test that names them, in the order of their numbers', () => {
    const all = faults();
    expect(all).not.to.be.empty;
    expect(all.filter(({ tests }) => tests.length === 0).map(({ number }) => number)).to.deep.equal([]);
    const numbers = all.map(({ number }) => Number(number.slice(1)));
    expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b));
  });
});
