import { seed } from '../seed.ts';
import { fuzz, targets } from './targets.ts';

describe('Fuzzing', () => {
  for (const target of targets) {
    it(`${target.name}, seed ${seed}`, async () => {
      await fuzz(target, 10_000, seed);
    });
  }
});
