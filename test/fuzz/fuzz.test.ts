import { fuzz, targets } from './targets.ts';

describe('Fuzzing', () => {
  const seed = Date.now() % 1_000_000_000;
  for (const target of targets) {
    it(`${target.name}, seed ${seed}`, async () => {
      await fuzz(target, 10_000, seed);
    }).timeout(120_000);
  }
});
