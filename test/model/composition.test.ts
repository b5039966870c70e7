import { expect } from 'chai';
import { explore } from './composition/explore.ts';
import { World, type Bounds } from './composition/world.ts';

/** So many actions from each start. Each further one takes five times as long: `npm run nightly` goes to 5, `MODEL_DEPTH=6 npm run test:model -- --timeout 0` further. */
const depth = Number(process.env['MODEL_DEPTH'] ?? 3);

/** From these every other is near: nothing has happened; open, half open and trying again, each with writes in several positions. */
const starts: Readonly<Record<string, readonly string[]>> = {
  'nothing has happened': [],
  'a write in flight, another waiting': ['write', 'park'],
  'between two attempts, another write waiting': ['write', 'park', 'io 0'],
  'open, a write parked': ['park', 'denied 0'],
  'half open, the write in flight is the probe': ['park', 'denied 0', 'time passes', 'time passes', 'probe passes'],
  'half open, the file is probed': ['write', 'denied 0', 'time passes', 'time passes', 'probe passes'],
  'half open, a write from before in flight': ['write', 'hold', 'release'],
  'disposal, with a write in flight': ['write', 'park', 'dispose'],
};

const bounds: readonly (Bounds & { readonly name: string })[] = [
  { name: 'a crash is forgiven', writes: 3, crashes: 1, orders: 3, crashLimit: 3 },
  { name: 'a crash is one too many', writes: 2, crashes: 1, orders: 2, crashLimit: 0 },
];

describe('model: supervisor, breaker, queue and retry together', () => {
  it('starts where it says', async () => {
    const modes: Record<string, string> = {};
    for (const [name, path] of Object.entries(starts)) {
      const world = await new World(bounds[0]!).begin();
      for (const action of path) await world.act(action);
      modes[name] = `${world.mode}, ${world.pending.length} pending, ${world.store.writes.length} in flight, ${world.store.probes.length} probes`;
    }
    expect(modes).to.deep.equal({
      'nothing has happened': 'CLOSED, 0 pending, 0 in flight, 0 probes',
      'a write in flight, another waiting': 'CLOSED, 2 pending, 1 in flight, 0 probes',
      'between two attempts, another write waiting': 'CLOSED, 2 pending, 0 in flight, 0 probes',
      'open, a write parked': 'OPEN, 1 pending, 0 in flight, 0 probes',
      'half open, the write in flight is the probe': 'HALF_OPEN, 1 pending, 1 in flight, 0 probes',
      'half open, the file is probed': 'HALF_OPEN, 0 pending, 0 in flight, 1 probes',
      'half open, a write from before in flight': 'HALF_OPEN, 1 pending, 1 in flight, 0 probes',
      'disposal, with a write in flight': 'CLOSED, 2 pending, 1 in flight, 0 probes',
    });
  });

  for (const { name, ...bound } of bounds) {
    it(`contradict each other in no state, and always come to an end: ${name}`, async () => {
      const { states, steps } = await explore(bound, Object.values(starts), depth, async (world) => {
        if (world.disposed === 'no') await expectRecovery(world);
        // To dispose is one of the actions: this is every state with that as the last one.
        else await expectDisposal(world);
      });
      console.log(`      composition, ${name}: ${states} states, ${steps} steps explored (${depth} actions from ${Object.keys(starts).length} starts; at most ${bound.writes} writes, ${bound.crashes} crash, ${bound.orders} orders)`);
      expect(states).to.be.above(100);
    });
  }
});

/** Liveness: when the store works and the operator lets go, every write is answered and the next one closes the breaker. */
async function expectRecovery(world: World): Promise<void> {
  if (world.givenUp) world.service.reset();
  world.service.release();
  const start = world.clock.now();
  while (!isWell(world) && world.clock.now() - start < 10 * 60_000) {
    if (world.store.writes.length + world.store.probes.length === 0) {
      world.close();
      await world.passTime(1_000);
    }
    for (const write of [...world.store.writes]) write.store();
    for (const probe of [...world.store.probes]) probe.pass();
    await world.clock.flush();
    world.check();
  }
  expect(world.pending, 'writes without an answer, in a store that works (P26)').to.deep.equal([]);
  expect(world.mode, 'the breaker, with a store that works').to.equal('CLOSED');
  expect(world.service.status).to.equal('healthy');
}

function isWell({ pending, mode, service }: World): boolean {
  return pending.length === 0 && mode === 'CLOSED' && service.status === 'healthy';
}

/** Liveness: whatever hangs, disposal ends in 5 s and leaves nothing, and what comes later changes nothing. */
async function expectDisposal(world: World): Promise<void> {
  await world.clock.advance(5_000);
  expect(world.disposed, 'disposal, whatever hangs').to.equal('done');
  world.check();
  for (const write of [...world.store.writes]) write.store();
  for (const probe of [...world.store.probes]) probe.pass();
  await world.clock.advance(120_000);
  world.check();
}
