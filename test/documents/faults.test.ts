import { expect } from 'chai';
import { faults } from '../../tools/faults.ts';

describe('Conditions seen in use (docs/faults.md)', () => {
  const all = faults();
  const numbers = (which: typeof all): string[] => which.map(({ number }) => number);

  it('each have a test that names them, in the order of their numbers, and none of the first 70 is missing', () => {
    expect(numbers(all.filter(({ tests }) => tests.length === 0))).to.deep.equal([]);
    expect(numbers(all)).to.deep.equal(all.map((_, index) => `F${index + 1}`));
    expect(all).to.have.length.of.at.least(70);
  });

  it('are all finished', () => {
    expect(numbers(all.filter(({ now }) => now.includes('Not finished')))).to.deep.equal([]);
  });
});
