import { expect } from 'chai';
import { explore } from './composition/explore.ts';
import type { Bounds, World } from './composition/world.ts';

/** `MODEL_DEPTH=7 npm run test:model` goes further. */
const depth = Number(process.env['MODEL_DEPTH'] ?? 5);

const bounds: readonly (Bounds & { readonly name: string; readonly depth: number })[] = [
  { name: 'a crash is forgiven', writes: 2, crashes: 1, orders: 2, crashLimit: 3, depth },
  { name: 'a crash is one too many', writes: 2, crashes: 1, orders: 1, crashLimit: 0, depth: depth - 1 },
];

describe('model: supervisor, breaker, queue and retry together', function () {
  this.timeout(30 * 60_000);

  for (const { name, ...bound } of bounds) {
    it(`contradict each other in no state, and always come to an end: ${name}`, async () => {
      const { states, steps } = await explore(bound, bound.depth, async (replay) => {
        await expectRecovery(await replay());
        await expectDisposal(await replay());
      });
      console.log(`      composition, ${name}: ${states} states, ${steps} steps explored (${bound.depth} actions deep, ${bound.writes} writes, ${bound.crashes} crash)`);
      expect(states).to.be.above(10);
    });
  }
});

/** Liveness: when the store works and the operator lets go, every write is answered and the breaker closes. */
async function expectRecovery(world: World): Promise<void> {
  if (world.disposed !== 'no') return;
  if (world.givenUp) world.service.reset();
  world.service.release();
  const start = world.clock.now();
  while (!isWell(world) && world.clock.now() - start < 10 * 60_000) {
    for (const write of [...world.store.writes]) write.store();
    for (const probe of [...world.store.probes]) probe.pass();
    await world.clock.advance(1_000);
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
  if (world.disposed === 'no') world.dispose();
  await world.clock.advance(5_000);
  expect(world.disposed, 'disposal, whatever hangs').to.equal('done');
  world.check();
  for (const write of [...world.store.writes]) write.store();
  for (const probe of [...world.store.probes]) probe.pass();
  await world.clock.advance(120_000);
  world.check();
}
