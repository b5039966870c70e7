/**
 * `writers-process.ts FILE COUNT`: adds 1 to a number in the settings file so often. Prints a `Measured` as JSON.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import * as yup from 'yup';
import { defineSettings } from '../src/settings/define-settings.ts';

export interface Measured {
  /** Of each update, from call to answer, in milliseconds. */
  readonly took: readonly number[];
  /** Of each replacement of the file, from the last look at the lock to its end, in milliseconds. */
  readonly moments: readonly number[];
}

const [file = '', count = ''] = process.argv.slice(2);
const moments: number[] = [];
let looked = 0;
const { readFileSync, renameSync } = fs;
Object.assign(fs, {
  readFileSync: (...args: Parameters<typeof readFileSync>) => {
    if (/[/\\]lock-\d+-[0-9a-f]{32}$/.test(String(args[0]))) looked = performance.now();
    return readFileSync(...args);
  },
  renameSync: (...args: Parameters<typeof renameSync>) => {
    renameSync(...args);
    if (args[1] === file) moments.push(performance.now() - looked);
  },
});
const { rm } = fs.promises;
// A text that is written in place stands by in a file with this name until it is written.
fs.promises.rm = (...args) => {
  if (String(args[0]).endsWith('.new')) moments.push(performance.now() - looked);
  return rm(...args);
};
syncBuiltinESMExports();

const { ConfigurationService } = await import('../src/service/service.ts');
const { JsonStore } = await import('../src/store/json-store.ts');

const definition = defineSettings('s', { n1: { schema: yup.number().required(), default: 0, description: 'A number' } });
const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user: file }), guard: { timeout: 60_000, budget: 60_000 } });
await service.ready;
const took: number[] = [];
while (took.length < Number(count)) {
  const begun = performance.now();
  await service.update('n1', (n) => n + 1);
  took.push(performance.now() - begun);
}
await service.dispose();
console.log(JSON.stringify({ took, moments } satisfies Measured));
