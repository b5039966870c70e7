/**
 * `npm run endurance -- --operations N`: a day of one service, on virtual time: reads, writes, listeners that come and go,
 * and an outage in each hour. Fails when the heap has grown by 2 MB or more, or when anything is left after disposal.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { StoreError } from '../../src/errors.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { WriteOptions, WriteRequest } from '../../src/store/store.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { definition } from '../unit/service/support.ts';

const { values } = parseArgs({ options: { operations: { type: 'string', default: '10000000' } } });
const hours = 24;
const minutes = hours * 60;
const perMinute = Math.ceil(Number(values.operations) / minutes);
/** One operation in a thousand is a write: seven a minute. */
const writesPerMinute = Math.max(1, Math.round(perMinute / 1_000));
const allowed = 2 << 20;

class Outages extends MemoryStore {
  out = false;

  override write(request: WriteRequest, options: WriteOptions): Promise<void> {
    return this.out ? Promise.reject(new StoreError('io', 'The disk is away.')) : super.write(request, options);
  }

  override probe(...where: Parameters<MemoryStore['probe']>): Promise<void> {
    return this.out ? Promise.reject(new StoreError('io', 'The disk is away.')) : super.probe(...where);
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function heap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

const clock = new VirtualClock();
const store = new Outages();
const service = new ConfigurationService(definition, { store, clock, guard: { random: seededRandom(1) } });
await clock.run(service.ready);
const count = { reads: 0, stored: 0, refused: 0, heard: 0 };
let last = service.get('count');

async function liveMinute(minute: number): Promise<void> {
  store.out = minute % 60 === 30 || minute % 60 === 31;
  const subscription = service.onDidChange('count', () => count.heard++);
  const reads = Math.ceil((perMinute - writesPerMinute) / writesPerMinute);
  for (let round = 0; round < writesPerMinute; round++) {
    const value = ((minute * writesPerMinute + round) % 1_000_000) + 1;
    const write = service.update('count', value).then(() => { last = value; count.stored++; }, () => void count.refused++);
    await clock.run(write);
    for (let each = 0; each < reads; each++, count.reads++) {
      if (service.get('count') !== last) throw new Error(`P20 P30: read ${service.get('count')}, and ${last} is stored.`);
    }
  }
  subscription.dispose();
  await clock.advance(Math.max(0, (minute + 1) * 60_000 - clock.now()));
}

// Two hours, until what is kept of the past is full, and all code is compiled.
for (let minute = 0; minute < 120; minute++) await liveMinute(minute);
Object.assign(count, { reads: 0, stored: 0, refused: 0, heard: 0 });
const before = await heap();
const started = performance.now();
for (let minute = 120; minute < 120 + minutes; minute++) await liveMinute(minute);
const seconds = (performance.now() - started) / 1_000;
const after = await heap();
await clock.run(service.dispose());
const left = {
  timers: clock.pendingTimers().length,
  listeners: store.backend.listenerCount,
  actors: Object.keys(service.supervisor.getSnapshot().children).length,
};
const operations = count.reads + count.stored + count.refused;
const grown = after - before;
console.log(JSON.stringify({ hours, operations, ...count, seconds: Math.round(seconds), heapBefore: before, heapAfter: after, grown, left }));
const enough = operations >= Number(values.operations);
process.exitCode = enough && grown < allowed && count.refused > 0 && Object.values(left).every((each) => each === 0) ? 0 : 1;
