/**
 * `npm run bench:profile`: where the time of a call goes, by V8's own profiler: first by part, then by function.
 *
 * --tree FOLDER  of another working tree
 * --write        writes the report into docs/performance.md
 */
import { parseArgs } from 'node:util';
import { say, writeDocument } from './document.ts';
import { buildLibrary, loadLibrary } from './library.ts';
import { inWords, profile } from './profiler.ts';
import { tenSettings } from './settings.ts';

const { values: options } = parseArgs({ options: { tree: { type: 'string' }, write: { type: 'boolean', default: false } } });
const library = await loadLibrary(await buildLibrary(options.tree));

const succeed = async (): Promise<number> => 42;
const fail = async (): Promise<number> => {
  throw new Error('The dependency is out of order.');
};

/** Repeats for long enough to be sampled some ten thousand times; warm before. */
async function show(title: string, step: (times: number) => Promise<void>, times: number): Promise<void> {
  await step(times);
  const taken = await profile(async () => {
    const end = performance.now() + 3_000;
    while (performance.now() < end) await step(times);
  });
  say(`\n### ${title}\n\n\`\`\`\n${inWords(taken)}\n\`\`\``);
}

const guard = library.createGuard({ name: 'bench', retry: { initialDelay: 0 } });
await show('A success', async (times) => {
  for (let i = 0; i < times; i++) await guard.execute(succeed);
}, 100_000);

const failing = library.createGuard({ name: 'bench', breaker: { threshold: Infinity }, retry: { attempts: 1 } });
await show('A failure while CLOSED', async (times) => {
  for (let i = 0; i < times; i++) await failing.execute(fail).catch(() => undefined);
}, 5_000);

const open = library.createGuard({ name: 'bench' });
open.hold();
await show('A rejection while OPEN', async (times) => {
  for (let i = 0; i < times; i++) await open.execute(succeed).catch(() => undefined);
}, 20_000);

await show('One failure, then success, 200 at once', async (times) => {
  for (let i = 0; i < times; i++) {
    await Promise.all(Array.from({ length: 200 }, () => {
      let first = true;
      return guard.execute(() => {
        const failsNow = first;
        first = false;
        return failsNow ? fail() : succeed();
      });
    }));
  }
}, 10);

const service = library.createConfigurationService(tenSettings(library), { store: new library.MemoryStore() });
await service.ready;
let value = 1;
await show('An update, on a store in memory', async (times) => {
  for (let i = 0; i < times; i++) await service.update('maxAgents', (value = (value % 50) + 1));
}, 500);
if (options.write) writeDocument('bench:profile');
process.exit(0);
