/**
 * `interrupted.ts FILE SIGNAL`: adds 1 to a number in the settings file. After its last look at the lock and the file, before it replaces
 * it, or in the middle of writing into it, it makes FILE.interrupted and sends itself the signal. Prints what became of it.
 */
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { StoreError } from '../../../../src/errors.ts';

const [user = '', signal = ''] = process.argv.slice(2);
const { renameSync } = fs;
let isOver = false;
const interrupt = (): void => {
  isOver = true;
  writeFileSync(`${user}.interrupted`, '');
  process.kill(process.pid, signal);
};
fs.renameSync = (from, to) => {
  if (to === user && !isOver) interrupt();
  renameSync(from, to);
  if (!String(to).endsWith('.new') || isOver) return;
  writeFileSync(user, readFileSync(to, 'utf8').slice(0, 5));
  interrupt();
};
syncBuiltinESMExports();

const { ConfigurationService } = await import('../../../../src/service/service.ts');
const { JsonStore } = await import('../../../../src/store/json-store.ts');
const { definition } = await import('./definition.ts');
const { limits } = await import('../../../limits.ts');

const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user }), guard: { timeout: limits.product, budget: limits.product } });
await service.ready;
console.log(await service.update('n1', (n) => n + 1).then(({ outcome }) => outcome, ({ reason }: StoreError) => reason));
await service.dispose();
