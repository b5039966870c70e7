import type { Contestant } from '../harness.ts';
import { measure } from '../harness.ts';
import { within, type Check, type Scenario, type Setting } from '../scenario.ts';
import { tenSettings } from '../settings.ts';

const scenario: Scenario = {
  title: 'State Inspector',
  about: 'Updates of a service on a store in memory, while its actors are recorded for the inspector and while they are not.',
  async measure({ builds, effort }: Setting) {
    const operation = async (): Promise<number> => 42;
    const contestants: Contestant[] = [{ name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } }];
    const records = new Map<string, number>();
    let value = 1;
    const next = (): number => (value = (value % 50) + 1);
    for (const { name, library } of builds) {
      const service = async () => {
        const made = library.createConfigurationService(tenSettings(library), { store: new library.MemoryStore() });
        await made.ready;
        return made;
      };
      const never = await service();
      contestants.push({ name: `${name}: never inspected`, run: async (n) => { for (let i = 0; i < n; i++) await never.update('maxAgents', next()); } });
      const closed = await service();
      new library.Recorder().attach('bench', closed.supervisor as never).dispose();
      contestants.push({ name: `${name}: inspector closed again`, run: async (n) => { for (let i = 0; i < n; i++) await closed.update('maxAgents', next()); } });
      const open = await service();
      const recorder = new library.Recorder(10_000);
      let heard = 0;
      recorder.onRecord(() => heard++);
      recorder.attach('bench', open.supervisor as never);
      contestants.push({ name: `${name}: inspector open`, run: async (n) => { for (let i = 0; i < n; i++) await open.update('maxAgents', next()); } });
      for (let i = 0; i < 10; i++) await open.update('maxAgents', next());
      heard = 0;
      for (let i = 0; i < 100; i++) await open.update('maxAgents', next());
      records.set(name, heard / 100);
    }
    // An update takes a thousand times as long as what the other scenarios time: a longer slice, so that each has many.
    const rows = await measure(contestants, { ...effort, slice: effort.slice * 4 });
    const nsOf = (wanted: string): number => rows.find(({ name }) => name === wanted)!.ns;
    const each = records.get('holdfast')!;
    const never = nsOf('holdfast: never inspected');
    const checks: Check[] = [
      within('inspector closed, against never inspected', nsOf('holdfast: inspector closed again') / never, 1.05, 'times'),
      within(`inspector open, each of ${each.toFixed(1)} events an update`, (nsOf('holdfast: inspector open') - never) / each / 1_000, 10, 'us'),
    ];
    return { rows, checks };
  },
};
export default scenario;
