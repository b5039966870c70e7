/**
 * `append.ts FILE NAME COUNT`: appends NAME-1, NAME-2, … to a list in the settings file, one after the other. Prints what was
 * acknowledged, and what was said not to be stored, as one JSON object.
 */
import { ConfigurationService } from '../../../../src/service/service.ts';
import { JsonStore } from '../../../../src/store/json-store.ts';
import { definition } from './definition.ts';

const [user = '', name = '', count = ''] = process.argv.slice(2);
const service = new ConfigurationService(definition, {
  store: new JsonStore(definition, { user }),
  // Several writers at one file are no failure, and are computed again at once.
  guard: { breaker: { threshold: Infinity }, retry: { attempts: 20, initialDelay: 1, maxDelay: 5 } },
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
