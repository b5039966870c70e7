import { expect } from 'chai';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import fc from '../../fast-check.ts';

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
};

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      expect(take(seed, 20)).to.deep.equal(take(seed, 20));
      expect(take(seed, 20)).not.to.deep.equal(take(seed + 1, 20));
    }));
  });

  it('stays in [0, 1)', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      expect(take(seed, 50).every((number) => number >= 0 && number < 1)).to.be.true;
    }));
  });

  it('spreads evenly: no tenth gets much more than its share', () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (const number of take(7, 10_000)) counts[Math.floor(number * 10)]!++;
    for (const count of counts) expect(count).to.be.within(850, 1_150);
  });
});
