import { expect } from 'chai';
import * as nodeModule from 'node:module';
import * as vscode from 'vscode';
import type { HoldfastApi } from '../../src/extension/api.ts';
import { attributes, instruments, spans } from '../../src/observe/telemetry-names.ts';
import { Receiver } from '../opentelemetry/receiver.ts';
import { resetSettings, settingsFile, superviseFixture, until, writeSettings } from './supervised.ts';

const setEndpoint = async (url: string | undefined): Promise<void> => {
  await vscode.workspace.getConfiguration('holdfast').update('telemetry.endpoint', url, vscode.ConfigurationTarget.Global);
};

/** VS Code's own telemetry, as a person turns it off and on. */
const setTelemetry = async (on: boolean): Promise<void> => {
  await vscode.workspace.getConfiguration('telemetry').update('telemetryLevel', on ? 'all' : 'off', vscode.ConfigurationTarget.Global);
  await until(`VS Code’s telemetry is ${on ? 'on' : 'off'}`, () => vscode.env.isTelemetryEnabled === on);
};

/** Has the extension loaded the bundle with the OpenTelemetry SDK in it? */
function isSdkLoaded(): boolean {
  const { _cache } = nodeModule.Module as unknown as { _cache: Record<string, unknown> };
  return Object.keys(_cache).some((file) => file.endsWith('telemetry-export.cjs'));
}

describe('Telemetry of the extension', () => {
  let receiver: Receiver;
  let api: HoldfastApi;
  let service: Awaited<ReturnType<typeof superviseFixture>>;

  beforeEach(async () => {
    receiver = await Receiver.start();
    await resetSettings();
    api = await vscode.extensions.getExtension<HoldfastApi>('holdfast.holdfast')!.activate();
    service = await superviseFixture();
    api.register(service);
  });

  afterEach(async () => {
    await setEndpoint(undefined);
    await setTelemetry(false);
    await service.dispose();
    await resetSettings();
    await receiver.stop();
  });

  it('goes nowhere while VS Code’s telemetry is off, whatever the endpoint is; nothing of the SDK is even loaded', async () => {
    await setTelemetry(false);
    const marks = (): number => vscode.languages.getDiagnostics(vscode.Uri.file(settingsFile())).filter(({ source }) => source === 'Holdfast').length;
    await setEndpoint(receiver.url);
    writeSettings('{ "fixture.count": 90 }');
    await until('the value is marked', () => marks() === 1);
    // What is obeyed of a later change has been read together with the endpoint.
    writeSettings('{ "fixture.count": 90, "holdfast.marks.enabled": false }');
    await until('the mark is gone', () => marks() === 0);
    expect(vscode.workspace.getConfiguration('holdfast').get('telemetry.endpoint')).to.equal(receiver.url);
    await service.update('name', 'other');
    expect(isSdkLoaded()).to.equal(false);
    expect(receiver.requests).to.equal(0);
  });

  it('arrives once there is an endpoint and telemetry is on, stops and goes on as these do, and holds no value', async () => {
    const arrived = (key: string): number => receiver.spans.filter((span) => span.name === spans.write && (span.attributes[attributes.keys] as string[]).includes(key)).length;
    /** It begins a moment after the settings say so, when its bundle is loaded: what is written before is not told. */
    const writeUntilItArrives = async (): Promise<void> => {
      const before = arrived('name');
      await until('a write arrives', async () => {
        await service.update('name', `canary-${Date.now()}`);
        return arrived('name') > before;
      });
    };
    await setTelemetry(true);
    await service.update('count', 17);
    await setEndpoint(receiver.url);
    await writeUntilItArrives();
    expect(isSdkLoaded()).to.equal(true);
    expect(arrived('count'), 'written before there was an endpoint').to.equal(0);

    await setTelemetry(false);
    await service.update('count', 18);
    await setTelemetry(true);
    await writeUntilItArrives();
    expect(arrived('count'), 'written while telemetry was off').to.equal(0);
    await until('the metrics arrive', () => receiver.value(instruments.writes.name, { [attributes.outcome]: 'stored' }) !== undefined);
    expect(receiver.logs.length).to.be.above(0);
    expect(receiver.raw.join('\n')).to.include('fixture').and.not.to.include('canary-');
  });
});
