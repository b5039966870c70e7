import { expect } from 'chai';
import { night } from '../night.ts';
import { seed } from '../seed.ts';
import { report } from './report.ts';
import { simulate } from './simulate.ts';
import { refusalFault, unreadableFault } from './store.ts';

/** A run that broke a promise once, with so many steps. */
type FailedSeed = readonly [seed: number, steps: number];

const failedSeeds: readonly FailedSeed[] = [
  [70_465, 150], // P28: a removal in doubt, after which a list begins again
];

/** The same, with bursts, and stores with locks and with commits. */
const failedTogether: readonly FailedSeed[] = [
  [300_066, 150], // P20: superseded by a write whose caller has left, and told that its own value is stored
  [9_720_229, 150], // P20: restoring what a late write has undone does not take the place of a value
  [500_068, 100], // P24: a transaction that was stored by one save is taken back one setting after the other
  [9_710_155, 150], // P28: half of an earlier removal is undone, which another one looked like
  [10_000_015, 200], // P24: undoing a transaction by one save fails twice, and goes on one setting after the other
  [20_000_574, 200], // P23: a transaction that is left out of a save is undone while the others are saved
  [20_006_104, 200], // P29: aborted at the moment at which it was stored, and told that it is not
  [10_002_483, 200], // P5: refused by itself and parked again, and aborted before the save has ended
  [30_004_071, 200], // P24: a transaction that shares a setting with others of its save is taken back in part, and what they made of it is lost
  [80_003_062, 200], // P21: of two attempts that hung the one that has landed was taken for the other, which lands later
  [80_002_128, 200], // P21: a removal that was asked for is taken for a late one, which is then undone no more when it comes
  [70_011_082, 200], // P21: found to be stored after a failure, and not followed any more although it may land again
  [60_002_134, 200], // P27: several fail for one reason, and what is known of the first is taken for known of the others
  [40_008_195, 200], // P20: a parked write that lands late is taken for one that has undone a newer value
  [900_001_392, 200], // P21: a removal lands late while a transaction is written and taken back, and counts as the newest value from then on
];

/** The same, before there were steps of the later kinds. */
const failedBefore: readonly FailedSeed[] = [
  [20_022, 150], // P27: an earlier attempt of a transaction that was rolled back lands
  [50_048, 150], // P27: the same, aborted
  [50_074, 150], // P8: a refusal of an attempt that was given up
  [60_187, 150], // P21: a service ends while it mends
  [61_186, 150], // P5: aborted during the last look
  [301_999, 150], // P29: parked, and refused for good the second time; the first time lands
  [80_001, 250], // P21: a transaction is rolled back over what nobody could have stored
  [80_050, 250], // P21: another window removes what a late write could have removed
  [635_826_205, 150], // P21: a transaction finds what a late write has just done, and does not write it
  [635_826_180, 150], // P21: the store fails while a late write is undone
  [300_000_734, 150], // P21: stored while it is given up, and then refused for good
  [400_001_881, 200], // P21: restoring what a late write has undone is refused
  [400_001_895, 200], // P21: the removal of a write in doubt is taken for an older one, landing late
  [500_001_568, 150], // P24: loaded for the first time during a transaction, and read for a language
  [600_003_353, 150], // P27: a value that another window has restored is taken for an attempt that had been seen to land
  [700_000_727, 250], // P28: the same, with a removal
  [80_265, 250], // P24: a transaction is rolled back over a value it has not seen
  [1_993_732_148, 1_000], // P27: a value that another window has rolled back to is taken for an own one, landing late (F49)
];

describe('Simulation', () => {
  const failed = [
    ...failedBefore.map(([seed, steps]) => ({ seed, steps, later: false, latest: false })),
    ...failedSeeds.map(([seed, steps]) => ({ seed, steps, later: true, latest: false })),
    ...failedTogether.map(([seed, steps]) => ({ seed, steps, later: true, latest: true })),
  ];
  for (const { seed, steps, later, latest } of failed) {
    it(`seed ${seed}, which failed once`, async () => {
      const result = await simulate({ runs: 1, steps, seed, shrink: false, later, latest });
      expect(result.violations.map(({ property, message }) => `${property} ${message}`)).to.deep.equal([]);
    });
  }

  /** The longer a life, the more of what it once did can come back to it. */
  for (const [runs, steps, test] of [[100, 150, it], [4, 750, night.it], [2, 1_000, night.it]] as const) {
    test(`${runs} runs of ${steps} steps, from seed ${seed}`, async () => {
      const result = await simulate({ runs, steps, seed, shrink: false });
      if (result.violations.length > 0) throw new Error(report(result, true));
      expect(result.operations).to.be.greaterThan(runs * steps / 15);
      expect([...result.tally.keys()]).to.include.members(['step: unreadable', 'step: save outside', `fault: ${unreadableFault}`, 'step: burst']);
      if (runs !== 100) return;
      expect([...result.tally.keys()]).to.include.members([`fault: ${refusalFault}, of several`, 'killed in the middle of a write']);
    });
  }
});
