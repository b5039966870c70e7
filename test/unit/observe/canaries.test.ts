import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { StoreError } from '../../../src/errors.ts';
import { WebSocket } from 'ws';
import { errorFacts } from '../../../src/observe/error-facts.ts';
import { startLoopbackServer } from '../../../src/inspect/loopback-server.ts';
import { exportRecording } from '../../../src/inspect/recording-export.ts';
import { Recorder, type InspectedActor } from '../../../src/inspect/recorder.ts';
import { Alerts } from '../../../src/observe/alerts.ts';
import { FileLog } from '../../../src/observe/file-log.ts';
import { logService } from '../../../src/observe/log.ts';
import { MemoryLog } from '../../../src/observe/memory-log.ts';
import { prometheusText } from '../../../src/observe/prometheus.ts';
import { tellableFacts, tellableReport, withoutSecrets } from '../../../src/observe/redact.ts';
import type { Store } from '../../../src/store/store.ts';
import { bench, leavesNothing, type Key } from '../service/support.ts';

/** What must never be found: the beginning of every secret, and of every value of the other settings. */
const secret = 'CANARY-S3CR3T';
const value = 'canary-v4lue';

/** A store of the worst kind: its errors quote the secret they were given. */
function talkative(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'write') return typeof member === 'function' ? member.bind(target) as unknown : member;
      return async (...args: Parameters<Store['write']>) => {
        try {
          await target.write(...args);
        } catch (error) {
          if (args[0].key !== 'token') throw error;
          const quoted = `cannot store ${JSON.stringify(args[0].value)}, really`;
          throw error instanceof StoreError ? new StoreError(error.reason, quoted, { userAction: quoted, context: { quoted }, cause: new Error(quoted) }) : new Error(quoted);
        }
      };
    },
  });
}

/** Other inspectors follow, over real sockets. */
async function follow(redact: (text: string) => string, supervisor: InspectedActor): Promise<{ end(): Promise<string[][]> }> {
  const server = await startLoopbackServer({ redact });
  server.attach('test', supervisor);
  const clients = await Promise.all((['stately', 'xstate4'] as const).map(async (stream) => {
    const socket = new WebSocket(server.url(stream));
    const told: string[] = [];
    socket.on('message', (data: Buffer) => told.push(data.toString()));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'xstate.inspecting' }));
    return { socket, told };
  }));
  return {
    async end() {
      await Promise.all([...clients.map(({ socket }) => once(socket, 'close')), server.dispose()]);
      return clients.map(({ told }) => told);
    },
  };
}

describe('Canaries', () => {
  leavesNothing();

  let folder: string;
  beforeEach(() => { folder = mkdtempSync(path.join(tmpdir(), 'holdfast-canaries-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('P51 are found in nothing that leaves the process, whatever goes wrong', async () => {
    const made = await bench({ wrap: talkative });
    const { service, store, end, outside, clock, backend } = made;
    const recorder = new Recorder(10_000, () => clock.wallTime());
    recorder.attach('test', service.supervisor as unknown as InspectedActor, (text) => withoutSecrets(service, text));
    const followed = await follow((text) => withoutSecrets(service, text), service.supervisor as unknown as InspectedActor);
    const reports: unknown[] = [];
    const memory = new MemoryLog(10_000);
    const file = new FileLog(path.join(folder, 'test.log'), { level: 'debug' });
    const log = logService(service, [memory, file], { clock, repeatWindow: 0 });
    const alerts = new Alerts(service, { clock });
    const heard: unknown[] = [alerts.history];
    alerts.onAlert((alert) => heard.push(alert));
    const errors: unknown[] = [];
    const scrapes: string[] = [];
    const update = async (key: Key, text: string, options = {}): Promise<void> => {
      const ended = await end(service.update(key, text as never, options));
      if (!ended.ok && key === 'token') errors.push(ended.error);
      scrapes.push(prometheusText([service]));
      const report = await clock.run(service.health());
      alerts.note(report);
      reports.push(tellableReport(service, report));
    };

    service.onDidChange('token', (now) => { throw new Error(`I heard ${now}`); });
    const settings = [['token', secret], ['name', value]] as const;
    for (const [key, text] of settings) {
      await update(key, `${text}-stored`);
      await update(key, `${text}-${'x'.repeat(200)}`); // not legal
      for (const kind of ['hang', 'lose', 'land-late', 'lag'] as const) {
        for (let i = 0; i < 3; i++) store.writeFaults.push({ kind, delay: 10_000 });
        await update(key, `${text}-${kind}`);
      }
      for (const reason of ['io', 'permission', 'dirty', 'unknown'] as const) {
        for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'fail', reason });
        await update(key, `${text}-${reason}`);
        service.reset();
      }
      const failed = await end(service.updateAll({ [key]: `${text}-all`, count: -1 }));
      expect(failed.ok).to.equal(false);
      outside(key, [`${text}-illegal`]);
      await clock.advance(10_000);
      outside(key, `${text}-mended`);
      await clock.advance(10_000);
    }
    store.outage('permission');
    for (let i = 0; i < 7; i++) for (const [key, text] of settings) await update(key, `${text}-outage-${i}`);
    // A store that quotes what it holds when it is asked for something else.
    const quoting = new StoreError('io', `It holds ${service.get('token')}.`, { userAction: `Take ${service.get('token')} away.` });
    for (const operation of ['load', 'probe'] as const) store.failing(operation, () => quoting);
    backend.changed();
    await clock.advance(60_000);
    await update('token', `${secret}-unreadable`);
    const shown = tellableFacts(service, errorFacts(quoting));
    const metrics = service.metrics();
    store.heal();
    backend.changed();
    await clock.advance(120_000);
    log.dispose();
    await file.dispose();
    const streams = await followed.end();

    const left = {
      'the log in memory': memory.entries,
      'the log file': readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8')),
      'the metrics': metrics,
      'the text for Prometheus': scrapes,
      'the health reports': reports,
      'what notifications are made of': shown,
      'what other inspectors are told': streams,
      'the alerts': [heard, alerts.history],
      'the recording of the inspector': exportRecording(recorder.history.records(), 0),
      'the errors of the secret': errors,
      'the problems of values': service.issues.filter(({ key }) => key === 'token'),
    };
    expect(memory.entries.length, 'much has happened').to.be.greaterThan(100);
    for (const stream of streams) expect(stream.length, 'much has been told').to.be.greaterThan(50);
    expect(inspect([reports, alerts.history, memory.entries], { depth: 12 }), 'what is quoted is masked').to.include('It holds ••••••').and.to.include('Take •••••• away.');
    expect(heard.length).to.be.greaterThan(2);
    expect(errors.length).to.be.greaterThan(8);
    const found = Object.entries(left).flatMap(([where, what]) => {
      const text = typeof what === 'string' ? what : inspect(what, { depth: 12, maxArrayLength: null, maxStringLength: null });
      return [secret, value].flatMap((canary) => (text.includes(canary) ? [`${where}: ${text.slice(Math.max(0, text.indexOf(canary) - 150), text.indexOf(canary) + 60)}`] : []));
    });
    expect(found).to.deep.equal([]);
    expect(service.get('name'), 'the values are there').to.include(value);
    expect(service.get('token')).to.include(secret);
  });
});
