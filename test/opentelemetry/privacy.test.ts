import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { StoreError, ValidationError } from '../../src/errors.ts';
import { TelemetryExport } from '../../src/extension/telemetry-export.ts';
import { Alerts } from '../../src/observe/alerts.ts';
import { observeWithOpenTelemetry, openTelemetryLog } from '../../src/observe/opentelemetry.ts';
import { Log } from '../../src/observe/log.ts';
import { ConfigurationService } from '../../src/service/service.ts';
import { JsonStore } from '../../src/store/json-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { limits } from '../limits.ts';
import { bench, definition } from '../unit/service/support.ts';
import { Receiver } from './receiver.ts';
import { startSdk } from './sdk.ts';

/** Values that must never arrive, each in another place: secrets, and plain settings. */
const canaries = {
  secret: 'canary-secret-4711',
  refused: 'canary-refused-4712',
  stored: 'canary-stored-4713',
  illegal: 'canary-illegal-4714',
  message: 'canary-message-4715',
  path: 'canary-path-4716',
  key: 'canary-key-4717',
  number: 987_654,
  context: 'canary-context-4718',
  cause: 'canary-cause-4719',
} as const;

describe('P51 What OpenTelemetry is told holds no value of a setting', () => {
  let receiver: Receiver;
  afterEach(() => receiver.stop());

  it('whatever goes wrong with it: everything that arrives is searched', async () => {
    receiver = await Receiver.start();
    const sdk = startSdk(receiver.url);
    const { service, store, clock, end, error, outside, openBreaker } = await bench();
    const observation = observeWithOpenTelemetry(service, { ...sdk, clock });

    await end(service.update('token', canaries.secret));
    await end(service.update('name', canaries.stored));
    await end(service.update('count', canaries.number));
    await end(service.updateAll({ name: canaries.stored, list: [canaries.stored] }));
    // Refused, and quoted by what the definition says of it.
    await error(service.update('count', canaries.refused as never));
    await error(service.update(canaries.key as never, 1 as never));
    await error(service.update('name', () => { throw new Error(canaries.message); }));
    // Not legal where it is stored.
    outside('count', canaries.illegal);
    outside('tree', { a: canaries.illegal });
    await clock.advance(1_000);
    // What others say may quote anything: a store, a listener.
    const cause = new Error(canaries.cause);
    const failure = new StoreError('io', `Unable to write ${canaries.message} to /home/${canaries.path}/settings.json`, { cause, context: { file: `/home/${canaries.path}/settings.json`, value: canaries.stored } });
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'throw', error: failure });
    await error(service.update('name', 'other'));
    for (let i = 0; i < 3; i++) store.writeFaults.push({ kind: 'throw', error: Object.assign(new Error(canaries.message), { name: `${canaries.message} is the name`, reason: canaries.message.repeat(3) }) });
    await error(service.update('name', 'other'));
    const listening = service.onDidChange('name', () => { throw Object.assign(new ValidationError(canaries.key, canaries.message), { name: canaries.cause, code: canaries.message, reason: canaries.secret }); });
    await end(service.update('name', 'third'));
    listening.dispose();
    await openBreaker();
    service.reset();
    // A log of the author's own, with context of every name that the library uses.
    const log = new Log({ instanceId: service.id, service: 'test' }, [openTelemetryLog(service, sdk.loggerProvider)], { clock });
    const names = ['before', 'from', 'to', 'layer', 'shadowedBy', 'outcome', 'acceptedAt', 'actor', 'key', 'file', 'value', 'problem', 'stack'];
    log.write('info', 'The words are the author’s own.', Object.fromEntries(names.map((name) => [name, name === 'file' ? `/home/${canaries.path}/${name}` : canaries.context])));
    log.write('info', 'These too.', { keys: [canaries.context], changed: [canaries.context], error: failure });
    await sdk.flush();
    observation.dispose();
    await sdk.shutdown();
    await end(service.dispose());

    expect(receiver.spans.length).to.be.above(10);
    expect(receiver.logs.length).to.be.above(10);
    expect(receiver.metrics.size).to.be.above(10);
    const everything = receiver.raw.join('\n');
    // The search finds what is there.
    expect(everything).to.include('holdfast.setting.keys').and.to.include('"count"').and.to.include('(not a setting)').and.to.include('holdfast.file');
    for (const [place, canary] of Object.entries(canaries)) expect(everything.toLowerCase().includes(String(canary).toLowerCase()), place).to.equal(false);
  });

  it('nor anything that says whose machine it is, as the extension exports it', async () => {
    receiver = await Receiver.start();
    const folder = mkdtempSync(path.join(tmpdir(), 'canary-folder-'));
    const service = new ConfigurationService(definition, { store: new JsonStore(definition, { user: path.join(folder, 'settings.json') }), clock: new VirtualClock() });
    await service.ready;
    const alerts = new Alerts(service);
    const exporting = new TelemetryExport(receiver.url, '1.2.3', () => undefined, { timeout: limits.condition, metricsEvery: limits.condition });
    const observation = exporting.observe({ service, alerts });
    await service.update('name', 'canary-value');
    service.hold();
    await service.update('name', 'canary-value').catch(() => undefined);
    await exporting.end();
    observation.dispose();
    alerts.dispose();
    await service.dispose();
    rmSync(folder, { recursive: true });
    expect(receiver.spans).to.have.lengthOf(2);
    expect(receiver.spans[0]!.attributes).to.include({ 'holdfast.file': 'settings.json' });
    const everything = receiver.raw.join('\n');
    for (const canary of ['canary-', hostname(), homedir(), process.cwd()]) expect(everything.includes(canary), canary).to.equal(false);
  });
});
