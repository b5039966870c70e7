import { expect } from 'chai';
import { faults } from '../../tools/faults.ts';

describe('Conditions seen in use (docs/faults.md)', () => {
  const all = faults();
  const numbers = (which: typeof all): string[] => which.map(({ number }) => number);

  it('each have a test that names them, in the order of their numbers', () => {
    expect(all).not.to.be.empty;
    expect(numbers(all.filter(({ tests }) => tests.length === 0))).to.deep.equal([]);
    const order = all.map(({ number }) => Number(number.slice(1)));
    expect(order).to.deep.equal([...new Set(order)].sort((a, b) => a - b));
  });

  it('say that they are not finished as long as a test of theirs is pending, and no longer', () => {
    expect(numbers(all.filter(({ pending }) => pending.length > 0))).to.deep.equal(numbers(all.filter(({ now }) => now.includes('Not finished'))));
  });
});
