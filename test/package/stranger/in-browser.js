/** What a web extension, or a page, does with the library: bundled for the browser, and run where there is no Node. */
import { createConfigurationService, createGuard, defineSettings, JsonStore, StoreError } from 'holdfast';
import { MemoryStore, VirtualClock } from 'holdfast/testing';
import * as inVscode from 'holdfast/vscode';
import * as yup from 'yup';

const settings = defineSettings('stranger', { size: { schema: yup.number().integer().min(1).defined(), default: 3, description: 'How many.' } });

export async function run() {
  const service = createConfigurationService(settings, { store: new MemoryStore() });
  await service.ready;
  await service.update('size', 5);
  const clock = new VirtualClock();
  await clock.flush();
  const told = [service.get('size'), await createGuard({ name: 'fetch' }).execute(() => 'guarded'), typeof inVscode.superviseConfiguration];
  await service.dispose();
  try {
    new JsonStore(settings, { user: 'settings.json' });
  } catch (error) {
    told.push(error instanceof StoreError && error.reason, error.message);
  }
  return told.join(', ');
}
