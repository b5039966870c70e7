import { expect } from 'chai';
import { getNextSnapshot, type AnyMachineSnapshot } from 'xstate';
import { circuitBreaker } from '../../machines/circuit-breaker.ts';
import type { BreakerVariant, ModelEvent } from '../model/circuit-breaker/driver.ts';
import { breakerModel } from '../model/circuit-breaker/model.ts';
import { TransitionCoverage } from '../model/harness/coverage.ts';
import { runPaths, type MachineModel } from '../model/harness/suite.ts';
import { ServiceRun, setDirty } from './breaker-run.ts';
import { resetSettings } from './supervised.ts';

/** Shorter than the service's own limit for a look at the file, so that the hung one ends later, and is stale (P4). */
const probeLimit = 3_000;

/** With real writes a path takes a tenth of a second: the others differ in what needs no VS Code. */
const chosen = new Set(['two failures open it, two probes close it', 'an earlier process left it open', 'an earlier process left it open, and it is about to probe', 'an earlier process left it held']);

/** As outside VS Code, but that a write is the probe as soon as it may, one at a time, and that nobody abandons it. */
const model: MachineModel<BreakerVariant> = {
  ...breakerModel,
  variants: breakerModel.variants.filter(({ name }) => chosen.has(name)).map((variant) => {
    const rules = { ...variant.rules, probeLimit };
    return { ...variant, rules, input: { ...variant.input as object, ...rules } };
  }),
  events: (snapshot, variant) => breakerModel.events(snapshot, variant).filter((event) =>
    (event as ModelEvent).stale !== true && event.type !== 'PROBE_STARTED' && (event.type !== 'PROBE_ABANDONED' || snapshot.matches('CLOSED'))),
  expand(snapshot, event) {
    const next = getNextSnapshot(circuitBreaker, snapshot as never, event as never) as AnyMachineSnapshot;
    if (!next.matches({ HALF_OPEN: 'awaiting' })) return [event];
    return [event, { type: 'PROBE_STARTED', epoch: (next.context as { epoch: number }).epoch } as ModelEvent];
  },
  start: (variant) => ServiceRun.start(variant),
};

describe('The paths of the circuit breaker, in VS Code, with a real settings.json', () => {
  const coverage = new TransitionCoverage(circuitBreaker as never);
  const asserted = new Set<string>();

  before(async () => {
    await resetSettings();
  });

  after(async () => {
    await setDirty(false);
    await resetSettings();
  });

  for (const variant of model.variants) {
    it(`P1 P2 P3 P7 P11 P20 P40 P60 behaves as the oracle says on every path: ${variant.name}`, async () => {
      const started = Date.now();
      const paths = await runPaths(model, variant, coverage, asserted);
      console.log(`      ${paths} paths, ${Date.now() - started} ms`);
    });
  }

  it('takes every transition but those of probes that share HALF_OPEN, of sliding windows, of a crash, and of rules that change', () => {
    console.log(`      ${String(coverage)}`);
    expect(coverage.missing()).to.deep.equal([
      'circuit-breaker --CONFIGURE--> (stays)',
      'circuit-breaker.RESTORING --always #3--> circuit-breaker.HALF_OPEN',
      'circuit-breaker.CLOSED --SUCCESS #1--> circuit-breaker.OPEN',
      'circuit-breaker.CLOSED --TURN--> (stays)',
      'circuit-breaker.HALF_OPEN.probing --PROBE_STARTED--> (stays)',
      'circuit-breaker.HALF_OPEN.probing --FAILURE #2--> (stays)',
    ]);
  });
});
