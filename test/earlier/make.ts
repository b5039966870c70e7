/**
 * `node test/earlier/make.ts CHECKOUT`: makes what is in `0.1.0`, from a checkout of version 0.1.0 (commit f96b3d0) of this project.
 * `git worktree add --detach ../holdfast-0.1.0 f96b3d0` makes one; it needs no packages.
 *
 * - `library.cjs`: the library of that version, and of its extension what reads a registered service. Packages are left outside, as in
 *   what was published; it is minified.
 * - `memento.json`: what a service of that version had kept when its process ended in the middle of its work.
 * - `recording.json`: what its State Inspector had recorded of that service.
 */
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type * as Earlier from './0.1.0/library.cjs';

const [checkout] = process.argv.slice(2);
if (checkout === undefined) throw new Error('Which checkout? node test/earlier/make.ts CHECKOUT');
const folder = path.join(import.meta.dirname, '0.1.0');
const library = path.join(folder, 'library.cjs');

/** By door: the modules behind it. Each is loaded when it is first asked for, as `vscode` cannot be loaded in plain Node. */
const doors = {
  library: ['src/index.ts'],
  vscode: ['src/vscode.ts'],
  testing: ['src/testing.ts'],
  inspect: ['src/inspect/recorder.ts', 'src/inspect/recording-export.ts'],
  extension: ['src/extension/registry.ts', 'src/extension/health-tree.ts', 'src/extension/status-bar-model.ts'],
};

await build({
  absWorkingDir: path.resolve(checkout), bundle: true, platform: 'node', target: 'node20', format: 'cjs', minify: true, keepNames: true, logLevel: 'warning',
  packages: 'external', outfile: library,
  stdin: {
    resolveDir: path.resolve(checkout),
    contents: Object.entries(doors).map(([door, modules]) => `exports.${door} = () => ({ ${modules.map((module) => `...require('./${module}')`).join(', ')} });`).join('\n'),
  },
});

// What follows is how a program of that version used it.
const earlier = await import(library) as typeof Earlier;
const { createConfigurationService } = earlier.library();
const { FaultyStore, MemoryStore, VirtualClock, seededRandom } = earlier.testing();
const { Recorder, exportRecording } = earlier.inspect();
const { earlierSettings } = await import('./settings.ts');

const kept = new Map<string, unknown>();
const memento = { get: (name: string) => kept.get(name), update: async (name: string, value: unknown) => void kept.set(name, value) };
const clock = new VirtualClock();
const store = new FaultyStore(new MemoryStore(), clock);
const service = createConfigurationService(earlierSettings(earlier.library()), { store, clock, memento, guard: { random: seededRandom(1), retry: { jitter: 0 } } });
const recorder = new Recorder(10_000, () => clock.wallTime());
recorder.attach('earlier', service.supervisor as never);
await clock.run(service.ready);
const unheard = (promise: Promise<unknown>): void => void promise.catch(() => undefined);

// Last good values.
await clock.run(service.updateAll({ count: 5, name: 'kept', list: ['a', 'b'] }));
// The workspace settings fail until their breaker opens.
store.outage('permission');
for (let failures = 0; failures < 5; failures++) await clock.run(service.update('count', 6, { target: 'workspace' })).catch(() => undefined);
store.heal();
// Writes that nobody sees the end of: plain, computed, secret, and a transaction.
store.writeFaults.push({ kind: 'hang' });
unheard(service.update('count', 7));
unheard(service.update('list', (list: readonly string[]) => [...list, 'c']));
unheard(service.update('token', 'canary'));
unheard(service.updateAll({ name: 'new', tree: { a: 1 } }));
await clock.advance(1);
await clock.flush();

writeFileSync(path.join(folder, 'memento.json'), `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
writeFileSync(path.join(folder, 'recording.json'), exportRecording(recorder.history.records(), clock.wallTime(), recorder.history.base().values()));
await clock.run(service.dispose());
