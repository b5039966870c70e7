/**
 * `append.ts FILE NAME COUNT [THRESHOLD]`: appends NAME-1, NAME-2, … to a list in the settings file, one after the other. Prints
 * what was acknowledged, and what was said not to be stored, as one JSON object. THRESHOLD: so many failures open the breaker,
 * by default one.
 */
import { ConfigurationService } from '../../../../src/service/service.ts';
import { JsonStore } from '../../../../src/store/json-store.ts';
import { limits } from '../../../limits.ts';
import { definition } from './definition.ts';

const [user = '', name = '', count = '', threshold = '1'] = process.argv.slice(2);
const service = new ConfigurationService(definition, {
  store: new JsonStore(definition, { user }),
  // What has nothing to do with other writers may take its time on a busy machine.
  guard: { breaker: { threshold: Number(threshold) }, retry: { attempts: 1 }, timeout: limits.product, budget: limits.product },
});
await service.ready;
const acknowledged: string[] = [];
const denied: string[] = [];
for (let number = 1; number <= Number(count); number++) {
  const tag = `${name}-${number}`;
  try {
    await service.update('list', (list) => [...list, tag]);
    acknowledged.push(tag);
  } catch (error) {
    const { outcome, context } = error as { outcome?: string; context: Record<string, unknown> };
    if (outcome !== 'unknown' && context['outcome'] !== 'unknown') denied.push(tag);
  }
}
await service.dispose();
console.log(JSON.stringify({ acknowledged, denied }));
