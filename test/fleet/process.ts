/** One process of the fleet: many services, each read and written all the time, told of by one exporter. Started by `fleet.ts`. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as yup from 'yup';
import { TelemetryExport } from '../../src/extension/telemetry-export.ts';
import { Alerts } from '../../src/observe/alerts.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { Order, PhaseReport, ProcessOptions, Progress } from './fleet.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const { services: size, every, endpoint, name, limits } = JSON.parse(process.argv[2]!) as ProcessOptions;
const definition = defineSettings('fleet', {
  count: { schema: yup.number().integer().min(0).defined(), default: 0, description: 'A number.' },
});

const said: string[] = [];
const exporting = new TelemetryExport(endpoint, '0.0.0', (message) => said.push(message), limits);
const members = Array.from({ length: size }, (_, index) => {
  const service = new ConfigurationService(definition, { store: new MemoryStore(), id: `${name}/${index}` });
  const alerts = new Alerts(service);
  return { service, observation: exporting.observe({ service, alerts }), alerts, stored: 0 };
});
await Promise.all(members.map(({ service }) => service.ready));

let latencies: number[] = [];
let reads = { count: 0, milliseconds: 0 };
let failed = 0;
let wrong = 0;
let writes = 0;

/** Every service is written and read once in each round, spread over it. */
async function live(member: (typeof members)[number]): Promise<void> {
  const { service } = member;
  const value = member.stored + 1;
  const started = performance.now();
  try {
    await service.update('count', value);
    member.stored = value;
  } catch {
    failed++;
  }
  latencies.push(performance.now() - started);
  writes++;
  const reading = performance.now();
  for (let each = 0; each < 100; each++) if (service.get('count') !== member.stored) wrong++;
  reads = { count: reads.count + 100, milliseconds: reads.milliseconds + performance.now() - reading };
}

const underWay = new Set<Promise<void>>();
const timers = members.map((member, index) => {
  const begin = (): void => {
    const one = live(member).finally(() => underWay.delete(one));
    underWay.add(one);
  };
  const at: { timer: NodeJS.Timeout } = { timer: setTimeout(() => { begin(); at.timer = setInterval(begin, every); }, (index * every) / size) };
  return at;
});

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** What has happened since the last report. */
async function report(): Promise<PhaseReport> {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  const result = { writes: sorted.length, allWrites: writes, failed, wrong, p50: at(0.5), p99: at(0.99), read: (reads.milliseconds / Math.max(1, reads.count)) * 1e6, heap: await heap(), said: [...said] };
  latencies = [];
  reads = { count: 0, milliseconds: 0 };
  return result;
}

process.on('message', (order: Order) => {
  void (async () => {
    if (order === 'end') {
      for (const { timer } of timers) { clearTimeout(timer); clearInterval(timer); }
      await Promise.all(underWay);
      await Promise.all(members.map(({ service }) => service.dispose()));
      await exporting.end();
      for (const { observation, alerts } of members) { observation.dispose(); alerts.dispose(); }
    }
    process.send!(order === 'look' ? { allWrites: writes, said } satisfies Progress : await report(), () => {
      if (order === 'end') process.disconnect();
    });
  })();
});
process.send!('ready');
