/** `killed.ts FILE SAVES`: sets four settings by one `updateAll`, and is killed after the file has been replaced so many times. Prints `stored` if it is not. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [user = '', saves = ''] = process.argv.slice(2);
const { renameSync } = fs;
let saved = 0;
fs.renameSync = (from, to) => {
  renameSync(from, to);
  if (to === user && ++saved === Number(saves)) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();

const { ConfigurationService } = await import('../../../../src/service/service.ts');
const { JsonStore } = await import('../../../../src/store/json-store.ts');
const { jsonMemento } = await import('../../../../src/store/json-memento.ts');
const { definition } = await import('./definition.ts');

const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user }), memento: jsonMemento(`${user}.memento`) });
await service.ready;
await service.updateAll({ n1: 1, n2: 1, n3: 1, n4: 1 });
await service.dispose();
console.log('stored');
