import { createActor, createMachine } from 'xstate';
import type { Contestant } from '../harness.ts';
import { atMost, race, within, type Setting } from '../scenario.ts';
import { tenSettings } from '../settings.ts';

const signal = new AbortController().signal;
const slot = { key: 'maxAgents', target: 'user', scope: {} } as const;

/** An actor with two states and nothing else, which each event takes to the other one. */
const toAndFro = createMachine({ initial: 'there', states: { there: { on: { NEXT: 'back' } }, back: { on: { NEXT: 'there' } } } });
const floor = 'floor: an XState actor that takes as many transitions';

async function contestants({ builds }: Setting): Promise<Contestant[]> {
  const operation = async (): Promise<number> => 42;
  const own: Contestant[] = [];
  let value = 1;
  const next = (): number => (value = (value % 50) + 1);
  for (const { name, library } of builds) {
    const definition = tenSettings(library);
    const raw = new library.MemoryStore();
    if (own.length === 0) {
      own.push({
        name: 'the store alone: write, and read back',
        run: async (n) => {
          for (let i = 0; i < n; i++) {
            await raw.write({ ...slot, value: next() }, { signal });
            await raw.readBack(slot);
          }
        },
      });
    }
    const service = library.createConfigurationService(definition, { store: new library.MemoryStore() });
    await service.ready;
    if (own.length === 1) {
      let transitions = 0;
      const watch = service.supervisor.system.inspect(({ type }) => { if (type === '@xstate.event') transitions++; });
      await service.update('maxAgents', next());
      watch.unsubscribe();
      own.push({
        name: floor,
        run: async (n) => {
          for (let i = 0; i < n; i++) {
            const actor = createActor(toAndFro).start();
            for (let sent = 0; sent < transitions; sent++) actor.send({ type: 'NEXT' });
            actor.stop();
          }
        },
      });
    }
    own.push({ name, run: async (n) => { for (let i = 0; i < n; i++) await service.update('maxAgents', next()); } });
    own.push({
      name: `${name}: 20 at once, one key`,
      batch: 20,
      run: async (n) => {
        for (let done = 0; done < n; done += 20) await Promise.all(Array.from({ length: 20 }, () => service.update('maxAgents', next())));
      },
    });
  }
  return [{ name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } }, ...own];
}

export default race(
  'Updates',
  'A service on a store in memory: queue, journal, guard, write, read back, and the reload that follows.',
  contestants,
  (row) => {
    const over = row('holdfast').ns - row('the store alone: write, and read back').ns;
    return [atMost('update', row('holdfast'), 2, row(floor)), within('update over the store\'s own time', over / 1_000, 100, 'us')];
  },
);
