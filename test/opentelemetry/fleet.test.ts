import { expect } from 'chai';
import { runFleet, type PhaseName } from '../fleet/fleet.ts';
import { verdicts } from '../fleet/verdict.ts';
import { until } from '../limits.ts';

/** Small, so that it is full in time. */
const queue = 64;

/** How much a person has been told by the end of each phase. */
const told: Readonly<Record<PhaseName, number>> = { 'warming up': 0, 'collector up': 0, 'outage: refused': 1, 'outage: silent': 1, 'collector back': 2 };

/** A short share of `npm run fleet`. */
describe('A fleet that exports to one collector', () => {
  it('goes through an outage of it: nothing is lost but spans, and those are counted and reported', async () => {
    const result = await runFleet({
      processes: 2, services: 20, every: 200, limits: { delay: 200, queue },
      lasts: async (phase, look) => {
        const before = await look();
        await until(`each process has written more than its queue holds and has said what it must (${phase})`, async () => {
          const { processes, requests } = await look();
          const isReached = phase === 'outage: refused' || requests - before.requests >= processes.length;
          return isReached && processes.every(({ allWrites, said }, index) => allWrites - before.processes[index]!.allWrites > queue && said.length >= told[phase]);
        });
      },
    });
    const kept = verdicts(result).filter(({ what }) => !what.startsWith('writes take as long'));
    expect(kept.filter(({ ok }) => !ok).map(({ what, detail }) => `${what}: ${detail}`)).to.deep.equal([]);
    expect(result.writes).to.be.above(200);
  });
});
