import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readSettings, resetSettings, superviseFixture, until } from '../supervised.ts';

/** An hour of a busy extension: a hundred reads a second, a write every five seconds, a listener that comes and goes with each. */
const hour = { reads: 360_000, writes: 720 };
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
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
    lowest = Math.min(lowest, process.memoryUsage().heapUsed);
  }
  return lowest;
}

const megabytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(2)} MB`;

describe('An hour in VS Code, compressed', function () {
  this.timeout(25 * 60_000);

  before(resetSettings);
  after(resetSettings);

  it('P20 P30 P33 P41 P61 serves every read, honours every write, and uses no more memory at its end', async () => {
    const service = await superviseFixture();
    let reads = 0;
    let writes = 0;
    let heard = 0;
    let behind = 0;

    async function live({ reads: readsToCome, writes: writesToCome }: typeof hour): Promise<void> {
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

    await live(warmUp);
    const before = await heap();
    const started = Date.now();
    await live(hour);
    const seconds = (Date.now() - started) / 1_000;
    const after = await heap();
    const { operationCount, errorCount, queueDepth, latency } = service.metrics();
    console.log(`      ${reads} reads, ${writes} writes, ${heard} changes heard, ${behind} of them after the answer; an hour's worth in ${seconds.toFixed(1)} s; a write ${latency.p50.toFixed(1)} ms (p50), ${latency.p99.toFixed(1)} ms (p99)`);
    console.log(`      heap before ${megabytes(before)}, after ${megabytes(after)}: ${megabytes(after - before)} more`);
    expect({ operationCount, errorCount, queueDepth, heard }).to.deep.equal({ operationCount: writes, errorCount: 0, queueDepth: 0, heard: writes });
    expect(service.status).to.equal('healthy');
    expect(after - before, 'bytes more').to.be.below(allowed);
    await service.dispose();
    await until('no actor is left', () => Object.keys(service.supervisor.getSnapshot().children).length === 0);
  });
});
