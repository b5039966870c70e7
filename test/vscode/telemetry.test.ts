import { expect } from 'chai';
import * as nodeModule from 'node:module';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { LogChannel } from '../../src/extension/log-channel.ts';
import { Registry } from '../../src/extension/registry.ts';
import { Telemetry } from '../../src/extension/telemetry.ts';
import { attributes, instruments, spans } from '../../src/observe/telemetry-names.ts';
import { Receiver } from '../opentelemetry/receiver.ts';
import { resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

const endpoint = (): string | undefined => vscode.workspace.getConfiguration('holdfast').get<string>('telemetry.endpoint');
const setEndpoint = async (url: string | undefined): Promise<void> => {
  await vscode.workspace.getConfiguration('holdfast').update('telemetry.endpoint', url, vscode.ConfigurationTarget.Global);
};

/** Has the extension loaded the bundle with the OpenTelemetry SDK in it? */
function isSdkLoaded(): boolean {
  const { _cache } = nodeModule.Module as unknown as { _cache: Record<string, unknown> };
  return Object.keys(_cache).some((file) => file.endsWith('telemetry-export.cjs'));
}

describe('Telemetry of the extension', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await Receiver.start();
    await resetSettings();
  });

  afterEach(async () => {
    await setEndpoint(undefined);
    await resetSettings();
    await receiver.stop();
  });

  it('goes nowhere while VS Code’s telemetry is off, whatever the endpoint is; nothing of the SDK is even loaded', async () => {
    // Tests run in a VS Code whose telemetry is off.
    expect(vscode.env.isTelemetryEnabled).to.equal(false);
    const api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    const service = await superviseFixture();
    const registration = api.register(service);
    const marks = (): number => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast').length;
    await setEndpoint(receiver.url);
    writeSettings('{ "fixture.count": 90 }');
    await until('the value is marked', () => marks() === 1);
    // What is obeyed of a later change has been read together with the endpoint.
    writeSettings('{ "fixture.count": 90, "holdfast.marks.enabled": false }');
    await until('the mark is gone', () => marks() === 0);
    expect(endpoint()).to.equal(receiver.url);
    await service.update('name', 'other');
    expect(isSdkLoaded()).to.equal(false);
    expect(receiver.requests).to.equal(0);
    registration.dispose();
    await service.dispose();
  });

  it('arrives once there is an endpoint and telemetry is on, stops and goes on as these do, and holds no value', async () => {
    const changed = new vscode.EventEmitter<boolean>();
    const permission = { isTelemetryEnabled: true, onDidChangeTelemetryEnabled: changed.event };
    const own = {
      get: () => endpoint() ?? '',
      onDidChange: (listener: () => void) => vscode.workspace.onDidChangeConfiguration(listener),
    };
    const log = new LogChannel();
    const registry = new Registry(log);
    const telemetry = new Telemetry(registry, own as never, log, '1.2.3', permission);
    const service = await superviseFixture();
    registry.register(service);
    const arrived = (key: string): boolean => receiver.spans.some((span) => span.name === spans.write && (span.attributes[attributes.keys] as string[]).includes(key));
    const seen = (key: string): Promise<void> => until(`the write of ${key} arrives`, () => arrived(key));

    await service.update('count', 17);
    await setEndpoint(receiver.url);
    // It begins a moment later, when its bundle is loaded: until then nothing is observed.
    await until('a write arrives', async () => {
      await service.update('name', `canary-${Date.now()}`);
      return arrived('name');
    });
    expect(arrived('count'), 'written before there was an endpoint').to.equal(false);

    permission.isTelemetryEnabled = false;
    changed.fire(false);
    const requests = receiver.requests;
    await service.update('count', 18);

    permission.isTelemetryEnabled = true;
    changed.fire(true);
    await until('a write arrives again', async () => {
      const before = receiver.spans.length;
      await service.update('name', `canary-${Date.now()}`);
      return receiver.spans.length > before;
    });
    await seen('name');
    expect(receiver.requests).to.be.above(requests);
    expect(arrived('count'), 'written while telemetry was off').to.equal(false);
    // The last values, metrics among them, are sent when the window closes.
    telemetry.dispose();
    await until('the metrics arrive', () => receiver.value(instruments.writes.name, { [attributes.outcome]: 'stored' }) !== undefined);
    expect(receiver.raw.join('\n')).to.include('holdfast').and.not.to.include('canary-');
    registry.dispose();
    log.dispose();
    await service.dispose();
  });
});
