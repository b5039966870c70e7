/** `update.ts FILE`: writes one value, and prints what became of it. */
import type { StoreError } from '../../../../src/errors.ts';
import { ConfigurationService } from '../../../../src/service/service.ts';
import { JsonStore } from '../../../../src/store/json-store.ts';
import { definition } from './definition.ts';

const [user = ''] = process.argv.slice(2);
const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user }), guard: { retry: { attempts: 1 } } });
await service.ready;
console.log(await service.update('n1', 1).then(({ outcome }) => outcome, ({ reason }: StoreError) => reason));
await service.dispose();
