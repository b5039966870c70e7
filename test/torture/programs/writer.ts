/**
 * `writer.ts FILE NAME MOMENT [--without-lock]`: adds 1, 2, 3, … to its own list in the settings file, one `update(fn)` after the other,
 * until SIGTERM. Prints a line for each update: `stored`, `denied` or `unknown`, its number, when its function was called last,
 * when it was answered, and how many updates that function was given. Between its last look and the replacement of the file it waits
 * for so many milliseconds, drawn up to MOMENT.
 */
import fs, { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { ConfigurationService } from '../../../src/service/service.ts';
import { JsonStore } from '../../../src/store/json-store.ts';
import { elapse, limits } from '../../limits.ts';
import { add, toLine } from './answers.ts';
import { definition } from './definition.ts';

const [user = '', name = '', moment = '', withoutLock] = process.argv.slice(2);
const { renameSync } = fs;
fs.renameSync = (from, to) => {
  if (to === user) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(moment) * Math.random());
  renameSync(from, to);
};
syncBuiltinESMExports();
const store = new JsonStore(definition, { user });
if (withoutLock !== undefined) Object.assign(store, { lock: undefined });
const service = new ConfigurationService(definition, {
  store,
  // What is stopped, or waits for others, may take its time on a busy machine.
  guard: { timeout: limits.product, budget: limits.product },
});
let isOver = false;
process.on('SIGTERM', () => (isOver = true));
await service.ready;

for (let number = 1; !isOver; number++) {
  const answer = await add(service, name, number);
  // At once: who is killed after this has said it.
  writeSync(1, `${toLine(answer)}\n`);
  // A breaker that is open refuses without a turn of the event loop.
  if (answer.ended === 'denied') await elapse(limits.look);
}
await service.dispose();
