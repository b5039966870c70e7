import { busy, type Curve } from '../curve.ts';
import { bytesInUse } from '../process.ts';
import { tenSettings } from '../settings.ts';

/** Each of these is two events of the breaker's actor. */
async function manyEvents(service: { hold(): void; release(): void }, events: number): Promise<void> {
  for (let i = 0; i < events; i += 2) {
    service.hold();
    service.release();
    if (i % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

const curve: Curve = {
  title: 'Events of one service',
  of: 'events, of which the last 100,000 are kept',
  sizes: [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
  quickSizes: [1_000, 3_000, 10_000, 30_000],
  series: [
    { name: 'recorded for the inspector', unit: 'ms', expected: 'linear' },
    { name: 'logged', unit: 'ms', expected: 'linear' },
    { name: 'neither', unit: 'ms', expected: 'linear' },
    { name: 'memory of the recording', unit: 'KB', expected: 'linear' },
    { name: 'memory of the log', unit: 'KB', expected: 'linear' },
  ],
  async measure(library, size) {
    const make = async () => {
      const service = library.createConfigurationService(tenSettings(library), { store: new library.MemoryStore() });
      await service.ready;
      await service.update('maxAgents', 2);
      return service;
    };
    const plain = await make();
    const neither = await busy(() => manyEvents(plain, size));
    await plain.dispose();

    const logged = await make();
    const log = new library.MemoryLog();
    const beforeLog = await bytesInUse();
    const logging = library.logService(logged, [log]);
    const writing = await busy(() => manyEvents(logged, size));
    const logMemory = (await bytesInUse() - beforeLog) / 1_024;
    logging.dispose();
    await logged.dispose();

    const inspected = await make();
    const beforeRecording = await bytesInUse();
    const recorder = new library.Recorder();
    const attached = recorder.attach('bench', inspected.supervisor as never);
    const recording = await busy(() => manyEvents(inspected, size));
    const memory = (await bytesInUse() - beforeRecording) / 1_024;
    attached.dispose();
    await inspected.dispose();
    if (log.entries.length === 0) throw new Error('Nothing was logged.');
    return { 'recorded for the inspector': recording, 'logged': writing, neither, 'memory of the recording': memory, 'memory of the log': Math.max(logMemory, 1) };
  },
};
export default curve;
