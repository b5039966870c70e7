import { expect } from 'chai';
import { runFleet } from '../fleet/fleet.ts';
import { verdicts } from '../fleet/verdict.ts';

/** A short share of `npm run fleet`. */
describe('A fleet that exports to one collector', () => {
  it('goes through an outage of it: nothing is lost but spans, and those are counted and reported', async () => {
    const result = await runFleet({
      processes: 2, services: 20, every: 200, phase: 2_000,
      // Small, so that it is full in time.
      limits: { delay: 200, metricsEvery: 2_000, timeout: 2_000, queue: 64 },
    });
    const kept = verdicts(result).filter(({ what }) => !what.startsWith('writes take as long'));
    expect(kept.filter(({ ok }) => !ok).map(({ what, detail }) => `${what}: ${detail}`)).to.deep.equal([]);
    expect(result.writes).to.be.above(200);
  });
});
