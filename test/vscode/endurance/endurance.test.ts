import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { elapse, readSettings, resetSettings, superviseFixture, until } from '../supervised.ts';

/** Of an hour of a busy extension: a hundred reads a second, a write every five seconds, a listener that comes and goes with each. */
const tenMinutes = { reads: 60_000, writes: 120 };
const warmUp = { reads: 20_000, writes: 40 };
const workspace = { target: 'workspace' } as const;
/** What VS Code itself may keep of an hour's writes, in bytes: it has an undo history, and a log. */
const allowed = 4 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use after garbage collection, at its lowest: VS Code goes on with its own work meanwhile. */
async function heap(): Promise<number> {
  let lowest = Infinity;
  for (let round = 0; round < 10; round++) {
    await elapse(50);
    collect();
    lowest = Math.min(lowest, process.memoryUsage().heapUsed);
  }
  return lowest;
}

const megabytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(2)} MB`;

describe('An hour in VS Code, compressed', () => {
  let service: Awaited<ReturnType<typeof superviseFixture>>;
  let reads = 0;
  let writes = 0;
  let heard = 0;
  let behind = 0;
  let seconds = 0;
  let bytesBefore = 0;

  async function live({ reads: readsToCome, writes: writesToCome }: typeof tenMinutes): Promise<void> {
    const readsAtOnce = readsToCome / writesToCome;
    for (let round = 0; round < writesToCome; round++) {
      const value = (writes % 40) + 1;
      const subscription = service.onDidChange('count', () => heard++);
      const told = await service.update('count', value, workspace);
      writes++;
      if (told.shadowedBy !== undefined) {
        // VS Code answered too late: it is stored, VS Code has not heard of it, and that was said (P29).
        expect(told.shadowedBy).to.equal('last good value');
        behind++;
        await until('VS Code has heard of it', () => service.get('count') === value);
      }
      for (let each = 0; each < readsAtOnce; each++, reads++) {
        if (service.get('count') !== value) throw new Error(`Read ${service.get('count')} after ${value} was stored; what was said of it: ${JSON.stringify(told)}, ${JSON.stringify(service.inspect('count'))}`);
      }
      subscription.dispose();
      if (round % 20 === 0) expect(readSettings()).to.deep.equal({ 'fixture.count': value });
    }
  }

  before(async () => {
    await resetSettings();
    service = await superviseFixture();
  });

  after(async () => {
    await service.dispose();
    await resetSettings();
  });

  it('P20 P30 P33 serves every read and honours every write while it warms up', async () => {
    await live(warmUp);
    bytesBefore = await heap();
  });

  for (const minutes of [10, 20, 30, 40, 50, 60]) {
    it(`P20 P30 P33 serves every read and honours every write until minute ${minutes}`, async () => {
      const started = performance.now();
      await live(tenMinutes);
      seconds += (performance.now() - started) / 1_000;
    });
  }

  it('P41 P61 uses no more memory at its end, and leaves no actor', async () => {
    const after = await heap();
    const { operationCount, errorCount, queueDepth, latency } = service.metrics();
    console.log(`      ${reads} reads, ${writes} writes, ${heard} changes heard, ${behind} of them after the answer; an hour's worth in ${seconds.toFixed(1)} s; a write ${latency.p50.toFixed(1)} ms (p50), ${latency.p99.toFixed(1)} ms (p99)`);
    console.log(`      heap before ${megabytes(bytesBefore)}, after ${megabytes(after)}: ${megabytes(after - bytesBefore)} more`);
    expect({ operationCount, errorCount, queueDepth, heard }).to.deep.equal({ operationCount: writes, errorCount: 0, queueDepth: 0, heard: writes });
    expect(service.status).to.equal('healthy');
    expect(after - bytesBefore, 'bytes more').to.be.below(allowed);
    await service.dispose();
    await until('no actor is left', () => Object.keys(service.supervisor.getSnapshot().children).length === 0);
  });
});
