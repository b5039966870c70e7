import { busy, type Curve } from '../curve.ts';
import { tenSettings } from '../settings.ts';

const curve: Curve = {
  title: 'Writes that wait for one file',
  of: 'writes asked for at once',
  sizes: [100, 250, 500, 1_000, 2_000, 4_000],
  quickSizes: [250, 500, 1_000, 2_000, 4_000],
  series: [{ name: 'until all are stored', unit: 'ms', expected: 'linear' }],
  async measure(library, size) {
    const service = library.createConfigurationService(tenSettings(library), { store: new library.MemoryStore(), capacity: size });
    await service.ready;
    // Of functions each is a write of its own: plain values are merged into one.
    const stored = await busy(() => Promise.all(Array.from({ length: size }, () => service.update('maxAgents', (count) => (count % 50) + 1))));
    await service.dispose();
    return { 'until all are stored': stored };
  },
};
export default curve;
