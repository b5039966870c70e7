/**
 * `holdfast/vscode` as the NofX example gets it in the tests of the workbench: its limits are too long to run out on a slow
 * machine, and the first of the writes that are to land late does so
 * when a test says it, and not after some seconds.
 */
import { systemClock, type Clock } from '../../src/clock.ts';
import { FaultyStore } from '../../src/testing/faulty-store.ts';
import { superviseConfiguration as supervise, vscodeStore } from '../../src/vscode.ts';

export * from '../../src/vscode.ts';

const landings: (() => void)[] = [];
// Found there by the demo driver, which is another extension of the same host.
Object.assign(globalThis, { landLateWrite: () => landings.splice(0)[0]!() });

const onDemand: Clock = {
  ...systemClock,
  setTimeout: (land) => {
    landings.push(land);
    return {};
  },
};

export const superviseConfiguration: typeof supervise = (context, definition, options) => {
  const faults = new FaultyStore(vscodeStore(context, definition), onDemand);
  const given = {
    store: faults,
    faults,
    guard: { retry: { attempts: 1_000, maxDelay: 2_000 }, budget: 3_600_000, breaker: { openFor: 3_600_000 } },
  };
  return supervise(context, definition, { ...options, ...given, faultInjection: false });
};
