import { busy, type Curve } from '../curve.ts';
import { bytesInUse } from '../process.ts';
import { manySettings } from '../settings.ts';

const reads = 1_000_000;
let sink = 0;

const curve: Curve = {
  title: 'Settings in one service',
  of: 'settings',
  sizes: [10, 30, 100, 300, 1_000, 3_000, 10_000],
  quickSizes: [10, 100, 1_000, 3_000],
  series: [
    { name: 'define', unit: 'ms', expected: 'linear' },
    { name: 'start', unit: 'ms', expected: 'linear' },
    { name: 'reload', unit: 'ms', expected: 'linear' },
    { name: 'memory', unit: 'KB', expected: 'linear' },
    { name: 'one get', unit: 'ns', expected: 'flat' },
  ],
  async measure(library, size) {
    const before = await bytesInUse();
    let definition: ReturnType<typeof manySettings> | undefined;
    const define = await busy(() => void (definition = manySettings(library, size)));
    const store = new library.MemoryStore();
    let service: ReturnType<typeof library.createConfigurationService<Record<string, number>>> | undefined;
    const start = await busy(async () => {
      service = library.createConfigurationService<Record<string, number>>(definition as never, { store });
      await service.ready;
    });
    const memory = (await bytesInUse() - before) / 1_024;
    const reload = await busy(() => service!.reload());
    const key = `setting${size >> 1}`;
    const read = await busy(() => {
      for (let i = 0; i < reads; i++) sink += service!.get(key) ?? 0;
    });
    await service!.dispose();
    if (sink < 0) throw new Error('never');
    return { define, start, reload, memory, 'one get': (read * 1e6) / reads };
  },
};
export default curve;
