/**
 * `append.ts FILE NAME COUNT`: appends NAME-1, NAME-2, … to a list in the settings file, one after the other, with the library of
 * version 0.1.0. Prints what was acknowledged as one JSON list.
 */
import { library } from '../../../earlier/0.1.0/library.cjs';
import { earlierSettings } from '../../../earlier/settings.ts';
import { limits } from '../../../limits.ts';

const [user = '', name = '', count = ''] = process.argv.slice(2);
const { createConfigurationService, jsonStore } = library();
const definition = earlierSettings(library());
const service = createConfigurationService(definition, {
  store: jsonStore({ user })(definition), guard: { timeout: limits.product, budget: limits.product, retry: { initialDelay: 10 } },
});
await service.ready;
const acknowledged: string[] = [];
for (let number = 1; number <= Number(count); number++) {
  const tag = `${name}-${number}`;
  if (await service.update('list', (list) => [...list, tag]).then(() => true, () => false)) acknowledged.push(tag);
}
await service.dispose();
console.log(JSON.stringify(acknowledged));
