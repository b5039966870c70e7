import { busy, type Curve } from '../curve.ts';
import { bytesInUse } from '../process.ts';
import { tenSettings } from '../settings.ts';

const changes = 20;

const curve: Curve = {
  title: 'Subscribers of one service',
  of: 'subscribers to one setting',
  sizes: [1, 10, 100, 1_000, 3_000, 10_000],
  quickSizes: [10, 100, 1_000, 3_000],
  series: [
    { name: 'subscribe', unit: 'ms', expected: 'linear' },
    { name: 'a change that concerns all', unit: 'ms', expected: 'linear' },
    { name: 'a change that concerns none', unit: 'ms', expected: 'linear' },
    { name: 'unsubscribe', unit: 'ms', expected: 'linear' },
    { name: 'memory', unit: 'KB', expected: 'linear' },
  ],
  async measure(library, size) {
    const store = new library.MemoryStore();
    const service = library.createConfigurationService(tenSettings(library), { store });
    await service.ready;
    let heard = 0;
    const before = await bytesInUse();
    const subscriptions: { dispose(): void }[] = [];
    const subscribe = await busy(() => {
      for (let i = 0; i < size; i++) subscriptions.push(service.onDidChange('maxAgents', () => heard++));
    });
    const memory = (await bytesInUse() - before) / 1_024;
    /** Changes from outside, and waits until the service has told everybody. */
    const change = async (key: string, value: (i: number) => unknown): Promise<void> => {
      for (let i = 0; i < changes; i++) {
        store.backend.set({ key, target: 'user', scope: {} }, value(i));
        await service.reload();
      }
    };
    const all = await busy(() => change('maxAgents', (i) => 10 + i));
    if (heard < size * changes) throw new Error(`Heard ${heard} of ${size * changes} changes.`);
    const none = await busy(() => change('delay', (i) => i + 1));
    const unsubscribe = await busy(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
    await service.dispose();
    return { subscribe, 'a change that concerns all': all / changes, 'a change that concerns none': none / changes, unsubscribe, memory };
  },
};
export default curve;
