/** Measures one scenario, in a process of its own, for `bench/main.ts`. */
import { quick, thorough } from './harness.ts';
import { loadLibrary } from './library.ts';
import type { Build, Scenario } from './scenario.ts';

/** What the parent wants to have measured. */
export interface Order {
  readonly scenario: string;
  readonly quick: boolean;
  readonly builds: readonly { readonly name: string; readonly file: string }[];
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const builds: Build[] = [];
for (const { name, file } of order.builds) builds.push({ name, library: await loadLibrary(file) });
const { default: scenario } = await import(`./scenarios/${order.scenario}.ts`) as { default: Scenario };
const result = await scenario.measure({ builds, effort: order.quick ? quick : thorough, quick: order.quick });
// Some peers leave timers behind.
process.send!({ title: scenario.title, about: scenario.about, ...result }, () => process.exit(0));
