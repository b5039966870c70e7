import { busy, type Curve } from '../curve.ts';
import { bytesInUse } from '../process.ts';
import { tenSettings } from '../settings.ts';

const curve: Curve = {
  title: 'Services in one host',
  of: 'services of ten settings each',
  sizes: [1, 3, 10, 30, 100, 300, 1_000],
  quickSizes: [10, 30, 100, 300],
  series: [
    { name: 'start', unit: 'ms', expected: 'linear' },
    { name: 'one update in each', unit: 'ms', expected: 'linear' },
    { name: 'dispose', unit: 'ms', expected: 'linear' },
    { name: 'idle for 1 s', unit: 'ms', expected: 'linear' },
    { name: 'memory', unit: 'KB', expected: 'linear' },
  ],
  async measure(library, size) {
    const definition = tenSettings(library);
    const before = await bytesInUse();
    const services: ReturnType<typeof library.createConfigurationService<typeof definition.defaults>>[] = [];
    const start = await busy(async () => {
      for (let i = 0; i < size; i++) services.push(library.createConfigurationService(definition, { id: `bench${i}`, store: new library.MemoryStore() }));
      await Promise.all(services.map(({ ready }) => ready));
    });
    const memory = (await bytesInUse() - before) / 1_024;
    const idle = await busy(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
    const update = await busy(() => Promise.all(services.map((service) => service.update('maxAgents', 7))));
    const dispose = await busy(() => Promise.all(services.map((service) => service.dispose())));
    return { 'start': start, 'one update in each': update, 'dispose': dispose, 'idle for 1 s': idle, memory };
  },
};
export default curve;
